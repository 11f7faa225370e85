import torch

from synth_datamodule import Voice
from synth_datamodule.searching.breeding import children
from synth_datamodule.searching.coordinates import Coordinates
from synth_datamodule.searching.notes import note_chances

VOICE = Voice()
COORDINATES = Coordinates(VOICE.parameter_table)


def test_every_parameter_is_in_one_group_or_pitched():
    columns = sorted(sum(COORDINATES.groups, COORDINATES.pitched))
    assert columns == list(range(len(VOICE.parameter_table)))


def test_pitches_within_48_semitones_are_met():
    u = VOICE.draw(range(64))
    generator = torch.Generator().manual_seed(0)
    low = torch.rand(64, 1, generator=generator, dtype=torch.float64) * 79
    wanted = low + torch.rand(64, 2, generator=generator, dtype=torch.float64) * 48
    moved = COORDINATES.at_pitches(u, wanted)
    assert torch.allclose(COORDINATES.pitches(moved), wanted, atol=1e-4)
    others = [k for k in range(78) if k not in COORDINATES.pitched]
    assert torch.equal(moved[:, others], u[:, others])


def test_pitches_out_of_reach_are_met_as_near_as_ranges_allow():
    u = VOICE.draw([0, 1])
    moved = COORDINATES.at_pitches(u, torch.tensor([[-100.0, 300.0]] * 2, dtype=torch.float64))
    assert ((moved >= 0) & (moved <= 1)).all()


def test_children_lie_in_range_and_have_something_of_both_parents():
    first, second = VOICE.draw(range(32)), VOICE.draw(range(32, 64))
    notes = note_chances(torch.rand(104, 5, generator=torch.Generator().manual_seed(0)))
    born = children(first, second, COORDINATES, notes, torch.Generator().manual_seed(0))
    assert ((born >= 0) & (born <= 1)).all()
    assert (born == first).any(1).all()
    assert (born == second).any()
    assert (born != first).any(1).all()


def test_the_same_chance_has_the_same_children():
    first, second = VOICE.draw(range(8)), VOICE.draw(range(8, 16))
    notes = note_chances(torch.rand(104, 5, generator=torch.Generator().manual_seed(0)))
    one, again = (
        children(first, second, COORDINATES, notes, torch.Generator().manual_seed(3))
        for _ in range(2)
    )
    assert torch.equal(one, again)
