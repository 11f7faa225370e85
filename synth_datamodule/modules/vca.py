"""VCA: loudness under control, at audio rate and at control rate."""

from torch import Tensor

from synth_datamodule.modules.base import SynthModule
from synth_datamodule.program import Builder, Signal
from synth_datamodule.program.builder import AUDIO, CONTROL


class VCA(SynthModule):
    """Voltage controlled amplifier: audio times its control signal.

    Example:
        >>> import torch
        >>> from synth_datamodule import SynthConfig
        >>> config = SynthConfig(sample_rate=4, control_rate=4, buffer_size_seconds=0.5)
        >>> VCA(config)(torch.tensor([[1.0, -1.0]]), torch.tensor([[0.5, 0.0]]))
        tensor([[0.5000, -0.0000]])
    """

    def forward(self, audio: Tensor, control: Tensor) -> Tensor:
        """Return ``audio * control``; all three are audio ``[B, N]``."""
        self.check_audio(audio=audio)
        self.check_audio(len(audio), control=control)
        return audio * control

    def exact(self, build: Builder, audio: Signal, control: Signal) -> Signal:
        """Return the product as a program has it."""
        return build.expect(audio, AUDIO) * build.expect(control, AUDIO)


class ControlRateVCA(SynthModule):
    """The same for control signals.

    Example:
        >>> import torch
        >>> from synth_datamodule import SynthConfig
        >>> config = SynthConfig(sample_rate=4, control_rate=4, buffer_size_seconds=0.5)
        >>> ControlRateVCA(config)(torch.tensor([[1.0, 0.5]]), torch.tensor([[0.5, 0.5]]))
        tensor([[0.5000, 0.2500]])
    """

    def forward(self, signal: Tensor, control: Tensor) -> Tensor:
        """Return ``signal * control``; all three are control signals ``[B, C]``."""
        self.check_control(signal=signal)
        self.check_control(len(signal), control=control)
        return signal * control

    def exact(self, build: Builder, signal: Signal, control: Signal) -> Signal:
        """Return the product as a program has it."""
        return build.expect(signal, CONTROL) * build.expect(control, CONTROL)
