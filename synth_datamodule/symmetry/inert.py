"""Inert parameters of a Voice's sounds: those that move nothing, because something is silent."""

import torch
from torch import Tensor

from synth_datamodule.numerics.constants import MIDI_MAX
from synth_datamodule.parameters.table import ParameterTable
from synth_datamodule.symmetry.cut import cuts
from synth_datamodule.symmetry.voice_columns import CHANNELS, ENVELOPES, SOURCES, voice_columns

_SAME = 1e-6  # of full scale
_CLIPPED = 2.0  # a sample and its sound's peak may move by as much
_SQUARE_SAW = 1.13  # peak of its wave
# Samples move by at most so much for each semitone and second: 2 pi ln(2) / 12 times the largest
# product of frequency and slope of a wave, 12,544 Hz and those of square_saw's edges, whose
# steepness falls with frequency.
_PER_SEMITONE_SECOND = 2e4
_PER_TURN = 4.0  # by which an LFO's signal moves at most, between its steps


def inert_reasons(values: Tensor, table: ParameterTable, seconds: float) -> dict[str, Tensor]:
    """Return which parameters of each sound move nothing wherever they are moved, and why.

    Args:
        values: Values of the Voice's parameters in units, float64. Shape ``[B, P]``.
        table: Parameters of the Voice.
        seconds: Length of the sounds.

    Returns:
        Masks by reason, bool, only those that hold in some sound. Shape ``[B, P]``.
    """
    k = voice_columns(table)
    size = _CLIPPED * torch.tensor(
        (1.0, _SQUARE_SAW, 1.0), dtype=torch.float64, device=values.device
    )
    levels, weights = values[:, k.levels] * size, values[:, k.amps]
    gains = levels[:, :, None] * weights
    heard = gains.sum(2)
    reasons: dict[str, Tensor] = {}

    def because(reason: str, where: Tensor, columns: list[int]) -> None:
        mask = reasons.setdefault(reason, torch.zeros_like(values, dtype=torch.bool))
        mask[:, columns] |= where[:, None]

    pinned = [table.column(name) for name in table.pinned]
    because("it is pinned", torch.ones_like(values[:, 0], dtype=torch.bool), pinned)
    per_semitone = _PER_SEMITONE_SECOND * seconds
    depths = values[:, k.depths]
    pitches = values[:, k.midi_f0, None] + values[:, k.tunings]
    # Modulators are never negative, so a depth bends one way.
    beyond = ((pitches >= MIDI_MAX) & (depths >= 0)) | ((pitches <= 0) & (depths <= 0))
    bends = torch.where(beyond, 0.0, depths.abs())[:, :, None] * values[:, k.bends]
    silent = heard < _SAME
    for c, channel in enumerate(CHANNELS):
        because(f"the level of {channel} is 0", levels[:, c] < _SAME, k.amps[c])
        nothing = size[c] * weights[:, c].sum(1) < _SAME
        because(f"no modulator opens {channel}", nothing, [k.levels[c]])
    for v, own in enumerate(([], [k.shape])):
        vco = CHANNELS[v]
        columns = [k.tunings[v], k.depths[v], k.phases[v], *k.bends[v], *own]
        because(f"{vco} is silent", silent[:, v], columns)
        moves = per_semitone * heard[:, v]
        resting = depths[:, v].abs() * moves < _SAME
        because(f"the depth of {vco} is 0", resting, k.bends[v])
        because(f"{vco} is bent beyond the last pitch", beyond[:, v], k.bends[v])
        if v == 0:  # an upward depth of the second is heard in its edges
            widest = max(abs(table.ranges[k.depths[v]].minimum), table.ranges[k.depths[v]].maximum)
            unbent = widest * values[:, k.bends[v]].sum(1) * moves < _SAME
            because(f"nothing bends {vco}", unbent, [k.depths[v]])
    both = silent[:, 0] & silent[:, 1]
    because("both oscillators are silent", both, [k.midi_f0])
    because("the sound is silent", silent.all(1), [k.duration])
    bent = (bends * heard[:, :2, None]).sum(1) * per_semitone
    moves_by = gains.sum(1) + bent  # a modulator that moves by 1
    for s, source in enumerate(SOURCES):
        because(f"nothing takes {source}", moves_by[:, s] < _SAME, _of_source(table, source))
    for e, envelope in enumerate(ENVELOPES):
        attack, decay, sustain, *_ = k.envelopes[e]
        cut = cuts(values[:, k.duration], values[:, attack], values[:, decay])
        because(f"the note ends within the attack of {envelope}", cut.attack, [decay])
        because(f"{envelope} never comes near its sustain", cut.sustain, [sustain])
    for lfo, depth in zip(("lfo_1", "lfo_2"), k.rate_depths, strict=True):
        modules = table.modules[f"{lfo}_rate_adsr"]
        turned = values[:, depth].abs() * seconds * _PER_TURN
        resting = turned * moves_by[:, SOURCES.index(lfo)] < _SAME
        because(f"the depth of {lfo} is 0", resting, [table.column(name) for name in modules])
    return {reason: mask for reason, mask in reasons.items() if bool(mask.any())}


def _of_source(table: ParameterTable, source: str) -> list[int]:
    """Return the columns of a modulator and of what modulates it."""
    parts = [source, f"{source}_amp_adsr", f"{source}_rate_adsr"]
    modules = table.modules
    return [table.column(name) for part in parts for name in modules.get(part, ())]
