"""From a sound's values to its control signals, in torch, where autograd follows them.

The modules' functions, all envelopes in one call and both LFOs in another: a GPU waits for each
call, however little it does.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from synth_datamodule.config import SynthConfig
from synth_datamodule.kernels.exact.columns import (
    ADSR_1,
    ADSR_2,
    KEYBOARD,
    LFO_1,
    LFO_1_AMP,
    LFO_1_RATE,
    LFO_2,
    LFO_2_AMP,
    LFO_2_RATE,
    MATRIX,
    MIXER,
    VCO_1,
    VCO_2,
)
from synth_datamodule.modules.adsr import adsr_envelope
from synth_datamodule.modules.lfo import lfo_signal
from synth_datamodule.modules.square_saw_vco import num_partials
from synth_datamodule.numerics.clamping import clamp

_ENVELOPES = (ADSR_1, ADSR_2, LFO_1_RATE, LFO_2_RATE, LFO_1_AMP, LFO_2_AMP)


class Controls(NamedTuple):
    """Control signals and constants that a Voice's audio is computed from.

    Args:
        pitches: Pitches of both oscillators in semitones, not clamped. Shape ``[B, 2, C]``.
        gains: Gains of both oscillators and the noise, mixer levels included. Shape ``[B, 3, C]``.
        initial_phases: Initial phases of both oscillators in radians. Shape ``[B, 2]``.
        partials: The second oscillator's ``num_partials``. Shape ``[B]``.
        shape: The second oscillator's shape knob, in [0, 1]. Shape ``[B]``.
    """

    pitches: Tensor
    gains: Tensor
    initial_phases: Tensor
    partials: Tensor
    shape: Tensor


def control_signals(values: Tensor, synthconfig: SynthConfig) -> Controls:
    """Return the controls of a Voice, differentiable with respect to its parameters' values.

    Args:
        values: Parameter values in their units, float64. Shape ``[B, P]``.
        synthconfig: Rates and lengths.
    """
    num_sounds, num_frames = len(values), synthconfig.control_buffer_size
    control_rate = synthconfig.control_rate

    def side_by_side(columns: tuple[int, ...], width: int) -> tuple[Tensor, ...]:
        """Return each parameter of several modules, ``[M B]``, module after module."""
        return torch.cat([values[:, start : start + width] for start in columns]).unbind(1)

    midi_f0, duration = values[:, KEYBOARD], values[:, KEYBOARD + 1]
    envelopes = adsr_envelope(
        duration.repeat(len(_ENVELOPES)),
        *side_by_side(_ENVELOPES, 5),
        num_frames=num_frames,
        control_rate=control_rate,
        eps=synthconfig.eps,
    ).view(len(_ENVELOPES), num_sounds, num_frames)

    frequency, depth, initial_phase, *weights = side_by_side((LFO_1, LFO_2), 8)
    bent = frequency[:, None] + depth[:, None] * envelopes[2:4].flatten(0, 1)
    lfos = lfo_signal(clamp(bent, low=0), initial_phase, torch.stack(weights, 1), control_rate)
    lfos = lfos.view(2, num_sounds, num_frames) * envelopes[4:]

    matrix = values[:, MATRIX : MATRIX + 20].view(num_sounds, 4, 5, 1)
    signals = (*envelopes[:2], *lfos)
    mods = matrix[:, 0] * signals[0][:, None]
    for k in range(1, 4):
        mods = mods + matrix[:, k] * signals[k][:, None]

    amps = torch.stack((mods[:, 1], mods[:, 3], mods[:, 4]), 1)
    vcos = torch.stack((values[:, VCO_1 : VCO_1 + 3], values[:, VCO_2 : VCO_2 + 3]), 1)
    tuning, bend, initial_phases = vcos.unbind(2)
    return Controls(
        pitches=(midi_f0[:, None] + tuning)[:, :, None] + bend[:, :, None] * mods[:, 0:4:2],
        gains=values[:, MIXER : MIXER + 3, None] * amps,
        initial_phases=initial_phases,
        partials=num_partials(midi_f0 + tuning[:, 1] + clamp(bend[:, 1], low=0)),
        shape=values[:, VCO_2 + 3],
    )
