"""Invariants of the Voice: all that is left of its parameters once no symmetry moves it."""

from types import MappingProxyType
from typing import NamedTuple

import torch
from torch import Tensor

from synth_datamodule.numerics.clamping import clamp, smaller
from synth_datamodule.numerics.constants import SHAPE_EXPONENT
from synth_datamodule.numerics.powers import power_shares
from synth_datamodule.parameters.table import ParameterTable
from synth_datamodule.symmetry.voice_columns import voice_columns

UNITS = MappingProxyType(
    {
        "duration": "s",
        "pitches": "semitones",
        "bends": "semitones",
        "edge_pitch": "semitones",
        "phases": "cosine and sine",
        "shape": "",
        "gains": "",
        "envelopes": "s, s, level, s, exponent",
        "lfo_rates": "Hz",
        "lfo_depths": "Hz",
        "lfo_phases": "cosine and sine",
        "lfo_shares": "",
    }
)
"""Unit of each field of ``Invariants``; "" is a pure number."""


class Invariants(NamedTuple):
    """What a sound of the Voice is made from, without what cannot be heard of its parameters.

    The four modulators are adsr_1, adsr_2, lfo_1 and lfo_2, in the canonical order of both pairs.

    Args:
        duration: Note-on time in seconds. Shape ``[B]``.
        pitches: Pitches of both oscillators at rest in semitones, MIDI's, in [-24, 151]; what is
            played is clamped to [0, 127]. Shape ``[B, 2]``.
        bends: Semitones by which each modulator bends each oscillator at its height, depth times
            weight, in [-96, 96]. Shape ``[B, 2, 4]``.
        edge_pitch: Pitch in semitones that sets how steep the second oscillator's edges are: at
            rest, plus its depth where that is upward. Shape ``[B]``.
        phases: Cosine and sine of both oscillators' initial phases. Shape ``[B, 2, 2]``.
        shape: Shape of the second oscillator, 0 square to 1 saw. Shape ``[B]``.
        gains: Gain that each modulator gives vco_1, vco_2 and the noise at its height, level times
            weight, in [0, 1]. Shape ``[B, 3, 4]``.
        envelopes: Attack and decay in seconds as far as the note lasts, sustain level (1 where it
            is never come near), release in seconds, exponent; of adsr_1, adsr_2, the LFOs' amp
            envelopes, their rate envelopes. Shape ``[B, 6, 5]``.
        lfo_rates: Frequencies of both LFOs at rest in hertz. Shape ``[B, 2]``.
        lfo_depths: Depths of both LFOs' rate envelopes in hertz. Shape ``[B, 2]``.
        lfo_phases: Cosine and sine of both LFOs' initial phases. Shape ``[B, 2, 2]``.
        lfo_shares: Shares of sin, tri, saw, rsaw and sqr in both LFOs, which sum to 1. Shape ``[B,
            2, 5]``.

    Example:
        >>> from synth_datamodule import Voice
        >>> voice = Voice()
        >>> found = voice.invariants(voice.draw([7]))
        >>> found.gains.shape, UNITS["pitches"]
        (torch.Size([1, 3, 4]), 'semitones')
    """

    duration: Tensor
    pitches: Tensor
    bends: Tensor
    edge_pitch: Tensor
    phases: Tensor
    shape: Tensor
    gains: Tensor
    envelopes: Tensor
    lfo_rates: Tensor
    lfo_depths: Tensor
    lfo_phases: Tensor
    lfo_shares: Tensor


def voice_invariants(values: Tensor, table: ParameterTable) -> Invariants:
    """Return the invariants of canonical values.

    Args:
        values: Values of canonical parameters in units, float64. Shape ``[B, P]``.
        table: Parameters of the Voice.
    """
    k = voice_columns(table)
    duration, depths = values[:, k.duration], values[:, k.depths]
    pitches = values[:, k.midi_f0, None] + values[:, k.tunings]
    return Invariants(
        duration=duration,
        pitches=pitches,
        bends=depths[:, :, None] * values[:, k.bends],
        edge_pitch=pitches[:, 1] + clamp(depths[:, 1], low=0),
        phases=_on_circle(values[:, k.phases]),
        shape=values[:, k.shape],
        gains=values[:, k.levels, None] * values[:, k.amps],
        envelopes=_heard(values[:, k.envelopes], duration[:, None]),
        lfo_rates=values[:, k.rates],
        lfo_depths=values[:, k.rate_depths],
        lfo_phases=_on_circle(values[:, k.lfo_phases]),
        lfo_shares=torch.stack(
            [power_shares(values[:, shapes], SHAPE_EXPONENT) for shapes in k.shapes], 1
        ),
    )


def _on_circle(radians: Tensor) -> Tensor:
    return torch.stack((radians.cos(), radians.sin()), -1)


def _heard(envelopes: Tensor, duration: Tensor) -> Tensor:
    """Return envelopes with attack and decay cut to the note. Shape ``[B, 6, 5]``."""
    attack, decay, sustain, release, alpha = envelopes.unbind(-1)
    attack_heard = smaller(attack, duration.expand_as(attack))
    decay_heard = smaller(decay, clamp(duration - attack, low=0))
    # A decay of 0 means never.
    sustain = torch.where(decay_heard <= 0, 1.0, sustain)
    return torch.stack((attack_heard, decay_heard, sustain, release, alpha), -1)
