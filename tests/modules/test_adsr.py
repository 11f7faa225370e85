"""The envelope: hand-written tables, one row per musical situation, and its laws."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from synth_datamodule import SynthConfig
from synth_datamodule.modules import ADSR, adsr_envelope

RATE = 2  # control samples per second, so that a table's columns are half seconds

# The ramps' offset, eps = 1e-12 here, enters as its square root where alpha is 0.5.
TABLE_TOLERANCE = 1e-5

NAMES = ("duration", "attack", "decay", "sustain", "release", "alpha")


def envelope(*row, num_frames=10, rate=RATE, eps=1e-12):
    values = [torch.tensor([value], dtype=torch.float64) for value in row]
    return adsr_envelope(*values, num_frames=num_frames, control_rate=rate, eps=eps)[0]


@pytest.mark.parametrize(
    ("row", "levels"),
    [
        # duration, attack, decay, sustain, release in seconds (sustain a level), alpha
        pytest.param(
            (2.0, 1.0, 1.0, 0.5, 1.0, 1.0),
            [0, 0.5, 1, 0.75, 0.5, 0.25, 0, 0, 0, 0],
            id="released-as-soon-as-it-has-decayed",
        ),
        pytest.param(
            (3.0, 0.5, 0.5, 0.5, 1.0, 1.0),
            [0, 1, 0.5, 0.5, 0.5, 0.5, 0.5, 0.25, 0, 0],
            id="held-at-the-sustain-level",
        ),
        pytest.param(
            (2.0, 1.0, 1.0, 0.5, 1.0, 2.0),
            [0, 0.25, 1, 0.625, 0.5, 0.125, 0, 0, 0, 0],
            id="alpha-2-bends-all-three-ramps",
        ),
        pytest.param(
            (2.0, 2.0, 0.0, 1.0, 2.0, 0.5),
            [0, 0.5, 0.707107, 0.866025, 1, 0.866025, 0.707107, 0.5, 0, 0],
            id="alpha-one-half-rises-early-and-falls-late",
        ),
        pytest.param(
            (2.0, 0.0, 2.0, 0.0, 1.0, 1.0),
            [1, 0.75, 0.5, 0.25, 0, 0, 0, 0, 0, 0],
            id="plucked-string",
        ),
        pytest.param(
            (2.5, 0.0, 0.0, 0.3, 0.5, 1.0),
            [1, 1, 1, 1, 1, 1, 0, 0, 0, 0],
            id="organ-key-without-attack-or-decay-ignores-sustain",
        ),
        pytest.param(
            (1.0, 2.0, 2.0, 0.2, 1.0, 1.0),
            [0, 0.5, 1, 0.5, 0, 0, 0, 0, 0, 0],
            id="note-shorter-than-its-attack-hurries-it",
        ),
        pytest.param(
            (1.0, 1.0, 2.0, 0.2, 2.0, 1.0),
            [0, 0.5, 1, 0.75, 0.5, 0.25, 0, 0, 0, 0],
            id="note-as-long-as-its-attack-has-no-decay",
        ),
        pytest.param(
            (2.0, 1.0, 4.0, 0.2, 1.0, 1.0),
            [0, 0.5, 1, 0.6, 0.2, 0.1, 0, 0, 0, 0],
            id="note-that-ends-while-decaying-hurries-it",
        ),
        pytest.param(
            (1.25, 0.5, 0.5, 0.8, 1.0, 1.0),
            [0, 1, 0.8, 0.6, 0.2, 0, 0, 0, 0, 0],
            id="released-between-two-samples",
        ),
        pytest.param(
            (2.0, 1.0, 1.0, 0.5, 0.0, 1.0),
            [0, 0.5, 1, 0.75, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5],
            id="without-a-release-it-never-ends",
        ),
        pytest.param(
            (9.0, 2.0, 2.0, 0.5, 5.0, 1.0),
            [0, 0.25, 0.5, 0.75, 1, 0.875, 0.75, 0.625, 0.5, 0.5],
            id="held-beyond-the-buffer",
        ),
        pytest.param(
            (3.0, 1.0, 1.0, 1.0, 4.0, 1.0),
            [0, 0.5, 1, 1, 1, 1, 1, 0.875, 0.75, 0.625],
            id="the-buffer-cuts-off-a-long-release",
        ),
    ],
)
def test_the_envelope_goes_through_these_levels(row, levels):
    assert envelope(*row).tolist() == pytest.approx(levels, abs=TABLE_TOLERANCE)


def test_the_module_reads_its_parameters_by_name():
    config = SynthConfig(sample_rate=RATE, control_rate=RATE, buffer_size_seconds=5.0)
    row = (1.25, 0.5, 0.5, 0.8, 1.0, 3.0)
    values = {name: torch.tensor([value]) for name, value in zip(NAMES, row, strict=True)}
    out = ADSR(config)(values, values.pop("duration"))
    expected = envelope(*row, eps=config.eps)
    torch.testing.assert_close(out[0].double(), expected, rtol=0, atol=TABLE_TOLERANCE)


def test_a_note_that_outlasts_its_attack_by_one_last_bit_decays_at_once():
    # The definition is not continuous here: a decay of 0 is no decay, a decay above 0 is over
    # before the attack begins, so the whole attack runs at the sustain level.
    duration = 1.0
    a_bit_shorter = torch.nextafter(torch.tensor(duration).double(), torch.tensor(0.0).double())
    as_long = envelope(duration, duration, 2.0, 0.2, 1.0, 1.0)
    outlasted = envelope(duration, a_bit_shorter.item(), 2.0, 0.2, 1.0, 1.0)
    torch.testing.assert_close(outlasted, 0.2 * as_long, rtol=0, atol=TABLE_TOLERANCE)


def test_eps_lifts_the_first_sample_off_zero():
    # (0 + eps) / (attack * rate) + eps, with neither decay nor release.
    assert envelope(2.0, 1.0, 0.0, 1.0, 0.0, 1.0, eps=0.25)[0].item() == 0.25 / RATE + 0.25


legal = {
    "duration": st.floats(0.01, 4.0),
    "attack": st.floats(0, 2),
    "decay": st.floats(0, 2),
    "sustain": st.floats(0, 1),
    "release": st.floats(0, 5),
    "alpha": st.floats(0.1, 6),
}
laws = settings(derandomize=True, deadline=None, max_examples=50)
NUM_FRAMES = 100
LAW_RATE = 11  # so that notes start and end between samples


def law_envelope(row):
    return envelope(*row, num_frames=NUM_FRAMES, rate=LAW_RATE, eps=1e-6)


@laws
@given(st.tuples(*legal.values()))
def test_levels_lie_between_silence_and_full(row):
    levels = law_envelope(row)
    assert levels.min() >= 0
    assert levels.max() <= 1


@laws
@given(st.tuples(*legal.values()))
def test_release_ends_in_silence(row):
    duration, release = row[0], row[4]
    levels = law_envelope(row)
    after = torch.arange(NUM_FRAMES) / LAW_RATE > duration + release
    if release > 0:
        assert levels[after].eq(0).all()
    else:
        # A release of 0 is none at all.
        held = (torch.arange(NUM_FRAMES) / LAW_RATE > duration).nonzero()[:, 0]
        assert levels[held].unique().numel() == 1


@laws
@given(st.tuples(*legal.values()))
def test_levels_rise_in_the_attack_and_never_after_it(row):
    duration, attack = row[:2]
    levels = law_envelope(row)
    time = torch.arange(NUM_FRAMES) / LAW_RATE
    steps = levels.diff()
    assert steps[time[1:] <= min(attack, duration)].ge(0).all()
    assert steps[time[:-1] >= min(attack, duration)].le(0).all()


@laws
@given(st.tuples(*legal.values()), st.floats(1.01, 3))
def test_a_note_shorter_than_its_attack_never_reaches_decay(row, longer):
    duration, _, _, _, release, alpha = row
    hurried = law_envelope((duration, duration * longer, *row[2:]))
    without_decay = law_envelope((duration, duration * longer, 0.0, 1.0, release, alpha))
    assert torch.equal(hurried, without_decay)


@laws
@given(st.tuples(*legal.values()), st.floats(0.1, 4))
def test_holding_a_note_longer_changes_nothing_before_its_release(row, longer):
    _, attack, decay, *others = row
    duration = attack + decay + 0.01
    held = law_envelope((duration, attack, decay, *others))
    held_longer = law_envelope((duration + longer, attack, decay, *others))
    before = torch.arange(NUM_FRAMES) / LAW_RATE < duration
    # Their decays end one rounding of duration - attack apart.
    torch.testing.assert_close(held[before], held_longer[before], rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (
            {"attack": torch.ones(3)},
            ValueError,
            r"attack must be a float tensor \[B\] of sizes \[2\], got shape \[3\]",
        ),
        (
            {"alpha": torch.ones(2, dtype=torch.int64)},
            TypeError,
            r"alpha must be a float tensor \[B\], got dtype torch.int64",
        ),
        (
            {"duration": torch.ones(2, 1)},
            ValueError,
            r"duration must be a float tensor \[B\] of sizes \[any\], got shape \[2, 1\]",
        ),
        ({"release": 1.0}, TypeError, r"release must be a float tensor \[B\], got float"),
    ],
    ids=["another-batch-size", "integers", "a-column", "a-number"],
)
def test_wrong_inputs_are_refused_by_name(change, error, message):
    values = {name: torch.ones(2) for name in NAMES} | change
    with pytest.raises(error, match=message):
        adsr_envelope(**values, num_frames=4, control_rate=2)
