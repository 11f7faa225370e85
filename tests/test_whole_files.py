"""kill -9 and full disks, for every command that writes: what stood before stands, what is new is
whole.

Two files of fit and its kin are Lightning's own, and are left out here: hparams.yaml is written
where it stands, and metrics.csv grows line by line and is rewritten where another value is logged
first, so what is cut short may leave part of either. Checkpoints are Lightning's too, but written
by ``matching.saving.WholeCheckpoints``, and are held to the rule.
"""

import csv
import errno
import io
import json
import os
import random
import re
import shutil
import signal
import sqlite3
import time
from pathlib import Path
from typing import NamedTuple

import pytest
import soundfile
import torch
import yaml
from forked import forks, one_line, small_disk

pytest.importorskip("optuna", reason="sweeps: pip install -e '.[sweeps]'")
image = pytest.importorskip(
    "matplotlib.image", reason="needs matplotlib: pip install -e '.[plots]'"
)

RESULTS = Path(__file__).parents[1] / "results" / "benchmark"
PAGE = 4096
DATA = (
    "--data.sample_rate=8000",
    "--data.control_rate=400",
    "--data.buffer_size_seconds=0.1",
    "--data.batch_size=2",
    "--data.sounds_per_epoch=4",
    "--data.val_sounds=2",
    "--data.test_sounds=2",
    "--trainer.accelerator=cpu",
)
FIT = (*DATA, "--model.width=2", "--trainer.max_epochs=2", "--trainer.enable_model_summary=false")
ROOT = "--trainer.default_root_dir=there"
CHECKPOINT = "--ckpt_path=there/lightning_logs/version_0/checkpoints/epoch=1-step=4.ckpt"
CITE = ("cite", "--predict_sounds", "0", "8", "--seconds=0.05")
SPEED = ("speed", "--rounds=1", "--accuracy_sounds=2", "--device=cpu", "--seconds=0.05")
SWEEP = (
    "sweep",
    "--space=model.width=[2,4]",
    "--storage=sqlite:///there/a.db",
    "--out=there/sweep",
)
TRIAL = ("benchmark", "--baseline=middle", "--train_sounds=8", "--test_sounds=2", "--device=cpu")


class Case(NamedTuple):
    """A command that writes into the folder ``there``."""

    words: tuple[str, ...]
    replaces: tuple[str, ...] = ()  # files that stood there, which --overwrite replaces
    among: str = ""  # whose files stand there as well, and must stay


CASES = {
    "render": Case(
        ("render", "0-5", "--seconds=0.1", "--out=there", "--table=there/all.csv", "--overwrite"),
        replaces=("sound_0.wav", "sound_2.json", "all.csv"),
    ),
    # FLAC's bytes are the same each time; a stream of Vorbis has a number of its own.
    "listen": Case(
        ("listen", "0-3", "--seconds=0.1", "--lossless", "--out=there/page.html", "--overwrite"),
        replaces=("page.html",),
    ),
    "cite": Case((*CITE, "--out=there/cited.json", "--overwrite"), replaces=("cited.json",)),
    "speed": Case(
        (*SPEED, "--batch_sizes", "2", "--out=there", "--overwrite"),
        replaces=("speed.json", "speed.md", "speed.png"),
    ),
    "benchmark": Case(
        (*TRIAL, "--out=there", "--overwrite"),
        replaces=(
            "sound-matching-v2_middle_cpu_seed0_trial.json",
            "sound-matching-v2_middle_cpu_seed0_trial.npz",
        ),
    ),
    "leaderboard": Case(
        ("benchmark", "--table=there", "--overwrite"),
        replaces=("leaderboard.md", "leaderboard.png"),
        among="results",
    ),
    "sweep": Case(
        (*SWEEP, "--trials=2", "--trainer.max_epochs=1", "--overwrite", *DATA),
        replaces=("sweep/best.yaml", "sweep/history.png"),
    ),
    "fit": Case(("fit", ROOT, *FIT), among="fit"),
    "validate": Case(("validate", ROOT, CHECKPOINT, *FIT[:-2]), among="fit"),
    "test": Case(("test", ROOT, CHECKPOINT, *FIT[:-2]), among="fit"),
    "predict": Case(
        ("predict", ROOT, CHECKPOINT, *FIT[:-2], "--data.predict_sounds=[0,64]"), among="fit"
    ),
}
each_command = pytest.mark.parametrize("name", CASES)


# Whether a file is whole, beside what a run left that nothing cut short


def same_sound(content, expected):
    (audio, rate), (whole, whole_rate) = (
        soundfile.read(io.BytesIO(file)) for file in (content, expected)
    )
    return audio.shape == whole.shape and rate == whole_rate


def same_members(content, expected):
    return json.loads(content).keys() == json.loads(expected).keys()


def same_settings(content, expected):
    return yaml.safe_load(content) == yaml.safe_load(expected)


def same_rows(content, expected):
    rows, whole = (list(csv.reader(io.StringIO(file.decode()))) for file in (content, expected))
    return content.endswith(b"\r\n") and list(map(len, rows)) == list(map(len, whole))


def same_picture(content, expected):
    # Decodes to the end, and raises where there is none.
    return image.imread(io.BytesIO(content)).ndim == image.imread(io.BytesIO(expected)).ndim


def same_lines(content, expected):
    return content.endswith(b"\n") and content.count(b"\n") == expected.count(b"\n")


def same_state(content, expected):
    one, other = (torch.load(io.BytesIO(file)) for file in (content, expected))
    return one["state_dict"].keys() == other["state_dict"].keys()


WHOLE = {
    ".wav": same_sound,
    ".json": same_members,
    ".yaml": same_settings,
    ".csv": same_rows,
    ".png": same_picture,
    ".md": same_lines,
    ".ckpt": same_state,
}
LIGHTNINGS = {"hparams.yaml", "metrics.csv"}
# While a sweep runs, and after it was killed; SQLite takes a journal back when it opens the file.
SWEEPS = {"a.db", "a.db.lock", "a.db-journal"}
BESIDE = re.compile(r"\.synth-datamodule-[0-9a-f]{16}\.tmp")


def files(there):
    return {
        path.relative_to(there).as_posix(): path.read_bytes()
        for path in there.rglob("*")
        if path.is_file()
    }


def of_any_run(name):
    """Return a file's name as the first run after the one that stood there gives it."""
    name = re.sub(r"version_[1-9]\d*", "version_1", name)
    return re.sub(r"epoch=\d+-step=\d+\.ckpt", "epoch=1-step=4.ckpt", name)


def check(there, before, whole, case):
    """Check that what stood before stands, and that what is new is whole; return its names."""
    if (there / "a.db").exists():
        with sqlite3.connect(there / "a.db") as database:
            assert database.execute("pragma integrity_check").fetchall() == [("ok",)]
        database.close()
    found = files(there)
    assert before.keys() <= found.keys()
    new = {}
    for name, content in found.items():
        own = name.rpartition("/")[2]
        if name in before and (name not in case.replaces or content == before[name]):
            assert content == before[name], name
        elif not (BESIDE.fullmatch(own) or own in LIGHTNINGS | SWEEPS):
            assert WHOLE[Path(name).suffix](content, whole[of_any_run(name)]), name
            new[of_any_run(name)] = content
    return new.keys()


# The runs


@pytest.fixture(scope="module")
def start():
    with forks() as start:
        yield start


@pytest.fixture(scope="module")
def earlier(start, tmp_path_factory):
    """Folders of earlier runs, which stand there where another begins."""
    folder = tmp_path_factory.mktemp("earlier") / "here"
    (folder / "there").mkdir(parents=True)
    status, _, err = start("fit", ROOT, *FIT, folder=folder).wait()
    assert status == 0, err
    (folder / "results").mkdir()
    for path in RESULTS.glob("*_middle_cpu_*.json"):
        shutil.copy(path, folder / "results")
    return {"fit": folder / "there", "results": folder / "results"}


@pytest.fixture(scope="module")
def prepare(earlier):
    """Return a function that puts into a folder what stands there before a command."""

    def prepare(there, case):
        if case.among:
            shutil.copytree(earlier[case.among], there, dirs_exist_ok=True)
        for name in ("mine.txt", *case.replaces):
            path = there / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"old")
        return files(there)

    return prepare


class Run(NamedTuple):
    """A run that nothing cut short."""

    new: dict[str, bytes]
    seconds: float
    touches: int


@pytest.fixture(scope="module")
def run_of(start, prepare, tmp_path_factory):
    """Return a function that runs a command undisturbed, once."""
    runs = {}

    def run_of(name):
        if name not in runs:
            folder = tmp_path_factory.mktemp(name) / "here"
            before = prepare(folder / "there", CASES[name])
            begun = time.monotonic()
            command = start(*CASES[name].words, folder=folder)
            status, _, err = command.wait()
            seconds = time.monotonic() - begun
            assert status == 0, err
            found = files(folder / "there")
            new = {path: content for path, content in found.items() if content != before.get(path)}
            assert new.keys() >= set(CASES[name].replaces)
            assert not any(BESIDE.fullmatch(Path(path).name) for path in new)
            runs[name] = Run(new, seconds, command.touches())
        return runs[name]

    return run_of


def go_on(start, folder, case, before, run):
    """Run a command again where it was cut short, to its end, and check that all is there."""
    status, _, err = start(*case.words, folder=folder).wait()
    assert status == 0, err
    new = check(folder / "there", before, run.new, case)
    whole = {name for name in run.new if Path(name).name not in LIGHTNINGS | SWEEPS}
    assert new == whole


def is_killed_before_a_touch(start, run_of, prepare, folder, name, kills):
    """Kill a command right before some of its touches of files, the last one among them."""
    case, run = CASES[name], run_of(name)
    for touch in sorted({run.touches - run.touches * kill // kills for kill in range(kills)}):
        here = folder / f"touch_{touch}"
        before = prepare(here / "there", case)
        assert start(*case.words, folder=here, last_touch=touch).status() == -signal.SIGKILL
        check(here / "there", before, run.new, case)
        go_on(start, here, case, before, run)


def has_a_full_disk(start, run_of, prepare, folder, name, share):
    """Run a command on a disk that holds a share of what it writes."""
    case, run = CASES[name], run_of(name)
    # The disk's pages are full or not, and one of the new ones takes the place of an old one.
    pages = [-(-len(content) // PAGE) for content in run.new.values()]
    free = int(share * (sum(pages) - len(case.replaces)))
    before = prepare(folder / "like_it", case)
    stood = sum(-(-len(content) // PAGE) for content in before.values())
    with small_disk(folder / "there", (stood + free) * PAGE // 1024) as there:
        assert prepare(there, case) == before
        status, _, err = start(*case.words, folder=folder).wait()
        assert status == 2, err
        message = one_line(err, case.words[0])
        assert re.match(r"(sqlite:///)?there/\S+ cannot be (written|used): ", message)
        full = (os.strerror(errno.ENOSPC), "database or disk is full")
        assert message.endswith(full)
        check(there, before, run.new, case)
        assert not any(BESIDE.fullmatch(path.name) for path in there.rglob("*"))


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "here"
    path.mkdir()
    return path


@pytest.mark.parametrize("name", ["render", "cite"])
def test_a_command_killed_while_it_writes_leaves_whole_files(start, run_of, prepare, folder, name):
    is_killed_before_a_touch(start, run_of, prepare, folder, name, kills=2)


@each_command
def test_a_full_disk_leaves_whole_files(start, run_of, prepare, folder, name):
    has_a_full_disk(start, run_of, prepare, folder, name, share=0.5)


@pytest.mark.slow
@each_command
def test_a_command_killed_at_any_write_leaves_whole_files(start, run_of, prepare, folder, name):
    is_killed_before_a_touch(start, run_of, prepare, folder, name, kills=10)


@pytest.mark.slow
@each_command
def test_a_command_killed_at_any_time_leaves_whole_files(start, run_of, prepare, folder, name):
    case, run, dice = CASES[name], run_of(name), random.Random(name)
    for kill in range(10):
        delay, status, attempt = run.seconds * (kill + dice.random()) / 10, 0, 0
        while status != -signal.SIGKILL:
            # Where it was over already, earlier.
            here = folder / f"kill_{kill}_{attempt}"
            before = prepare(here / "there", case)
            command = start(*case.words, folder=here)
            time.sleep(delay)
            command.kill(signal.SIGKILL)
            status, _, err = command.wait()
            assert status in (0, -signal.SIGKILL), err
            delay, attempt = delay / 2, attempt + 1
        check(here / "there", before, run.new, case)
        go_on(start, here, case, before, run)


@pytest.mark.slow
@pytest.mark.parametrize("share", [0, 0.1, 0.2, 0.3, 0.4, 0.6, 0.7, 0.8])
@each_command
def test_a_disk_of_any_size_leaves_whole_files(start, run_of, prepare, folder, name, share):
    has_a_full_disk(start, run_of, prepare, folder, name, share)
