"""The LFO: its five shapes, their blend, and its rate."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from synth_datamodule import SynthConfig
from synth_datamodule.modules import LFO, lfo_shapes, lfo_signal
from synth_datamodule.modules.lfo import lfo_cycles

CONFIG = SynthConfig(sample_rate=16000, buffer_size_seconds=2.0, control_rate=400)
SHAPES = ("sin", "tri", "saw", "rsaw", "sqr")

# Float64 sums of at most five shares of numbers in [0, 1].
TOLERANCE = 1e-14

laws = settings(derandomize=True, deadline=None, max_examples=40)
weight_sets = st.lists(st.floats(0, 1), min_size=5, max_size=5)


def lfo_values(**changes):
    values = {"frequency": 2.0, "mod_depth": 0.0, "initial_phase": 0.0}
    values |= dict.fromkeys(SHAPES, 0.0) | changes
    return {name: torch.tensor([value], dtype=torch.float64) for name, value in values.items()}


def signal(weights, initial_phase=0.3, hertz=3.1):
    return lfo_signal(
        torch.full((1, 400), hertz, dtype=torch.float64),
        torch.tensor([initial_phase], dtype=torch.float64),
        torch.tensor([weights], dtype=torch.float64),
        rate=400,
    )[0]


@pytest.mark.parametrize(
    ("shape", "levels"),
    [
        # At 0, 1/8, ... 7/8 of a cycle; the square between its steps, a sixteenth later.
        ("sin", [0, 0.146447, 0.5, 0.853553, 1, 0.853553, 0.5, 0.146447]),
        ("tri", [0, 0.25, 0.5, 0.75, 1, 0.75, 0.5, 0.25]),
        ("saw", [0, 0.125, 0.25, 0.375, 0.5, 0.625, 0.75, 0.875]),
        ("rsaw", [1, 0.875, 0.75, 0.625, 0.5, 0.375, 0.25, 0.125]),
        ("sqr", [0, 0, 1, 1, 1, 1, 0, 0]),
    ],
    ids=SHAPES,
)
def test_a_shape_goes_through_these_levels(shape, levels):
    eighths = torch.arange(8, dtype=torch.float64)[None] / 8
    if shape == "sqr":
        eighths += 1 / 16
    found = lfo_shapes(eighths)[0, SHAPES.index(shape)]
    assert found.tolist() == pytest.approx(levels, abs=1e-6)  # the table has six digits


def test_a_square_has_three_levels_at_most_and_is_high_half_of_the_time():
    cycles = torch.linspace(0, 1, 100_001, dtype=torch.float64)[None]
    square = lfo_shapes(cycles)[0, SHAPES.index("sqr")]
    assert set(square.unique().tolist()) <= {0.0, 0.5, 1.0}
    assert square.mean().item() == pytest.approx(0.5, abs=1e-5)  # a sample of 100,001


@laws
@given(st.floats(0, 1, exclude_max=True))
def test_saw_and_reversed_saw_add_up_to_one(cycle):
    shapes = lfo_shapes(torch.tensor([[cycle]], dtype=torch.float64))[0, :, 0]
    total = shapes[SHAPES.index("saw")] + shapes[SHAPES.index("rsaw")]
    assert total.item() == pytest.approx(1.0, abs=TOLERANCE)


@laws
@given(st.floats(0, 1, exclude_max=True))
def test_sine_and_triangle_are_the_same_backwards(cycle):
    there, back = torch.tensor([cycle, 1 - cycle], dtype=torch.float64)
    shapes = lfo_shapes(torch.stack([there, back])[None])[0]
    for shape in ("sin", "tri"):
        one, other = shapes[SHAPES.index(shape)].tolist()
        assert one == pytest.approx(other, abs=TOLERANCE)


@laws
@given(weight_sets, st.floats(-math.pi, math.pi), st.floats(0, 40))
def test_the_signal_lies_between_zero_and_one(weights, initial_phase, hertz):
    found = signal(weights, initial_phase, hertz)
    assert found.min() >= -TOLERANCE
    assert found.max() <= 1 + TOLERANCE


@laws
@given(st.floats(-math.pi, -1e-9), st.floats(0, 20))
def test_a_saw_stays_in_range_from_a_negative_phase_on(initial_phase, hertz):
    saw = signal([0, 0, 1, 0, 0], initial_phase, hertz)
    assert saw.min() >= 0
    assert saw.max() <= 1


@pytest.mark.parametrize("level", [1.0, 0.3, 1e-3])
@pytest.mark.parametrize("shape", SHAPES)
def test_one_weight_alone_gives_its_shape_whatever_its_level(shape, level):
    alone = [level * (name == shape) for name in SHAPES]
    cycles = (3.1 / 400 * torch.arange(1, 401, dtype=torch.float64) + 0.3 / (2 * math.pi)) % 1
    expected = lfo_shapes(cycles[None])[0, SHAPES.index(shape)]
    torch.testing.assert_close(signal(alone), expected, rtol=0, atol=1e-12)  # 400 steps added


def test_weights_that_are_all_zero_count_as_equal():
    assert torch.equal(signal([0.0] * 5), signal([0.7] * 5))
    # Nothing comes of saw + rsaw = 1, tri and the rest but their mean.
    assert signal([0.0] * 5).std() > 0.1


def test_twice_the_weight_counts_six_and_a_half_times_as_much():
    # Shares are weights to the power e: 2 to the e is 6.58.
    saw_and_reverse = signal([0, 0, 1.0, 0.5, 0])
    saw, reverse = signal([0, 0, 1, 0, 0]), signal([0, 0, 0, 1, 0])
    share = 2**2.718281828 / (1 + 2**2.718281828)
    expected = share * saw + (1 - share) * reverse
    torch.testing.assert_close(saw_and_reverse, expected, rtol=0, atol=TOLERANCE)


@pytest.mark.parametrize("hertz", [1.0, 4.0, 19.0])
def test_a_square_rises_as_often_as_the_frequency_says(hertz):
    square = LFO(CONFIG)(lfo_values(frequency=hertz, sqr=1.0))[0]
    assert int((square.diff() > 0.5).sum()) == 2 * hertz


def test_an_lfo_at_zero_hertz_stands_still():
    still = LFO(CONFIG)(lfo_values(frequency=0.0, initial_phase=1.0, saw=1.0))[0]
    assert still.tolist() == pytest.approx([1 / (2 * math.pi)] * 800, abs=TOLERANCE)


def test_a_modulation_adds_its_depth_in_hertz_to_the_rate():
    mod = torch.linspace(0, 1, 800, dtype=torch.float64)[None]
    modulated = LFO(CONFIG)(lfo_values(frequency=2.0, mod_depth=5.0, tri=1.0), mod)
    swept = lfo_signal(
        2 + 5 * mod,
        torch.zeros(1, dtype=torch.float64),
        torch.tensor([[0, 1, 0, 0, 0]], dtype=torch.float64),
        rate=400,
    )
    torch.testing.assert_close(modulated, swept, rtol=0, atol=TOLERANCE)
    # 2 Hz for 2 s, and 5 Hz half of the time: 9 cycles, up and down.
    turns = modulated[0].diff().sign().diff().ne(0).sum().item()
    assert turns == 2 * 9 - 1


def test_a_modulation_below_zero_hertz_stops_the_lfo_and_does_not_turn_it_back():
    mod = torch.zeros(1, 800, dtype=torch.float64)
    mod[:, 400:] = 1.0
    stopped = LFO(CONFIG)(lfo_values(frequency=2.1, mod_depth=-10.0, saw=1.0), mod)[0]
    assert stopped[399:].unique().numel() == 1
    assert stopped[:399].unique().numel() > 100


def test_no_modulation_is_a_modulation_of_zero():
    values = lfo_values(mod_depth=7.0, sin=0.4, sqr=0.2)
    mod = torch.zeros(1, 800, dtype=torch.float64)
    assert torch.equal(LFO(CONFIG)(values), LFO(CONFIG)(values, mod))


@pytest.mark.parametrize(
    ("mod", "error", "message"),
    [
        (
            torch.zeros(1, 32000),
            ValueError,
            r"mod must be a float tensor \[B, C\] of sizes \[1, 800\], got shape \[1, 32000\]",
        ),
        (
            torch.zeros(2, 800),
            ValueError,
            r"mod must be a float tensor \[B, C\] of sizes \[1, 800\], got shape \[2, 800\]",
        ),
        (
            torch.zeros(1, 800, dtype=torch.int64),
            TypeError,
            r"mod must be a float tensor \[B, C\], got dtype torch.int64",
        ),
    ],
    ids=["audio", "another-batch-size", "integers"],
)
def test_a_wrong_modulation_is_refused(mod, error, message):
    with pytest.raises(error, match=message):
        LFO(CONFIG)(lfo_values(sin=1.0), mod)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"weights": torch.ones(1, 4)}, r"weights .* \[B, 5\] of sizes \[1, 5\], got shape \[1, 4"),
        ({"initial_phase": torch.ones(2)}, r"initial_phase .* of sizes \[1\], got shape \[2\]"),
        ({"frequency": torch.ones(8)}, r"frequency .* \[B, C\] of sizes .*, got shape \[8\]"),
    ],
    ids=["four-weights", "two-phases", "no-batch-axis"],
)
def test_a_signal_of_wrong_shapes_is_refused(changes, message):
    inputs = {
        "frequency": torch.ones(1, 8),
        "initial_phase": torch.zeros(1),
        "weights": torch.ones(1, 5),
    }
    with pytest.raises(ValueError, match=message):
        lfo_signal(**(inputs | changes), rate=400)


@pytest.mark.parametrize(("frequency", "rate"), [(4.0, 400), (2.0, 100), (1.0, 441), (0.5, 441)])
def test_phases_add_up_in_whole_numbers(frequency, rate):
    num_frames = 20 * rate
    cycles = lfo_cycles(
        torch.full((1, num_frames), frequency, dtype=torch.float64), torch.zeros(1), rate
    )[0]
    unit = round(frequency * (1 / rate) * 2**51)
    expected = [(unit * frame) % 2**51 / 2**51 for frame in range(1, num_frames + 1)]
    assert cycles.tolist() == expected


def test_a_square_on_its_step_is_a_half():
    square = lfo_shapes(torch.tensor([[0.0, 0.25, 0.5, 0.75]], dtype=torch.float64))[0, 4]
    assert square.tolist() == [0.0, 0.5, 1.0, 0.5]
