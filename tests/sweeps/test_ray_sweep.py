import contextlib
import json
import os
import runpy
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from synth_datamodule import SynthDataModule
from synth_datamodule.sweeps import Experiment, ray_sweep, search_space

WITHOUT = {"reason": "needs Ray: pip install -e '.[ray]'"}
PROGRAM = Path(__file__).with_name("on_ray.py")


@pytest.fixture(scope="module")
def ray():
    return pytest.importorskip("ray", **WITHOUT)


@pytest.fixture(scope="module")
def local_sweep(ray):
    """What a sweep on a local Ray wrote: its program's settings, what Ray found, who heard what."""
    # Ray's sockets have paths of a hundred letters at most.
    with tempfile.TemporaryDirectory(prefix="sweep") as folder:
        quiet = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_AUTH_MODE": "disabled", "HOME": folder}
        with Path(folder, "log.txt").open("w") as log:
            program = subprocess.Popen(
                [sys.executable, str(PROGRAM), folder],
                env={**os.environ, **quiet},
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            try:
                status = program.wait(timeout=540)
            finally:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(program.pid, signal.SIGKILL)
                program.wait()
        assert status == 0, Path(folder, "log.txt").read_text()[-6000:]
        found = json.loads(Path(folder, "found.json").read_text())
        told = [json.loads(file.read_text()) for file in Path(folder, "heard").iterdir()]
        yield runpy.run_path(str(PROGRAM)), found, told


def test_a_local_ray_runs_the_trials_and_names_the_best(local_sweep):
    _, found, _ = local_sweep
    assert found["errors"] == []
    assert len(found["tried"]) == len(found["val_error"]) == 2
    best = min(zip(found["val_error"], found["tried"], strict=True), key=lambda pair: pair[0])
    assert found["best"] == best[1]
    # ASHA may stop one after its first validation; the best is never stopped.
    assert max(found["reported"]) == 2


def test_two_workers_train_one_model(local_sweep):
    _, _, told = local_sweep
    assert {each["world_size"] for each in told} == {2}
    for trial in {each["rate"] for each in told}:
        workers = [each for each in told if each["rate"] == trial]
        assert sorted(each["rank"] for each in workers) == [0, 1]
        assert workers[0]["weights"] == workers[1]["weights"]


def test_every_trial_hears_the_same_validation_sounds_whatever_it_changes(local_sweep):
    program, _, told = local_sweep
    heard = {}
    for each in sorted(told, key=lambda each: each["rank"]):
        sounds = heard.setdefault(each["rate"], {})
        assert not sounds.keys() & each["heard"].keys()
        sounds.update(each["heard"])
    assert len(heard) == 2
    first, second = heard.values()
    assert first == second
    settings = {
        name.removeprefix("data."): value
        for name, value in program["SETTINGS"].items()
        if name.startswith("data.")
    }
    (batch,) = SynthDataModule(**settings).val_dataloader()
    sounds = batch.to("cpu")
    assert sorted(map(int, first)) == sounds.index.tolist()
    digest = program["hashlib"].sha256
    assert [first[str(number)] for number in sounds.index.tolist()] == [
        digest(audio.numpy().tobytes()).hexdigest() for audio in sounds.audio
    ]


# What is refused, before Ray is asked to do anything

SPACE = search_space({"model.width": [4, 8]})


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"trials": 0}, ValueError, "trials must be a whole number >= 1"),
        ({"workers": 1.5}, TypeError, "workers must be a whole number"),
        ({"concurrent": 0}, ValueError, "concurrent must be a whole number >= 1"),
        ({"direction": "up"}, ValueError, "direction must be one of"),
        ({"space": search_space({"data.nebula": ["drum"]})}, ValueError, "changes the validation"),
        ({"name": "old"}, FileExistsError, "holds a sweep 'old' already"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else None,
)
def test_impossible_sweeps_are_refused(ray, tmp_path, options, error, message):
    (tmp_path / "old").mkdir()
    options = {"space": SPACE, "trials": 1, **options}
    with pytest.raises(error, match=message):
        ray_sweep(Experiment(), folder=tmp_path, **options)
    assert not ray.is_initialized()


def test_without_ray_it_says_how_to_get_it(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(ImportError, match=r"pip install 'synth_datamodule\[ray\]'"):
        ray_sweep(Experiment(), SPACE, 1, tmp_path)


def test_rays_ranges_hold_both_ends(ray):
    from synth_datamodule.sweeps.ray_sweep import _domain

    space = search_space(
        {
            "a": [1, "x"],
            "b": {"low": 1, "high": 3},
            "c": {"low": 1, "high": 3, "log": True},
            "d": {"low": 0.5, "high": 1.0},
            "e": {"low": 0.5, "high": 1.0, "log": True},
        }
    )
    drawn = {name: {_domain(part).sample() for _ in range(300)} for name, part in space.items()}
    assert drawn["a"] == {1, "x"}
    assert drawn["b"] == drawn["c"] == {1, 2, 3}
    assert all(0.5 <= value <= 1.0 for name in "de" for value in drawn[name])
