"""The pages and the example in docs run as they stand."""

import importlib.util
import json
import re
import shlex
from pathlib import Path

import pytest
import pytorch_lightning
import torch

from synth_datamodule import exact
from synth_datamodule.benchmark.entries import BASELINES
from synth_datamodule.commandline import parse
from synth_datamodule.recordings.command import RecordingMatch
from synth_datamodule.synths.command import Render

DOCS = Path(__file__).parents[1] / "docs"


def test_synth_setters_batches_come_from_our_data_module(tmp_path):
    spec = importlib.util.spec_from_file_location("synth_setter", DOCS / "synth_setter.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    dm = module.SynthSetterDataModule(
        batch_size=4, train_sounds=8, val_sounds=4, test_sounds=4, buffer_size_seconds=0.1,
        notes=range(48, 73), pinned={"keyboard.duration": 0.1},
    )  # fmt: skip

    class Model(pytorch_lightning.LightningModule):
        def __init__(self):
            super().__init__()
            self.head = torch.nn.LazyLinear(77)
            self.heard = {"train": [], "val": []}

        def training_step(self, batch, batch_idx):
            self.heard["train"].append(batch)
            return (self.head(batch["mel"].flatten(1)) - batch["params"]).square().mean()

        def validation_step(self, batch, batch_idx):
            self.heard["val"].append(batch)

        def configure_optimizers(self):
            return torch.optim.Adam(self.parameters())

    model = Model()
    model.head(torch.zeros(1, 128 * 9))
    trainer = pytorch_lightning.Trainer(
        max_epochs=2, accelerator="cpu", logger=False, enable_checkpointing=False,
        enable_progress_bar=False, enable_model_summary=False, default_root_dir=tmp_path,
        num_sanity_val_steps=0,
    )  # fmt: skip
    trainer.fit(model, dm)
    first, again = model.heard["val"]
    assert set(first) == {"params", "noise", "audio", "mel"}
    assert first["params"].shape == first["noise"].shape == (4, 77)
    assert first["audio"].shape == (4, 4410)
    assert first["mel"].shape == (4, 1, 128, 9)
    assert -1 <= first["params"].min() < 0 < first["params"].max() <= 1
    assert torch.equal(first["params"], again["params"])
    assert torch.equal(first["audio"], again["audio"])
    assert not torch.equal(first["noise"], again["noise"])
    table = dm.parameter_table
    u = table.put_free((first["params"] + 1) / 2)
    notes = table.to_physical(u)[:, table.column("keyboard.midi_f0")]
    torch.testing.assert_close(notes, notes.round(), atol=1e-4, rtol=0)
    assert 48 <= notes.min() < notes.max() <= 72
    voice = dm.recipe.make()
    sound = voice.render(u, torch.arange(8192, 8196) % 32)
    # 2u - 1 in float32 and back moves a pitch by up to 4e-6 semitones, whose phase adds up.
    torch.testing.assert_close(sound, first["audio"], atol=1e-3, rtol=0)


def page():
    return (DOCS / "coming_from_torchsynth.md").read_text(encoding="utf-8")


BLOCKS = re.findall(r"```python\n(.*?)```", page(), flags=re.DOTALL)


def test_the_first_example_and_the_error_run(capsys):
    exec(BLOCKS[0], first := {})
    assert first["voice"].keyboard.p("midi_f0").unique().tolist() == [60.0]
    exec(BLOCKS[1], {})
    assert "torchsynth's set_parameters is" in capsys.readouterr().out


def test_the_examples_of_ports_run():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        shared = {"__name__": "docs"}
        for block in BLOCKS[2:]:
            exec(block, shared)


def test_each_of_the_14_ports_has_its_lines_and_each_of_the_22_wants_a_row():
    ports = page().split("## What real code did, and does now")[1].split("## What was wanted")[0]
    assert len(re.findall(r"^\*\*.+?\*\*", ports, re.MULTILINE)) == 14
    wants = page().split("## What was wanted")[1]
    assert len(re.findall(r"^\| (?!want|---)", wants, re.MULTILINE)) == 22


def test_the_tests_and_files_that_the_page_names_are_there():
    root = DOCS.parent
    for path in re.findall(r"`(tests/[\w/.]+)`", page()):
        assert (root / path).is_file(), path
    for link in re.findall(r"\]\((?!https?://|#)([^)#]+)", page()):
        assert (DOCS / link).is_file(), link


def test_the_command_that_the_page_shows_can_be_typed():
    for command in re.findall(r"`(synth-datamodule render [^`]+)`", page()):
        assert parse(Render, "synth-datamodule render", shlex.split(command)[2:])


OWN_PART = (DOCS / "own_parts.md").read_text(encoding="utf-8")
FORMULA, FUZZ, BESIDE = re.findall(r"```python\n(.*?)```", OWN_PART, flags=re.DOTALL)


def test_the_part_of_ten_lines_is_fused_as_its_page_says(capsys):
    assert len([line for line in FORMULA.splitlines() if line.strip()]) == 10
    exec(FORMULA + FUZZ, shared := {})
    first, *program = capsys.readouterr().out.splitlines()
    assert first in FUZZ
    assert any(" ".join(line.split()) in FUZZ for line in program if "soft_clip" in line)
    modules = shared["Fuzz"](backend="reference")
    found, truth = (one.render_sounds([0, 1]).audio for one in (shared["fuzz"], modules))
    torch.testing.assert_close(found, truth, atol=1e-5, rtol=0)


def test_the_formula_beside_a_forward_agrees_and_a_wrong_one_is_refused():
    exec(FORMULA + BESIDE, shared := {})
    shared["SoftClip"] = shared["Saturation"]
    exec(FUZZ, shared)
    assert shared["fuzz"].backend == "program"
    exec(BESIDE.replace("- 1.0", "- 0.9"), shared)
    shared["SoftClip"] = shared["Saturation"]
    with pytest.raises(ValueError, match=r"clip.exact\(\) and forward\(\) give other signals"):
        exec(FUZZ, shared)


def test_the_page_names_every_word_of_formulas():
    words = set(exact.__all__) - {"Formula", "formula"}
    said = OWN_PART.split("under their names: `")[1].split("`")[0].split()
    assert sorted(said) == sorted(words)


def test_the_canonical_example_of_what_is_learned_runs(tmp_path, monkeypatch):
    text = (DOCS / "learned.md").read_text(encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    with torch.random.fork_rng():
        for block in re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL):
            exec(block, shared := {})
    assert shared["model"].trainer.global_step == 4


def test_what_is_learned_names_candidates_and_files_that_are_there():
    text = (DOCS / "learned.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([\w+-]+)` \|", text, flags=re.MULTILINE)
    assert rows == [name for name in BASELINES if name in rows]
    assert len(rows) == 5
    for link in re.findall(r"\]\((?!https?://|#)([^)#]+)", text):
        assert (DOCS / link).is_file(), link


IDENTIFIABILITY = (DOCS / "identifiability.md").read_text(encoding="utf-8")


def test_what_the_page_on_identifiability_shows_runs(capsys):
    blocks = re.findall(r"```python\n(.*?)```", IDENTIFIABILITY, flags=re.DOTALL)
    assert len(blocks) == 3
    exec("".join(blocks), shared := {})
    listed = capsys.readouterr().out.splitlines()
    assert len(listed) == len(shared["voice"].symmetries)
    assert shared["targets"].shape == shared["heard"].shape == (256, 78)
    assert 0 < shared["error"] < 0.5
    # As many of each kind as the page's table has.
    moves = IDENTIFIABILITY.split("## ")[1]
    rows = re.findall(r"^\| (\w+)(?:, (\d) times)? \|", moves, flags=re.MULTILINE)
    told = {}
    for kind, times in rows[1:]:
        told[kind] = told.get(kind, 0) + int(times or 1)
    found = [one.kind for one in shared["voice"].symmetries]
    assert told == {kind: found.count(kind) for kind in found}


def test_the_figures_of_identifiability_are_those_of_its_results():
    results = DOCS.parent / "results" / "symmetries"
    form = json.loads((results / "canonical_form.json").read_text(encoding="utf-8"))
    hunt = json.loads((results / "null_directions.json").read_text(encoding="utf-8"))
    for nebula in ("default", "drum"):
        for measured in (form[nebula], hunt[nebula]):
            assert f"{measured['sounds']:,}" in IDENTIFIABILITY
        median = form[nebula]["inert parameters a sound, median"]
        assert f"| {median:g} |" in IDENTIFIABILITY
        alone = hunt[nebula]["sounds without a direction beside the list"]
        assert f"| {alone} |" in IDENTIFIABILITY


def test_the_page_on_matching_runs_and_its_commands_can_be_typed(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    text = (DOCS / "matching.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL)
    exec(block, shared := {})
    assert shared["found"].audio.shape == (4000,)
    commands = re.findall(r"^synth-datamodule match .*$", text, re.MULTILINE)
    assert len(commands) == 2
    for command in commands:
        assert parse(RecordingMatch, "synth-datamodule match", shlex.split(command)[2:])
    for link in re.findall(r"\]\((?!https?://|#)([^)#]+)", text):
        assert (DOCS / link).is_file(), link
