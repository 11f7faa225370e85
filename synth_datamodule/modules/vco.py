"""What the two oscillators of the Voice share: their pitch, bent by a modulation."""

import math
from collections.abc import Mapping

from torch import Tensor

from synth_datamodule import checks
from synth_datamodule.modules.base import SynthModule, Values
from synth_datamodule.modules.phase import midi_to_hz, oscillator_cycles
from synth_datamodule.numerics.clamping import clamp
from synth_datamodule.numerics.constants import MIDI_MAX
from synth_datamodule.parameters.table import ParameterRange
from synth_datamodule.program import Builder, Signal
from synth_datamodule.program.words import bent_phase


def modulated_pitch(midi_f0: Tensor, tuning: Tensor, mod_depth: Tensor, mod: Tensor) -> Tensor:
    """Return ``clamp(midi_f0 + tuning + mod_depth * mod, 0, 127)``.

    Its gradient is 0 beyond the clamp, and at 0 and 127 themselves that of the pitch inside.

    Args:
        midi_f0: Note in semitones. Shape ``[B]``.
        tuning: Tuning in semitones. Shape ``[B]``.
        mod_depth: Semitones per unit of ``mod``. Shape ``[B]``.
        mod: Modulating signal. Shape ``[B, N]``.

    Returns:
        Pitch in semitones, in [0, 127]. Shape ``[B, N]``.

    Raises:
        TypeError: If an argument is not a float tensor.
        ValueError: If a shape differs, or (on the CPU) a note is no number.

    Example:
        >>> import torch
        >>> mod = torch.tensor([[0.0, 1.0, 9.0]])
        >>> modulated_pitch(torch.tensor([60.0]), torch.tensor([2.0]), torch.tensor([12.0]), mod)
        tensor([[ 62.,  74., 127.]])
    """
    num_sounds = checks.per_sound(midi_f0=midi_f0, tuning=tuning, mod_depth=mod_depth)
    checks.float_tensor("mod", mod, "[B, N]", (num_sounds, None))
    checks.within("midi_f0", midi_f0)
    return clamp((midi_f0 + tuning)[:, None] + mod_depth[:, None] * mod, 0, MIDI_MAX)


class VCO(SynthModule):
    """Voltage controlled oscillator: pitch to phase; a subclass turns phase into sound."""

    parameter_ranges: tuple[ParameterRange, ...] = (
        ParameterRange("tuning", -24.0, 24.0, unit="semitones"),
        ParameterRange("mod_depth", -96.0, 96.0, curve=0.2, symmetric=True, unit="semitones"),
        ParameterRange("initial_phase", -math.pi, math.pi, unit="rad"),
    )

    def sounded(
        self, values: Values, midi_f0: Tensor | float, mod: Tensor | None
    ) -> tuple[Values, Tensor]:
        """Return all values and the note, a tensor ``[B]`` each, for what a call gave.

        Args:
            values: This module's parameters; ``defaults`` for those left out.
            midi_f0: Note in semitones. Shape ``[B]``, or a number.
            mod: Signal that bends the pitch. Shape ``[B, N]``.
        """
        values = self.complete(values, midi_f0, mod)
        return values, self.per_sound("midi_f0", midi_f0, values)

    def radians(self, values: Values, midi_f0: Tensor | float, mod: Tensor | None) -> Tensor:
        """Return the oscillator's phase in [0, 2 pi), ``[B, N]``.

        Args:
            values: This module's parameters; ``defaults`` for those left out.
            midi_f0: Note in semitones. Shape ``[B]``, or a number.
            mod: Signal that bends the pitch, ``mod_depth`` semitones per unit; None is no bend, and
                no clamp. Shape ``[B, N]``.
        """
        values, midi_f0 = self.sounded(values, midi_f0, mod)
        num_sounds = self.check(values)
        checks.float_tensor("midi_f0", midi_f0, "[B]", (num_sounds,))
        checks.within("midi_f0", midi_f0)
        if mod is None:
            # Only a modulated pitch is clamped, as in torchsynth.
            pitch = (midi_f0 + values["tuning"])[:, None].expand(-1, self.buffer_size)
        else:
            self.check_audio(num_sounds, mod=mod)
            pitch = modulated_pitch(midi_f0, values["tuning"], values["mod_depth"], mod)
        cycles = oscillator_cycles(midi_to_hz(pitch), values["initial_phase"], self.sample_rate)
        return 2 * math.pi * cycles

    def exact_phase(
        self,
        build: Builder,
        values: Mapping[str, Signal],
        midi_f0: Signal | float,
        mod: Signal | None,
        quarter: bool = False,
    ) -> Signal:
        """Return the oscillator's phase as a program has it.

        Args:
            build: Builder of the program.
            values: This module's parameters.
            midi_f0: Note in semitones.
            mod: Signal that bends the pitch; None is no bend, and no clamp.
            quarter: Whether it is a quarter of a cycle ahead: the sine of that is the cosine.
        """
        pitch = build.signal(midi_f0) + values["tuning"]
        return bent_phase(
            build, pitch, values["mod_depth"], values["initial_phase"], mod, quarter=quarter
        )
