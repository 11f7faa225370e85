"""The commands verify and cite, as objects; how their words are parsed is cli's."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from synth_datamodule import SynthDataModule, Voice
from synth_datamodule.identity import (
    Difference,
    Verdict,
    command,
    find_manifest,
    from_json,
    shipped_manifests,
    to_json,
    verify,
    write_manifest,
)
from synth_datamodule.identity.command import Cite, Verify, sentence
from synth_datamodule.identity.compare import DATA
from synth_datamodule.parameters.nebula import nebula_value
from synth_datamodule.patching.recipe import SynthRecipe

SHORT = SynthRecipe(sample_rate=8000, buffer_size_seconds=0.125, control_rate=200)
SHIPPED = SynthRecipe(sample_rate=16000, buffer_size_seconds=2.0, control_rate=400)

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


@pytest.fixture
def short(tmp_path, capsys):
    """The path of a manifest of 40 short sounds, written by the command."""
    path = tmp_path / "short.json"
    assert Cite(sounds=40, recipe=SHORT, out=path)() == 0
    printed = capsys.readouterr().out
    assert f"written: {path}\n" in printed
    assert f"fingerprint: {find_manifest(path).citation}\n" in printed
    return path


def test_what_is_cited_is_verified(short, capsys):
    assert Verify((str(short),))() == 0
    printed = capsys.readouterr().out
    assert find_manifest(short).citation in printed
    (row,) = [line for line in printed.splitlines() if line.split()[-4:] == ["same"] * 4]
    assert "40" in row.split()
    assert "1 split, 40 sounds in " in printed
    assert printed.rstrip().endswith(": the same data")


def test_a_split_is_named_as_the_data_module_names_it(short):
    dm = SynthDataModule(
        test_sounds=40, sample_rate=8000, buffer_size_seconds=0.125, control_rate=200
    )
    assert dm.fingerprint("test") == find_manifest(short).citation


def test_other_data_is_status_1_with_sound_and_amount(short, capsys):
    pinned = {"keyboard.midi_f0": 60.0, "vco_1.tuning": -3.5}
    assert Verify((str(short),), changes={"pinned": pinned})() == 1
    printed = capsys.readouterr().out
    assert f"pinned: {{}} expected, {pinned} here" in printed
    assert f"{short}: parameters: sound 9216 of block 9 first, " in printed
    assert f"{short}: audio: sound 9216 of block 9 first, by up to " in printed
    assert printed.rstrip().endswith(": 1 with other data")


def test_several_at_once_with_the_first_sounds_of_each(short, capsys):
    assert Verify(("synth1M1-16kHz-test", str(short)), sounds=5)() == 0
    printed = capsys.readouterr().out
    assert "2 splits, 1064 sounds in " in printed
    assert "synth1M1/test/927e5b89657e3948" in printed


@pytest.mark.parametrize("what", [*DATA, "nebula", "eps"])
def test_whatever_differs_is_status_1(what, monkeypatch, capsys):
    other = Difference(what, 9, 9216, f"{what}: [red]otherwise[/red]")

    def verify(manifest, synth, **options):
        differences = (other,) if manifest.split.num_sounds > 1024 else ()
        return Verdict(manifest, manifest, manifest, differences, ("a note",))

    monkeypatch.setattr(command, "verify", verify)
    assert Verify(("synth1M1-test",))() == 0
    assert "synth1M1-test: a note\n" in capsys.readouterr().out
    assert Verify(("synth1M1-test", "synth1M1-test-10240"))() == 1
    printed = capsys.readouterr().out
    assert f"synth1M1-test-10240: {what}: [red]otherwise[/red]\n" in printed
    words = ["differs" if one == what else "same" for one in DATA]
    assert [line.split()[-4:] for line in printed.splitlines() if " 10240 " in line] == [words]
    assert printed.endswith(": 1 with other data\n")


def test_the_modules_are_verified_by_stored_samples(tmp_path, capsys):
    path = tmp_path / "m.json"
    Cite(sounds=3, recipe=replace(SHORT, backend="reference"), out=path)()
    assert Verify((str(path),))() == 0
    assert "same   to 1e-5" in capsys.readouterr().out
    assert Verify((str(path),), changes={"backend": "fused"})() == 1


def test_without_a_manifest_all_that_are_shipped_are_verified(capsys, monkeypatch):
    verified = []

    def verify(manifest, synth, **options):
        verified.append(manifest.citation)
        return real(manifest.beginning(1), synth, **{**options, "most_sounds": 1})

    real = command.verify
    monkeypatch.setattr(command, "verify", verify)
    assert Verify()() == 0
    assert verified == [find_manifest(name).citation for name in shipped_manifests()]
    assert "5 splits, " in capsys.readouterr().out


def test_a_split_of_ones_own_says_what_it_is_and_whether_it_is_shipped(tmp_path, capsys):
    path = tmp_path / "m.json"
    assert Cite("synth1B1", recipe=SHIPPED, out=path)() == 0
    printed = " ".join(capsys.readouterr().out.split())
    for told in (
        "corpus synth1B1, 1000000000 sounds",
        "split test: the first 1024 sounds, ascending, of the blocks k with k mod 10 = 9",
        "audio 2 s at 16000 Hz",
        "pinned nothing",
        "fingerprint: synth1B1/test/927e5b89657e3948 (shipped as synth1M1-16kHz-test)",
        "We evaluate on 1,024 test sounds of synth1B1 (synth_datamodule ",
        "fingerprint `synth1B1/test/927e5b89657e3948`).",
    ):
        assert told in printed
    shipped, written = find_manifest("synth1M1-16kHz-test"), find_manifest(path)
    split = replace(written.split, corpus="synth1M1")
    same = replace(written, split=split, package_version=shipped.package_version)
    assert same == shipped
    assert to_json(same) == to_json(shipped)


@pytest.mark.parametrize(
    ("options", "citation", "num_sounds", "cited"),
    [
        ({"split": "val", "sounds": 7}, "synth1M1/val/", 7, "evaluate on 7 val sounds of synth1M1"),
        (
            {"corpus": "5000", "split": "train", "sounds": 7},
            "5000/train/",
            7,
            "train on 7 train sounds of 5,000 (",
        ),
        (
            {"corpus": "5000", "split": "train"},
            "5000/train/",
            5000,
            "train on 5,000 train sounds of 5,000 (",
        ),
        (
            {"predict_sounds": (1000, 1030)},
            "synth1M1/predict/",
            30,
            "evaluate on the sounds 1,000 to 1,029 of synth1M1 (",
        ),
    ],
)
def test_any_split_can_be_named(options, citation, num_sounds, cited, tmp_path, capsys):
    path = tmp_path / "m.json"
    assert Cite(**options, recipe=SHORT, out=path)() == 0
    printed = capsys.readouterr().out
    assert f"fingerprint: {citation}" in printed
    assert f"We {cited}" in printed
    manifest = find_manifest(path)
    assert f"{sentence(manifest)}\n" in printed
    assert manifest.split.num_sounds == num_sounds
    assert Verify((str(path),))() == 0


LISTED = [9216, 5, 8192, 77, 9217]


@pytest.mark.parametrize(
    ("options", "arguments", "cited"),
    [
        ({"listed": str(LISTED)}, {"sounds": LISTED}, "evaluate on 2 test sounds of 5 listed sou"),
        (
            {"minimum_rms": 0.05, "loudest": 0.99, "sounds": 20},
            {"minimum_rms": 0.05, "loudest": 0.99, "test_sounds": 20},
            "evaluate on 20 test sounds with an RMS of 0.05 or more and a peak of 0.99 or less of ",
        ),
        (
            {"listed": str(LISTED), "loudest": 1.0, "split": "train"},
            {"sounds": LISTED, "loudest": 1.0},
            "train on 2 train sounds with a peak of 1.0 or less of 5 listed sounds (",
        ),
    ],
)
def test_a_list_and_a_filter_are_cited_as_the_data_module_has_them(
    options, arguments, cited, tmp_path, capsys, monkeypatch
):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert Cite(**options, recipe=SHORT, out=tmp_path / "m.json")() == 0
    printed = capsys.readouterr().out
    rates = {name: getattr(SHORT, name) for name in SHORT.changed()}
    dm = SynthDataModule(**arguments, **rates)
    assert f"fingerprint: {dm.fingerprint(options.get('split', 'test'))}\n" in printed
    assert f"We {cited}" in printed
    assert Verify((str(tmp_path / "m.json"),))() == 0


def test_nothing_is_imported_because_a_manifest_names_it(tmp_path, monkeypatch, manifest):
    (tmp_path / "stranger.py").write_text("raise SystemExit('code ran')")
    monkeypatch.syspath_prepend(tmp_path)
    forged = replace(manifest, synth=replace(manifest.synth, synth="stranger.Voice"))
    path = write_manifest(forged, tmp_path / "m.json")
    for run in (Verify((str(path),)), lambda: verify(find_manifest(path))):
        with pytest.raises(ValueError, match=r"'stranger.Voice' is named by a file"):
            run()
    assert "stranger" not in sys.modules


def test_a_manifest_holds_its_nebula_and_is_verified_without_the_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    entry = {"curve": 1.5, "symmetric": False}
    text = json.dumps(dict.fromkeys(Voice().parameter_names, entry))
    (tmp_path / "mine.json").write_text(text)
    recipe = replace(SHORT, nebula="mine.json")
    assert Cite(sounds=8, recipe=recipe, out=tmp_path / "m.json")() == 0
    assert "mine.json" not in (tmp_path / "m.json").read_text()
    # What now lies under that name is another's, and plays no part.
    (tmp_path / "mine.json").write_text("not JSON")
    assert Verify(("m.json",))() == 0
    manifest = find_manifest("m.json")
    assert manifest.synth.nebula == nebula_value(text)
    assert from_json(to_json(manifest)) == manifest


def test_an_own_synth_is_named_and_verified_by_its_path(tmp_path, monkeypatch, capsys):
    (tmp_path / "whistles.py").write_text(OWN_SYNTH)
    monkeypatch.syspath_prepend(tmp_path)
    path = tmp_path / "m.json"
    assert Cite(sounds=8, recipe=replace(SHORT, synth="whistles.Whistle"), out=path)() == 0
    assert find_manifest(path).synth.synth == "whistles.Whistle"
    assert Verify((str(path),))() == 0
    assert "none   same" in capsys.readouterr().out
    (tmp_path / "whistles.py").rename(tmp_path / "elsewhere.py")
    monkeypatch.delitem(sys.modules, "whistles")
    with pytest.raises(ValueError, match=r"'whistles.Whistle' is named by a file, .*, --synth\)$"):
        Verify((str(path),))()
    with pytest.raises(ValueError, match="No module named 'whistles'"):
        Verify((str(path),), changes={"synth": "whistles.Whistle"})()
    assert Verify((str(path),), changes={"synth": "elsewhere.Whistle"})() == 1
    printed = capsys.readouterr().out
    assert "synth: whistles.Whistle expected, elsewhere.Whistle here" in printed


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"manifests": ("nonsense",)}, "manifest must be one of 'synth1M1-16kHz-test', "),
        ({"manifests": ("no.json",)}, "manifest no.json is not there: no such file"),
        ({"sounds": 0}, "sounds must be a whole number >= 1, got 0"),
        ({"changes": {"nebula": "kazoo"}}, "nebula must be 'default', 'drum' or the path"),
        ({"changes": {"sample_rate": 0}}, "sample_rate must be a whole number >= 1"),
        ({"device": "meta"}, "device must be 'cpu' or a CUDA device, got"),
        ({"device": "cuda:99"}, "device must be there, got 'cuda:99' and "),
        ({"batch_size": 0}, "batch_size must be a whole number >= 1"),
        ({"write": Path("x.json")}, "got --write x.json: synth-datamodule cite names a split and"),
        ({"split": "test"}, "got --split test: synth-datamodule cite names a split and writes"),
        ({"manifests": ("synth1M1-test",), "split": "val"}, "got --split val: .*cite names a"),
    ],
)
def test_what_cannot_be_verified_is_said(options, message, capsys):
    with pytest.raises((OSError, ValueError), match=message):
        Verify(**options)()
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"corpus": "synth2B2"}, "corpus must be one of 'synth1K1'"),
        ({"split": "train", "sounds": 801345}, "train_sounds must be at most 801344"),
        ({"split": "val", "sounds": 429496321}, "val_sounds must be .* <= 429496320"),
        ({"split": "predict"}, "split must be one of 'train', 'val', 'test', got 'predict'"),
        ({"predict_sounds": (7, 7)}, "predict_sounds stop must be a whole number >= 8"),
        ({"predict_sounds": (7, 9), "sounds": 1}, "predict_sounds says which sounds; split and"),
        ({"predict_sounds": (7, 9), "split": "val"}, "predict_sounds says which sounds; split"),
        ({"predict_sounds": (7, 9), "loudest": 0.9}, "all of which are heard; got loudest too"),
        (
            {"listed": "[5, 9216]", "split": "val"},
            "val has no sounds to cite: none of 2 listed",
        ),
        ({"listed": "[5, 9216]", "corpus": "synth1K1"}, "corpus must be left out where sounds say"),
        ({"minimum_rms": -1.0}, r"minimum_rms must lie in \[0, 1\], got -1"),
        ({"loudest": 0.5, "split": "train", "corpus": "synth1B1"}, "train_sounds must be given wi"),
        ({"recipe": SynthRecipe(pinned={"colour": 3})}, "colour"),
        ({"device": "meta"}, "device must be 'cpu' or a CUDA device, got"),
        ({"batch_size": 0}, "batch_size must be a whole number >= 1"),
    ],
)
def test_what_cannot_be_cited_is_said_before_any_file(options, message, tmp_path, capsys):
    with pytest.raises(ValueError, match=message):
        Cite(**options, out=tmp_path / "new" / "m.json")()
    assert capsys.readouterr().out == ""
    assert not list(tmp_path.iterdir())


def test_a_file_in_the_way_is_said_before_any_work(short, monkeypatch):
    old = short.read_bytes()
    again = Cite(sounds=40, recipe=SHORT, out=short)
    assert again() == 0  # the same bytes
    other = replace(again, sounds=41)
    with pytest.raises(FileExistsError, match=r"short.json exists; --overwrite"):
        other()
    assert short.read_bytes() == old
    assert replace(other, overwrite=True)() == 0
    assert find_manifest(short).split.num_sounds == 41
    monkeypatch.setattr(command, "describe", None)
    with pytest.raises(OSError, match=r"short.json/m.json cannot be written"):
        Cite(out=short / "m.json")()


def test_a_citation_is_never_cut_short(short, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    assert Verify((str(short),))() == 0
    assert find_manifest(short).citation in capsys.readouterr().out


def run(script, folder):
    return subprocess.run(
        [sys.executable, "-c", script],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        check=True,
        capture_output=True,
        text=True,
    )


def test_the_commands_import_no_lightning(tmp_path):
    script = (
        "import sys; from synth_datamodule.identity.command import Cite, SynthRecipe, Verify; "
        f"Cite(sounds=2, recipe={SHORT!r}, out='m.json')(); Verify(('m.json',))(); "
        "assert not {'pytorch_lightning', 'lightning', 'torchaudio', 'matplotlib'} & {*sys.modules}"
    )
    for empty in ("Pinned", "Ranges", "Values", "Arguments"):
        script = script.replace(f"{empty}({{}})", "{}")
    assert ": the same data" in run(script, tmp_path).stdout


def test_importing_the_room_loads_neither_lightning_nor_rich(tmp_path):
    run(
        "import sys, synth_datamodule.identity; "
        "assert not {'pytorch_lightning', 'lightning', 'torchaudio', 'rich'} & {*sys.modules}",
        tmp_path,
    )
