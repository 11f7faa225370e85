"""Fixtures of the pages' tests: a browser, small pages, results with guesses, folders."""

import numpy as np
import pytest
import torch
from browser import browser, page

from synth_datamodule import cli, reporting
from synth_datamodule.benchmark.candidates import Guesses
from synth_datamodule.benchmark.run import run
from synth_datamodule.benchmark.task import Run

__all__ = ["browser", "page"]

SMALL = ("--seconds", "0.5", "--sample_rate", "16000", "--control_rate", "100")


@pytest.fixture(scope="session")
def listen(tmp_path_factory):
    """Return a function that runs the command and returns the page that it wrote."""

    def run(*words, name="page.html", small=True):
        out = tmp_path_factory.mktemp("pages") / name
        status = cli.main(
            ["listen", *map(str, words), "--out", str(out), *(SMALL if small else ())]
        )
        assert status == 0
        return out

    return run


@pytest.fixture(scope="session")
def forty(listen):
    """Return a page of 40 short sounds."""
    return listen("0-39")


@pytest.fixture(scope="session")
def results(tmp_path_factory):
    """Return results of two candidates, each with its guesses beside it: near and far ones."""
    folder = tmp_path_factory.mktemp("results")
    paths = []
    for name, far in (("near", 0.01), ("far", 0.4)):
        held = []

        def candidate(data, device, advance, far=far, held=held):
            data.setup()
            numbers = torch.from_numpy(data.sounds("test").numbers(0, 0, 6))
            truth = data.voice.draw(numbers)
            noise = torch.rand(truth.shape, generator=torch.Generator().manual_seed(3)) - 0.5
            held.append((truth + far * noise).clamp(0, 1))
            return Guesses(held[0], "nothing", {}, 0)

        path = folder / f"{name}.json"
        run(candidate, Run(name, train_sounds=32, test_sounds=6)).result.write(path)
        np.savez(path.with_suffix(".npz"), guesses=held[0].numpy())
        paths.append(path)
    return paths


@pytest.fixture(scope="session")
def folders(tmp_path_factory):
    """Return folders of four tones of 1 s, as targets and by two candidates, one of them off."""
    root = tmp_path_factory.mktemp("folders")
    time = torch.arange(16000) / 16000
    for name, by in (("targets", 1.0), ("same", 1.0), ("higher", 1.5)):
        for k in range(4):
            tone = 0.5 * torch.sin(2 * torch.pi * 300 * (k + 1) * by * time)
            reporting.write_wave(root / name / f"tone_{k}.wav", tone, 16000)
    return [root / name for name in ("targets", "same", "higher")]
