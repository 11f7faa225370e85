"""Modules at audio rate: oscillators, noise, amplifier, and the way up from control rate."""

import math

import torch
from torch import Tensor

from synth_datamodule import modules
from synth_datamodule.config import BASE_REPRODUCIBLE_BATCH_SIZE
from synth_datamodule.modules import (
    fm_frequency,
    midi_to_hz,
    modulated_pitch,
    num_partials,
    oscillator_cycles,
    square_saw,
    upsample,
)
from synth_datamodule.numerics.clamping import clamp
from synth_datamodule.torchsynth.base import SynthModule, wide
from synth_datamodule.torchsynth.config import SynthConfig
from synth_datamodule.torchsynth.parameter import ModuleParameterRange


class VCO(SynthModule):
    """Oscillator in three stages, each of which a subclass may write anew; ``oscillator`` it must.

    ``make_control_as_frequency`` says which frequency, ``make_argument`` which phase that is, and
    ``oscillator`` which sound. Between them signals are float64.
    """

    default_parameter_ranges = [  # noqa: RUF012  # as torchsynth's are
        ModuleParameterRange(-24.0, 24.0, name="tuning", description="semitones"),
        ModuleParameterRange(
            -96.0, 96.0, curve=0.2, symmetric=True, name="mod_depth", description="semitones"
        ),
        ModuleParameterRange(-math.pi, math.pi, name="initial_phase", description="radians"),
    ]

    def output(self, midi_f0: Tensor, mod_signal: Tensor | None = None) -> Tensor:
        """Return audio ``[B, N]``.

        Args:
            midi_f0: Note in semitones. Shape ``[B]``.
            mod_signal: Signal that bends the pitch, ``mod_depth`` semitones per unit. Shape
                ``[B, N]``.
        """
        self._check_shape("midi_f0", midi_f0)
        if mod_signal is not None:
            mod_signal = self._check_signal("mod_signal", mod_signal, self.buffer_size)
        midi_f0 = wide(midi_f0)
        frequency = wide(self.make_control_as_frequency(midi_f0, mod_signal))
        phase = self.exact("initial_phase")[:, None]
        return self.oscillator(self.make_argument(frequency) + phase, midi_f0)

    def make_control_as_frequency(
        self, midi_f0: Tensor, mod_signal: Tensor | None = None
    ) -> Tensor:
        """Return the frequency in hertz, ``[B, N]``."""
        tuning, depth = self.exact("tuning"), self.exact("mod_depth")
        if mod_signal is None:
            return midi_to_hz(midi_f0 + tuning)[:, None].expand(-1, int(self.buffer_size))
        return midi_to_hz(modulated_pitch(midi_f0, tuning, depth, mod_signal))

    def make_argument(self, freq: Tensor) -> Tensor:
        """Return the phase in radians, wrapped to [0, 2 pi), of a frequency ``[B, N]``."""
        at_zero = torch.zeros(len(freq), dtype=freq.dtype, device=freq.device)
        return 2 * math.pi * oscillator_cycles(freq, at_zero, int(self.sample_rate))

    def oscillator(self, argument: Tensor, midi_f0: Tensor) -> Tensor:
        """Return audio ``[B, N]`` of a phase in radians ``[B, N]``; written by subclasses."""
        raise NotImplementedError(f"{type(self).__name__} must write oscillator(argument, midi_f0)")


class SineVCO(VCO):
    """Cosine oscillator.

    Example:
        >>> config = SynthConfig(1, sample_rate=8, control_rate=4, buffer_size_seconds=1.0)
        >>> SineVCO(config)(torch.tensor([60.0])).shape
        torch.Size([1, 8])
    """

    def oscillator(self, argument: Tensor, midi_f0: Tensor) -> Tensor:
        """Return the cosine of a phase."""
        return torch.cos(argument)


class FmVCO(SineVCO):
    """Frequency modulation: ``mod_depth`` is the modulation index; the signal is no option.

    Example:
        >>> config = SynthConfig(1, sample_rate=8, control_rate=4, buffer_size_seconds=1.0)
        >>> FmVCO(config)(torch.tensor([60.0]), torch.zeros(1, 8)).shape
        torch.Size([1, 8])
    """

    def output(self, midi_f0: Tensor, mod_signal: Tensor) -> Tensor:  # type: ignore[override]
        """Return audio in [-1, 1] of a note ``[B]`` and the modulating audio ``[B, N]``."""
        return super().output(midi_f0, mod_signal)

    def make_control_as_frequency(
        self, midi_f0: Tensor, mod_signal: Tensor | None = None
    ) -> Tensor:
        """Return the frequency in hertz, ``[B, N]``."""
        assert mod_signal is not None, "output asks for one"
        pitch = midi_f0 + self.exact("tuning")
        return fm_frequency(pitch, self.exact("mod_depth"), mod_signal, int(self.sample_rate))


class SquareSawVCO(VCO):
    """Oscillator between square and saw; ``synth_datamodule.modules.square_saw`` has its equation.

    Example:
        >>> config = SynthConfig(1, sample_rate=8, control_rate=4, buffer_size_seconds=1.0)
        >>> SquareSawVCO(config, shape=torch.tensor([1.0]))(torch.tensor([60.0])).shape
        torch.Size([1, 8])
    """

    default_parameter_ranges = [  # noqa: RUF012
        *VCO.default_parameter_ranges,
        ModuleParameterRange(0.0, 1.0, name="shape", description="from square to saw"),
    ]

    def oscillator(self, argument: Tensor, midi_f0: Tensor) -> Tensor:
        """Return audio in [-1.13, 1.13] of a phase."""
        return square_saw(argument, self.partials_constant(midi_f0), self.exact("shape"))

    def partials_constant(self, midi_f0: Tensor) -> Tensor:
        """Return the constant that sets how steep an edge is, ``[B]``."""
        highest = midi_f0 + self.exact("tuning") + clamp(self.exact("mod_depth"), low=0)
        return num_partials(highest)


class Noise(SynthModule):
    """White noise: rows of a table of 32, the row of a sound being its number mod 32.

    Before ``randomize(seed)`` the numbers are those of batch 0; in a batch of any size, where
    torchsynth refused sizes that are no multiple of 32.

    Args:
        synthconfig: Rates, lengths and switches.
        seed: Seed of the table, in [0, 2**32); two noises of one synth need two.
        device: Device of the noise.

    Example:
        >>> config = SynthConfig(1, sample_rate=4, control_rate=4, buffer_size_seconds=1.0)
        >>> Noise(config, seed=13)()
        Signal([[-0.8164, -0.0412,  0.6211, -0.9698]])
    """

    def __init__(
        self, synthconfig: SynthConfig, seed: int, device: torch.device | str | None = None
    ) -> None:
        super().__init__(synthconfig, device)
        self.table = modules.Noise(synthconfig.plain(), seed)
        self._own: Tensor | None = None

    @property
    def noise(self) -> Tensor:
        """The noise that the module gives, ``[B, N]``; any other may be put in its place."""
        return self.table(self.rows(), torch.float32) if self._own is None else self._own

    @noise.setter
    def noise(self, noise: Tensor) -> None:
        self._own = self._check_signal("noise", noise, self.buffer_size).to(torch.float32)

    def output(self) -> Tensor:
        """Return the noise, ``[B, N]``."""
        return self.noise

    def rows(self) -> Tensor:
        """Return the row of each sound, int64 ``[B]``."""
        size = int(self.batch_size)
        first = (self.seed or 0) * size
        numbers = torch.arange(first, first + size, dtype=torch.int64, device=self.device)
        return numbers % BASE_REPRODUCIBLE_BATCH_SIZE

    def is_of_table(self, seed: int) -> bool:
        """Return whether the noise is that of a table, by its seed."""
        return self._own is None and self.table.seed == seed


class VCA(SynthModule):
    """Amplifier of audio.

    Example:
        >>> config = SynthConfig(1, sample_rate=4, control_rate=4, buffer_size_seconds=0.5)
        >>> VCA(config)(torch.tensor([[1.0, -1.0]]), torch.tensor([[0.5, 0.25]]))
        Signal([[ 0.5000, -0.2500]])
    """

    def output(self, audio_in: Tensor, control_in: Tensor) -> Tensor:
        """Return ``audio_in * control_in``; all three are audio ``[B, N]``."""
        audio = self._check_signal("audio_in", audio_in, self.buffer_size)
        return audio * self._check_signal("control_in", control_in, self.buffer_size)


class ControlRateUpsample(SynthModule):
    """Control signal to audio rate, by straight lines.

    Example:
        >>> config = SynthConfig(1, sample_rate=8, control_rate=4, buffer_size_seconds=0.5)
        >>> ControlRateUpsample(config)(torch.tensor([[0.0, 1.0]]))
        Signal([[0.0000, 0.3333, 0.6667, 1.0000]])
    """

    def output(self, signal: Tensor) -> Tensor:
        """Return a control signal ``[B, C]`` at audio rate, ``[B, N]``."""
        control = self._check_signal("signal", signal, self.synthconfig.control_buffer_size)
        return upsample(control, int(self.buffer_size))
