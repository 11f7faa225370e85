import math
from dataclasses import replace

import pytest
import torch

from synth_datamodule import Voice
from synth_datamodule.measure.distance import definition, distance
from synth_datamodule.patching.recipe import SynthRecipe
from synth_datamodule.synths import OneOscillator

RECIPE = SynthRecipe(sample_rate=8000, buffer_size_seconds=0.1)


def test_the_definition_is_the_float64_reference_before_it_is_rounded():
    defined = definition(RECIPE, 3)
    audio = Voice(RECIPE.config(), backend="reference").render_sounds(range(3)).audio
    assert defined.dtype == torch.float64
    assert torch.equal(defined.float(), audio)
    assert 0 < distance(audio, defined).worst <= 2**-24


def test_the_definition_is_of_the_recipes_own_synth():
    recipe = SynthRecipe(
        OneOscillator, sample_rate=8000, buffer_size_seconds=0.1, pinned={"vco.shape": 1.0}
    )
    audio = replace(recipe, backend="reference").make().render_sounds([0]).audio
    assert torch.equal(definition(recipe, 1).float(), audio)


def test_distances_are_of_each_sounds_largest_difference():
    defined = torch.zeros(101, 4, dtype=torch.float64)
    audio = torch.zeros(101, 4)
    audio[:, 2] = -torch.arange(101.0)
    audio[:, 3] = 0.25
    far = distance(audio, defined)
    assert (far.median, far.percentile_99, far.worst) == (50.0, 99.0, 100.0)
    assert far.num_sounds == 101


def test_only_the_sounds_that_are_defined_are_compared():
    audio = torch.tensor([[0.5], [9.0]])
    assert distance(audio, torch.zeros(1, 1, dtype=torch.float64)).worst == 0.5


def test_a_sound_that_is_not_a_number_is_not_near():
    audio = torch.tensor([[0.0], [math.nan]])
    assert math.isnan(distance(audio, torch.zeros(2, 1, dtype=torch.float64)).worst)


@pytest.mark.parametrize("shape", [(1, 4), (2, 5)], ids=["fewer", "longer"])
def test_other_sounds_are_refused(shape):
    with pytest.raises(ValueError, match=r"audio must hold the sounds that are defined, \[2, 4\]"):
        distance(torch.zeros(shape), torch.zeros(2, 4, dtype=torch.float64))
