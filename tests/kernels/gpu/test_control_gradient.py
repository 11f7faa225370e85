"""The control signals' way back in Triton, interpreted, held against numba's."""

import runpy
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from synth_datamodule.kernels.cpu.control_gradient import control_gradients
from synth_datamodule.kernels.cpu.launch_gradient import CpuGradient

pytest.importorskip("triton", reason="Triton comes with torch on Linux")

HERE = Path(__file__).parents[1]
cases = runpy.run_path(str(HERE / "cases.py"))


@pytest.fixture(scope="module")
def interpreted(tmp_path_factory):
    """What the interpreter found, by name."""
    out = tmp_path_factory.mktemp("interpreted") / "controls.npz"
    command = [sys.executable, str(HERE / "interpreted_controls.py"), str(out)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=HERE)
    assert done.returncode == 0, done.stderr[-3000:]
    with np.load(out) as arrays:
        return {key: arrays[key] for key in arrays.files}


def distance(found, expected):
    assert np.isfinite(found).all()
    norm = np.linalg.norm
    return (norm(found - expected, axis=1) / norm(expected, axis=1)).max()


def test_ends_cut_envelopes_and_clamped_depths_have_the_cpus_gradient(interpreted):
    voice, parameters, given = cases["controls_back"]()
    plan, u = voice._fused.plan, parameters.double().numpy()
    arrays, expected = (one.numpy() for one in given), np.empty(u.shape)
    control_gradients(u, plan.table, plan.control_rate, plan.eps, *arrays, expected)
    found = interpreted["found"]
    # float64 on both sides, added up in another order.
    assert distance(found, expected) < 1e-13
    scale = np.linalg.norm(expected, axis=1, keepdims=True)
    assert (np.abs(found) <= 1e-13 * scale)[expected == 0].all()


def test_the_whole_way_back_is_the_cpus_but_for_float32(interpreted):
    voice, parameters, _ = cases["controls_back"]()
    back = CpuGradient(voice._fused.plan).by_parameters
    noise, clips = voice.noise.table(torch.device("cpu")), torch.ones(1, dtype=torch.bool)
    expected = back(parameters[-1:], torch.arange(1), noise, clips, cases["cotangent"](voice, 1))
    assert distance(interpreted["whole"], expected.numpy()) < 1e-5
