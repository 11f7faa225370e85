import sys

import pytest
import torch

from synth_datamodule import SynthConfig
from synth_datamodule.measure import synthax

CONFIG = SynthConfig(batch_size=2, sample_rate=8000, buffer_size_seconds=0.5, control_rate=100)


def test_without_synthax_a_line_says_how_to_install_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "synthax.synth", None)
    said = synthax.why_no_synthax()
    assert said.startswith("SynthAX is not here (")
    assert said.endswith(f"): {synthax.INSTALL}")


def test_on_a_gpu_it_is_refused():
    with pytest.raises(ValueError, match="SynthAX is measured on the CPU only, got cuda"):
        synthax.synthax_voice(CONFIG, torch.device("cuda"))


def test_each_key_has_its_own_sounds():
    if missing := synthax.why_no_synthax():
        pytest.skip(missing)
    make_batch = synthax.synthax_voice(CONFIG, torch.device("cpu"))
    first, other = make_batch(0)[0].clone(), make_batch(1)[0].clone()
    assert first.shape == (2, 4000)
    assert first.isfinite().all()
    assert not torch.equal(first, other)
    assert torch.equal(make_batch(0)[0], first)
