from dataclasses import replace

import pytest
import torch

from synth_datamodule import Voice
from synth_datamodule.measure.candidates import BACKENDS, candidates, make
from synth_datamodule.patching.recipe import SynthRecipe
from synth_datamodule.synths import OneOscillator

CPU = torch.device("cpu")
SHORT = {"sample_rate": 8000, "buffer_size_seconds": 0.1}
RECIPE = SynthRecipe(**SHORT)


@pytest.mark.parametrize("name", BACKENDS)
def test_every_candidate_makes_the_sounds_of_its_batch(name, monkeypatch):
    monkeypatch.setattr(torch, "compile", lambda function: function)
    audio, parameters, train = make(name, RECIPE, 3, CPU)(3413)
    config = RECIPE.config()
    expected = Voice(config, backend="reference").render_sounds(range(10239, 10242))
    assert torch.equal(parameters, expected.parameters)
    assert torch.equal(train, expected.is_train)
    assert train.tolist() == [False, True, True]
    assert audio.dtype == torch.float32
    assert (audio - expected.audio).abs().median() < 1e-3


@pytest.mark.parametrize("name", ["reference", "compiled"])
def test_another_synth_and_its_pinned_values_are_timed_too(name, monkeypatch):
    monkeypatch.setattr(torch, "compile", lambda function: function)
    recipe = SynthRecipe(OneOscillator, pinned={"vco.shape": 1.0}, **SHORT)
    audio, parameters, _ = make(name, recipe, 2, CPU)(0)
    expected = replace(recipe, backend="reference").make().render_sounds([0, 1])
    assert torch.equal(parameters, expected.parameters)
    assert torch.equal(audio, expected.audio)


def test_candidates_differ_in_backend_and_precision():
    assert make("fused", RECIPE, 3, CPU).backend == "fused"
    exact, single = (make(n, RECIPE, 3, CPU) for n in ("reference", "reference-float32"))
    assert (exact.backend, exact.dtype) == ("reference", torch.float64)
    assert (single.backend, single.dtype) == ("reference", torch.float32)


@pytest.mark.parametrize(
    ("name", "dtype"), [("compiled", torch.float64), ("compiled-float32", torch.float32)]
)
def test_compiled_is_torch_compile_of_the_references_render(name, dtype, monkeypatch):
    compiled = []
    monkeypatch.setattr(torch, "compile", lambda function: compiled.append(function) or function)
    make(name, RECIPE, 3, CPU)
    (render,) = compiled
    assert render.__func__ is Voice.render
    assert (render.__self__.backend, render.__self__.dtype) == ("reference", dtype)


@pytest.mark.parametrize(
    ("synth", "names", "chosen"),
    [
        (Voice, ("auto",), ["fused"]),
        (Voice, ("reference", "auto", "fused"), ["reference", "fused"]),
        (OneOscillator, ("auto",), ["program"]),
    ],
)
def test_auto_is_what_the_synth_itself_chooses(synth, names, chosen):
    assert list(candidates(names, SynthRecipe(synth))) == chosen


def test_a_backend_that_a_synth_does_not_have_is_refused():
    with pytest.raises(ValueError, match=r"must be among program, reference, .* got 'fused'"):
        candidates(("fused",), SynthRecipe(OneOscillator))
