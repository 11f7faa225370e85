"""Runs that break off and go on from a checkpoint of ModelCheckpoint, against uninterrupted ones.

"The same" is the sequence of sound numbers and every bit of the final weights.
"""

import functools
import os
import pickle
import runpy
import signal
import time
from itertools import chain, islice
from pathlib import Path

import pytest
import torch

from synth_datamodule import SynthDataModule

runs = runpy.run_path(str(Path(__file__).with_name("runs.py")))
run = runs["run"]

# Lightning's own note on a checkpoint folder that is in use, as it is in every resumed run.
in_the_same_folder = pytest.mark.filterwarnings("ignore:Checkpoint directory .* is not empty")

DATA = {"batch_size": 4, "train_sounds": 30, "val_sounds": 6}
EPOCHS = {"max_epochs": 4}
# By name: of the data module, of the Trainer, steps in an epoch.
CASES = {
    "whole passes": ({}, {}, 8),
    "sounds_per_epoch": ({"sounds_per_epoch": 17}, {}, 5),
    "drop_last": ({"drop_last": True}, {}, 7),
    "fresh_epochs": ({"train_sounds": 60, "sounds_per_epoch": 14, "fresh_epochs": True}, {}, 4),
    "val_check_interval": ({}, {"val_check_interval": 3}, 8),
    "limit_train_batches": ({}, {"limit_train_batches": 3}, 3),
}


def every_step(folder, keep=-1):
    """Return ModelCheckpoints of each step and of each epoch; resumed runs keep none of theirs."""
    return [
        {
            "dirpath": str(folder / kind),
            "filename": "{step}",
            "save_top_k": keep,
            **options,
        }
        for kind, options in (
            ("step", {"every_n_train_steps": 1}),
            ("epoch", {"save_on_train_epoch_end": True}),
        )
    ]


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    """Return a function that makes, once, an uninterrupted run with all its checkpoints."""

    @functools.cache
    def of(case, one_cycle=False, by="datamodule", lightning="pytorch_lightning"):
        folder = tmp_path_factory.mktemp("checkpoints")
        data, trainer, _ = CASES[case]
        arguments = {
            "data": DATA | data,
            "trainer": EPOCHS | trainer,
            "one_cycle": one_cycle,
            "by": by,
            "lightning": lightning,
        }
        return arguments, run(**arguments, saves=every_step(folder)), folder

    return of


def assert_goes_on(resumed, whole, steps_done):
    assert len(whole["train"]) > steps_done
    assert resumed["train"] == whole["train"][steps_done:]
    assert resumed["weights"] == whole["weights"]


@pytest.mark.parametrize("where", ["mid-epoch", "last step of an epoch", "end of epoch", "epoch 3"])
@pytest.mark.parametrize("one_cycle", [False, True], ids=["constant", "OneCycleLR"])
@pytest.mark.parametrize("case", CASES)
def test_a_resumed_run_is_the_uninterrupted_one(uninterrupted, case, one_cycle, where):
    arguments, whole, folder = uninterrupted(case, one_cycle)
    per_epoch = CASES[case][2]
    assert len(whole["train"]) == 4 * per_epoch
    kind, steps_done = {
        "mid-epoch": ("step", 2),
        "last step of an epoch": ("step", per_epoch),
        "end of epoch": ("epoch", 2 * per_epoch),
        "epoch 3": ("step", 2 * per_epoch + 1),
    }[where]
    checkpoint = folder / kind / f"step={steps_done}.ckpt"
    resumed = run(**arguments, saves=every_step(folder, 0), ckpt_path=str(checkpoint))
    assert_goes_on(resumed, whole, steps_done)
    assert resumed["val"] == whole["val"][len(whole["val"]) - len(resumed["val"]) :]


@pytest.mark.parametrize("steps_done", [3, 6, 11])
def test_a_checkpoint_taken_at_a_validation_inside_an_epoch_goes_on_there(
    uninterrupted, tmp_path, steps_done
):
    arguments, whole, _ = uninterrupted("val_check_interval")
    saves = {"dirpath": str(tmp_path), "filename": "{step}"}
    assert run(**arguments, saves=[{**saves, "save_top_k": -1}]) == whole
    checkpoint = tmp_path / f"step={steps_done}.ckpt"
    resumed = run(**arguments, saves=[{**saves, "save_top_k": 0}], ckpt_path=str(checkpoint))
    assert_goes_on(resumed, whole, steps_done)


@pytest.mark.parametrize("lightning", ["pytorch_lightning", "lightning.pytorch"])
@pytest.mark.parametrize("saved", [{"every_n_train_steps": 1}, {}], ids=["step", "validation"])
@pytest.mark.parametrize("batch_size", [1, 3, 7])
def test_a_run_saved_at_an_epochs_last_batch_goes_on_in_other_batches(
    tmp_path, saved, batch_size, lightning
):
    arguments = {"data": DATA, "trainer": EPOCHS, "lightning": lightning}
    saves = {"dirpath": str(tmp_path), "filename": "{step}", **saved}
    whole = run(**arguments, saves=[{**saves, "save_top_k": -1}])
    arguments["data"] = DATA | {"batch_size": batch_size}
    checkpoint = tmp_path / "step=16.ckpt"
    resumed = run(**arguments, saves=[{**saves, "save_top_k": 0}], ckpt_path=str(checkpoint))
    assert list(chain(*resumed["train"])) == list(chain(*whole["train"][16:]))


@pytest.mark.parametrize("kind", ["step", "epoch"])
def test_loaders_without_their_data_module_go_on_too(uninterrupted, kind):
    arguments, whole, folder = uninterrupted("whole passes", by="dataloaders")
    steps_done = {"step": 11, "epoch": 16}[kind]
    checkpoint = folder / kind / f"step={steps_done}.ckpt"
    resumed = run(**arguments, saves=every_step(folder, 0), ckpt_path=str(checkpoint))
    assert_goes_on(resumed, whole, steps_done)


@pytest.mark.parametrize("case", ["whole passes", "fresh_epochs"])
def test_resuming_a_finished_run_trains_nothing_more(uninterrupted, case):
    arguments, whole, folder = uninterrupted(case)
    checkpoint = folder / "epoch" / f"step={4 * CASES[case][2]}.ckpt"
    resumed = run(**arguments, saves=every_step(folder, 0), ckpt_path=str(checkpoint))
    assert resumed["train"] == []
    assert resumed["weights"] == whole["weights"]


@in_the_same_folder
@pytest.mark.parametrize("lightning", ["pytorch_lightning", "lightning.pytorch"])
def test_a_run_that_fails_goes_on_from_last(uninterrupted, tmp_path, lightning):
    _, whole, _ = uninterrupted("whole passes")
    again = {
        "data": DATA,
        "trainer": EPOCHS,
        "lightning": lightning,
        "saves": [{"dirpath": str(tmp_path), "every_n_train_steps": 5, "save_last": True}],
    }
    with pytest.raises(RuntimeError, match="the cluster is on fire"):
        run(**again, crash_at=18)
    assert_goes_on(run(**again, ckpt_path="last"), whole, 15)


@pytest.mark.parametrize("kind", ["step", "epoch"])
def test_the_state_in_a_checkpoint_is_plain_ints(uninterrupted, kind):
    _, _, folder = uninterrupted("whole passes")
    checkpoint = torch.load(folder / kind / "step=16.ckpt", weights_only=True)
    state = checkpoint["SynthDataModule"]["train"]
    assert state
    assert {type(value) for value in state.values()} == {int}
    settings = checkpoint["datamodule_hyper_parameters"].values()
    assert {type(value) for value in settings} <= {int, float, str, bool, dict, tuple, type(None)}


def newest_intact(folder):
    """Return the steps done and the path of the newest checkpoint that can be read."""
    paths = {int(path.stem.split("=")[1]): path for path in folder.glob("step=*.ckpt")}
    for steps_done in sorted(paths, reverse=True):
        try:
            torch.load(paths[steps_done], weights_only=True)
        except (RuntimeError, EOFError, pickle.UnpicklingError):
            continue
        return steps_done, paths[steps_done]
    raise AssertionError(f"{folder} holds no checkpoint")


def test_a_killed_process_goes_on_from_its_newest_checkpoint(uninterrupted, tmp_path):
    arguments, whole, _ = uninterrupted("whole passes", one_cycle=True)
    saves = every_step(tmp_path / "killed")
    jobs = {"killed": {**arguments, "saves": saves, "pace": 0.1}}
    program = runs["start"](jobs, tmp_path / "records")
    end = time.monotonic() + 100
    while program.poll() is None and time.monotonic() < end:
        if (tmp_path / "killed" / "step" / "step=11.ckpt").exists():
            break
        time.sleep(0.01)
    os.killpg(program.pid, signal.SIGKILL)
    assert program.wait() == -signal.SIGKILL, (tmp_path / "records" / "log.txt").read_text()

    steps_done, checkpoint = newest_intact(tmp_path / "killed" / "step")
    assert 10 <= steps_done < len(whole["train"])
    saves = every_step(tmp_path / "killed", 0)
    assert_goes_on(run(**arguments, saves=saves, ckpt_path=str(checkpoint)), whole, steps_done)


# 29 sounds leave one for the last step: on two devices the last two steps share five sounds.
UNEVEN = DATA | {"train_sounds": 29}


@pytest.fixture(scope="module")
def two_devices(uninterrupted, tmp_path_factory):
    """Return the records of runs on two devices, by rank, and the folder of one run's saves."""
    base = tmp_path_factory.mktemp("devices")
    one = uninterrupted("whole passes")[2]
    run(UNEVEN, trainer=EPOCHS, saves=every_step(base / "uneven"))
    both = {"data": DATA | {"batch_size": 2}, "trainer": EPOCHS | {"devices": 2}}
    uneven = {**both, "data": UNEVEN | {"batch_size": 2}, "saves": every_step(base / "uneven", 0)}

    def at(folder, steps_done):
        return str(folder / "step" / f"step={steps_done}.ckpt")

    jobs = {
        "whole": {**both, "saves": every_step(base / "two")},
        "from two": {
            **both,
            "saves": every_step(base / "two", 0),
            "ckpt_path": at(base / "two", 11),
        },
        "from one": {**both, "saves": every_step(one, 0), "ckpt_path": at(one, 11)},
        "from one, epoch's end": {
            **both,
            "saves": every_step(one, 0),
            "ckpt_path": str(one / "epoch" / "step=16.ckpt"),
        },
        "uneven": {**uneven, "ckpt_path": at(base / "uneven", 5)},
        "one sound left": {**uneven, "ckpt_path": at(base / "uneven", 7), "refused": True},
    }
    program = runs["start"](jobs, base / "records", 2)
    found, log = runs["finish"](program, jobs, base / "records", 2, timeout=120)

    def of(name):
        assert name in found, f"no record of {name!r}; the ranks printed\n{log[-5000:]}"
        return found[name]

    return of, base


def over_ranks(ranks):
    return [list(chain(*step)) for step in zip(*(rank["train"] for rank in ranks), strict=True)]


def sets(steps):
    return [sorted(step) for step in steps]


def test_two_devices_go_on_just_as_one_does(two_devices):
    of, _ = two_devices
    for whole, resumed in zip(of("whole"), of("from two"), strict=True):
        assert_goes_on(resumed, whole, 11)


@pytest.mark.parametrize(("name", "steps_done"), [("from one", 11), ("from one, epoch's end", 16)])
def test_a_run_of_one_device_goes_on_with_two(uninterrupted, two_devices, name, steps_done):
    whole, ranks = uninterrupted("whole passes")[1], two_devices[0](name)
    assert sets(over_ranks(ranks)) == sets(whole["train"])[steps_done:]
    assert {len(batch) for rank in ranks for batch in rank["train"]} == {1, 2}
    assert [
        warning for rank in ranks for warning in rank["warnings"] if "LeafSpec" not in warning
    ] == []


@pytest.mark.parametrize("kind", ["step", "last step of an epoch", "epoch"])
def test_a_run_of_two_devices_goes_on_with_one(uninterrupted, two_devices, kind):
    arguments, whole, _ = uninterrupted("whole passes")
    folder = two_devices[1] / "two"
    steps_done = {"step": 11}.get(kind, 16)
    saved = folder / ("epoch" if kind == "epoch" else "step") / f"step={steps_done}.ckpt"
    resumed = run(**arguments, saves=every_step(folder, 0), ckpt_path=str(saved))
    assert sets(resumed["train"]) == sets(whole["train"])[steps_done:]


def test_another_number_of_devices_changes_no_epoch_even_where_its_tail_is_uneven(two_devices):
    whole = run(UNEVEN, trainer=EPOCHS)["train"]
    resumed = over_ranks(two_devices[0]("uneven"))
    assert list(chain(*resumed)) == list(chain(*whole[5:]))


def test_where_fewer_sounds_than_devices_are_left_the_next_epoch_comes_whole(two_devices):
    ranks = two_devices[0]("one sound left")
    assert [rank["error"] for rank in ranks] == [None, None]
    whole = run(UNEVEN, trainer=EPOCHS)["train"]
    assert list(chain(*over_ranks(ranks)))[-3 * 29 :] == list(chain(*whole))[-3 * 29 :]


@pytest.mark.parametrize("steps_done", [3, 8, 13])
def test_a_plain_loop_goes_on_from_the_loaders_state(tmp_path, steps_done):
    def begin():
        layer = torch.nn.Linear(50, 78)
        for weight in layer.parameters():
            torch.nn.init.zeros_(weight)
        loader = SynthDataModule(**DATA, **runs["SHORT"]).train_dataloader()
        return layer, torch.optim.Adam(layer.parameters(), lr=0.01), loader

    def train(layer, optimizer, loader, stop=None):
        heard = []
        for numbers in islice(chain.from_iterable(loader for _ in range(3)), stop):
            batch = numbers.to("cpu")
            heard.append(batch.index.tolist())
            optimizer.zero_grad()
            (layer(batch.audio[:, :50]) - batch.parameters).abs().mean().backward()
            optimizer.step()
        return heard

    whole, first, second = begin(), begin(), begin()
    expected = train(*whole)
    heard = train(*first, stop=steps_done)
    torch.save([part.state_dict() for part in first], tmp_path / "loop.pt")
    states = torch.load(tmp_path / "loop.pt", weights_only=True)
    for part, state in zip(second, states, strict=True):
        part.load_state_dict(state)
    heard += train(*second)[: len(expected) - steps_done]
    assert heard == expected
