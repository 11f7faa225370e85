"""The command as people run it: real processes, real signals, real files."""

import csv
import errno
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from forked import forks, one_line, small_disk

from synth_datamodule import SynthConfig, Voice
from synth_datamodule.cli import COMMANDS, main
from synth_datamodule.commandline import EXIT_STATUSES
from synth_datamodule.patching.finding import find_synth

FAST = [
    "--trainer.accelerator=cpu",
    "--trainer.num_sanity_val_steps=0",
    "--trainer.enable_model_summary=false",
    "--data.batch_size=8",
    "--data.buffer_size_seconds=0.25",
    "--data.val_sounds=8",
    "--data.test_sounds=6",
]


@pytest.fixture(scope="module")
def start():
    """Return a function that starts the command in a folder."""
    with forks() as start:
        yield start


@pytest.fixture
def folder(tmp_path):
    """A folder to run in, beside which its output is kept."""
    path = tmp_path / "here"
    path.mkdir()
    return path


def wait_for(found, seconds=60.0):
    end = time.monotonic() + seconds
    while not found():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.01)


# What the command says of itself


def test_help_lists_the_commands_and_the_exit_statuses(capsys):
    assert main([]) == main(["--help"]) == main(["-h"]) == 0
    printed = capsys.readouterr().out
    for command, (text, _) in COMMANDS.items():
        assert f"\n  {command:<9}  {text}\n" in printed
    for status, text in EXIT_STATUSES.items():
        assert f"\n  {status:>3}  {text}\n" in printed


def test_it_runs_in_a_folder_that_is_gone(tmp_path, monkeypatch, capsys):
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert main(["--help"]) == 0


@pytest.mark.parametrize("module", ["synth_datamodule", "synth_datamodule.cli"])
def test_it_runs_as_a_module(module):
    result = subprocess.run(
        [sys.executable, "-m", module, "--version"], capture_output=True, text=True, check=True
    )
    name, version = result.stdout.split()
    assert name == "synth_datamodule"
    assert version[0].isdigit()
    assert result.stderr == ""


@pytest.mark.parametrize("module", ["synth_datamodule", "synth_datamodule.cli"])
@pytest.mark.parametrize(
    ("number", "status", "word"),
    [(signal.SIGINT, 130, "interrupted"), (signal.SIGTERM, 143, "terminated")],
    ids=["ctrl-c", "sigterm"],
)
def test_a_signal_while_torch_is_imported_is_a_line(tmp_path, module, number, status, word):
    # This torch says that it is being imported, and takes for ever.
    (tmp_path / "torch.py").write_text("print('begun', flush=True)\nwhile True: pass\n")
    command = subprocess.Popen(
        [sys.executable, "-m", module, "render", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), *filter(None, sys.path)])},
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    with command:
        assert command.stdout.readline() == "begun\n"
        command.send_signal(number)
        _, err = command.communicate()
    assert command.returncode == status
    assert err == f"synth-datamodule render: error: {word}\n"


def test_a_process_of_the_command_has_its_status_and_does_what_was_to_be_done_at_its_end(tmp_path):
    script = (
        "import atexit, sys; from synth_datamodule import cli; "
        "cli.main = lambda: atexit.register(print, 'at the end') and 1; cli.run()"
    )
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, check=False)
    assert (ended.returncode, ended.stdout, ended.stderr) == (1, b"at the end\n", b"")


def test_an_unknown_command_is_refused_and_the_nearest_named(capsys):
    assert main(["rendre"]) == 2
    message = one_line(capsys.readouterr().err, "rendre")
    assert message == "there is no command rendre; the nearest is render"


@pytest.mark.parametrize("command", ["fit", "validate", "test", "predict"])
def test_the_help_of_fit_and_its_kin_is_a_page(command, capsys):
    assert main([command, "--help"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) <= 60
    assert max(map(len, lines)) <= 100
    text = " ".join(" ".join(lines).split())
    assert text.startswith(f"usage: synth-datamodule {command} [options]")
    for words in ("--data.batch_size X", "(default: 32)", "--ckpt_path FILE", "--help_all"):
        assert words in text


def test_all_of_fits_options_are_printed_on_request(start, folder):
    # In a process of its own: the help lists every torch.nn.Module there is, those of tests too.
    status, printed, _ = start("fit", "--help_all", folder=folder).wait()
    assert status == 0
    for option in ("--trainer.precision", "--data.transform", "--model.width", "--ckpt_path"):
        assert option in printed


# What is wrong, in one line

# Lightning calls what jsonargparse is about to drop; outside of tests Python hides that.
hides_deprecations = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["synth2B2-0-0"], "sound must be a number or CORPUS-BATCH-SOUND"),
        (["4294967296"], "sound must be a whole number >= 0 and <= 4294967295, got 4294967296"),
        (["synth1B1-0-128"], "a sound's name counts batches of 128, got sound 128"),
        (["0", "--nebula", "kazoo"], "nebula must be 'default', 'drum' or the path"),
        (["0", "--synth", "kazoo"], "synth must be an AbstractSynth, by its class or its import"),
        (["0", "--seconds", "-1"], "seconds must be a finite number > 0, got -1.0"),
        (["0", "--secods", "1"], "there is no option --secods; the nearest is --seconds"),
        (["0", "--sec", "1"], "there is no option --sec; "),
        ([], "there is nothing to render"),
    ],
)
def test_render_refuses_in_one_line(words, message, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["render", *words]) == 2
    err = capsys.readouterr().err
    assert one_line(err, "render").startswith(message)
    assert err.count("\n") == 1
    assert not list(tmp_path.iterdir())


@hides_deprecations
@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("--data.batch_size 0", "batch_size must be a whole number >= 1 and <= 2147483647, got 0"),
        ("--data.val_sounds=999999999", "val_sounds must be a whole number >= 1 and <= 429496320"),
        ("--data.train_sounds=801345", "train_sounds must be at most 801344, all that synth1M1"),
        ("--ckpt_path last", "--ckpt_path last finds no checkpoint here: give the file, which fit"),
        ("--ckpt_path best", '`.fit(ckpt_path="best")` is set but `ModelCheckpoint` is not'),
        ("--data.batch_siz 3", "there is no option --data.batch_siz; the nearest is --data.batch"),
        ("--trainer.max_ep 3", "there is no option --trainer.max_ep; the nearest is --trainer.max"),
        ("--trainer.max_epochs x", "--trainer.max_epochs must be int or null, got x"),
        ("--data.shuffle maybe", "--data.shuffle must be bool, got maybe"),
        ("--trainer.max_epochs", "--trainer.max_epochs: expected one argument"),
        ("--trainer.accelerator kazoo", "You selected an invalid accelerator name"),
        ("--config no.yaml", "--config: "),
        ("--ckpt_path no.ckpt", "--ckpt_path must be a file, got no.ckpt, which is not there"),
        ("--ckpt_path bad.ckpt", "--ckpt_path must be a checkpoint of fit, got bad.ckpt"),
        ("--ckpt_path a_folder", "--ckpt_path must be a file, got a_folder, which is no file"),
        ("--ckpt_path=", "--ckpt_path must not be empty, got ''"),
        ("--config a_pipe --config a_pipe --trainer.max_epochs x", "--trainer.max_epochs must be"),
        ("--config a_folder", "Is a directory: 'a_folder'"),
        ("--config bad.ckpt", "bad.ckpt must be YAML that names settings"),
        ("--data.seed=1 --data.seed 2", "--data.seed is given twice, '1' and '2'"),
        ("--data.paired_delta=0.1", "SoundMatcher hears one sound at a time: data.paired_delta"),
        (
            '--data.features={"a":"torch.nn.Identity"}',
            "SoundMatcher hears audio [B, N]: data.feature",
        ),
        (
            "--data.buffer_size_seconds=0.02",
            "SoundMatcher hears sounds of at least 1025 samples at",
        ),
        ("--seed_everything=-1", "seed_everything must be a whole number >= 0 and <= 4294967295"),
        ("--trainer.barebones true", "trainer.barebones must be false"),
        ("--trainer.max_steps=-2", "`max_steps` must be a non-negative integer or -1"),
        ("--trainer.devices=0 --trainer.accelerator=cpu", "value is not a valid input using cpu"),
        ("--trainer.default_root_dir bad.ckpt", "bad.ckpt/matches/version/spectrograms.png cannot"),
    ],
)
def test_fit_refuses_in_one_line(words, message, folder, monkeypatch, capsys):
    monkeypatch.chdir(folder)
    (folder / "bad.ckpt").write_text("no checkpoint")
    (folder / "a_folder").mkdir()
    os.mkfifo(folder / "a_pipe")
    assert main(["fit", *words.split()]) == 2
    out, err = capsys.readouterr()
    assert message in one_line(err, "fit")
    assert out == ""
    left = [path for path in folder.rglob("*") if path.is_file()]
    assert [path.name for path in left] == ["bad.ckpt"]


@hides_deprecations
@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("test", "test needs --ckpt_path FILE, a checkpoint of fit"),
        ("validate", "validate needs --ckpt_path FILE, a checkpoint of fit"),
        ("predict --data.foo=1", "there is no option --data.foo; "),
        ("test --ckpt_path last", "--ckpt_path last finds no checkpoint here: give the file"),
    ],
)
def test_what_cannot_be_done_without_a_checkpoint_is_said_in_one_line(
    words, message, folder, monkeypatch, capsys
):
    monkeypatch.chdir(folder)
    assert main(words.split()) == 2
    assert one_line(capsys.readouterr().err, words.split()[0]).startswith(message)
    assert not [path for path in folder.rglob("*") if path.is_file()]


# render


def test_render_takes_a_synth_of_the_package_or_of_the_current_folder(
    tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    (tmp_path / "my_horns.py").write_text(
        "from synth_datamodule.synths import OneOscillator\nclass Horn(OneOscillator): pass\n"
    )
    for path in ("synth_datamodule.synths.FmVoice", "my_horns.Horn"):
        out = tmp_path / path
        assert main(["render", "5", "--seconds", "0.5", "--synth", path, "--out", str(out)]) == 0
        assert json.loads((out / "sound_5.json").read_text())["synth"] == path
        expected = find_synth(path)(SynthConfig(buffer_size_seconds=0.5)).sound(5).audio
        audio, _ = soundfile.read(out / "sound_5.wav", dtype="float32")
        assert torch.equal(torch.from_numpy(audio), expected)


def test_render_imports_no_lightning(tmp_path):
    script = (
        "import sys; from synth_datamodule.cli import main; "
        "assert main(['render', '0', '--seconds', '0.1']) == 0; "
        "assert not {'pytorch_lightning', 'lightning', 'torchaudio'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", script], cwd=tmp_path, check=True)
    assert (tmp_path / "sounds" / "sound_0.wav").exists()


MANY = ("render", "--split=train", "--sounds=2000", "--seconds=0.5")


def whole_sounds(folder):
    """Return how many sounds lie in a folder, all of them whole; a last one may lack its JSON."""
    waves = sorted(folder.glob("*.wav"))
    for wave in waves:
        audio, rate = soundfile.read(wave, dtype="float32")
        assert (len(audio), rate) == (22050, 44100)
    described = sorted(folder.glob("*.json"))
    for path in described:
        assert json.loads(path.read_text())["sound"] == int(path.stem[6:])
    assert len(waves) - len(described) in (0, 1)
    return len(waves)


def test_sounds_are_whole_however_often_render_is_killed(start, folder):
    sounds = folder / "sounds"
    # The first of them stands there already, and must stay as it is.
    assert main(["render", "0", "--seconds=0.5", "--out", str(sounds)]) == 0
    before = (sounds / "sound_0.wav").read_bytes()
    done = [1]
    for _ in range(10):
        command = start(*MANY, folder=folder)
        wait_for(lambda: len(list(sounds.glob("*.wav"))) > done[-1] + 5)
        command.kill(signal.SIGKILL)
        assert command.wait()[0] == -signal.SIGKILL
        done.append(whole_sounds(sounds))
        assert (sounds / "sound_0.wav").read_bytes() == before
    assert done == sorted(done)


@pytest.mark.parametrize(
    ("number", "status", "word"),
    [(signal.SIGINT, 130, "interrupted"), (signal.SIGTERM, 143, "terminated")],
    ids=["ctrl-c", "sigterm"],
)
def test_render_clears_away_what_a_signal_cuts_short(start, folder, number, status, word):
    command = start(*MANY, folder=folder)
    wait_for(lambda: (folder / "sounds" / "sound_20.wav").exists())
    command.kill(number)
    ended, _, err = command.wait()
    assert ended == status
    assert one_line(err, "render") == word
    assert whole_sounds(folder / "sounds") < 2000
    assert {path.suffix for path in (folder / "sounds").iterdir()} == {".wav", ".json"}


def test_a_closed_pipe_ends_render_quietly(start, folder, tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    err = str(tmp_path / "pipe.err")
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    command = start(*MANY, folder=folder, out=str(pipe), err=err)
    wait_for(lambda: _read(reader))
    os.close(reader)
    assert command.status() == 141
    assert Path(err).read_text() == ""


def _read(reader):
    try:
        return os.read(reader, 1)
    except BlockingIOError:
        return b""


def test_standard_output_that_is_full_is_said(start, folder):
    command = start("render", "0", "--seconds=0.1", folder=folder, out="/dev/full")
    assert command.status() == 2
    assert one_line(Path(command._files[1]).read_text(), "render") == os.strerror(errno.ENOSPC)


def test_an_error_of_the_programs_own_is_70_with_its_traceback(start, folder):
    (folder / "my_bugs.py").write_text(
        "from synth_datamodule.synths import OneOscillator\n"
        "class Bug(OneOscillator):\n"
        "    def draw(self, indices):\n"
        "        if len(indices) == 1:\n"
        "            raise KeyError('bug')\n"
        "        return super().draw(indices)\n"
    )
    status, _, err = start("render", "0", "--synth=my_bugs.Bug", folder=folder).wait()
    assert status == 70
    assert "Traceback" in err
    assert err.endswith("KeyError: 'bug'\n")


@pytest.fixture
def disk(folder):
    """A folder on a disk of 256 KiB, that is given back."""
    with small_disk(folder / "disk", 256) as disk:
        yield disk


def test_a_full_disk_ends_render_with_whole_sounds(start, folder, disk):
    status, out, err = start(*MANY, "--out=disk", folder=folder).wait()
    assert status == 2
    message = one_line(err, "render")
    assert message.startswith("disk/sound_")
    assert message.endswith(f"cannot be written: {os.strerror(errno.ENOSPC)}")
    assert whole_sounds(disk) in (len(out.split()), len(out.split()) + 1)
    assert {path.suffix for path in disk.iterdir()} <= {".wav", ".json"}


# fit and its kin


@pytest.fixture(scope="module")
def short_run(start, tmp_path_factory):
    """A fit cut short, in a folder of its own."""
    folder = tmp_path_factory.mktemp("fits") / "here"
    folder.mkdir()
    return folder, start("fit", "--trainer.max_steps=2", *FAST, folder=folder).wait()


def test_a_fit_cut_short_leaves_table_sounds_picture_and_checkpoint(short_run):
    folder, (status, out, err) = short_run
    assert status == 0, err
    lines = out.splitlines()
    names = [line.strip("│ ").split(" ")[0] for line in lines]
    table = names[names.index("keyboard.midi_f0") : names.index("all") + 1]
    assert table[:2] == ["keyboard.midi_f0", "keyboard"]
    listed = [line.strip() for line in lines[lines.index("written:") + 1 :]]
    of_this_run = {"matches/version_0/spectrograms.png", "matches/version_0/sound_8192_target.wav"}
    assert of_this_run <= set(listed)
    assert [name for name in listed if name.endswith(".ckpt")]
    for name in listed:
        assert (folder / name).exists()
    audio, rate = soundfile.read(folder / "matches" / "version_0" / "sound_8192_guess.wav")
    assert rate == 44100
    assert audio.shape == (11025,)
    assert (folder / "lightning_logs" / "version_0" / "config.yaml").exists()
    assert not [line for line in err.splitlines() if "Warning" in line]


def test_everything_is_written_below_the_current_folder(short_run):
    folder, _ = short_run
    assert {path.name for path in folder.iterdir()} == {"matches", "lightning_logs"}


def test_a_checkpoint_is_tested_and_predicts_in_physical_units_beside_other_runs(start, short_run):
    folder, _ = short_run
    (checkpoint,) = folder.rglob("*.ckpt")
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}

    status, out, err = start("test", f"--ckpt_path={checkpoint}", *FAST, folder=folder).wait()
    assert status == 0, err
    assert "6 test sounds" in out
    assert (folder / "matches" / "version_1" / "sound_9216_target.wav").exists()

    words = ["predict", f"--ckpt_path={checkpoint}", "--data.predict_sounds=[3,14]", *FAST]
    status, out, err = start(*words, folder=folder).wait()
    assert status == 0, err
    assert out.split() == ["written:", "matches/version_2/predictions.csv"]
    with (folder / "matches" / "version_2" / "predictions.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [int(row["sound"]) for row in rows] == list(range(3, 14))
    table = Voice().parameter_table
    for row in rows:
        values = {name: float(row[name]) for name in table.names}
        table.from_dict(values)  # raises where one lies out of its range
    # No run touches what another has written.
    assert {path: path.read_bytes() for path in before} == before


def test_a_checkpoint_of_another_sample_rate_is_refused(start, short_run, folder):
    (checkpoint,) = short_run[0].rglob("*.ckpt")
    words = ["validate", f"--ckpt_path={checkpoint}", "--data.sample_rate=8000", *FAST]
    status, _, err = start(*words, folder=folder).wait()
    assert status == 2
    message = "this checkpoint was trained at 44100 Hz, the sounds are at 8000 Hz"
    assert message in one_line(err, "validate")


@pytest.mark.parametrize("command", ["fit", "validate"])
def test_a_models_option_that_the_checkpoint_would_replace_is_refused(
    start, short_run, folder, command
):
    (checkpoint,) = short_run[0].rglob("*.ckpt")
    words = [command, f"--ckpt_path={checkpoint}", "--model.learning_rate=0.5", *FAST]
    status, _, err = start(*words, folder=folder).wait()
    assert status == 2
    message = "--model.learning_rate is 0.003 in the checkpoint, got 0.5: its weights are of that"
    assert message in one_line(err, command)


def test_a_training_that_diverges_is_said(start, folder):
    words = ["fit", "--trainer.max_steps=2", "--model.learning_rate=1e30", *FAST]
    status, out, err = start(*words, folder=folder).wait()
    assert status == 2, err
    assert "its training diverged, at a learning rate of 1e+30" in one_line(err, "fit")
    assert out == ""


def test_a_run_without_sounds_to_measure_is_refused(start, short_run, folder):
    (checkpoint,) = short_run[0].rglob("*.ckpt")
    words = ["validate", f"--ckpt_path={checkpoint}", "--data.val_sounds=0"]
    status, _, err = start(*words, folder=folder).wait()
    assert status == 2
    assert one_line(err, "validate") == "validate needs sounds: data.val_sounds is 0"


def test_a_run_with_too_few_fresh_sounds_is_refused(start, folder):
    words = ["fit", "--trainer.max_epochs=9", "--data.train_sounds=9000", *FAST]
    status, _, err = start(*words, folder=folder).wait()
    assert status == 2
    assert "enough for 2 epochs" in one_line(err, "fit")


def test_a_few_rows_are_fitted_where_no_number_is_asked_for(start, folder):
    np.savez(folder / "rows.npz", parameters=np.full((45, 78), 0.5, np.float32))
    words = ["--trainer.accelerator=cpu", "--trainer.enable_model_summary=false"]
    words += ["--data.parameters=rows.npz", "--data.buffer_size_seconds=0.05"]
    words += ["--data.sample_rate=8000", "--data.control_rate=100"]
    status, out, err = start("fit", *words, folder=folder).wait()
    assert status == 0, err
    told = "data.sounds_per_epoch 37, data.fresh_epochs False, data.val_sounds 4"
    assert out.splitlines()[0] == f"a run over the sounds that there are: {told}"
    assert "4 val sounds" in out
    # Of 400 samples each, under half a window of the picture's.
    assert (folder / "matches" / "version_0" / "spectrograms.png").is_file()
    config = (folder / "lightning_logs" / "version_0" / "config.yaml").read_text()
    for line in ("sounds_per_epoch: 37", "fresh_epochs: false", "val_sounds: 4"):
        assert f"  {line}\n" in config
    asked = ["fit", *words, "--data.sounds_per_epoch=4096"]
    status, _, err = start(*asked, folder=folder).wait()
    assert status == 2
    assert "sounds_per_epoch must be a whole number >= 1 and <= 37" in one_line(err, "fit")


def test_two_runs_at_once_have_folders_of_their_own(start, folder):
    words = ["fit", "--trainer.max_steps=1", *FAST]
    commands = [start(*words, folder=folder, **outputs(folder, place)) for place in (0, 1)]
    assert [command.wait()[0] for command in commands] == [0, 0]
    for room, name in (("matches", "spectrograms.png"), ("lightning_logs", "config.yaml")):
        found = sorted(path.parent.name for path in (folder / room).glob(f"*/{name}"))
        assert found == ["version_0", "version_1"]


def outputs(folder, place):
    return {name: str(folder.parent / f"{name}.{place}") for name in ("out", "err")}


def test_a_fit_without_validation_sounds_keeps_its_checkpoint(start, folder):
    options = [option for option in FAST if "val_sounds" not in option]
    words = ["fit", "--trainer.max_steps=1", "--data.val_sounds=0", *options]
    status, out, err = start(*words, folder=folder).wait()
    assert status == 0, err
    assert "nothing measured: there are no validation sounds" in out
    assert ".ckpt" in out
    assert not list((folder / "matches").iterdir())


@pytest.mark.parametrize(
    ("number", "status", "word"),
    [(signal.SIGINT, 130, "interrupted"), (signal.SIGTERM, 143, "terminated")],
    ids=["ctrl-c", "sigterm"],
)
def test_a_signal_ends_fit_as_it_ends_any_command(start, folder, number, status, word):
    command = start("fit", "--trainer.max_epochs=100", *FAST, folder=folder)
    wait_for(lambda: list(folder.glob("lightning_logs/*/metrics.csv")))
    command.kill(number)
    ended, out, err = command.wait()
    assert ended == status, err
    assert one_line(err, "fit") == word
    assert out == ""
    assert not list((folder / "matches").iterdir())


def test_predictions_are_whole_or_not_at_all(start, short_run, folder):
    (checkpoint,) = short_run[0].rglob("*.ckpt")
    words = ["predict", f"--ckpt_path={checkpoint}", *FAST]
    # A disk on which no file grows beyond 20 kB: some 20 sounds.
    status, out, err = start(
        *words, "--data.predict_sounds=[0,64]", folder=folder, largest_file=20_000
    ).wait()
    assert status == 2, err
    assert one_line(err, "predict").startswith(
        "matches/version_0/predictions.csv cannot be written"
    )
    assert out == ""
    assert not list((folder / "matches").iterdir())


def test_predictions_on_a_full_disk_are_whole_or_not_at_all(start, short_run, folder, disk):
    (checkpoint,) = short_run[0].rglob("*.ckpt")
    words = ["predict", f"--ckpt_path={checkpoint}", "--data.predict_sounds=[0,1024]", *FAST]
    root = ["--trainer.default_root_dir=disk", "--trainer.logger=false"]
    status, _, err = start(*words, *root, folder=folder).wait()
    assert status == 2, err
    assert "predictions.csv cannot be written: No space left" in one_line(err, "predict")
    assert not list(disk.rglob("*predictions*"))


def test_predictions_cut_short_leave_no_file(start, short_run, folder):
    (checkpoint,) = short_run[0].rglob("*.ckpt")
    words = ["predict", f"--ckpt_path={checkpoint}", "--data.predict_sounds=[0,100000]", *FAST]
    command = start(*words, folder=folder)
    wait_for(lambda: list(folder.glob("matches/version_0/.*.tmp")))
    command.kill(signal.SIGTERM)
    assert command.wait()[0] == 143
    assert not list((folder / "matches").iterdir())
