"""From a sound's parameters to control signals: the kernel beside the torch modules."""

import functools
import math
import operator

import numba
import numpy as np
import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st

from synth_datamodule import SynthConfig, Voice
from synth_datamodule.kernels.cpu import control
from synth_datamodule.kernels.exact import formulas
from synth_datamodule.kernels.plan import Plan
from synth_datamodule.modules import adsr_envelope, lfo_signal
from synth_datamodule.parameters.table import ParameterRange, ParameterTable

law = settings(max_examples=300, deadline=None, derandomize=True, database=None)
both_nebulae = pytest.mark.parametrize("nebula", ["default", "drum"])


# Parameters to values


@functools.cache
def voice_table(nebula="default", **pinned):
    pinned = {name.replace("__", "."): value for name, value in pinned.items()}
    return Voice(SynthConfig(), nebula, pinned=pinned).parameter_table


PINNED = {"keyboard__midi_f0": 60.1, "adsr_1__attack": 1 / 3, "lfo_1__mod_depth": 0.1}


def values_of(table, u):
    rows = Plan(SynthConfig(), table).table
    values = np.empty_like(u)
    for row, out in zip(u, values, strict=True):
        control.to_values(row, rows, out)
    return values


@both_nebulae
def test_values_are_the_parameter_tables(nebula):
    table = voice_table(nebula)
    u = torch.rand(300, 78, generator=torch.Generator().manual_seed(0)).double()
    # Everything at 0, in the middle, at the last draw there is and at 1; and the smallest draws.
    u[:4] = torch.tensor([0.0, 0.5, 1 - 2**-24, 1.0])[:, None]
    u[4:54] = 0.5 + torch.arange(-25, 25)[:, None] * 2.0**-24
    u[54:79] = torch.arange(25)[:, None] * 2.0**-24
    width = np.array([found.maximum - found.minimum for found in table.ranges])
    error = np.abs(values_of(table, u.numpy()) - table.to_physical(u).numpy()) / width
    # Measured on 3 million values: 2.3e-16.
    assert error.max() < 5e-16


@both_nebulae
def test_the_ends_of_a_range_are_exact_and_nothing_lies_beyond(nebula):
    table = voice_table(nebula)
    minimum = np.array([found.minimum for found in table.ranges])
    maximum = np.array([found.maximum for found in table.ranges])
    u = np.random.default_rng(0).uniform(0, 1, (300, 78))
    u[0], u[1], u[2:40] = 0, 1, 1 - np.arange(1, 39)[:, None] * 2.0**-53
    values = values_of(table, u)
    assert np.array_equal(values[0], minimum)
    assert np.array_equal(values[1], maximum)
    assert (minimum <= values).all()
    assert (values <= maximum).all()


@law
@given(
    st.lists(st.floats(-1e3, 1e3), min_size=2, max_size=2, unique=True).map(sorted),
    st.floats(0.01, 10),
    st.booleans(),
)
@example([0.1, 0.7], 1.0, False)
@example([-0.3, 0.6], 0.2, True)
def test_the_ends_of_any_range_are_exact_and_nothing_lies_beyond(ends, curve, symmetric):
    table = ParameterTable([ParameterRange("a.b", *ends, curve, symmetric)])
    u = np.concatenate([[0.0, 1.0], 1 - np.arange(1, 30) * 2.0**-53, np.linspace(0, 1, 30)])
    values = values_of(table, u[:, None])[:, 0]
    assert values[:2].tolist() == ends
    assert ends[0] <= values.min()
    assert values.max() <= ends[1]


@both_nebulae
def test_pinned_values_are_exact_whatever_was_drawn(nebula):
    table = voice_table(nebula, **PINNED)
    u = np.random.default_rng(0).uniform(0, 1, (50, 78))
    values = values_of(table, u)
    free = values_of(voice_table(nebula), u)
    for name, value in PINNED.items():
        assert values[:, table.column(name.replace("__", "."))].tolist() == [value] * 50
    assert (values != free).any(0).sum() == len(PINNED)


# Envelopes


def envelope(row, num_frames, rate, eps):
    out = np.full(num_frames, np.nan)
    control.envelope(*row, rate, eps, out)
    return out


@numba.njit(error_model="numpy")
def _frame_by_frame(duration, attack, decay, sustain, release, alpha, rate, eps, out):
    attack_slope, decay_start, decay_slope, release_start, release_slope = formulas.adsr_ramps(
        duration, attack, decay, release, rate
    )
    for n in range(out.shape[0]):
        frame = np.float64(n)
        level = formulas.rise(frame, 0.0, attack_slope, alpha, eps)
        decay_ramp = formulas.fall(frame, decay_start, decay_slope, alpha, eps)
        level *= formulas.held(decay_ramp, sustain)
        out[n] = level * formulas.fall(frame, release_start, release_slope, alpha, eps)


def frame_by_frame(row, num_frames, rate, eps):
    """The formula, everywhere; the kernel computes powers only where a ramp moves."""
    out = np.empty(num_frames)
    _frame_by_frame(*row, rate, eps, out)
    return out


def reference(row, num_frames, rate, eps):
    values = [torch.tensor([value], dtype=torch.float64) for value in row]
    found = adsr_envelope(*values, num_frames=num_frames, control_rate=int(rate), eps=eps)
    return found[0].numpy()


def tolerance(row, num_frames, rate, eps):
    """1e-12, and more where a ramp falls so close to 0 that its power tells last bits apart.

    A power below 1 is vertical at 0: ``(1 - x)**0.1`` turns an x off by 1e-16 into 0.025.
    """
    duration, attack, decay, _, release, alpha = row
    frames = np.arange(num_frames)
    bound = np.full(num_frames, 1e-12)
    starts = {min(attack, duration): min(max(duration - attack, 0), decay), duration: release}
    for start, length in starts.items():
        if length > 1e-300:
            steps = np.maximum(frames - start * rate, 0)
            left = np.abs(1 - ((steps + eps) / (length * rate) + eps))
            # x is off by 1e-15 at most. Measured on 8 million frames: a fourteenth of the bound,
            # which is above 2e-12 in one of 200,000.
            bound += 1e-15 * alpha * np.maximum(left, 1e-16) ** min(alpha - 1, 0)
    return bound


# Each parameter anywhere in its range, at its ends, or hardly beside the lower.
ENDS = {"attack": 2.0, "decay": 2.0, "release": 5.0}
times = {
    name: st.floats(0, end) | st.sampled_from([0.0, 5e-324, 1e-12, 1 / 441, 1e-3, end])
    for name, end in ENDS.items()
}
rows = st.tuples(
    st.floats(0.01, 4) | st.sampled_from([0.01, 0.5, 2.0, 4.0]),
    times["attack"],
    times["decay"],
    st.floats(0, 1) | st.sampled_from([0.0, 1.0]),
    times["release"],
    st.floats(0.1, 6) | st.sampled_from([0.1, 1.0, 6.0]),
)
situations = {
    "num_frames": st.integers(2, 400),
    "rate": st.sampled_from([11.0, 100.0, 441.0]),
    "eps": st.sampled_from([1e-6, 1e-12, 0.5]),
}
SITUATIONS = {
    # duration, attack, decay, sustain, release, alpha
    "attack, decay, sustain and release": (1.0, 0.2, 0.3, 0.4, 0.5, 2.0),
    "decay of 0": (1.0, 0.2, 0.0, 0.4, 0.5, 2.0),
    "release of 0": (1.0, 0.2, 0.3, 0.4, 0.0, 2.0),
    "attack of 0": (1.0, 0.0, 0.3, 0.4, 0.5, 2.0),
    "nothing but a key": (1.0, 0.0, 0.0, 0.4, 0.0, 2.0),
    "note shorter than its attack": (0.1, 0.2, 0.3, 0.4, 0.5, 2.0),
    "note as long as its attack": (0.2, 0.2, 0.3, 0.4, 0.5, 2.0),
    "note a last bit longer than its attack": (0.2, math.nextafter(0.2, 0), 0.3, 0.4, 0.5, 2.0),
    "note that ends while decaying": (0.3, 0.2, 0.3, 0.4, 0.5, 2.0),
    "note held beyond the buffer": (4.0, 0.2, 0.3, 0.4, 0.5, 2.0),
    "attack beyond the buffer": (4.0, 2.0, 0.3, 0.4, 0.5, 2.0),
    "release beyond the buffer": (1.5, 0.2, 0.3, 0.4, 5.0, 2.0),
    "ramps between two frames": (0.0101, 0.0003, 0.0004, 0.4, 0.0005, 2.0),
    "everything starts on a frame": (1.0, 0.25, 0.25, 0.4, 0.5, 2.0),
    "everything least": (0.01, 0.0, 0.0, 0.0, 0.0, 0.1),
    "everything most": (4.0, 2.0, 2.0, 1.0, 5.0, 6.0),
}


def check(row, num_frames, rate, eps):
    found = envelope(row, num_frames, rate, eps)
    assert np.array_equal(found, frame_by_frame(row, num_frames, rate, eps))
    error = np.abs(found - reference(row, num_frames, rate, eps))
    assert (error <= tolerance(row, num_frames, rate, eps)).all(), error.max()


@pytest.mark.parametrize("row", SITUATIONS.values(), ids=SITUATIONS)
@pytest.mark.parametrize("alpha", [0.1, 1.0, 2.0, 6.0])
def test_an_envelope_is_its_formula_to_the_bit_and_the_references(row, alpha):
    for rate in (11.0, 100.0, 441.0):
        check((*row[:5], alpha), 180, rate, 1e-6)


@law
@given(rows, *situations.values())
def test_any_envelope_is_its_formula_to_the_bit_and_the_references(row, num_frames, rate, eps):
    check(row, num_frames, rate, eps)


@law
@given(rows)
def test_an_envelope_of_linear_ramps_is_the_references_to_1e_12(row):
    row = (*row[:5], 1.0)
    found = envelope(row, 300, 100.0, 1e-6)
    np.testing.assert_allclose(found, reference(row, 300, 100.0, 1e-6), rtol=0, atol=1e-12)


def test_levels_after_the_release_are_exactly_zero():
    level = envelope((0.5, 0.1, 0.1, 0.5, 0.5, 0.1), 300, 100.0, 1e-6)
    assert level[:100].min() > 0
    assert level[100:].tobytes() == bytes(8 * 200)


# LFOs


SHAPES = ("sin", "tri", "saw", "rsaw", "sqr")
RATE, NUM_FRAMES = 441, 500


def lfo(row, rate_envelope=None):
    """The kernel's signal, and its phases in units of 2**-51 cycles."""
    rate_envelope = np.zeros(NUM_FRAMES) if rate_envelope is None else rate_envelope
    phase, out = np.empty(NUM_FRAMES, np.int64), np.empty(NUM_FRAMES)
    frequency, depth, initial_phase, *weights = row
    start = formulas.fixed_phase(float(initial_phase), formulas.LFO_SCALE)
    raised = [formulas.share_of(float(weight), float(max(weights))) for weight in weights]
    total = functools.reduce(operator.add, raised)
    shares = tuple(one / total for one in raised)
    control.lfo(float(frequency), float(depth), start, shares, rate_envelope, 1 / RATE, phase, out)
    return out, phase


def reference_lfo(row, rate_envelope):
    frequency, depth, initial_phase, *weights = row
    hertz = torch.from_numpy(np.maximum(frequency + depth * rate_envelope, 0))
    phase, weights = (
        torch.tensor([number], dtype=torch.float64) for number in (initial_phase, weights)
    )
    return lfo_signal(hertz[None], phase, weights, RATE)[0].numpy()


weights = st.floats(0, 1) | st.sampled_from([0.0, 1.0])
lfo_rows = st.tuples(
    st.floats(0, 20) | st.sampled_from([0.0, 20.0]),
    st.floats(-10, 20) | st.sampled_from([-10.0, 0.0, 20.0]),
    st.floats(-math.pi, math.pi) | st.sampled_from([-math.pi, -math.pi / 2, 0.0, math.pi]),
    *[weights] * 5,
)


@law
@given(lfo_rows, st.integers(0, 2**32 - 1))
@example((1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0), 0)
@example((20.0, 20.0, math.pi, 1.0, 1.0, 1.0, 1.0, 1.0), 0)
@example((0.0, -10.0, -math.pi, 0.0, 0.0, 1.0, 0.0, 1.0), 0)
@example((3.0, -10.0, 1.0, 1e-8, 1e-9, 0.0, 0.0, 0.0), 0)
def test_an_lfo_is_the_references_away_from_its_steps(row, seed):
    rate_envelope = np.random.default_rng(seed).uniform(0, 1, NUM_FRAMES)
    found, phase = lfo(row, rate_envelope)
    error = np.abs(found - reference_lfo(row, rate_envelope))
    # A saw falls at whole cycles, the square steps a quarter beside them. The reference rounds its
    # phase of up to 45 cycles at each of 500 steps. Measured: 1e-13.
    eighths = phase * 8 * 2.0**-51
    distance = np.abs((eighths + 1) % 2 - 1)
    assert error[distance > 1e-10].max(initial=0) < 1e-12
    assert error.max() <= 1


def test_a_frame_that_falls_on_a_step_of_the_square_is_half_way_up():
    # An eighth of a cycle per frame, from 0 on.
    square, phase = lfo((RATE / 8, 0.0, -math.pi / 4, 0, 0, 0, 0, 1.0))
    assert (phase[:8] % 2**51 * 8 >> 51).tolist() == [0, 1, 2, 3, 4, 5, 6, 7]
    assert square[:8].tolist() == [0, 0, 0.5, 1, 1, 1, 0.5, 0]


@law
@given(lfo_rows)
def test_an_lfo_without_weights_gives_all_shapes_the_same(row):
    silent, _ = lfo((*row[:3], 0.0, 0.0, 0.0, 0.0, 0.0))
    equal, _ = lfo((*row[:3], 0.7, 0.7, 0.7, 0.7, 0.7))
    assert np.array_equal(silent, equal)


@law
@given(lfo_rows)
def test_a_saw_stays_below_one(row):
    saw, _ = lfo((*row[:3], 0.0, 0.0, 0.3, 0.0, 0.0))
    assert saw.min() >= 0
    assert saw.max() < 1


@law
@given(lfo_rows)
def test_any_lfo_lies_between_zero_and_one(row):
    found, _ = lfo(row)
    # The sinusoid's 1.2e-15, and last bits of five shares.
    assert found.min() >= -2e-15
    assert found.max() <= 1 + 2e-15


def test_modulated_below_zero_hertz_an_lfo_stands_still_and_goes_on():
    rate_envelope = np.repeat([0.0, 1.0, 0.0], [200, 100, 200])
    saw, phase = lfo((2.0, -10.0, 0.5, 0, 0, 1.0, 0, 0), rate_envelope)
    assert (phase[200:300] == phase[199]).all()
    assert (saw[200:300] == saw[199]).all()
    assert (np.diff(phase[:200]) > 0).all()
    assert (np.diff(phase[299:]) > 0).all()
