"""Runs with a curriculum and with several notes a sound, which break off and go on."""

import runpy
from pathlib import Path

import pytest
import torch

runs = runpy.run_path(str(Path(__file__).with_name("runs.py")))
run = runs["run"]

NOTE = "keyboard.midi_f0"
CASES = {
    "curriculum": {
        "curriculum": {0: {NOTE: (60, 60)}, 1: {NOTE: (55, 65)}, 3: {NOTE: (40, 80)}},
    },
    "notes_per_sound": {"notes_per_sound": 2, "notes": [48, 50, 52]},
    "both": {"notes_per_sound": 2, "curriculum": {0: {NOTE: (55, 65)}, 2: {}}},
}


def arguments_of(case):
    data = {"batch_size": 4, "train_sounds": 10, "val_sounds": 3}
    return {"data": data | CASES[case], "trainer": {"max_epochs": 4}}


def saves(folder, keep):
    kinds = (
        ("step", {"every_n_train_steps": 1}),
        ("epoch", {"save_on_train_epoch_end": True}),
    )
    return [
        {"dirpath": str(folder / kind), "filename": "{step}", "save_top_k": keep, **options}
        for kind, options in kinds
    ]


@pytest.mark.filterwarnings("ignore:Checkpoint directory .* is not empty")
@pytest.mark.parametrize("case", CASES)
def test_a_resumed_run_is_the_uninterrupted_one_across_stages_and_inside_them(case, tmp_path):
    arguments = arguments_of(case)
    whole = run(**arguments, saves=saves(tmp_path, -1))
    per_epoch = len(whole["train"]) // 4
    assert per_epoch == (3 if case == "curriculum" else 5)
    places = [
        ("step", 1),
        ("epoch", per_epoch),
        ("step", 2 * per_epoch + 1),
        ("epoch", 3 * per_epoch),
    ]
    for kind, done in places:
        checkpoint = tmp_path / kind / f"step={done}.ckpt"
        resumed = run(**arguments, saves=saves(tmp_path, 0), ckpt_path=str(checkpoint))
        assert resumed["train"] == whole["train"][done:]
        assert resumed["weights"] == whole["weights"]
        assert torch.load(checkpoint, weights_only=True)["SynthDataModule"]["train"]


def test_its_sounds_depend_on_the_stage():
    arguments = arguments_of("curriculum")
    plain = {**arguments, "data": {**arguments["data"], "curriculum": None}}
    plain["data"]["ranges"] = {NOTE: (40, 80)}
    bent, other = run(**arguments), run(**plain)
    assert bent["train"] == other["train"]
    assert bent["weights"] != other["weights"]


@pytest.mark.parametrize("lightning", ["pytorch_lightning", "lightning.pytorch"])
def test_two_devices_hear_each_sound_once_with_all_its_notes(tmp_path, lightning):
    data = {"batch_size": 4, "train_sounds": 12, "val_sounds": 4, "notes_per_sound": 2}
    job = {"data": data, "trainer": {"max_epochs": 1, "devices": 2}, "lightning": lightning}
    program = runs["start"]({"notes": job}, tmp_path / "runs", 2)
    records, said = runs["finish"](program, {"notes": job}, tmp_path / "runs", 2, 240)
    assert "notes" in records, said
    for split, first in (("train", 0), ("val", 8192)):
        batches = [batch for rank in records["notes"] for batch in rank[split]]
        assert all(batch[::2] == batch[1::2] for batch in batches)
        heard = sorted(number for batch in batches for number in batch[::2])
        assert heard == list(range(first, first + data[f"{split}_sounds"]))
