"""``render`` writes sounds with what made them, and overwrites nothing that is not the same."""

import csv
import errno
import json
from dataclasses import replace
from pathlib import Path

import pytest
import soundfile
import torch

from synth_datamodule import Preset, Split, Voice, reporting
from synth_datamodule.commandline import parse
from synth_datamodule.patching.recipe import SynthRecipe
from synth_datamodule.synths.command import Render

SHORT = SynthRecipe(buffer_size_seconds=0.05)


def described(folder, number):
    return json.loads((folder / f"sound_{number}.json").read_text())


def rows_of(table):
    with table.open(newline="") as file:
        return list(csv.DictReader(file))


def test_a_sounds_bits_and_its_parameters_are_written(tmp_path, capsys):
    assert Render(names=("312", "synth1B1-5-7"), out=tmp_path)() == 0
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
        written = described(tmp_path, number)
        assert written["sound"] == number
        assert written["split"] == "train"
        assert written["is_train"] is True
        values = voice.parameter_table.from_dict(written["parameters"])
        assert torch.equal(values, voice.parameter_table.to_physical(sound.parameters))
        assert written["units"]["keyboard.duration"] == "s"


def test_the_recipe_that_is_written_makes_the_synth_again(tmp_path):
    recipe = SynthRecipe(
        "synth_datamodule.synths.FmVoice", sample_rate=16000, buffer_size_seconds=0.05, eps=1e-5
    )
    Render(names=("5",), recipe=recipe, out=tmp_path)()
    written = described(tmp_path, 5)
    assert written["synth"] == "synth_datamodule.synths.FmVoice"
    source = {"parameters", "sampler"}  # of a preset, parameters are the sound's own
    fields = {name: written[name] for name in SynthRecipe.__dataclass_fields__.keys() - source}
    sound = SynthRecipe(**fields).make().sound(5)
    audio, _ = soundfile.read(tmp_path / "sound_5.wav", dtype="float32")
    assert torch.equal(torch.from_numpy(audio), sound.audio)


def test_a_pinned_value_is_every_sounds(tmp_path):
    pinned = {"keyboard.midi_f0": 60.0, "vco_1.tuning": 0.0}
    recipe = SynthRecipe(buffer_size_seconds=0.05, pinned=pinned)
    Render(split="val", sounds=2, recipe=recipe, out=tmp_path)()
    for number in (8192, 8193):
        written = described(tmp_path, number)
        assert written["pinned"] == pinned
        assert pinned.items() <= written["parameters"].items()


@pytest.mark.parametrize("split", ["train", "val", "test"])
def test_the_first_sounds_of_a_split_are_written(tmp_path, split):
    Render(split=split, sounds=35, recipe=SHORT, out=tmp_path)()
    numbers = [Split(split).sounds(place) for place in range(35)]
    assert {path.name for path in tmp_path.glob("*.wav")} == {f"sound_{n}.wav" for n in numbers}
    assert {described(tmp_path, number)["split"] for number in numbers} == {split}
    # The last one, rendered in the second batch.
    audio, _ = soundfile.read(tmp_path / f"sound_{numbers[-1]}.wav", dtype="float32")
    assert torch.equal(torch.from_numpy(audio), SHORT.make().sound(numbers[-1]).audio)


def test_a_sound_named_twice_is_written_once(tmp_path, capsys):
    Render(names=("128", "synth1M1-1-0"), recipe=SHORT, out=tmp_path)()
    assert capsys.readouterr().out.split() == [str(tmp_path / "sound_128.wav")]


def test_the_same_sounds_are_no_error_and_other_ones_are(tmp_path):
    render = Render(names=("7",), recipe=SHORT, out=tmp_path)
    render()
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    render()
    other = SynthRecipe(buffer_size_seconds=0.05, nebula="drum")
    with pytest.raises(FileExistsError, match=r"sound_7\.wav exists; --overwrite"):
        Render(names=("7",), recipe=other, out=tmp_path)()
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
    Render(names=("7",), recipe=other, out=tmp_path, overwrite=True)()
    assert described(tmp_path, 7)["nebula"] == "drum"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "there is nothing to render"),
        ({"split": "val"}, "there is nothing to render"),
        ({"sounds": 3}, "there is nothing to render"),
        ({"names": ("1",), "sounds": 3}, "by name or by --split, --corpus and --sounds, not by b"),
        ({"names": ("1",), "split": "val"}, "by name or by --split, --corpus and --sounds, not"),
        ({"names": ("1",), "corpus": "synth1K1"}, "by name or by --split, --corpus and --sounds"),
        ({"names": ("a.json",), "sounds": 3}, "by name or by --split, --corpus and --sounds"),
        ({"names": ("a.json", "1")}, "by name or by presets' files, not by both"),
        ({"corpus": "nonsense"}, "corpus must be one of 'synth1K1'"),
        ({"corpus": "0"}, "corpus must be a whole number >= 1"),
        ({"corpus": "synth1K1", "split": "val"}, "'synth1K1' has no val sounds of its own"),
        ({"names": ("3-1",)}, "a range of sounds must ascend, got '3-1'"),
        ({"names": ("1",), "format": "mp3"}, "format must be one of 'wav', 'flac', got 'mp3'"),
        ({"names": ("1",), "table": Path("a.txt")}, r"table must be a file \.csv or \.parquet"),
        (
            {"names": ("1",), "format": "flac", "recipe": SynthRecipe(sample_rate=655_351)},
            "sample_rate of FLAC must be at most 65535, or a multiple of 10 up to 655350, got 6",
        ),
        ({"split": "val", "sounds": 0}, "sounds must be a whole number >= 1"),
        ({"split": "test", "sounds": 2**30}, "sounds must be a whole number >= 1 and <= 429"),
        ({"names": ("synth2B2-0-0",)}, "sound must be a number or CORPUS-BATCH-SOUND"),
        ({"names": ("1",), "recipe": SynthRecipe(nebula="kazoo")}, "nebula must be 'default'"),
        ({"names": ("1",), "recipe": SynthRecipe("json.dumps")}, "synth must be an AbstractSynth"),
        ({"names": ("1",), "recipe": SynthRecipe(pinned={"a": 1})}, "no parameter is named 'a'"),
    ],
)
def test_what_cannot_be_rendered_is_refused_before_any_work(tmp_path, options, message):
    with pytest.raises((ValueError, TypeError), match=message):
        Render(**options, out=tmp_path / "new")()
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_written_to_is_refused_before_any_work(tmp_path, monkeypatch):
    monkeypatch.setattr(Voice, "render_sounds", None)
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match=r"sound_1\.wav cannot be written: Not a directory"):
        Render(names=("1",), recipe=SHORT, out=tmp_path / "file")()


def test_the_first_of_many_sounds_is_written_before_the_others_are_counted(tmp_path, monkeypatch):
    written = []

    def full(wave, *_, **__):
        written.append(wave)
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(reporting, "write_wave", full)
    with pytest.raises(OSError, match="full"):
        Render(split="train", sounds=3 * 10**9, out=tmp_path, recipe=SHORT)()
    assert written == [tmp_path / "sound_0.wav"]


def test_ranges_and_corpora_are_written(tmp_path, capsys):
    assert Render(names=("5", "0-2", "synth1B1-0-3"), recipe=SHORT, out=tmp_path)() == 0
    names = [Path(line).name for line in capsys.readouterr().out.split()]
    assert names == [f"sound_{number}.wav" for number in (5, 0, 1, 2, 3)]
    Render(corpus="3", recipe=SHORT, out=tmp_path)()
    Render(corpus="synth1K1", split="val", sounds=1, recipe=SHORT, out=tmp_path)()
    numbers = {int(path.stem.partition("_")[2]) for path in tmp_path.glob("*.wav")}
    assert numbers == {0, 1, 2, 3, 5, 8192}


def test_the_json_beside_a_sound_is_its_preset(tmp_path):
    recipe = SynthRecipe(buffer_size_seconds=0.05, ranges={"keyboard.midi_f0": (48, 60)})
    Render(names=("7",), recipe=recipe, out=tmp_path)()
    sound = recipe.make().sound(7)
    preset = Preset.load(tmp_path / "sound_7.json")
    assert preset == Preset.of(recipe.make(), sound)
    assert torch.equal(preset.render(), sound.audio)


def test_presets_are_rendered_and_left_alone(tmp_path, capsys):
    made = tmp_path / "made"
    bell = Preset(SHORT, {"keyboard.midi_f0": 60.0}, sound=7, name="bell")
    written = bell.save(made / "bell.json").read_bytes()
    by_hand = '{"sound": 9, "buffer_size_seconds": 0.05, "sample_rate": 8000}'
    (made / "hand.json").write_text(by_hand)
    names = tuple(str(made / name) for name in ("bell.json", "hand.json"))
    for out in (made, tmp_path / "other"):
        assert Render(names=names, out=out)() == 0
        audio, rate = soundfile.read(out / "bell.wav", dtype="float32")
        assert rate == 44100
        assert torch.equal(torch.from_numpy(audio), bell.render())
        assert soundfile.info(out / "hand.wav").samplerate == 8000
    assert (made / "bell.json").read_bytes() == written
    assert (made / "hand.json").read_text() == by_hand
    assert Preset.load(tmp_path / "other" / "hand.json") == Preset.load(made / "hand.json")
    assert len(capsys.readouterr().out.split()) == 4


def test_a_preset_is_rendered_at_another_rate_and_its_values_hold(tmp_path):
    path = Preset(SHORT, sound=7).save(tmp_path / "a.json")
    words = [str(path), "--sample_rate", "8000", "--seconds", "0.1", "--out", str(tmp_path / "o")]
    parse(Render, "render", words)()
    audio, rate = soundfile.read(tmp_path / "o" / "a.wav", dtype="float32")
    assert (len(audio), rate) == (800, 8000)
    other = SynthRecipe(sample_rate=8000, buffer_size_seconds=0.1)
    assert torch.equal(torch.from_numpy(audio), other.make().sound(7).audio)
    # Typed is typed, be it the default: the preset's own length is another.
    words = [str(path), "--seconds", "4.0", "--out", str(tmp_path / "long")]
    parse(Render, "render", words)()
    assert soundfile.info(tmp_path / "long" / "a.wav").frames == 4 * 44100
    words = [str(path), "--nebula", "default", "--out", str(tmp_path / "n")]
    with pytest.raises(ValueError, match="--nebula must not be given beside a preset, whose"):
        parse(Render, "render", words)()


def test_a_preset_is_given_the_synth_that_it_names_and_does_not_import(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "own_bell.py").write_text("from synth_datamodule.synths import FmVoice as Bell\n")
    text = '{"sound": 3, "synth": "own_bell.Bell", "buffer_size_seconds": 0.05}'
    (tmp_path / "a.json").write_text(text)
    out = tmp_path / "out"
    with pytest.raises(ValueError, match=r"named by a file.* \(synth=, --synth\)$"):
        Render(names=(str(tmp_path / "a.json"),), out=out)()
    assert not out.exists()
    words = [str(tmp_path / "a.json"), "--synth", "own_bell.Bell", "--out", str(out)]
    assert parse(Render, "render", words)() == 0


def test_two_presets_of_one_name_are_refused(tmp_path):
    preset = Preset(SHORT, sound=7)
    names = tuple(str(preset.save(tmp_path / folder / "a.json")) for folder in "xy")
    with pytest.raises(ValueError, match="must be two files, they are the same"):
        Render(names=names, out=tmp_path / "out")()
    assert not (tmp_path / "out").exists()


def test_flac_is_written_beside_the_same_json(tmp_path):
    Render(names=("7",), recipe=SHORT, out=tmp_path)()
    Render(names=("7",), recipe=SHORT, out=tmp_path, format="flac")()
    assert {path.name for path in tmp_path.iterdir()} == {
        "sound_7.wav",
        "sound_7.flac",
        "sound_7.json",
    }
    whole, _ = soundfile.read(tmp_path / "sound_7.wav")
    audio, rate = soundfile.read(tmp_path / "sound_7.flac")
    assert rate == 44100
    assert abs(audio - whole).max() <= 2**-24


def test_one_table_holds_the_parameters_of_all(tmp_path):
    table = tmp_path / "all.csv"
    render = Render(names=("0-40", "8197"), recipe=SHORT, out=tmp_path / "out", table=table)
    render()
    rows = rows_of(table)
    assert [row["sound"] for row in rows] == [*map(str, range(41)), "8197"]
    assert rows[40]["file"] == "sound_40.wav"
    assert (rows[40]["noise_row"], rows[40]["split"], rows[41]["split"]) == ("8", "train", "val")
    told = described(tmp_path / "out", 40)["parameters"]
    assert {name: float(rows[40][name]) for name in told} == told
    before = table.read_bytes()
    render()
    assert table.read_bytes() == before


def test_a_table_of_other_sounds_is_refused_before_any_is_rendered(tmp_path, monkeypatch):
    table = tmp_path / "all.csv"
    table.write_text("mine")
    monkeypatch.setattr(Voice, "render_sounds", None)
    with pytest.raises(FileExistsError, match=r"all\.csv exists; --overwrite"):
        Render(names=("0-9",), recipe=SHORT, out=tmp_path / "out", table=table)()
    assert table.read_text() == "mine"
    assert not (tmp_path / "out").exists()


def test_a_run_cut_short_has_no_table_and_goes_on(tmp_path, monkeypatch):
    table = tmp_path / "all.csv"
    render = Render(names=("0-9",), recipe=SHORT, out=tmp_path / "out", table=table)
    write, written = reporting.write_wave, []

    def stop(path, *rest, **how):
        written.append(path)
        if len(written) == 5:
            raise KeyboardInterrupt
        return write(path, *rest, **how)

    monkeypatch.setattr(reporting, "write_wave", stop)
    with pytest.raises(KeyboardInterrupt):
        render()
    assert len(list((tmp_path / "out").iterdir())) == 8
    assert not table.exists()
    monkeypatch.undo()
    render()
    assert len(list((tmp_path / "out").iterdir())) == 20
    assert table.exists()


def test_a_table_of_presets_is_of_one_synth(tmp_path):
    preset = Preset(SHORT, {"keyboard.midi_f0": 60}, sound=7)
    other = Preset(
        SynthRecipe("synth_datamodule.synths.FmVoice", buffer_size_seconds=0.05), sound=3
    )
    names = tuple(str(p.save(tmp_path / f"{n}.json")) for n, p in (("a", preset), ("b", other)))
    table = tmp_path / "all.csv"
    with pytest.raises(
        ValueError, match=r"one synth's parameters, .*b\.json has others than .*a\."
    ):
        Render(names=names, out=tmp_path / "out", table=table)()
    Render(names=names[:1], out=tmp_path / "out", table=table)()
    (row,) = rows_of(table)
    assert (row["sound"], row["noise_row"], row["keyboard.midi_f0"]) == ("7", "7", "60.0")


def test_a_preset_that_is_rendered_otherwise_keeps_no_file_that_says_the_old(tmp_path):
    file = tmp_path / "bell.json"
    file.write_text(json.dumps({"sound": 7, "sample_rate": 8000, "buffer_size_seconds": 0.05}))
    other = {"names": (str(file),), "out": tmp_path, "changes": {"sample_rate": 16000}}
    before = file.read_bytes()
    with pytest.raises(FileExistsError, match=r"bell\.json exists"):
        Render(**other)()
    assert [file] == list(tmp_path.iterdir())
    assert file.read_bytes() == before
    Render(**other, overwrite=True)()
    assert json.loads(file.read_text())["sample_rate"] == 16000
    assert soundfile.info(tmp_path / "bell.wav").samplerate == 16000


def test_no_sound_is_written_beside_the_preset_of_another(tmp_path):
    Render(names=("7",), recipe=SHORT, out=tmp_path)()
    (tmp_path / "sound_7.wav").unlink()
    with pytest.raises(FileExistsError, match=r"sound_7\.json exists"):
        Render(names=("7",), recipe=replace(SHORT, pinned={"keyboard.midi_f0": 60}), out=tmp_path)()
    assert [path.name for path in tmp_path.iterdir()] == ["sound_7.json"]
