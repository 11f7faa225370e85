"""Rows of a table: each sound's number, file, split, noise row, and values in units."""

from pathlib import Path

import torch

from synth_datamodule import Preset, Split, Voice
from synth_datamodule.patching.recipe import SynthRecipe
from synth_datamodule.synths.parameter_rows import columns, preset_rows, sound_rows

SMALL = SynthRecipe(sample_rate=8000, buffer_size_seconds=0.1, control_rate=100)


def test_a_row_says_which_sound_it_is_and_its_values():
    voice = Voice(SMALL.config())
    numbers = [7, 8197, 9216, *range(20, 1100), 2**32 - 1]
    rows = list(sound_rows(voice, numbers, lambda number: Path(f"a/{number}.wav")))
    assert [row[0] for row in rows] == numbers
    assert [row[1] for row in rows[:2]] == ["7.wav", "8197.wav"]
    assert [row[2:5] for row in rows[:3]] == [
        (True, "train", 7),
        (True, "val", 5),
        (False, "test", 0),
    ]
    values = torch.tensor([row[5:] for row in rows], dtype=torch.float64)
    assert torch.equal(values, voice.parameter_table.to_physical(voice.draw(numbers)))
    assert len(columns(voice.parameter_names)) == len(rows[0]) == 83
    assert {row[3] for row in rows} <= {split.value for split in Split}


def test_rows_are_made_as_they_are_asked_for():
    rows = sound_rows(SMALL.make(), range(2**32), lambda number: Path(str(number)))
    assert next(rows)[:2] == (0, "0")


def test_a_preset_of_no_sound_has_no_number_and_no_split():
    of_sound = Preset(SMALL, {"keyboard.midi_f0": 60}, sound=9216)
    own = Preset.of(SMALL.make(), torch.full((78,), 0.5), noise_row=3)
    rows = list(preset_rows([of_sound, own], [Path("a.wav"), Path("b/b.wav")]))
    assert rows[0][:6] == (9216, "a.wav", False, "test", 0, 60.0)
    assert rows[1][:5] == (None, "b.wav", None, None, 3)
    assert rows[1][5:] == tuple(own.values.values())
