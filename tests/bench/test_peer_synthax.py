import sys

import peer_synthax
import pytest
import torch

from synth_datamodule.patching.recipe import SynthRecipe

CPU = torch.device("cpu")
RECIPE = SynthRecipe(sample_rate=8000, buffer_size_seconds=0.5, control_rate=100)


def test_without_synthax_a_line_says_how_to_install_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "synthax.synth", None)
    said = peer_synthax.why_no_synthax(CPU)
    assert said.startswith("SynthAX is not here (")
    assert said.endswith(f"): {peer_synthax.INSTALL}")


def test_on_a_gpu_it_is_not_measured():
    said = peer_synthax.why_no_synthax(torch.device("cuda"))
    assert said == "SynthAX is measured on the CPU only, not on cuda"


def test_each_key_has_its_own_sounds():
    if missing := peer_synthax.why_no_synthax(CPU):
        pytest.skip(missing)
    make_batch = peer_synthax.synthax_voice(RECIPE, 2, CPU)
    first, other = make_batch(0)[0].clone(), make_batch(1)[0].clone()
    assert first.shape == (2, 4000)
    assert first.isfinite().all()
    assert not torch.equal(first, other)
    assert torch.equal(make_batch(0)[0], first)
