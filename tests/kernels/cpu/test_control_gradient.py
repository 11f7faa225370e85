"""The control signals' way back in numba, held against the torch twin and its autograd."""

import runpy
from pathlib import Path

import numpy as np
import pytest
import torch

from synth_datamodule import SynthConfig, Voice
from synth_datamodule.kernels.cpu.control_gradient import control_gradients, control_signals
from synth_datamodule.kernels.plan import STEEP_PER_PARTIAL, by_controls

whole = runpy.run_path(str(Path(__file__).parents[2] / "test_gradients.py"))

WHOLE = {"buffer_size_seconds": 4.0}
SHORT = {"sample_rate": 2000, "buffer_size_seconds": 0.05, "control_rate": 400}
both_nebulae = pytest.mark.parametrize("nebula", ["default", "drum"])


def incoming(plan, num_sounds):
    """A gradient by pitches in octaves, gains and constants, as the audio's kernel gives it."""
    draw = torch.Generator().manual_seed(1)
    shapes = (num_sounds, 2, plan.num_frames), (num_sounds, 3, plan.num_frames), (num_sounds, 4)
    return [torch.randn(shape, generator=draw, dtype=torch.float64) for shape in shapes]


def both_ways(voice, u):
    """Return the kernel's gradient by parameters and the twin's, ``[B, P]``."""
    plan, u = voice._fused.plan, u.double().requires_grad_()
    given = incoming(plan, len(u))
    (expected,) = torch.autograd.grad(voice._controls(u), u, by_controls(*given))
    found = np.empty(u.shape)
    arrays = (one.numpy() for one in given)
    control_gradients(u.detach().numpy(), plan.table, plan.control_rate, plan.eps, *arrays, found)
    return torch.from_numpy(found), expected


def distance(found, expected):
    assert found.isfinite().all()
    return ((found - expected).norm(dim=1) / expected.norm(dim=1)).max()


@both_nebulae
def test_whole_sounds_have_the_twins_gradient(nebula):
    voice = Voice(SynthConfig(**WHOLE, no_grad=False), nebula)
    assert distance(*both_ways(voice, voice.draw(torch.arange(40)))) < 1e-10


@both_nebulae
def test_every_end_and_corner_and_what_lies_beside_them_has_it(nebula):
    voice = Voice(SynthConfig(**SHORT, no_grad=False), nebula)
    found, expected = both_ways(voice, whole["situations"]())
    assert distance(found, expected) < 1e-9
    # What the twin holds still, the kernel holds still.
    assert (found.abs() <= 1e-13 * expected.norm(dim=1, keepdim=True))[expected == 0].all()


@pytest.mark.parametrize("eps", [1e-12, 1e-3, 0.5])
def test_any_eps_has_it(eps):
    voice = Voice(SynthConfig(**SHORT, eps=eps, no_grad=False))
    assert distance(*both_ways(voice, whole["situations"]())) < 1e-9


def test_ramps_that_begin_and_end_on_samples_have_it():
    # Multiples of a control sample: whatever is compared is equal somewhere.
    pinned = {"keyboard.duration": 0.05}
    for k, name in enumerate(("adsr_1", "adsr_2", "lfo_1_rate_adsr", "lfo_2_amp_adsr")):
        pinned |= {f"{name}.attack": 0.0125 * k, f"{name}.decay": 0.05 - 0.0125 * k}
        pinned |= {f"{name}.release": 0.025, f"{name}.alpha": 1.0 + k % 2}
    voice = Voice(SynthConfig(**{**SHORT, "buffer_size_seconds": 0.2}, no_grad=False))
    table = voice.parameter_table
    pinned = {name: value for name, value in pinned.items() if name in table}
    assert len(pinned) > 8
    u = table.replace(voice.draw(torch.arange(20)).double(), pinned)
    assert distance(*both_ways(voice, u)) < 1e-9


def test_a_pinned_parameter_has_a_gradient_of_zero():
    voice = Voice(SynthConfig(**SHORT, no_grad=False), pinned={"vco_1.tuning": 3.0})
    found, expected = both_ways(voice, voice.draw(torch.arange(5)))
    assert (found[:, voice.parameter_table.column("vco_1.tuning")] == 0).all()
    assert distance(found, expected) < 1e-10


@both_nebulae
def test_the_control_signals_are_the_twins(nebula):
    voice = Voice(SynthConfig(**WHOLE), nebula)
    plan, u = voice._fused.plan, voice.draw(torch.arange(40)).double()
    controls = voice._controls(u)
    pitches, gains = np.empty((40, 2, plan.num_frames)), np.empty((40, 3, plan.num_frames), "f4")
    phases, steeps, shapes = np.empty((40, 2), np.int64), np.empty(40, "f4"), np.empty(40, "f4")
    ends = np.empty(40, np.int64)
    control_signals(
        u.numpy(),
        plan.table,
        plan.sample_rate,
        plan.control_rate,
        plan.eps,
        plan.bits,
        plan.num_samples,
        pitches,
        gains,
        phases,
        steeps,
        shapes,
        ends,
    )
    assert np.abs(pitches - plan.octaves(controls.pitches).numpy()).max() < 1e-11
    assert np.abs(gains - controls.gains.numpy()).max() < 1e-7
    assert np.abs(phases - plan.phases(controls.initial_phases).numpy()).max() <= 1
    steep = (controls.partials * STEEP_PER_PARTIAL).numpy()
    assert np.abs(steeps / steep - 1).max() < 1e-6
    assert np.array_equal(shapes, controls.shape.numpy().astype("f4"))
    # Silence is silent, and some sounds end.
    audio = voice.render(u.float()).numpy()
    for sound, end in zip(audio, ends, strict=True):
        assert (sound[end:] == 0).all()
    assert (ends < plan.num_samples).sum() >= 5
