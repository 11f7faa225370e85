import contextlib
import signal
import sqlite3
import subprocess
import sys

import pytest
import yaml

from synth_datamodule import SynthDataModule
from synth_datamodule.commandline import exit_status
from synth_datamodule.matching.model import SoundMatcher
from synth_datamodule.sweeps.command import Sweep, read_settings

optuna = pytest.importorskip("optuna", reason="needs Optuna: pip install -e '.[sweeps]'")

SMALL = (
    "--data.sounds_per_epoch=16",
    "--data.val_sounds=8",
    "--data.test_sounds",
    "4",
    "--data.buffer_size_seconds=0.25",
    "--data.sample_rate=8000",
    "--data.control_rate=400",
    "--trainer.max_epochs=2",
    "--trainer.accelerator=cpu",
)
SPACE = ("model.learning_rate={low: 1e-4, high: 1e-2, log: true}", "model.width=[2,4]")
RUN = "synth_datamodule.sweeps.experiment.Experiment.run"


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def instant(monkeypatch):
    """Let a trial's result be its width, at once."""
    monkeypatch.setattr(RUN, lambda _, values, *__, **___: float(values["model.width"]))


def test_a_sweep_leaves_a_study_pictures_and_settings_that_fit_takes(folder, capsys):
    assert Sweep(SPACE, trials=3, rest=("--data.batch_size=8", *SMALL))() == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in lines[:3]] == ["trial 0", "trial 1", "trial 2"]
    data = SynthDataModule(
        val_sounds=8, test_sounds=4, buffer_size_seconds=0.25, sample_rate=8000, control_rate=400
    )
    for split in ("val", "test"):
        assert f"{split} sounds of every trial: {data.fingerprint(split)}" in lines
    start = lines.index("written:") + 1
    assert [line.strip() for line in lines[start : start + 4]] == [
        "sweep/history.png",
        "sweep/parallel_coordinates.png",
        "sweep/importances.png",
        "sweep/best.yaml",
    ]
    study = optuna.load_study(study_name="sweep", storage="sqlite:///sweeps.db")
    best = yaml.safe_load((folder / "sweep" / "best.yaml").read_text())
    assert {f"model.{name}": value for name, value in best["model"].items()} == study.best_params
    assert best["data"]["batch_size"] == 8

    # fit with them ends where the trial did: the same sounds, the same weights.
    words = lines[-1].split(": ")[1].split()
    assert words[:2] == ["synth-datamodule", "fit"]
    options = ["--trainer.enable_progress_bar=false", "--trainer.num_sanity_val_steps=0"]
    script = "import sys; from synth_datamodule.cli import main; sys.exit(main())"
    fitted = subprocess.run(
        [sys.executable, "-c", script, *words[1:], *options],
        capture_output=True,
        text=True,
        check=False,
    )
    assert fitted.returncode == 0, fitted.stderr
    row = next(line for line in fitted.stdout.splitlines() if line.split()[:1] == ["all"])
    assert float(row.split()[1]) == pytest.approx(study.best_value, abs=6e-5)


def test_fits_own_parser_reads_the_settings_and_leaves_defaults_out(folder):
    (folder / "base.yaml").write_text("data: {batch_size: 4}\nmodel: {learning_rate: 1e-3}\n")
    words = ["--config", "base.yaml", "--data.batch_size=8", "--data.buffer_size_seconds", "1"]
    mel = "synth_datamodule.features.LogMel"
    words += ["--data.transform", mel, "--data.transform.sample_rate=8000", "--data.seed=0"]
    assert read_settings(words) == {
        "data.batch_size": 8,
        "data.buffer_size_seconds": 1.0,
        "data.transform": {"class_path": mel, "init_args": {"sample_rate": 8000}},
        "data.seed": 0,
        "model.learning_rate": 1e-3,
    }
    assert read_settings(["--seed_everything=3"]) == {"seed_everything": 3}


def test_files_of_settings_and_space_and_a_name_and_folder_of_its_own(folder, instant):
    (folder / "space.yaml").write_text("model: {width: [2, 3]}\n")
    (folder / "base.yaml").write_text("data: {batch_size: 4}\nmodel: {learning_rate: 1e-3}\n")
    options = {"storage": "sqlite:///own.db", "study": "widths", "out": folder / "found"}
    rest = ("--config", "base.yaml", *SMALL)
    words = {"trials": 1, "seed": 1, **options}
    assert Sweep(("space.yaml",), rest=(*rest, "--data.batch_size=8"), **words)() == 0
    study = optuna.load_study(study_name="widths", storage="sqlite:///own.db")
    settings = study.user_attrs["description"]["settings"]
    assert settings["data.batch_size"] == 8
    assert settings["model.learning_rate"] == 1e-3
    assert settings["data.fresh_epochs"] is True  # as in fit
    assert {path.name for path in (folder / "found").iterdir()} == {"best.yaml", "history.png"}
    with pytest.raises(ValueError, match="was begun with other settings"):
        Sweep(("space.yaml",), rest=rest, **words)()


def test_the_best_of_several_curricula_is_what_fit_takes(folder, instant):
    stages = "data.curriculum=[{0: {lfo_1.frequency: [1, 1]}, 1: {}}, {0: {}}]"
    assert Sweep((stages, "model.width=[2, 3]"), trials=2, rest=SMALL)() == 0
    best = yaml.safe_load((folder / "sweep" / "best.yaml").read_text())["data"]["curriculum"]
    assert best in ({0: {"lfo_1.frequency": [1, 1]}, 1: {}}, {0: {}})
    assert SynthDataModule(curriculum=best).curriculum.keys() == best.keys()
    assert "data.curriculum" in read_settings(("--config", "sweep/best.yaml"))


def test_a_sweep_gone_on_with_replaces_its_own_files_and_no_others(folder, instant):
    more = {"space": ("model.width={low: 2, high: 60}",), "rest": SMALL}
    best = folder / "sweep" / "best.yaml"
    assert Sweep(trials=1, **more)() == 0
    first = best.read_text()
    # Ended already, it writes the same bytes.
    assert Sweep(trials=1, **more)() == 0
    assert best.read_text() == first
    assert Sweep(trials=6, **more)() == 0
    assert best.read_text() != first

    best.write_text("mine: true\n")
    for options in ({"trials": 6}, {"trials": 7}, {"trials": 1, "study": "b", "out": best.parent}):
        with pytest.raises(FileExistsError, match=r"best\.yaml exists; --overwrite"):
            Sweep(**options, **more)()
    assert best.read_text() == "mine: true\n"
    # Refused before any work.
    assert optuna.get_all_study_names("sqlite:///sweeps.db") == ["sweep"]
    assert len(optuna.load_study(study_name="sweep", storage="sqlite:///sweeps.db").trials) == 6
    assert Sweep(trials=7, overwrite=True, **more)() == 0
    assert "width" in best.read_text()


def test_a_sweep_whose_every_trial_was_pruned_is_done(folder, monkeypatch, capsys):
    monkeypatch.setattr(RUN, lambda *_, **__: float("nan"))
    assert Sweep(SPACE, trials=2, rest=SMALL)() == 0
    assert "no trial is complete: every one was pruned" in capsys.readouterr().out
    assert not (folder / "sweep").exists()


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"rest": ("--data.batchsize=3",)}, ValueError, "arguments: --data.batchsize=3"),
        ({"rest": ("--data.seed",)}, ValueError, "--data.seed: expected one argument"),
        ({"rest": ("--data.seed=1", "2")}, ValueError, "unrecognized arguments: 2"),
        ({"rest": ("--model.width=x",)}, ValueError, "--model.width must be int, got x"),
        ({"rest": ("--data.batch=8",)}, ValueError, "arguments: --data.batch=8"),
        ({"rest": ("--config", "none.yaml")}, ValueError, "none.yaml"),
        ({"trials": 0}, ValueError, "trials must be a whole number >= 1 and <= 1000000, got 0"),
        ({"space": ("data.nebula=[default,drum]",)}, ValueError, "'drum' changes the validation"),
        ({"space": ("none.yaml",)}, OSError, "No such file or directory: 'none.yaml'"),
        ({"space": ("model.width=3",)}, TypeError, "model.width must be a list of values"),
        ({"space": ("model.width=[2,x]",)}, ValueError, "--model.width must be int, got x"),
        ({"space": ("model.depth=[2]",)}, ValueError, "there is no setting model.depth"),
        ({"space": ()}, ValueError, "a space must name at least one setting"),
        ({"storage": "sweep.db"}, ValueError, "storage must be an SQLite file"),
        ({"study": "../up"}, ValueError, "a study named '../up' needs --out"),
        (
            {"space": ("model.width=[0,8]",)},
            ValueError,
            "width must be a whole number >= 1 and <= 1024, got 0",
        ),
        (
            {"space": ("model.width=[8,0]",)},
            ValueError,
            "width must be a whole number >= 1 and <= 1024, got 0",
        ),
        ({"space": ("seed_everything=[1,-1]",)}, ValueError, "seed_everything must be a whole"),
        ({"space": ("seed_everything=[4294967296]",)}, ValueError, "seed_everything must be a who"),
        ({"space": ("trainer.max_epochs=[1,-5]",)}, Exception, "`max_epochs` must be a non-neg"),
        ({"space": ("trainer.accelerator=[cpu,kazoo]",)}, ValueError, "invalid accelerator name"),
        ({"space": ("trainer.limit_val_batches=[1,0]",)}, ValueError, "limit_val_batches must not"),
        ({"rest": ("--trainer.limit_val_batches=0",)}, ValueError, "limit_val_batches must not be"),
        ({"rest": ("--data.paired_delta=0.1",)}, ValueError, "data.paired_delta must be left out"),
        ({"rest": ("--trainer.max_epochs=2",)}, ValueError, "--trainer.max_epochs is given twice"),
        ({"monitor": "nope"}, ValueError, "SoundMatcher must log 'nope' in validation, it logged"),
        ({"trials": 10**20}, ValueError, "trials must be a whole number >= 1 and <= 1000000"),
        (
            {"space": ("model.width={low: 1, low: 2, high: 3}",)},
            ValueError,
            "width gives low twice",
        ),
        ({"study": ".."}, ValueError, "a study named '..' needs --out"),
        ({"study": "s" * 300}, OSError, "cannot be written: File name too long"),
    ],
)
def test_what_cannot_be_done_is_said_before_anything_is_written(folder, options, error, message):
    options = {"space": ("model.width=[2,4]",), "trials": 1, **options}
    with pytest.raises(error, match=message):
        Sweep(**{**options, "rest": (*SMALL, *options.get("rest", ()))})()
    assert not list(folder.iterdir())


def test_an_output_or_a_storage_that_cannot_be_is_named(folder):
    (folder / "text").write_text("no database")
    (folder / "folder").mkdir()
    with contextlib.closing(sqlite3.connect(folder / "others.db")) as database:
        database.execute("create table mine (x int)")
    study = optuna.create_study(study_name="sweep", storage="sqlite:///whole.db")
    study.set_user_attr("description", ["none"])
    whole = (folder / "whole.db").read_bytes()
    (folder / "cut.db").write_bytes(whole[:50_000])
    for name in ("cut.db", "others.db", "text"):
        (folder / f"{name}.lock").write_text("")
    before = sorted(folder.iterdir())
    for options, message in (
        ({"storage": "sqlite:///others.db"}, "it holds tables that are no study's"),
        ({"storage": "sqlite:///cut.db"}, "sqlite:///cut.db cannot be used: "),
        ({"out": folder / "text"}, "best.yaml cannot be written: Not a directory"),
        ({"storage": "sqlite:///text"}, "sqlite:///text cannot be used: file is not a database"),
        ({"storage": "sqlite:///folder"}, "folder cannot be written: Is a directory"),
        ({"storage": "sqlite:///text/a.db"}, "cannot be written: Not a directory"),
    ):
        with pytest.raises(OSError, match=message):
            Sweep(SPACE, rest=SMALL, **options)()
    assert sorted(folder.iterdir()) == before
    with pytest.raises(ValueError, match="study 'sweep' was not begun by a sweep"):
        Sweep(SPACE, rest=SMALL, storage="sqlite:///whole.db")()


def test_ctrl_c_says_how_to_go_on(monkeypatch, capsys):
    step = SoundMatcher.training_step

    def interrupted(model, *batch):
        if model.trainer.fast_dev_run:  # the rehearsal
            return step(model, *batch)
        return signal.raise_signal(signal.SIGINT)

    with monkeypatch.context() as patch:
        patch.setattr(SoundMatcher, "training_step", interrupted)
        assert exit_status("sweep", Sweep(SPACE, trials=2, rest=SMALL)) == 130
    said = "synth-datamodule sweep: error: interrupted; the same command goes on\n"
    assert capsys.readouterr().err.endswith(said)
    assert Sweep(SPACE, trials=2, rest=SMALL)() == 0
    printed = capsys.readouterr().out
    assert "trial 0: cut off; model.learning_rate=" in printed
    assert ", trial 0 again; model.learning_rate=" in printed
