"""Modules at control rate: keyboard and knob, envelope, LFO, amplifier."""

import math

import torch
from torch import Tensor

from synth_datamodule import checks
from synth_datamodule.modules import adsr_envelope, lfo_shapes
from synth_datamodule.modules.lfo import lfo_cycles
from synth_datamodule.numerics.clamping import clamp
from synth_datamodule.numerics.constants import MIDI_MAX, SHAPE_EXPONENT
from synth_datamodule.numerics.powers import power_shares
from synth_datamodule.torchsynth.base import ControlRateModule, SynthModule, signal_of, wide
from synth_datamodule.torchsynth.config import SynthConfig
from synth_datamodule.torchsynth.parameter import ModuleParameterRange


class MonophonicKeyboard(SynthModule):
    """One held note for each sound.

    Example:
        >>> note = {"midi_f0": torch.tensor([69.0]), "duration": torch.tensor([4.0])}
        >>> MonophonicKeyboard(SynthConfig(1), **note)()[1]
        tensor([4.], grad_fn=<...>)
    """

    default_parameter_ranges = [  # noqa: RUF012  # as torchsynth's are
        ModuleParameterRange(0.0, MIDI_MAX, name="midi_f0", description="pitch in semitones"),
        ModuleParameterRange(0.01, 4.0, curve=0.5, name="duration", description="note-on time, s"),
    ]

    def forward(self) -> tuple[Tensor, Tensor]:
        """Return pitch in semitones and note-on duration in seconds, each of shape ``[B]``."""
        return self.p("midi_f0"), self.p("duration")


class CrossfadeKnob(SynthModule):
    """A knob in [0, 1] for each sound; ``knob.p("ratio")`` reads it."""

    default_parameter_ranges = [ModuleParameterRange(0.0, 1.0, name="ratio")]  # noqa: RUF012


class ADSR(ControlRateModule):
    """Envelope generator; ``synth_datamodule.modules.adsr_envelope`` has its equation.

    Example:
        >>> config = SynthConfig(1, buffer_size_seconds=1.0)
        >>> ADSR(config, attack=torch.tensor([0.5]))(torch.tensor([0.8])).shape
        torch.Size([1, 441])
    """

    default_parameter_ranges = [  # noqa: RUF012
        ModuleParameterRange(0.0, 2.0, curve=0.5, name="attack", description="time in s"),
        ModuleParameterRange(0.0, 2.0, curve=0.5, name="decay", description="time in s"),
        ModuleParameterRange(0.0, 1.0, name="sustain", description="level"),
        ModuleParameterRange(0.0, 5.0, curve=0.5, name="release", description="time in s"),
        ModuleParameterRange(0.1, 6.0, name="alpha", description="exponent of the ramps"),
    ]

    def output(self, note_on_duration: Tensor) -> Tensor:
        """Return the level in [0, 1], ``[B, C]``, of a note held for so many seconds ``[B]``."""
        self._check_shape("note_on_duration", note_on_duration)
        knobs = ("attack", "decay", "sustain", "release", "alpha")
        return adsr_envelope(
            wide(note_on_duration),
            *(self.exact(knob) for knob in knobs),
            num_frames=int(self.control_buffer_size),
            control_rate=int(self.control_rate),
            eps=self.eps,
        )

    def __str__(self) -> str:
        values = ", ".join(f"{name}={self.p(name).tolist()}" for name in self.torchparameters)
        return f"ADSR({values})"


class LFO(ControlRateModule):
    """Low frequency oscillator; ``synth_datamodule.modules.lfo_signal`` has its equation.

    Args:
        synthconfig: Rates, lengths and switches.
        exponent: Exponent that sharpens the choice among the five shapes, positive.
        device: Device of the parameters.
        kwargs: Values in the parameters' ranges, by name. Each of shape ``[B]``.

    Example:
        >>> lfo = LFO(SynthConfig(1, buffer_size_seconds=1.0), frequency=torch.tensor([2.0]))
        >>> lfo().shape
        torch.Size([1, 441])
    """

    lfo_types = ("sin", "tri", "saw", "rsaw", "sqr")
    default_parameter_ranges = [  # noqa: RUF012
        ModuleParameterRange(0.0, 20.0, curve=0.25, name="frequency", description="rate in Hz"),
        ModuleParameterRange(
            -10.0, 20.0, curve=0.5, symmetric=True, name="mod_depth", description="Hz per unit"
        ),
        ModuleParameterRange(-math.pi, math.pi, name="initial_phase", description="radians"),
        *(ModuleParameterRange(0.0, 1.0, name=shape, description="weight") for shape in lfo_types),
    ]

    def __init__(
        self,
        synthconfig: SynthConfig,
        exponent: float | Tensor = SHAPE_EXPONENT,
        device: torch.device | str | None = None,
        **kwargs: Tensor,
    ) -> None:
        super().__init__(synthconfig, device, **kwargs)
        self.exponent = checks.positive_number("exponent", exponent)

    def output(self, mod_signal: Tensor | None = None) -> Tensor:
        """Return the signal in [0, 1], ``[B, C]``; ``mod_signal`` ``[B, C]`` bends the rate."""
        frequency = wide(self.make_control(mod_signal))
        phase, rate = self.exact("initial_phase"), int(self.control_rate)
        shapes = lfo_shapes(lfo_cycles(frequency, phase, rate))
        weights = torch.stack([self.exact(shape) for shape in self.lfo_types], dim=1)
        return (power_shares(weights, self.exponent)[..., None] * shapes).sum(dim=1)

    def make_control(self, mod_signal: Tensor | None = None) -> Tensor:
        """Return the rate in hertz, ``[B, C]``; below 0 Hz the LFO stands still."""
        frequency = self.exact("frequency")[:, None].expand(-1, int(self.control_buffer_size))
        if mod_signal is not None:
            mod = self._check_signal("mod_signal", mod_signal, self.control_buffer_size)
            frequency = frequency + self.exact("mod_depth")[:, None] * mod
        return clamp(frequency, low=0)


class ControlRateVCA(ControlRateModule):
    """Amplifier of control signals.

    Example:
        >>> config = SynthConfig(1, sample_rate=4, control_rate=4, buffer_size_seconds=0.5)
        >>> ControlRateVCA(config)(torch.tensor([[1.0, 0.5]]), torch.tensor([[0.5, 0.5]]))
        Signal([[0.5000, 0.2500]])
    """

    def output(self, audio_in: Tensor, control_in: Tensor) -> Tensor:
        """Return ``audio_in * control_in``; all three are control signals ``[B, C]``."""
        size = self.control_buffer_size
        signal = self._check_signal("audio_in", audio_in, size)
        return signal_of(signal * self._check_signal("control_in", control_in, size))
