import csv
import json
import subprocess
import sys

import pytest
import soundfile
import torch

from synth_datamodule import SynthConfig, Voice
from synth_datamodule.cli import main
from synth_datamodule.patching.synth import find_synth

FAST = [
    "--trainer.accelerator=cpu",
    "--trainer.enable_progress_bar=false",
    "--trainer.enable_model_summary=false",
    "--data.batch_size=8",
    "--data.buffer_size_seconds=0.25",
    "--data.val_sounds=8",
    "--data.test_sounds=6",
]


def run(*words, folder):
    return subprocess.run(
        [sys.executable, "-m", "synth_datamodule.cli", *words],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def test_render_writes_the_sounds_bits_and_their_parameters(tmp_path, capsys):
    assert main(["render", "312", "synth1B1-5-7", "--out", str(tmp_path)]) == 0
    assert capsys.readouterr().out.split() == [
        str(tmp_path / "sound_312.wav"),
        str(tmp_path / "sound_647.wav"),
    ]
    voice = Voice()
    for number in (312, 647):
        sound = voice.sound(number)
        audio, rate = soundfile.read(tmp_path / f"sound_{number}.wav", dtype="float32")
        assert rate == 44100
        assert torch.equal(torch.from_numpy(audio), sound.audio)
        described = json.loads((tmp_path / f"sound_{number}.json").read_text())
        assert described["sound"] == number
        assert described["split"] == "train"
        values = voice.parameter_table.from_dict(described["parameters"])
        assert torch.equal(values, voice.parameter_table.to_physical(sound.parameters))


def test_render_takes_a_synth_of_the_package_or_of_the_current_folder(
    tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    (tmp_path / "my_horns.py").write_text(
        "from synth_datamodule.synths import OneOscillator\nclass Horn(OneOscillator): pass\n"
    )
    for path in ("synth_datamodule.synths.FmVoice", "my_horns.Horn"):
        assert main(["render", "5", "--seconds", "0.5", "--synth", path]) == 0
        described = json.loads((tmp_path / "sounds" / "sound_5.json").read_text())
        synth = find_synth(path)
        assert described["synth"] == f"{synth.__module__}.{synth.__name__}"
        expected = synth(SynthConfig(buffer_size_seconds=0.5)).sound(5).audio
        audio, _ = soundfile.read(tmp_path / "sounds" / "sound_5.wav", dtype="float32")
        assert torch.equal(torch.from_numpy(audio), expected)


def test_render_imports_no_lightning(tmp_path):
    script = (
        "import sys; from synth_datamodule.cli import main; "
        "main(['render', '0', '--seconds', '0.1']); "
        "assert not {'pytorch_lightning', 'lightning', 'torchaudio'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", script], cwd=tmp_path, check=True)
    assert (tmp_path / "sounds" / "sound_0.wav").exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["synth2B2-0-0"], "sound must be a number or CORPUS-BATCH-SOUND"),
        (["4294967296"], "sound must be a whole number >= 0 and <= 4294967295, got 4294967296"),
        (["synth1B1-0-128"], "a sound's name counts batches of 128, got sound 128"),
        (["0", "--nebula", "kazoo"], "nebula must be 'default', 'drum' or the path"),
        (["0", "--synth", "kazoo"], "synth must be an AbstractSynth, by its class or its import"),
        (["0", "--synth", "json.dumps"], "synth must be an AbstractSynth, by its class or its"),
        (["0", "--seconds", "-1"], "buffer_size_seconds must be a finite number > 0, got -1.0"),
        ([], "the following arguments are required: SOUND"),
    ],
)
def test_render_refuses_in_one_line(words, message, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit, match="2"):
        main(["render", *words])
    assert message in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_help_lists_the_commands(capsys):
    assert main([]) == main(["--help"]) == 0
    printed = capsys.readouterr().out
    for command in ("fit", "validate", "test", "predict", "render"):
        assert f"\n  {command} " in printed


def test_an_unknown_command_is_refused(capsys):
    assert main(["train"]) == 2
    assert "there is no command 'train'" in capsys.readouterr().err


@pytest.fixture(scope="module")
def short_run(tmp_path_factory):
    """A fit cut short, in a folder of its own."""
    folder = tmp_path_factory.mktemp("fit")
    return folder, run("fit", "--trainer.max_steps=2", *FAST, folder=folder)


def test_a_fit_cut_short_leaves_table_sounds_picture_and_checkpoint(short_run):
    folder, result = short_run
    assert result.returncode == 0, result.stderr
    lines = result.stdout.splitlines()
    table = [line for line in lines if line.startswith("│")]
    names = [line.split("│")[1].strip() for line in table]
    assert names[:2] == ["keyboard.midi_f0", "keyboard"]
    assert names[-1] == "all"
    listed = [line.strip() for line in lines[lines.index("written:") + 1 :]]
    assert {"matches/spectrograms.png", "matches/sound_8192_target.wav"} <= set(listed)
    assert [name for name in listed if name.endswith(".ckpt")]
    for name in listed:
        assert (folder / name).exists()
    audio, rate = soundfile.read(folder / "matches" / "sound_8192_guess.wav")
    assert rate == 44100
    assert audio.shape == (11025,)
    assert not [line for line in result.stderr.splitlines() if "Warning" in line]


def test_everything_is_written_below_the_current_folder(short_run):
    folder, _ = short_run
    assert {path.name for path in folder.iterdir()} == {"matches", "lightning_logs"}


def test_a_checkpoint_is_tested_and_predicts_in_physical_units(short_run):
    folder, _ = short_run
    (checkpoint,) = folder.rglob("*.ckpt")
    tested = run("test", f"--ckpt_path={checkpoint}", *FAST, folder=folder)
    assert tested.returncode == 0, tested.stderr
    assert "6 test sounds" in tested.stdout
    assert (folder / "matches" / "sound_9216_target.wav").exists()

    predicted = run(
        "predict", f"--ckpt_path={checkpoint}", "--data.predict_sounds=[3,14]", *FAST, folder=folder
    )
    assert predicted.returncode == 0, predicted.stderr
    with (folder / "matches" / "predictions.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [int(row["sound"]) for row in rows] == list(range(3, 14))
    table = Voice().parameter_table
    for row in rows:
        values = {name: float(row[name]) for name in table.names}
        table.from_dict(values)  # raises where one lies out of its range


def test_fit_refuses_bad_settings_in_one_line(tmp_path):
    result = run("fit", "--data.val_sounds=99999999", folder=tmp_path)
    assert result.returncode == 2
    assert "val_sounds must be at most 99328, all that synth1M1 holds" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_checkpoint_of_another_sample_rate_is_refused(short_run):
    folder, _ = short_run
    (checkpoint,) = folder.rglob("*.ckpt")
    words = ["validate", f"--ckpt_path={checkpoint}", "--data.sample_rate=8000", *FAST]
    result = run(*words, folder=folder)
    assert result.returncode == 2
    assert "this checkpoint was trained at 44100 Hz, the sounds are at 8000 Hz" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["test"], "test needs --ckpt_path FILE, a checkpoint of fit"),
        (["validate", "--ckpt_path=no.ckpt", "--data.val_sounds=0"], "data.val_sounds is 0"),
        (["fit", "--trainer.max_epochs=9", "--data.train_sounds=9000"], "enough for 2 epochs"),
    ],
    ids=["no-checkpoint", "no-sounds", "too-few-fresh-sounds"],
)
def test_what_cannot_be_done_is_said_in_one_line(words, message, tmp_path):
    result = run(
        *words, *(option for option in FAST if "val_sounds" not in option), folder=tmp_path
    )
    assert result.returncode == 2
    assert message in result.stderr
    assert "Traceback" not in result.stderr


def test_a_fit_without_validation_sounds_keeps_its_checkpoint(tmp_path):
    options = [option for option in FAST if "val_sounds" not in option]
    result = run("fit", "--trainer.max_steps=1", "--data.val_sounds=0", *options, folder=tmp_path)
    assert result.returncode == 0, result.stderr
    assert "nothing measured: there are no validation sounds" in result.stdout
    assert ".ckpt" in result.stdout
