"""The numbers of a Voice that its kernels are given."""

import math
import re
from fractions import Fraction

import numpy as np
import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st

from synth_datamodule import SynthConfig, Voice
from synth_datamodule.kernels.exact import columns
from synth_datamodule.kernels.plan import Plan
from synth_datamodule.modules import midi_to_hz, num_partials

law = settings(max_examples=100, deadline=None, derandomize=True, database=None)


@pytest.fixture(scope="module")
def table():
    return Voice().parameter_table


def config(num_samples, sample_rate, control_rate):
    return SynthConfig(
        sample_rate=sample_rate,
        buffer_size_seconds=num_samples / sample_rate,
        control_rate=control_rate,
    )


# The phase's format


@pytest.mark.parametrize(
    ("sample_rate", "bits"),
    [
        (192000, 51),
        (44100, 51),
        (16000, 51),
        (12545, 51),
        (12544, 50),
        (8000, 50),
        (6272, 49),
        (4000, 49),
        (441, 46),
        (1, 37),
    ],
)
def test_a_phase_has_as_many_bits_as_its_largest_step_leaves(table, sample_rate, bits):
    plan = Plan(SynthConfig(sample_rate=sample_rate, control_rate=1), table)
    assert plan.bits == bits
    highest = midi_to_hz(torch.tensor(127.0, dtype=torch.float64)).item()
    assert highest / sample_rate * 2**bits < 2**51  # what to_fixed takes
    # The next finer format would not do, or is not wanted: 51 bits are enough.
    assert bits == 51 or 12544 / sample_rate * 2 ** (bits + 1) >= 2**51


def test_in_the_longest_buffer_rounded_steps_move_the_steepest_wave_by_less_than_1e_3(table):
    ranges = {found.name: found for found in table.ranges}
    lowest = ranges["keyboard.midi_f0"].minimum + ranges["vco_2.tuning"].minimum
    steepest = math.pi / 2 * num_partials(torch.tensor(lowest, dtype=torch.float64)).item()
    longest = 2.0 ** (51 - 27)
    # Half a unit a sample, all of them one way.
    off = steepest * 2 * math.pi * longest * 2.0**-52
    assert off == pytest.approx(7e-4, rel=0.02)


@pytest.mark.parametrize(
    ("sample_rate", "longest"), [(44100, 2**24), (8000, 2**23), (1, 2**10)], ids=str
)
def test_a_buffer_too_long_for_that_is_refused_by_name(table, sample_rate, longest):
    assert Plan(config(longest, sample_rate, 1), table).num_samples == longest
    too_long = config(longest + 1, sample_rate, 1)
    message = (
        f"buffer_size_seconds must be at most {longest / sample_rate:g} at sample_rate "
        f"{sample_rate}, longer ones need backend='reference', got {too_long.buffer_size_seconds}"
    )
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        Plan(too_long, table)


def test_a_plan_is_plain_numbers(table):
    plan = Plan(SynthConfig(), table)
    assert (plan.num_samples, plan.num_frames) == (176400, 1764)
    assert plan.rates() == [44100.0, 441.0, 1e-6, 51.0]
    assert {type(number) for number in plan.rates()} == {float}


# Positions


lengths = st.tuples(st.integers(2, 5000), st.integers(2, 5000)).map(sorted)


@law
@given(lengths)
@example([2, 2])
@example([2, 5000])
@example([5000, 5000])
@example([1764, 176400])
def test_positions_are_exact_between_two_control_samples(lengths):
    num_frames, num_samples = lengths
    plan = Plan.__new__(Plan)
    plan.num_frames, plan.num_samples = num_frames, num_samples
    left, remainder = plan.positions()
    assert left.dtype == remainder.dtype == np.int32
    assert len(left) == len(remainder) == num_samples
    assert left.min() == 0
    assert left.max() == num_frames - 2
    for m in {0, 1, num_samples // 3, num_samples // 2, num_samples - 2, num_samples - 1}:
        position = Fraction(m * (num_frames - 1), num_samples - 1)
        assert left[m] + Fraction(int(remainder[m]), num_samples - 1) == position
        # The last sample reads the end of the last pair: there is no control sample beyond.
        assert left[m] == min(math.floor(position), num_frames - 2)
    assert ((remainder >= 0) & (remainder < num_samples - 1))[:-1].all()
    assert remainder[-1] == num_samples - 1


def test_all_positions_of_synth1b1_are_exact(table):
    left, remainder = Plan(SynthConfig(), table).positions()
    exact = [divmod(m * 1763, 176399) for m in range(176399)]
    assert list(zip(left.tolist(), remainder.tolist(), strict=True)) == [*exact, (1762, 176399)]


# Parameters


PINNED = {"keyboard.midi_f0": 60.1, "vco_2.shape": 1.0, "mod_matrix.lfo_2->vco_1_amp": 0.7}


@pytest.mark.parametrize("nebula", ["default", "drum"])
def test_the_table_holds_each_parameters_range_and_curve(nebula):
    table = Voice(nebula=nebula).parameter_table
    rows = Plan(SynthConfig(), table).table
    assert rows.shape == (5, 78)
    assert rows.dtype == np.float64
    assert rows.flags.c_contiguous
    for column, found in enumerate(table.ranges):
        width = found.maximum - found.minimum
        expected = [found.minimum, width, found.maximum, 1 / found.curve, found.symmetric]
        assert rows[:, column].tolist() == expected, found.name


def test_a_pinned_parameter_has_a_range_of_no_width():
    table = Voice(pinned=PINNED).parameter_table
    rows, free = (
        Plan(SynthConfig(), table).table,
        Plan(SynthConfig(), Voice().parameter_table).table,
    )
    columns_of = [table.column(name) for name in PINNED]
    for (name, value), column in zip(PINNED.items(), columns_of, strict=True):
        assert rows[:3, column].tolist() == [value, 0, value], name
    others = np.setdiff1d(np.arange(78), columns_of)
    assert np.array_equal(rows[:, others], free[:, others])


def test_nothing_is_pinned_where_there_is_nan():
    assert Plan(SynthConfig(), Voice().parameter_table).pinned.isnan().all()
    table = Voice(pinned=PINNED).parameter_table
    pinned = Plan(SynthConfig(), table).pinned
    assert pinned.shape == (78,)
    columns_of = [table.column(name) for name in PINNED]
    assert (~pinned.isnan()).nonzero()[:, 0].tolist() == sorted(columns_of)
    # In [0, 1], as the Voice hands them out.
    handed_out = Voice(pinned=PINNED).sound(0).parameters
    assert torch.equal(pinned[columns_of], handed_out[columns_of])


def test_each_draw_finds_its_column(table):
    plan = Plan(SynthConfig(), table)
    assert plan.column_of_draw[torch.tensor(table.draw_order)].tolist() == list(range(78))
    assert [table.draw_order[column] for column in plan.column_of_draw] == list(range(78))
    # Parameters are drawn sorted by name.
    by_draw = [table.names[column] for column in plan.column_of_draw]
    assert by_draw == sorted(table.names)


ADSR = ("attack", "decay", "sustain", "release", "alpha")
LFO = ("frequency", "mod_depth", "initial_phase", "sin", "tri", "saw", "rsaw", "sqr")
SOURCES = ("adsr_1", "adsr_2", "lfo_1", "lfo_2")
OUTPUTS = ("vco_1_pitch", "vco_1_amp", "vco_2_pitch", "vco_2_amp", "noise_amp")


@pytest.mark.parametrize(
    ("constant", "module", "parameters"),
    [
        ("KEYBOARD", "keyboard", ("midi_f0", "duration")),
        ("ADSR_1", "adsr_1", ADSR),
        ("ADSR_2", "adsr_2", ADSR),
        ("LFO_1", "lfo_1", LFO),
        ("LFO_2", "lfo_2", LFO),
        ("LFO_1_AMP", "lfo_1_amp_adsr", ADSR),
        ("LFO_2_AMP", "lfo_2_amp_adsr", ADSR),
        ("LFO_1_RATE", "lfo_1_rate_adsr", ADSR),
        ("LFO_2_RATE", "lfo_2_rate_adsr", ADSR),
        ("MATRIX", "mod_matrix", [f"{a}->{b}" for a in SOURCES for b in OUTPUTS]),
        ("VCO_1", "vco_1", ("tuning", "mod_depth", "initial_phase")),
        ("VCO_2", "vco_2", ("tuning", "mod_depth", "initial_phase", "shape")),
        ("MIXER", "mixer", ("vco_1", "vco_2", "noise")),
    ],
)
def test_a_modules_parameters_are_where_the_kernels_look(table, constant, module, parameters):
    begin = int(getattr(columns, constant))
    found = table.names[begin : begin + len(parameters)]
    assert list(found) == [f"{module}.{parameter}" for parameter in parameters]
    assert sum(name.startswith(f"{module}.") for name in table.names) == len(parameters)


def test_the_kernels_columns_are_all_there_are(table):
    assert columns.NUM_COLUMNS == len(table) == 78
