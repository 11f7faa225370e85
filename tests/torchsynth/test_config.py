import pytest
import torch

import synth_datamodule
from synth_datamodule.torchsynth.config import SynthConfig


def test_sizes_and_rates_are_0_d_tensors_of_the_plain_settings():
    config = SynthConfig(33, 8000, 0.3, 100)
    plain = synth_datamodule.SynthConfig(33, 8000, 0.3, 100)
    assert config.plain() == plain
    for name in ("batch_size", "sample_rate", "buffer_size", "control_rate", "control_buffer_size"):
        assert getattr(config, name).ndim == 0
        assert getattr(config, name).item() == getattr(plain, name)
    assert config.buffer_size_seconds == 0.3
    assert config.to("cpu") is None


def test_a_switch_may_be_set_later():
    config = SynthConfig(no_grad=True)
    config.no_grad = False
    config.batch_size = torch.tensor(5)
    assert config.plain() == synth_datamodule.SynthConfig(5, no_grad=False)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("buffer_size_seconds", torch.tensor(2.0), "buffer_size_seconds must be 4"),
        ("buffer_size_seconds", 2.0, "buffer_size_seconds must be 4"),
        ("buffer_size", torch.tensor(800), "buffer_size must be 176400"),
        ("sample_rate", torch.tensor(8000), "buffer_size must be 32000"),
        ("control_rate", torch.tensor(100), "control_buffer_size must be 400"),
        ("control_buffer_size", torch.tensor(100), "control_buffer_size must be 1764"),
    ],
)
def test_a_rate_or_size_set_apart_from_the_others_is_an_error(name, value, message):
    config = SynthConfig(batch_size=2)
    setattr(config, name, value)
    with pytest.raises(ValueError, match=rf"^{message}, .* make another SynthConfig$"):
        config.plain()
    assert repr(config).startswith("SynthConfig(")


def test_debug_is_the_environments_unless_said(monkeypatch):
    monkeypatch.setenv("TORCHSYNTH_DEBUG", "")
    assert SynthConfig().debug
    assert not SynthConfig(debug=False).debug
    monkeypatch.delenv("TORCHSYNTH_DEBUG")
    assert not SynthConfig().debug


def test_what_it_shows_are_its_settings():
    assert repr(SynthConfig(7)).startswith("SynthConfig({'batch_size': 7, 'sample_rate': 44100,")


def test_a_config_that_cannot_be_is_an_error():
    with pytest.raises(ValueError, match=r"^control_rate must be at most sample_rate"):
        SynthConfig(sample_rate=100)
