"""A memory of sounds finds the nearest by exact sums, the first of equals."""

import pytest
import torch

from synth_datamodule.matching.memory import NUM_BANDS, NUM_FRAMES, Memory, pictures, pooled


def random_levels(count, width=64, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(0, 256, (count, width), generator=generator).to(torch.uint8)


def test_the_nearest_are_those_of_the_definition():
    seen, looked_for = random_levels(3000), random_levels(3, seed=1)
    found = Memory(seen, torch.rand(3000, 5)).nearest(looked_for, 10)
    off = (seen[None].double() - looked_for[:, None].double()).abs().mean(2) / 2
    least = off.topk(10, largest=False)
    torch.testing.assert_close(found.decibels.double(), least.values, atol=1e-5, rtol=0)
    assert torch.equal(found.places, least.indices)


def test_parameters_are_those_of_the_places():
    parameters = torch.rand(30, 5)
    found = Memory(random_levels(30), parameters).nearest(random_levels(2, seed=1), 4)
    assert torch.equal(found.parameters, parameters[found.places])


def test_of_equals_the_first_is_nearest():
    seen = random_levels(1).expand(5, -1)
    found = Memory(seen, torch.rand(5, 2)).nearest(seen[:1], 5)
    assert found.places.tolist() == [[0, 1, 2, 3, 4]]


def test_a_picture_is_the_same_alone_and_among_others():
    audio = torch.rand(4, 8000, generator=torch.Generator().manual_seed(0)) - 0.5
    together = pictures(audio, 8000)
    assert together.shape == (4, NUM_BANDS * NUM_FRAMES)
    assert torch.equal(together, torch.cat([pictures(one[None], 8000) for one in audio]))


def test_a_sound_shorter_than_a_window_has_a_picture():
    assert pictures(torch.ones(2, 3), 8000).shape == (2, NUM_BANDS * NUM_FRAMES)


def test_levels_are_half_decibels_from_80_below_full_scale():
    frames = torch.tensor([-1.0, 0.0, 1 / 160, 0.5, 1.0, 3.0]).view(6, 1, 1)
    assert pooled(frames)[:, 0].tolist() == [0, 0, 1, 80, 160, 255]


@pytest.mark.parametrize(
    ("seen", "parameters"),
    [(random_levels(0), torch.rand(0, 5)), (random_levels(3), torch.rand(2, 5))],
)
def test_a_memory_without_sounds_or_with_others_parameters_is_refused(seen, parameters):
    with pytest.raises(ValueError, match="a memory must have a picture of each of its sounds"):
        Memory(seen, parameters)


@pytest.mark.parametrize("looked_for", [random_levels(1, 63), random_levels(1).float()])
def test_what_is_no_picture_is_refused(looked_for):
    with pytest.raises(ValueError, match=r"looked_for must be pictures, uint8 \[B, 64\]"):
        Memory(random_levels(3), torch.rand(3, 5)).nearest(looked_for, 1)


def test_more_than_there_are_is_refused():
    with pytest.raises(ValueError, match="num_nearest"):
        Memory(random_levels(3), torch.rand(3, 5)).nearest(random_levels(1), 4)
