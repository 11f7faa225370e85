"""Real Trainers on 2 and 3 processes (gloo), by the sound numbers that reached every rank."""

import runpy
from collections import Counter
from pathlib import Path

import pytest

runs = runpy.run_path(str(Path(__file__).with_name("runs.py")))

WORLD_SIZES = [2, 3]
FIRST = {"train": 0, "val": 8192, "test": 9216, "predict": 100}
CALLS = ["fit", "validate", "test", "predict"]

# Global batches of 12 that are all full, on any number of devices.
FULL = {
    "whole passes": {"train_sounds": 24},
    "sounds_per_epoch": {"train_sounds": 30, "sounds_per_epoch": 12},
    "drop_last": {"train_sounds": 29, "drop_last": True},
}
# By world size, the sounds of each set and the batch size; r sounds are left for the last step.
TAILS = {
    2: {
        "r >= W": (11, 4),
        "r < W": (17, 4),
        "batch size 1": (7, 1),
        "no full step": (5, 4),
        "one sound each": (2, 4),
    },
    3: {
        "r >= W": (17, 4),
        "r < W": (14, 4),
        "batch size 1": (7, 1),
        "no full step": (5, 4),
        "one sound each": (3, 4),
    },
}
TOO_FEW = {"val": "fit", "train": "fit", "test": "test", "predict": "predict"}


def full_job(world_size, data):
    return {
        "data": {"batch_size": 12 // world_size, "val_sounds": 12, **data},
        "trainer": {"max_epochs": 3, "devices": world_size},
    }


def tail_job(world_size, num_sounds, batch_size):
    sets = {f"{split}_sounds": num_sounds for split in ("train", "val", "test")}
    sets["predict_sounds"] = (FIRST["predict"], FIRST["predict"] + num_sounds)
    return {
        "data": {"batch_size": batch_size, **sets},
        "calls": CALLS,
        "trainer": {"max_epochs": 2, "devices": world_size},
    }


def too_few_job(world_size, split, call):
    given = (0, world_size - 1) if split == "predict" else world_size - 1
    sets = {"train_sounds": 6, "val_sounds": 6, "test_sounds": 6, f"{split}_sounds": given}
    return {
        "data": {"batch_size": 2, **sets},
        "calls": [call],
        "trainer": {"max_epochs": 1, "devices": world_size},
        "refused": True,
    }


def jobs_of(world_size):
    # The first of them while torch.distributed is not set up yet, as in most programs.
    jobs = {
        f"too few {split}": too_few_job(world_size, split, call) for split, call in TOO_FEW.items()
    }
    jobs |= {name: full_job(world_size, data) for name, data in FULL.items()}
    jobs["lightning.pytorch"] = {**jobs["whole passes"], "lightning": "lightning.pytorch"}
    jobs |= {name: tail_job(world_size, *tail) for name, tail in TAILS[world_size].items()}
    jobs["dataloaders"] = {**jobs["r < W"], "calls": ["fit"], "by": "dataloaders"}
    jobs["loop"] = {**jobs["r < W"], "by": "loop"}
    return jobs


@pytest.fixture(scope="module", params=WORLD_SIZES, ids=lambda world_size: f"{world_size} devices")
def world_size(request):
    return request.param


@pytest.fixture(scope="module")
def records(world_size, tmp_path_factory):
    """Return a function from the name of a job to its records by rank; all ran beforehand."""
    folder = tmp_path_factory.mktemp("ranks") / "records"
    jobs = jobs_of(world_size)
    program = runs["start"](jobs, folder, world_size)
    found, log = runs["finish"](program, jobs, folder, world_size, timeout=120)

    def of(name):
        assert name in found, f"no record of {name!r}; the ranks printed\n{log[-5000:]}"
        return found[name]

    return of


def over_ranks(ranks, split):
    """Return the numbers of each step, in the order of the ranks."""
    steps = zip(*(record[split] for record in ranks), strict=True)
    return [[number for run in step for number in run] for step in steps]


every_tail = pytest.mark.parametrize("tail", TAILS[2])


@pytest.mark.parametrize("name", [*FULL, "lightning.pytorch"])
def test_with_full_global_batches_a_step_covers_the_sounds_of_one_device(records, world_size, name):
    alone = runs["run"](**full_job(1, FULL.get(name, FULL["whole passes"])))
    ranks = records(name)
    assert len(alone["train"]) == {"sounds_per_epoch": 3}.get(name, 6)
    for split in ("train", "val"):
        assert {len(batch) for record in ranks for batch in record[split]} == {12 // world_size}
        steps = over_ranks(ranks, split)
        assert [sorted(step) for step in steps] == [sorted(step) for step in alone[split]]


@every_tail
def test_every_sound_is_counted_exactly_once(records, world_size, tail):
    num_sounds, _ = TAILS[world_size][tail]
    # fit trains twice and validates after each epoch, validate once more.
    for split, times in {"train": 2, "val": 3, "test": 1, "predict": 1}.items():
        steps = over_ranks(records(tail), split)
        per_time = len(steps) // times
        for time in range(times):
            heard = [n for step in steps[time * per_time : (time + 1) * per_time] for n in step]
            assert sorted(heard) == list(range(FIRST[split], FIRST[split] + num_sounds))


@every_tail
def test_ranks_have_as_many_batches_as_each_other_and_no_empty_one(records, tail):
    for split in FIRST:
        batches = [[len(batch) for batch in record[split]] for record in records(tail)]
        assert len({len(sizes) for sizes in batches}) == 1
        for step in zip(*batches, strict=True):
            assert 1 <= min(step) <= max(step) <= min(step) + 1


@every_tail
def test_a_torchmetrics_mean_is_exact(records, world_size, tail):
    num_sounds, _ = TAILS[world_size][tail]
    for record in records(tail):
        for split in ("val", "test"):
            exact = FIRST[split] + (num_sounds - 1) / 2
            assert record["metrics"][f"{split}_exact"] == pytest.approx(exact, rel=1e-7)


@pytest.mark.parametrize("name", [*FULL, *TAILS[2]])
def test_a_metric_synchronised_at_every_step_is_the_mean_of_the_ranks(records, name):
    ranks = records(name)
    means = [[sum(run) / len(run) for run in record["train"]] for record in ranks]
    expected = [sum(step) / len(step) for step in zip(*means, strict=True)]
    assert expected
    for record in ranks:
        assert record["logged"] == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("name", ["whole passes", "lightning.pytorch", "r < W"])
def test_lightning_neither_replaces_nor_wraps_a_loader(records, name):
    for record in records(name):
        expected = {"train_dataloader", "val_dataloaders"}
        if name == "r < W":
            expected |= {"test_dataloaders", "predict_dataloaders"}
        assert record["loaders"] == dict.fromkeys(
            expected, "synth_datamodule.loading.loader.SoundLoader"
        )


@pytest.mark.parametrize("name", ["whole passes", "lightning.pytorch", "r < W"])
def test_the_sampler_of_a_loader_has_the_whole_epoch_on_every_rank(records, name):
    orders = [record["places"] for record in records(name)]
    assert all(order == orders[0] for order in orders)
    for split, places in orders[0].items():
        assert sorted(places) == list(range(len(places)))
        if split == "val_dataloaders":
            heard = [number for step in over_ranks(records(name), "val") for number in step]
            assert [place + FIRST["val"] for place in places] == heard[: len(places)]


@pytest.mark.parametrize("way", ["dataloaders", "loop"])
def test_without_a_data_module_the_ranks_share_just_the_same(records, way):
    assert [record["train"] for record in records(way)] == [
        record["train"] for record in records("r < W")
    ]


@pytest.mark.parametrize("split", TOO_FEW)
def test_fewer_sounds_than_devices_are_refused_before_any_step(records, world_size, split):
    for record in records(f"too few {split}"):
        message = f"{world_size - 1} sounds are too few for {world_size} devices: each needs"
        assert message in record["error"]
        assert all(record[kind] == [] for kind in FIRST)


def test_each_rank_warns_once_of_each_uneven_set_and_of_nothing_else(records, world_size):
    expected = {
        f"{num_sounds} {split} sounds do not divide evenly among {world_size} devices"
        for num_sounds, _ in TAILS[world_size].values()
        for split in FIRST
        if num_sounds % world_size
    }
    names = jobs_of(world_size)
    for rank in range(world_size):
        warned = Counter(
            message.split(":")[0]
            for name in names
            for message in records(name)[rank]["warnings"]
            if "LeafSpec" not in message
        )
        assert warned == Counter(expected)
