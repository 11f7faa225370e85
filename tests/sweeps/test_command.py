import subprocess
import sys

import pytest
import yaml

from synth_datamodule import SynthDataModule
from synth_datamodule.cli import main

optuna = pytest.importorskip("optuna", reason="needs Optuna: pip install -e '.[sweeps]'")

SMALL = [
    "--data.sounds_per_epoch=16",
    "--data.val_sounds=8",
    "--data.test_sounds",
    "4",
    "--data.buffer_size_seconds=0.25",
    "--data.sample_rate=8000",
    "--data.control_rate=400",
    "--trainer.max_epochs=2",
    "--trainer.accelerator=cpu",
]
SPACE = ["--space", "model.learning_rate={low: 1e-4, high: 1e-2, log: true}", "model.width=[2,4]"]


def test_a_sweep_leaves_a_study_pictures_and_settings_that_fit_takes(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["sweep", *SPACE, "--trials", "3", "--data.batch_size=8", *SMALL]) == 0
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
    best = yaml.safe_load((tmp_path / "sweep" / "best.yaml").read_text())
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
    row = next(line for line in fitted.stdout.splitlines() if line.startswith("│ all "))
    assert float(row.split("│")[2]) == pytest.approx(study.best_value, abs=6e-5)


def test_files_of_settings_and_space_and_a_name_and_folder_of_its_own(
    tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "space.yaml").write_text("model: {width: [2, 3]}\n")
    (tmp_path / "base.yaml").write_text("data: {batch_size: 4}\nmodel: {learning_rate: 1e-3}\n")
    words = ["--space", "space.yaml", "--config", "base.yaml", "--storage", "sqlite:///own.db"]
    words += ["--study", "widths", "--out", "found", "--trials=1", "--seed=1", *SMALL]
    assert main(["sweep", *words, "--data.batch_size=8"]) == 0
    study = optuna.load_study(study_name="widths", storage="sqlite:///own.db")
    settings = study.user_attrs["description"]["settings"]
    assert settings["data.batch_size"] == 8
    assert settings["model.learning_rate"] == 1e-3
    assert settings["data.fresh_epochs"] is True  # as in fit
    assert {path.name for path in (tmp_path / "found").iterdir()} >= {"best.yaml", "history.png"}
    capsys.readouterr()
    assert main(["sweep", *words, "--data.batch_size=4"]) == 2
    assert "was begun with other settings" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--data.batchsize=3"], "there is no setting 'data.batchsize'"),
        (["--trials=0"], "trials must be a whole number >= 1, got 0"),
        (["--space", "data.nebula=[default,drum]"], "data.nebula='drum' changes the validation"),
        (["--space", "none.yaml"], "No such file or directory: 'none.yaml'"),
        (["--space", "model.width=3"], "model.width must be a list of values"),
        (["--data.seed"], "--data.seed needs a value"),
        (["--data.seed=1", "2"], "there is nothing for '2' to be the value of"),
        (["--storage", "sweep.db"], "storage must be an SQLite file"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(words, message, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    space = [] if "--space" in words else ["--space", "model.width=[2,4]"]
    assert main(["sweep", *space, *SMALL, *words]) == 2
    error = capsys.readouterr().err
    assert error.startswith("synth-datamodule sweep: error: ")
    assert message in error
    assert not list(tmp_path.iterdir())


def test_what_a_space_is_is_asked_for(capsys):
    with pytest.raises(SystemExit, match="2"):
        main(["sweep"])
    assert "the following arguments are required: --space" in capsys.readouterr().err


def test_ctrl_c_says_how_to_go_on(tmp_path, monkeypatch, capsys):
    def interrupted(*_):
        raise SystemExit(1)

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("synth_datamodule.sweeps.experiment.Experiment.run", interrupted)
    with pytest.raises(SystemExit, match="1"):
        main(["sweep", *SPACE, "--trials=2", *SMALL])
    assert "interrupted; the same command goes on" in capsys.readouterr().err
    monkeypatch.undo()
    monkeypatch.chdir(tmp_path)
    assert main(["sweep", *SPACE, "--trials=2", *SMALL]) == 0
    assert "trial 0: cut off; model.learning_rate=" in capsys.readouterr().out
