"""A choice among modes, soft or hard."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from synth_datamodule import SynthConfig
from synth_datamodule.modules import HardModeSelector, SoftModeSelector

CONFIG = SynthConfig(sample_rate=16000, buffer_size_seconds=0.25, control_rate=400)

# Shares are exp and log of float64 numbers, summed by fives.
TOLERANCE = 1e-14

laws = settings(derandomize=True, deadline=None, max_examples=40)
weight_sets = st.lists(st.floats(0, 1), min_size=1, max_size=8)


def choose(selector, weights):
    values = {
        f"mode{mode}weight": torch.tensor([weight], dtype=torch.float64)
        for mode, weight in enumerate(weights)
    }
    return selector(CONFIG, num_modes=len(weights))(values)[0].tolist()


@pytest.mark.parametrize(
    ("weights", "shares"),
    [
        # 2 ** 2.718281828 = 6.5809
        pytest.param([1.0, 0.5], [0.868089, 0.131911], id="twice-the-weight-6.58-times-the-share"),
        pytest.param([0.3, 0.3, 0.3, 0.3], [0.25, 0.25, 0.25, 0.25], id="equals-share"),
        pytest.param([0.0, 0.001, 0.0], [0.0, 1.0, 0.0], id="one-alone-has-all"),
        pytest.param([0.0, 0.0], [0.5, 0.5], id="none-counts-as-equal"),
        pytest.param([0.0], [1.0], id="a-single-mode"),
    ],
)
def test_soft_shares(weights, shares):
    assert choose(SoftModeSelector, weights) == pytest.approx(shares, abs=1e-6)  # six digits


@laws
@given(weight_sets)
def test_soft_shares_add_up_to_one_and_keep_their_order(weights):
    shares = choose(SoftModeSelector, weights)
    assert sum(shares) == pytest.approx(1.0, abs=TOLERANCE)
    assert min(shares) >= 0
    for weight, share in zip(weights, shares, strict=True):
        louder = [s for w, s in zip(weights, shares, strict=True) if w >= weight]
        assert all(other >= share for other in louder)


@laws
@given(st.lists(st.floats(0.01, 1), min_size=2, max_size=6), st.floats(0.1, 1))
def test_turning_all_weights_down_together_changes_no_share(weights, factor):
    quieter = choose(SoftModeSelector, [factor * weight for weight in weights])
    assert quieter == pytest.approx(choose(SoftModeSelector, weights), abs=1e-12)


@pytest.mark.parametrize(
    ("weights", "mode"),
    [
        pytest.param([0.1, 0.9, 0.5], 1, id="the-largest"),
        pytest.param([0.2, 0.7, 0.7], 1, id="the-first-of-equals"),
        pytest.param([1.0, 1.0, 1.0, 1.0], 0, id="all-equal"),
        pytest.param([0.0, 0.0], 0, id="all-zero"),
        pytest.param([0.0], 0, id="a-single-mode"),
    ],
)
def test_a_hard_selector_chooses_one_mode(weights, mode):
    assert choose(HardModeSelector, weights) == [int(mode == k) for k in range(len(weights))]


@laws
@given(weight_sets)
def test_a_hard_choice_is_the_loudest_of_a_soft_one(weights):
    chosen = choose(HardModeSelector, weights).index(1)
    assert weights[chosen] == max(weights)
    assert max(weights) not in weights[:chosen]


def test_every_sound_chooses_for_itself():
    weights = torch.tensor([[0.1, 0.2], [0.9, 0.2], [0.4, 0.4]], dtype=torch.float64)
    values = {f"mode{mode}weight": column for mode, column in enumerate(weights.unbind(1))}
    hard = HardModeSelector(CONFIG, num_modes=2)(values)
    assert hard.tolist() == [[0, 1], [1, 0], [1, 0]]
    soft = SoftModeSelector(CONFIG, num_modes=2)(values)
    assert [row.tolist() for row in soft] == [
        choose(SoftModeSelector, row) for row in weights.tolist()
    ]


@pytest.mark.parametrize("selector", [SoftModeSelector, HardModeSelector])
@pytest.mark.parametrize(
    ("num_modes", "error", "message"),
    [
        (0, ValueError, "num_modes must be a whole number >= 1 and <= .*, got 0"),
        (2.0, TypeError, r"num_modes must be a whole number >= 1 and <= .*, got 2.0 \(float\)"),
    ],
    ids=["zero", "a-float"],
)
def test_a_choice_among_no_whole_number_of_modes_is_refused(selector, num_modes, error, message):
    with pytest.raises(error, match=message):
        selector(CONFIG, num_modes=num_modes)


def test_a_missing_weight_is_the_default_one():
    selector = SoftModeSelector(CONFIG, num_modes=2)
    default = torch.tensor([selector.defaults["mode1weight"]])
    given = selector({"mode0weight": torch.ones(1), "mode1weight": default})
    assert torch.equal(selector({"mode0weight": torch.ones(1)}), given)
