"""The command: what it writes, and what it refuses before any work."""

import base64
import hashlib
import io
import json
import re
import subprocess
import sys

import numpy as np
import pytest
import soundfile
import torch

from synth_datamodule import Preset, Split, SynthConfig, Voice, cli, reporting

ABOUT = re.compile(r'<script type="application/json" id="about">(.*?)</script>', re.DOTALL)
BLOCK = re.compile(r'<script type="text/plain" id="s(\d+)">([^\n]*)\n([^<]*)</script>')


def about_of(path):
    return json.loads(ABOUT.search(path.read_text())[1])


def audio_in(path):
    """Return the sounds inside a page, decoded."""
    found = BLOCK.findall(path.read_text())
    assert [int(place) for place, _, _ in found] == list(range(len(found)))
    return [
        soundfile.read(io.BytesIO(base64.b64decode(text)), dtype="float32")[0]
        for _, _, text in found
    ]


def small_voice():
    return Voice(SynthConfig(buffer_size_seconds=0.5, sample_rate=16000, control_rate=100))


def test_a_page_says_of_each_sound_what_it_is(listen):
    path = listen("7", "synth1B1-64-0")
    batch = small_voice().render_sounds([7, 8192])
    table = small_voice().parameter_table
    held = about_of(path)
    for line, audio, u in zip(held["sounds"], batch.audio, batch.parameters, strict=True):
        assert line["sha256"] == hashlib.sha256(audio.numpy().astype("<f4").tobytes()).hexdigest()
        assert line["values"] == pytest.approx(table.to_physical(u).tolist(), rel=1e-4)
    assert [line["name"] for line in held["sounds"]] == ["sound 7", "sound 8192"]
    assert [line["split"] for line in held["sounds"]] == ["train", "val"]
    assert [row[0] for row in held["tables"][0]["parameters"]] == list(table.names)
    assert held["tables"][0]["recipe"]["sample_rate"] == "16000"


def test_audio_is_heard_as_it_was_rendered(listen):
    audio = small_voice().render_sounds([0, 1, 2]).audio.numpy()
    for made, sound in zip(audio_in(listen("0-2")), audio, strict=True):
        assert len(made) == len(sound)
        assert np.square(made - sound).mean() < 0.02 * np.square(sound).mean() + 1e-6
    for made, sound in zip(audio_in(listen("0-2", "--lossless")), audio, strict=True):
        assert np.abs(made - sound).max() <= 2.0**-23


def test_the_first_sounds_of_a_split_are_its_own(listen):
    held = about_of(listen("--split", "test", "--sounds", "3"))
    assert [line["number"] for line in held["sounds"]] == [Split.test.sounds(k) for k in range(3)]
    assert held["subtitle"].startswith("first 3 test sounds")


def test_besides_audio_a_sound_takes_20_kilobytes_at_most(listen):
    path = listen("0-15", small=False)
    text = path.read_text()
    audio = sum(len(found[2]) for found in BLOCK.findall(text))
    assert (len(text) - audio) / 16 < 20_000


def test_no_address_stands_in_a_page(listen, folders):
    for words in (["0"], ["--compare", *folders], ["--compare", *folders, "--blind", "mushra"]):
        text = listen(*words, small=words == ["0"]).read_text()
        assert "://" not in text
        assert not re.search(r"\b(src|href)\s*=\s*[\"'/]", text)
        assert "default-src 'none'" in text


def test_a_sound_has_the_same_page_whatever_is_beside_it(listen):
    alone, among = (BLOCK.findall(listen(*words).read_text()) for words in (["5"], ["3-7"]))
    assert alone[0][1] == among[2][1]
    assert (
        about_of(listen("5"))["sounds"][0]["figures"]
        == (about_of(listen("3-7"))["sounds"][2]["figures"])
    )


def test_presets_have_their_names_and_values(listen, tmp_path):
    low = Preset(sound=312, values={"keyboard.midi_f0": 40.0}, name="low")
    paths = [low.save(tmp_path / "a.json"), Preset(sound=5).save(tmp_path / "five.json")]
    held = about_of(listen(*paths, small=False))
    assert [line["name"] for line in held["sounds"]] == ["low", "five"]
    assert held["sounds"][0]["values"][0] == pytest.approx(40)
    assert held["sounds"][0]["noise"] == 312 % 32


def test_a_folder_is_heard_by_name_whatever_rates_its_files_have(listen, tmp_path):
    for name, rate in (("b", 8000), ("a", 48000)):
        reporting.write_wave(tmp_path / "some" / f"{name}.wav", torch.ones(rate // 2) / 2, rate)
    (tmp_path / "some" / "notes.txt").write_text("no sound")
    held = about_of(listen(tmp_path / "some", small=False))
    assert [(line["name"], line["rate"]) for line in held["sounds"]] == [("a", 48000), ("b", 8000)]
    assert "values" not in held["sounds"][0]


def refused(capsys, *words):
    assert cli.main(["listen", *map(str, words)]) == 2
    return capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "there is nothing to hear"),
        (["--sounds", "3"], "there is nothing to hear"),
        (["3", "--split", "val"], "not by both"),
        (["nonsense"], "sound must be a number"),
        (["0-9999"], "at most 4096 sounds, got 10000"),
        (["0", "--blind", "abx"], "blind must be given with --compare"),
        (["0", "--compare", "a.json"], "compare stands alone"),
        (["--compare", "a.json", "--sample_rate", "8000"], "compare stands alone"),
        (["0", "--score", "a.json"], "score stands alone"),
        (["--compare", "a.json"], "a.json"),
        (["--score", "a.json"], "a.json"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(words, message, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    said = refused(capsys, *words)
    assert message in said
    assert said.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_kinds_of_sounds_are_not_mixed(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    assert "not several" in refused(capsys, "folder", "3")
    assert "not several" in refused(capsys, "a.json", "3")
    assert "results or folders" in refused(capsys, "--compare", "folder", "a.json")
    assert "must hold sound files" in refused(capsys, "folder")


@pytest.mark.parametrize(
    ("samples", "message"),
    [
        (np.zeros((100, 2)), "must have one channel, it has 2"),
        (np.zeros(61 * 8000), "must last 60 s at most"),
        (np.zeros(0), "must last 60 s at most and not be empty"),
        (np.full(100, 1.5), r"must have samples in [-1, 1]"),
        (np.full(100, np.nan), r"must have samples in [-1, 1]"),
    ],
    ids=["stereo", "long", "empty", "loud", "nan"],
)
def test_a_file_that_is_no_short_mono_sound_is_named(samples, message, capsys, tmp_path):
    (tmp_path / "in").mkdir()
    soundfile.write(tmp_path / "in" / "odd.wav", samples, 8000, subtype="FLOAT")
    said = refused(capsys, tmp_path / "in", "--out", tmp_path / "page.html")
    assert "odd.wav" in said
    assert message in said
    assert not (tmp_path / "page.html").exists()


def test_a_file_that_is_no_sound_is_named(capsys, tmp_path):
    (tmp_path / "odd.wav").write_bytes(b"RIFF of nothing")
    assert "odd.wav is no sound file" in refused(capsys, tmp_path, "--out", tmp_path / "p.html")


def test_a_page_that_stands_there_stays_without_overwrite(capsys, tmp_path):
    path = tmp_path / "page.html"
    path.write_text("mine")
    assert "--overwrite" in refused(capsys, "0", "--out", path)
    assert path.read_text() == "mine"
    assert cli.main(["listen", "0", "--seconds", "0.1", "--out", str(path), "--overwrite"]) == 0
    assert "sound 0" in path.read_text()


def test_a_blind_test_that_nobody_could_sit_through_is_refused(capsys, results, tmp_path):
    said = refused(capsys, "--compare", *results, "--sounds", "7", "--blind", "abx")
    assert "sounds must be" in said
    many = [tmp_path / f"{k}" for k in range(12)]
    for folder in many:
        reporting.write_wave(folder / "one.wav", torch.zeros(9000), 9000)
    said = refused(capsys, "--compare", *many, "--blind", "mushra", "--out", tmp_path / "p.html")
    assert "at most 12 signals" in said


def test_a_list_of_sounds_imports_no_lightning(tmp_path):
    script = (
        "import sys; from synth_datamodule.cli import main; "
        "assert main(['listen', '0', '--seconds=0.1', '--out', sys.argv[1]]) == 0; "
        "assert not {'pytorch_lightning', 'lightning'} & sys.modules.keys()"
    )
    words = [sys.executable, "-c", script, str(tmp_path / "page.html")]
    subprocess.run(words, check=True, capture_output=True)
