"""The GPU's kernels without a GPU: interpreted, and compiled to see what they are made of."""

import re
import runpy
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch

from synth_datamodule.corpus.draws import noise_rows

pytest.importorskip("triton", reason="Triton comes with torch on Linux")

HERE = Path(__file__).parents[1]
cases = runpy.run_path(str(HERE / "cases.py"))
SHORT = cases["SHORT"]


def run(script, *arguments):
    command = [sys.executable, str(HERE / script), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=HERE)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


@pytest.fixture(scope="module")
def interpreted(tmp_path_factory):
    """What the interpreter made of every short case, by case and name."""
    folder = tmp_path_factory.mktemp("interpreted")
    # Two processes, about as long as each other.
    names = [name for name in SHORT if name != "ends"]
    jobs = [("ends", *names[:2]), names[2:]]
    with ThreadPoolExecutor(2) as pool:
        files = [folder / f"{number}.npz" for number in range(len(jobs))]
        list(pool.map(lambda file, job: run("interpreted.py", file, *job), files, jobs))
    found = {}
    for file in files:
        with np.load(file) as arrays:
            found |= {key: arrays[key] for key in arrays.files}
    return found


def bits(audio):
    return np.asarray(audio).view(np.int32)


@pytest.mark.parametrize("name", [name for name in SHORT if name != "ends"])
def test_the_gpus_kernels_give_the_cpus_bits(interpreted, name):
    voice, numbers = cases["sounds"](SHORT[name])
    batch = voice.render_sounds(numbers)
    assert batch.audio.shape[1] == voice.synthconfig.buffer_size
    assert np.array_equal(bits(interpreted[f"{name}/parameters"]), bits(batch.parameters))
    assert np.array_equal(interpreted[f"{name}/is_train"], batch.is_train)
    assert np.array_equal(bits(interpreted[f"{name}/audio"]), bits(batch.audio))


@pytest.mark.parametrize("name", [name for name in SHORT if name != "ends"])
def test_the_gpus_kernels_go_back_as_the_cpus_do(interpreted, name):
    voice, numbers = cases["sounds"](SHORT[name])
    controls = voice._controls(voice.draw(numbers).double())
    noise = voice.noise.table(torch.device("cpu"))
    rows, cotangent = noise_rows(numbers), cases["cotangent"](voice, len(numbers))
    ours = voice._fused.gradient(controls, rows, noise, cotangent)
    theirs = torch.from_numpy(interpreted[f"{name}/gradient"])
    assert theirs.isfinite().all()
    for mine, its in zip(ours, theirs.split([grad.numel() for grad in ours]), strict=True):
        # float32 on both sides, added up in another order.
        torch.testing.assert_close(its, mine.flatten(), rtol=0, atol=1e-5 * mine.abs().max().item())


def test_every_parameter_at_either_end_gives_the_cpus_bits(interpreted):
    voice, _ = cases["sounds"](SHORT["ends"])
    parameters = cases["ends"](voice)
    audio = voice.render(parameters, torch.arange(len(parameters)) % 32)
    assert (audio.abs() <= 1).all()
    assert np.array_equal(bits(interpreted["ends/audio"]), bits(audio))


def test_what_is_out_of_range_is_nan_and_touches_no_other_sound(interpreted):
    voice, numbers = cases["sounds"](SHORT["default"])
    right = voice.render_sounds(numbers).audio
    audio = interpreted["default/wrong"]
    # The first four sounds were given a parameter of -0.1, 1.5 and NaN, and a row of noise of 32.
    assert np.isnan(audio[:4]).all()
    assert np.array_equal(bits(audio[4:]), bits(right[4:]))
    outside = interpreted["default/outside"]
    assert np.isnan(outside[:2]).all()
    assert np.array_equal(outside[2], voice.draw(torch.tensor([7]))[0])


def assembled(*arguments):
    """PTX of each kernel, by kernel."""
    pages = run("assembled.py", *arguments).split("// kernel ")[1:]
    assert len(pages) == 5
    return dict(page.split("\n", 1) for page in pages)


@pytest.mark.parametrize("capability", [75, 80, 90])
def test_the_kernels_compile_to_operations_that_are_rounded_once_and_correctly(capability):
    for name, text in assembled(capability).items():
        # ptxas contracts and approximates only what is not marked as rounded to nearest.
        found = re.findall(r"^\s+(?:@%p\d+ )?((?:add|sub|mul|fma|div|mad)\.[\w.]+)", text, re.M)
        floats = {operation for operation in found if re.search(r"\.f(32|64)$", operation)}
        assert floats, name
        assert {operation for operation in floats if ".rn." not in operation} == set(), name
        assert re.findall(r"\w*(?:approx|ftz|\.full\.|ex2|lg2|sin|cos|rcp|sqrt)\w*", text) == []


def test_products_and_sums_that_the_formulas_keep_apart_stay_apart():
    # Where Triton may contract, the same source has more fused operations: that of the control
    # signals has, that of the audio holds no product that is then added.
    exact, contracted = assembled(90), assembled(90, "contracted")
    fused, may_be = (
        {name: len(re.findall(r"\bfma\.rn\.f", page)) for name, page in pages.items()}
        for pages in (exact, contracted)
    )
    assert fused["control_kernel"] < may_be["control_kernel"]
    assert fused["audio_kernel"] == may_be["audio_kernel"] > 300
