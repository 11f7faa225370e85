import json
import os
import subprocess
import sys

import pytest

from synth_datamodule import SynthDataModule
from synth_datamodule.cli import main
from synth_datamodule.identity import command, find_manifest, shipped_manifests, to_json

SHORT = ["--sample_rate", "8000", "--seconds", "0.125", "--control_rate", "200"]

OWN_SYNTH = """
from synth_datamodule import AbstractSynth
from synth_datamodule.modules import AudioMixer, MonophonicKeyboard, SineVCO
from synth_datamodule.patching.patch import part

class Whistle(AbstractSynth):
    keyboard = part(MonophonicKeyboard)
    vco = part(SineVCO)
    mixer = part(AudioMixer, inputs=("vco",))

    def output(self, p, noise_rows):
        midi_f0, _ = self.keyboard(p.keyboard)
        return self.mixer(p.mixer, self.vco(p.vco, midi_f0))
"""


@pytest.fixture(autouse=True)
def _no_terminal(monkeypatch):
    for name in ("FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def short(tmp_path, capsys):
    """The path of a manifest of 40 short sounds, written by the command."""
    path = tmp_path / "short.json"
    assert main(["verify", "--sounds", "40", "--write", str(path), *SHORT]) == 0
    printed = capsys.readouterr()
    assert f"written: {path}" in printed.out
    assert f"fingerprint: {find_manifest(path).citation}\n" in printed.out
    return path


def test_what_it_writes_it_verifies(short, capsys):
    assert main(["verify", str(short)]) == 0
    printed = capsys.readouterr().out
    manifest = find_manifest(short)
    assert manifest.citation in printed
    (row,) = [line for line in printed.splitlines() if line.split()[-4:] == ["same"] * 4]
    assert "40" in row.split()
    assert "1 split, 40 sounds in " in printed
    assert printed.rstrip().endswith(": the same data")


def test_it_names_a_split_as_the_data_module_does(short):
    dm = SynthDataModule(
        test_sounds=40, sample_rate=8000, buffer_size_seconds=0.125, control_rate=200
    )
    assert dm.fingerprint("test") == find_manifest(short).citation


def test_other_data_is_status_1_with_sound_and_amount(short, capsys):
    assert main(["verify", str(short), "--pinned", "keyboard.midi_f0=60", "vco_1.tuning=-3.5"]) == 1
    printed = capsys.readouterr().out
    assert "pinned: {} expected, {'keyboard.midi_f0': 60.0, 'vco_1.tuning': -3.5} here" in printed
    assert f"{short}: parameters: sound 9216 of block 9 first, " in printed
    assert f"{short}: audio: sound 9216 of block 9 first, by up to " in printed
    assert printed.rstrip().endswith(": 1 with other data")


def test_several_at_once_with_the_first_sounds_of_each(short, capsys):
    assert main(["verify", "synth1M1-16kHz-test", str(short), "--sounds", "5"]) == 0
    printed = capsys.readouterr().out
    assert "2 splits, 1064 sounds in " in printed
    assert "synth1M1/test/927e5b89657e3948" in printed


def test_without_a_manifest_all_that_are_shipped_are_verified(capsys, monkeypatch):
    verified = []

    def verify(manifest, synth, **options):
        verified.append(manifest.citation)
        return real(manifest.beginning(1), synth, **{**options, "most_sounds": 1})

    real = command.verify_manifest
    monkeypatch.setattr(command, "verify_manifest", verify)
    assert main(["verify"]) == 0
    assert verified == [find_manifest(name).citation for name in shipped_manifests()]
    assert "5 splits, " in capsys.readouterr().out


def test_a_split_of_ones_own_says_what_it_is_and_whether_it_is_shipped(capsys):
    words = ["--sample_rate", "16000", "--seconds", "2", "--control_rate", "400"]
    assert main(["verify", "--split", "test", "--corpus", "synth1B1", *words]) == 0
    printed = " ".join(capsys.readouterr().out.split())
    for told in (
        "corpus synth1B1, 1000000000 sounds",
        "split test: the first 1024 sounds, ascending, of the blocks k with k mod 10 = 9",
        "audio 2 s at 16000 Hz",
        "pinned nothing",
        "fingerprint: synth1B1/test/927e5b89657e3948 (shipped as synth1M1-16kHz-test)",
    ):
        assert told in printed


@pytest.mark.parametrize(
    ("words", "citation", "num_sounds"),
    [
        (["--split", "val", "--sounds", "7"], "synth1M1/val/", 7),
        (["--corpus", "5000", "--split", "train", "--sounds", "7"], "5000/train/", 7),
        (["--corpus", "5000", "--split", "train"], "5000/train/", 5000),
        (["--predict_sounds", "1000", "1030"], "synth1M1/predict/", 30),
        (["--nebula", "drum", "--sounds", "3"], "synth1M1/test/", 3),
    ],
)
def test_any_split_can_be_named(words, citation, num_sounds, tmp_path, capsys):
    path = tmp_path / "m.json"
    assert main(["verify", *words, *SHORT, "--write", str(path)]) == 0
    assert f"fingerprint: {citation}" in capsys.readouterr().out
    assert find_manifest(path).split.num_sounds == num_sounds
    assert main(["verify", str(path)]) == 0


def test_an_own_synth_is_named_and_verified_by_its_path(tmp_path):
    (tmp_path / "whistles.py").write_text(OWN_SYNTH)

    def run(*words):
        return subprocess.run(
            [sys.executable, "-m", "synth_datamodule.cli", "verify", *words],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            text=True,
            check=False,
        )

    written = run("--synth", "whistles.Whistle", "--sounds", "8", "--write", "m.json", *SHORT)
    assert written.returncode == 0, written.stderr
    assert find_manifest(tmp_path / "m.json").synth.synth == "whistles.Whistle"
    verified = run("m.json")
    assert verified.returncode == 0, verified.stderr
    assert "none   to 1e-5" in verified.stdout
    (tmp_path / "whistles.py").rename(tmp_path / "elsewhere.py")
    lost = run("m.json")
    assert lost.returncode == 2
    assert "No module named 'whistles'" in lost.stderr
    assert "Traceback" not in lost.stderr
    moved = run("m.json", "--synth", "elsewhere.Whistle")
    assert moved.returncode == 1
    assert "synth: whistles.Whistle expected, elsewhere.Whistle here" in moved.stdout


def test_an_altered_file_is_status_2_and_its_entry_named(short, capsys):
    document = json.loads(short.read_text())
    document["synth"]["sample_rate"] = 8001
    short.write_text(json.dumps(document))
    assert main(["verify", str(short)]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == (
        f"synth-datamodule verify: error: manifest {short} was changed since it was written: "
        "synth.sample_rate\n"
    )


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["nonsense"], "manifest must be one of 'synth1M1-16kHz-test', "),
        (["synth1M1-test", "--sounds", "0"], "sounds must be a whole number >= 1, got 0"),
        (["synth1M1-test", "--nebula", "kazoo"], "nebula must be 'default', 'drum' or the path"),
        (["synth1M1-test", "--device", "meta"], "device must be 'cpu' or a CUDA device, got"),
        (["synth1M1-test", "--device", "cuda:99"], "device must be there, got 'cuda:99' and "),
        (["synth1M1-test", "--batch_size", "0"], "batch_size must be a whole number >= 1"),
        (["--corpus", "synth2B2"], "corpus must be one of 'synth1K1'"),
        (["--sounds", "99329", "--split", "val"], "val_sounds must be at most 99328"),
        (["--predict_sounds", "7", "7"], "predict_sounds stop must be a whole number >= 8"),
        (["--synth", "no.such"], "synth must be an AbstractSynth, by its class or its import"),
        (["--pinned", "colour=3"], "colour"),
    ],
)
def test_what_cannot_be_done_is_status_2_in_one_line(words, message, capsys):
    assert main(["verify", *words]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("synth-datamodule verify: error: ")
    assert message in said.err
    assert said.err.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["synth1M1-test", "--split", "val"], "a manifest says which sounds; --split is for a"),
        (["synth1M1-test", "--write", "x.json"], "--write is for a split of yours"),
        (["--pinned", "keyboard.midi_f0"], "must be NAME=VALUE, got 'keyboard.midi_f0'"),
        (["--pinned", "keyboard.midi_f0=high"], "must be NAME=VALUE, got 'keyboard.midi_f0=high'"),
        (["--split", "predict"], "invalid choice: 'predict'"),
    ],
)
def test_options_that_do_not_go_together_are_refused(words, message, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit, match="2"):
        main(["verify", *words])
    assert message in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_a_terminal_shows_a_progress_bar_and_anything_else_nothing(short, capsys, monkeypatch):
    assert main(["verify", str(short)]) == 0
    assert capsys.readouterr().err == ""
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "300")
    assert main(["verify", str(short)]) == 0
    assert "40/40" in capsys.readouterr().err


def test_a_citation_is_never_cut_short(short, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    assert main(["verify", str(short)]) == 0
    assert find_manifest(short).citation in capsys.readouterr().out


def test_the_documented_command_writes_the_shipped_manifest(tmp_path):
    words = ["--sample_rate", "16000", "--seconds", "2", "--control_rate", "400"]
    path = tmp_path / "m.json"
    assert main(["verify", "--split", "test", *words, "--write", str(path)]) == 0
    shipped = find_manifest("synth1M1-16kHz-test")
    written = find_manifest(path)
    assert (
        to_json(written)
        .replace(
            f'"package_version": "{written.package_version}"',
            f'"package_version": "{shipped.package_version}"',
        )
        .partition('"checksums"')[0]
        == to_json(shipped).partition('"checksums"')[0]
    )


def test_it_is_among_the_commands(capsys):
    main(["--help"])
    assert "\n  verify " in capsys.readouterr().out


def test_it_imports_no_lightning(tmp_path):
    script = (
        "import sys; from synth_datamodule.cli import main; "
        f"assert main(['verify', '--sounds', '2', *{SHORT}]) == 0; "
        "assert not {'pytorch_lightning', 'lightning', 'torchaudio', 'matplotlib'} & {*sys.modules}"
    )
    subprocess.run([sys.executable, "-c", script], cwd=tmp_path, check=True, capture_output=True)


def test_importing_the_room_loads_neither_lightning_nor_rich(tmp_path):
    script = (
        "import sys, synth_datamodule.identity; "
        "assert not {'pytorch_lightning', 'lightning', 'torchaudio', 'rich'} & {*sys.modules}"
    )
    subprocess.run([sys.executable, "-c", script], cwd=tmp_path, check=True, capture_output=True)
