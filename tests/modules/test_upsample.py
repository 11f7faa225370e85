"""From control rate to audio rate."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from synth_datamodule import SynthConfig
from synth_datamodule.modules import ControlRateUpsample, upsample

CONFIG = SynthConfig(sample_rate=16000, buffer_size_seconds=0.25, control_rate=400)
NUM_SAMPLES, NUM_FRAMES = 176400, 1764  # of synth1B1

# One rounding of the share and two of the sum, of values up to 1763 and up to 1.
LINE_TOLERANCE = 1763 * 4e-16
UNIT_TOLERANCE = 4e-16

laws = settings(derandomize=True, deadline=None, max_examples=40)


@pytest.mark.parametrize(
    ("control", "num_samples", "audio"),
    [
        pytest.param([0, 1, 0], 5, [0, 0.5, 1, 0.5, 0], id="up-and-down"),
        pytest.param([4, 0], 5, [4, 3, 2, 1, 0], id="down"),
        pytest.param([0, 3, 6, 9], 3, [0, 4.5, 9], id="fewer-samples-than-before"),
        pytest.param([5, 7], 2, [5, 7], id="as-many-samples-as-before"),
    ],
)
def test_a_control_signal_goes_through_these_samples(control, num_samples, audio):
    found = upsample(torch.tensor([control], dtype=torch.float64), num_samples)
    assert found[0].tolist() == audio


def test_every_position_of_a_straight_line_is_exact():
    line = torch.arange(NUM_FRAMES, dtype=torch.float64)[None]
    # Python divides integers correctly rounded.
    exact = [m * (NUM_FRAMES - 1) / (NUM_SAMPLES - 1) for m in range(NUM_SAMPLES)]
    found = upsample(line, NUM_SAMPLES)[0]
    expected = torch.tensor(exact, dtype=torch.float64)
    torch.testing.assert_close(found, expected, rtol=0, atol=LINE_TOLERANCE)


def test_no_position_reads_the_wrong_control_samples():
    # On a zigzag the slope turns at each control sample, so that a position read from the wrong
    # pair is off by up to 6e-5, as F.interpolate is in 6 places.
    zigzag = (torch.arange(NUM_FRAMES) % 2).double()[None]
    exact = []
    for m in range(NUM_SAMPLES):
        left, rest = divmod(m * (NUM_FRAMES - 1), NUM_SAMPLES - 1)
        share = rest / (NUM_SAMPLES - 1)
        exact.append(1 - share if left % 2 else share)
    expected = torch.tensor(exact, dtype=torch.float64)
    found = upsample(zigzag, NUM_SAMPLES)[0]
    torch.testing.assert_close(found, expected, rtol=0, atol=UNIT_TOLERANCE)


def test_control_samples_are_kept_where_an_audio_sample_falls_on_them():
    control = torch.rand(3, 41, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    assert torch.equal(upsample(control, 401)[:, ::10], control)


@laws
@given(
    st.lists(st.floats(-100, 100), min_size=2, max_size=20),
    st.integers(2, 100),
)
def test_a_signal_keeps_its_ends_and_never_overshoots(control, num_samples):
    found = upsample(torch.tensor([control], dtype=torch.float64), num_samples)[0]
    assert found[0].item() == control[0]
    assert found[-1].item() == pytest.approx(control[-1], abs=100 * UNIT_TOLERANCE)
    assert found.min().item() >= min(control) - 100 * UNIT_TOLERANCE
    assert found.max().item() <= max(control) + 100 * UNIT_TOLERANCE


def test_a_constant_stays_the_same_bits():
    assert torch.equal(upsample(torch.full((2, 100), 0.1), 4001), torch.full((2, 4001), 0.1))


def test_upsampled_under_inference_mode_it_can_still_be_learned_from_later():
    with torch.inference_mode():
        upsample(torch.zeros(1, 7, dtype=torch.float64), 41)
    control = torch.zeros(1, 7, dtype=torch.float64, requires_grad=True)
    upsample(control, 41).sum().backward()
    # Every control sample's weights: the ends have half as much.
    weights = control.grad[0].tolist()
    assert weights[1:-1] == pytest.approx([weights[1]] * 5, rel=0.01)
    assert sum(weights) == pytest.approx(41, abs=1e-12)


def test_the_module_reads_both_lengths_from_its_config():
    control = torch.rand(2, 100, generator=torch.Generator().manual_seed(0))
    assert torch.equal(ControlRateUpsample(CONFIG)(control), upsample(control, 4000))


@pytest.mark.parametrize(
    ("control", "error", "message"),
    [
        (
            torch.zeros(2, 4000),
            ValueError,
            r"control must be a float tensor \[B, C\] of sizes \[any, 100\], got shape \[2, 4000\]",
        ),
        (
            torch.zeros(2, 100, dtype=torch.int64),
            TypeError,
            r"control must be a float tensor \[B, C\], got dtype torch.int64",
        ),
        (
            torch.zeros(100),
            ValueError,
            r"control must be a float tensor \[B, C\] of sizes .*, got shape \[100\]",
        ),
    ],
    ids=["audio", "integers", "no-batch-axis"],
)
def test_a_signal_that_is_not_at_control_rate_is_refused(control, error, message):
    with pytest.raises(error, match=message):
        ControlRateUpsample(CONFIG)(control)


@pytest.mark.parametrize(
    ("num_frames", "num_samples", "error", "message"),
    [
        (
            1,
            8,
            ValueError,
            "number of control samples must be a whole number >= 2, got 1",
        ),
        (4, 1, ValueError, "num_samples must be a whole number >= 2 and <= .*, got 1"),
        (
            4,
            8.0,
            TypeError,
            r"num_samples must be a whole number >= 2 and <= .*, got 8.0 \(float\)",
        ),
    ],
    ids=["one-control-sample", "one-sample", "a-float"],
)
def test_lengths_too_short_to_align_both_ends_are_refused(num_frames, num_samples, error, message):
    with pytest.raises(error, match=message):
        upsample(torch.zeros(1, num_frames), num_samples)
