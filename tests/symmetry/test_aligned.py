"""The order of parts nearest to a target: the finite group that the swaps generate."""

import itertools

import pytest
import torch

from synth_datamodule import SynthConfig, Voice
from synth_datamodule.symmetry.group import Group

VOICE = Voice(SynthConfig(sample_rate=8000, buffer_size_seconds=0.5, control_rate=200))
SWAPS = [one for one in VOICE.symmetries if one.kind == "swap"]


def test_the_voices_group_has_four_elements_which_are_their_own_inverses():
    group = Group(SWAPS, 78)
    assert len(set(group.permutations)) == 4
    identity = tuple(range(78))
    assert group.permutations[0] == identity
    for one in group.permutations:
        assert tuple(one[column] for column in one) == identity


def test_the_nearest_of_the_four_orders_is_found():
    guesses, targets = VOICE.draw(range(32)), VOICE.draw(range(100, 132))
    canonical, there = VOICE.canonical(guesses), VOICE.canonical(targets)
    orders = [canonical[:, one] for one in Group(SWAPS, 78).permutations]
    errors = torch.stack([(one - there).abs().sum(1) for one in orders])
    aligned = VOICE.aligned(guesses, targets)
    assert (aligned - there).abs().sum(1).tolist() == pytest.approx(errors.amin(0).tolist())
    assert (errors.argmin(0) > 0).any()


def test_an_aligned_guess_is_the_same_sound():
    guesses, rows = VOICE.draw(range(32)), torch.arange(32)
    aligned = VOICE.aligned(guesses, VOICE.draw([77]))
    assert (VOICE.render(aligned, rows) - VOICE.render(guesses, rows)).abs().max() <= 1e-6


def test_all_orders_of_a_sound_are_aligned_to_it_by_no_error():
    sounds = VOICE.draw(range(16)).double()
    canonical = VOICE.canonical(sounds)
    for permutation in Group(SWAPS, 78).permutations:
        aligned = VOICE.aligned(sounds[:, permutation], sounds)
        assert (aligned - canonical).abs().max() < 1e-9


def test_the_order_of_values_that_a_rounding_tells_apart_is_no_rounding():
    table = VOICE.parameter_table
    sounds = VOICE.draw(range(8)).double()
    attack = table.column("adsr_1.attack"), table.column("adsr_2.attack")
    sounds[:, attack[1]] = sounds[:, attack[0]]
    nudged = sounds.clone()
    nudged[:, attack[0]] *= 1 - 1e-15
    canonical = VOICE.canonical(sounds)
    assert (VOICE.canonical(nudged) - canonical).abs().max() < 1e-9


class _Pair:
    """A swap of two columns."""

    def __init__(self, size, one, two):
        places = list(range(size))
        places[one], places[two] = two, one
        self.permutation = tuple(places)


def test_a_group_holds_every_order_of_what_its_swaps_exchange():
    group = Group([_Pair(5, 0, 1), _Pair(5, 1, 2), _Pair(5, 2, 3)], 5)
    assert set(group.permutations) == {(*one, 4) for one in itertools.permutations(range(4))}


def test_a_swap_that_would_make_a_group_of_more_than_720_is_left_out():
    pairs = [_Pair(8, one, one + 1) for one in range(7)]
    assert len(Group(pairs, 8).permutations) == 720
