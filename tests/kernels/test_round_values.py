"""Round values, as people pin them: an exact step falls to one side in both renderers."""

import pytest
import torch

from synth_datamodule import SynthConfig, Voice

RATES = {(16000, 400): 1.0, (8000, 100): 2.0, (44100, 441): 0.5}


def apart(config, pinned, nebula="default", num_sounds=8):
    """Return how far the renderers are from each other."""
    fused, defined = (
        Voice(config, nebula, backend, pinned=pinned).render_sounds(range(num_sounds)).audio
        for backend in ("fused", "reference")
    )
    return float((fused - defined).abs().max())


def lfos(frequency, phase=0.0, depth=0.0, **more):
    settings = {"frequency": frequency, "mod_depth": depth, "initial_phase": phase}
    return {f"lfo_{k}.{name}": value for k in (1, 2) for name, value in settings.items()} | more


@pytest.mark.parametrize("rates", RATES, ids=str)
@pytest.mark.parametrize("frequency", [0.5, 1.0, 2.0, 4.0, 5.0, 12.5, 20.0])
@pytest.mark.parametrize("phase", [0.0, torch.pi / 2, -torch.pi, torch.pi])
def test_an_lfo_at_a_round_rate_is_that_of_its_definition(rates, frequency, phase):
    config = SynthConfig(
        sample_rate=rates[0], control_rate=rates[1], buffer_size_seconds=RATES[rates]
    )
    assert apart(config, lfos(frequency, phase)) < 1e-5


@pytest.mark.parametrize("shape", ["saw", "rsaw", "sqr"])
def test_a_stepping_lfo_alone_is_that_of_its_definition(shape):
    shapes = dict.fromkeys(("sin", "tri", "saw", "rsaw", "sqr"), 0.0) | {shape: 1.0}
    shapes = {f"lfo_{k}.{name}": value for k in (1, 2) for name, value in shapes.items()}
    config = SynthConfig(sample_rate=16000, control_rate=400, buffer_size_seconds=1.0)
    assert apart(config, lfos(4.0, **shapes)) < 1e-5


@pytest.mark.parametrize("release", [0.0, 2**-24, 300 * 2**-24])
def test_an_lfo_whose_rate_is_not_moved_is_that_of_its_definition(release):
    config = SynthConfig(sample_rate=8000, control_rate=100, buffer_size_seconds=2.0)
    names = Voice(config).parameter_names
    u = torch.full((1, len(names)), 0.5)
    for column, name in enumerate(names):
        if "rate_adsr.release" in name:
            u[:, column] = release
    fused, defined = (Voice(config, backend=name).render(u) for name in ("fused", "reference"))
    assert (fused - defined).abs().max() < 1e-5
