import pytest
import torch

from synth_datamodule import SynthConfig, Voice
from synth_datamodule.measure.candidates import BACKENDS, candidate

CPU = torch.device("cpu")
CONFIG = SynthConfig(batch_size=3, sample_rate=8000, buffer_size_seconds=0.1)


@pytest.mark.parametrize("name", BACKENDS)
def test_every_candidate_makes_the_sounds_of_its_batch(name, monkeypatch):
    monkeypatch.setattr(torch, "compile", lambda function: function)
    audio, parameters, train = candidate(name, CONFIG, CPU)(3413)
    expected = Voice(CONFIG, backend="reference").render_sounds(range(10239, 10242))
    assert torch.equal(parameters, expected.parameters)
    assert torch.equal(train, expected.is_train)
    assert train.tolist() == [False, True, True]
    assert audio.dtype == torch.float32
    assert (audio - expected.audio).abs().median() < 1e-3


def test_candidates_differ_in_backend_and_precision():
    assert candidate("fused", CONFIG, CPU).backend == "fused"
    exact, single = (candidate(name, CONFIG, CPU) for name in ("reference", "reference-float32"))
    assert (exact.backend, exact.dtype) == ("reference", torch.float64)
    assert (single.backend, single.dtype) == ("reference", torch.float32)


@pytest.mark.parametrize(
    ("name", "dtype"), [("compiled", torch.float64), ("compiled-float32", torch.float32)]
)
def test_compiled_is_torch_compile_of_the_references_render(name, dtype, monkeypatch):
    compiled = []
    monkeypatch.setattr(torch, "compile", lambda function: compiled.append(function) or function)
    candidate(name, CONFIG, CPU)
    (render,) = compiled
    assert render.__func__ is Voice.render
    assert (render.__self__.backend, render.__self__.dtype) == ("reference", dtype)
