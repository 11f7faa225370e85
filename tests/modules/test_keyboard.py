"""The keyboard: which note, and for how long."""

import pytest
import torch

from synth_datamodule import SynthConfig
from synth_datamodule.modules import MonophonicKeyboard
from synth_datamodule.parameters.table import ParameterTable

CONFIG = SynthConfig(sample_rate=16000, buffer_size_seconds=0.25, control_rate=400)


def test_the_keyboard_passes_on_the_note_and_how_long_it_is_held():
    note, duration = torch.tensor([60.0, 127.0]), torch.tensor([1.5, 0.01])
    keyboard = MonophonicKeyboard(CONFIG)
    played = keyboard({"duration": duration, "midi_f0": note})
    assert torch.equal(played[0], note)
    assert torch.equal(played[1], duration)


@pytest.mark.parametrize(
    ("knobs", "note", "seconds"), [(0.0, 0.0, 0.01), (1.0, 127.0, 4.0)], ids=["lowest", "highest"]
)
def test_the_keyboard_has_every_midi_note_and_holds_it_for_at_most_four_seconds(
    knobs, note, seconds
):
    table = ParameterTable(MonophonicKeyboard.parameter_ranges)
    assert table.to_physical(torch.tensor([knobs, knobs])).tolist() == [note, seconds]


def test_half_of_the_notes_are_held_for_little_more_than_a_second_or_less():
    # Curve 0.5: the middle of the knob is a quarter of the way.
    table = ParameterTable(MonophonicKeyboard.parameter_ranges)
    middle = table.to_physical(torch.tensor([0.5, 0.5]))[1].item()
    assert middle == pytest.approx(0.01 + 3.99 / 4, abs=1e-12)


def test_a_keyboard_without_a_duration_holds_its_note_for_the_default_one():
    keyboard = MonophonicKeyboard(CONFIG)
    _, duration = keyboard({"midi_f0": torch.tensor([60.0])})
    assert duration.tolist() == pytest.approx([keyboard.defaults["duration"]])
