"""Phases along straight lines of pitch: the formula beside sums of steps."""

import itertools

import numpy as np
import pytest

from synth_datamodule.kernels.cpu import advance

RATES = {
    "default": (1764, 176400),
    "control at audio rate": (700, 700),
    "two samples": (2, 2),
    "long pieces": (20, 40000),
}
BOUNDS, UNIT = (-16.0, -1.0), 1.0
rng = np.random.default_rng(0)
PITCHES = {
    "held": lambda c: np.full(c, -9.3),
    "nearly held": lambda c: -9.3 + 1e-9 * np.arange(c),
    "bent": lambda c: -8 + 3 * np.sin(np.arange(c) / 40),
    "jumping": lambda c: rng.uniform(-16, -1, c),
    "high and jumping": lambda c: -1.0 - 0.2 * rng.random(c),
    "clamped": lambda c: -8 + 12 * np.sin(np.arange(c) / 400),
}


def filled(pitch, num_samples, phase):
    """Phases in cycles, and how they grow within their piece, all samples'; and the pieces."""
    num_frames = len(pitch)
    most = advance.most_pieces(num_frames, num_samples)
    starts, frames, shares = np.empty(most, np.int64), np.empty(most, np.int64), np.empty(most)
    count = advance.pieces_of(num_frames, num_samples, starts, frames, shares)
    rows = np.full((advance.NUM_ROWS, count), np.nan)
    per_sample = (num_frames - 1) / (num_samples - 1)
    scratch = [np.empty(500, kind) for kind in ("f4", "i4", "f4", "f4")]
    here = frames[:count]
    advance.advance(pitch, BOUNDS, UNIT, phase, per_sample, starts, here, shares, rows, *scratch)
    halves, signs = np.empty(num_samples + 8, "f4"), np.empty(num_samples + 8, "i4")
    level, bend = np.empty(num_samples + 8, np.float32), np.empty(num_samples + 8, np.float32)
    pieces = (starts, frames, shares)
    advance.filled(
        0, count, rows, pitch, BOUNDS, UNIT, per_sample, pieces, halves, signs, level, bend
    )
    assert starts[count] == num_samples
    # From half cycles, and which of the two it is.
    cycles = (halves / 2.0 + np.where(signs < 0, 0.5, 0.0))[:-8]
    return cycles, level[:-8], bend[:-8], rows, starts[: count + 1], here


@pytest.mark.parametrize("rates", RATES)
@pytest.mark.parametrize("kind", PITCHES)
def test_phases_and_their_growth_are_the_sums_of_steps(kind, rates):
    num_frames, num_samples = RATES[rates]
    pitch = PITCHES[kind](num_frames)
    cycles, level, bend, rows, starts, frames = filled(pitch, num_samples, 0.3)
    m = np.arange(num_samples)
    left = np.minimum(m * (num_frames - 1) // (num_samples - 1), num_frames - 2)
    share = (m * (num_frames - 1) - left * (num_samples - 1)) / (num_samples - 1)
    octave = pitch[left] + share * (pitch[left + 1] - pitch[left])
    step = np.exp2(np.clip(octave, *BOUNDS))
    far = (cycles - (0.3 + np.cumsum(step.astype(np.longdouble))) + 0.5) % 1 - 0.5
    assert np.abs(far).max() < 3e-8
    slope = np.where((octave >= BOUNDS[0]) & (octave <= BOUNDS[1]), step * np.log(2), 0)
    for p, (start, stop) in enumerate(itertools.pairwise(starts)):
        assert (left[start:stop] == frames[p]).all()
        piece = slice(start, stop)
        levels = np.cumsum(slope[piece])
        bends = np.cumsum(slope[piece] * share[piece])
        most = max(levels[-1], 1e-30)
        assert np.abs(level[piece] - levels).max() < 1e-6 * most
        assert np.abs(bend[piece] - bends).max() < 1e-6 * most
        assert abs(rows[advance.BY_LEVEL, p] - levels[-1]) < 1e-10 * most
        assert abs(rows[advance.BY_BEND, p] - bends[-1]) < 1e-10 * most


def test_the_formula_holds_where_a_pitch_is_bent_and_not_where_it_jumps():
    shares = {}
    for kind, pitch in PITCHES.items():
        rows = filled(pitch(1764), 176400, 0.0)[3]
        shares[kind] = rows[advance.HOLDS].mean()
    assert shares["held"] == shares["nearly held"] == 1
    assert shares["bent"] > 0.9
    assert shares["jumping"] < 0.1
    assert 0.2 < shares["clamped"] < 0.9
