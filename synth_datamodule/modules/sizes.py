"""Sizes: the rates and lengths of what is made with a SynthConfig."""

from synth_datamodule.config import SynthConfig


class Sizes:
    """Rates and lengths, as a synth and each of its modules have them.

    Example:
        >>> from synth_datamodule.modules import SineVCO
        >>> vco = SineVCO(SynthConfig(sample_rate=16000))
        >>> vco.sample_rate, vco.buffer_size, vco.control_rate, vco.control_buffer_size
        (16000, 64000, 441, 1764)
    """

    synthconfig: SynthConfig

    @property
    def sample_rate(self) -> int:
        """Audio rate in hertz."""
        return self.synthconfig.sample_rate

    @property
    def control_rate(self) -> int:
        """Control rate in hertz."""
        return self.synthconfig.control_rate

    @property
    def buffer_size(self) -> int:
        """Audio samples of a sound, N."""
        return self.synthconfig.buffer_size

    @property
    def control_buffer_size(self) -> int:
        """Control samples of a sound, C."""
        return self.synthconfig.control_buffer_size
