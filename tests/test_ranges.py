"""Narrower ranges, notes and listed values, from a data module's arguments to a sound."""

import numpy as np
import pytest
import torch

from synth_datamodule import SynthConfig, SynthDataModule, Voice
from synth_datamodule.corpus.draws import draw_parameters
from synth_datamodule.patching.recipe import SynthRecipe
from synth_datamodule.synths import FmVoice

SHORT = {"sample_rate": 8000, "buffer_size_seconds": 0.05, "control_rate": 200}
NOTES = [48, 50, 52, 53, 55]
BENT = {"ranges": {"keyboard.midi_f0": (48, 72), "vco_1.tuning": (-1, 1)}, "notes": NOTES}


def batch_of(dm, split="val"):
    dm.setup()
    return next(iter(getattr(dm, f"{split}_dataloader")())).to("cpu")


def test_parameters_stay_torchs_draws_and_span_the_narrower_range():
    numbers = torch.arange(8192, 8196)
    plain = Voice(SynthConfig(**SHORT))
    voice = Voice(SynthConfig(**SHORT), ranges={"keyboard.midi_f0": (48, 72)})
    assert torch.equal(voice.draw(numbers), plain.draw(numbers))
    column = voice.parameter_table.column("keyboard.midi_f0")
    u = voice.draw(numbers)[:, column].double()
    notes = voice.parameter_table.to_physical(voice.draw(numbers))[:, column]
    assert torch.equal(notes, 48 + 24 * u)
    assert not torch.equal(voice.render_sounds(numbers).audio, plain.render_sounds(numbers).audio)


def test_a_narrower_range_sounds_as_the_same_values_in_the_whole_one():
    plain = Voice(SynthConfig(**SHORT), pinned={"keyboard.midi_f0": 60})
    voice = Voice(SynthConfig(**SHORT), ranges={"keyboard.midi_f0": (60, 60 + 2**-40)})
    numbers = [0, 5]
    apart = voice.render_sounds(numbers).audio - plain.render_sounds(numbers).audio
    assert apart.abs().max() < 1e-6


def test_a_range_of_one_value_pins_it_with_the_same_bits():
    pinned = Voice(SynthConfig(**SHORT), pinned={"keyboard.midi_f0": 60}).render_sounds([0, 5])
    voice = Voice(SynthConfig(**SHORT), ranges={"keyboard.midi_f0": (60, 60)})
    assert torch.equal(voice.render_sounds([0, 5]).audio, pinned.audio)
    assert voice.parameter_table.pinned == {"keyboard.midi_f0": 60.0}
    assert SynthRecipe.of(voice).pinned == {}
    again = SynthRecipe.of(voice).make()
    assert torch.equal(again.render_sounds([0, 5]).audio, pinned.audio)
    with pytest.raises(ValueError, match=r"values must list no pinned parameter, .*, pinned at 60"):
        Voice(ranges={"keyboard.midi_f0": (60, 60)}, values={"keyboard.midi_f0": [60]})


def test_a_drawn_u_picks_note_floor_u_k():
    voice = Voice(SynthConfig(**SHORT), values={"keyboard.midi_f0": NOTES})
    numbers = torch.arange(200)
    table = voice.parameter_table
    draws = draw_parameters(numbers, 78)[:, table.draw_order]
    picked = (draws[:, table.column("keyboard.midi_f0")].double() * 5).floor().long()
    found = table.to_physical(voice.draw(numbers))[:, table.column("keyboard.midi_f0")]
    wanted = torch.tensor(NOTES, dtype=torch.float64)[picked]
    assert (found - wanted).abs().max() < 1e-5
    others = [place for place in range(78) if place != table.column("keyboard.midi_f0")]
    assert torch.equal(voice.draw(numbers)[:, others], draws[:, others])


def test_a_sound_is_the_same_in_any_batch_and_by_its_parameters():
    voice = Voice(SynthConfig(**SHORT), ranges=BENT["ranges"], values={"keyboard.midi_f0": NOTES})
    batch = voice.render_sounds([7, 99])
    assert torch.equal(voice.sound(99).audio, batch.audio[1])
    assert torch.equal(voice.render(batch.parameters, batch.index % 32), batch.audio)


def test_render_takes_what_no_list_holds():
    listed = Voice(SynthConfig(**SHORT), values={"keyboard.midi_f0": [48]})
    given = torch.full((1, 78), 0.7)
    assert torch.equal(listed.render(given), Voice(SynthConfig(**SHORT)).render(given))


def test_the_fused_renderer_and_the_reference_agree():
    recipe = SynthRecipe(**SHORT, ranges=BENT["ranges"], values={"keyboard.midi_f0": NOTES})
    fused = recipe.make().render_sounds([0, 1, 2])
    reference = SynthRecipe(**{**recipe.plain(), "backend": "reference"}).make()
    found = reference.render_sounds([0, 1, 2])
    assert torch.equal(found.parameters, fused.parameters)
    assert (found.audio - fused.audio).abs().max() < 1e-5


def test_the_data_module_hands_them_out_in_every_split():
    dm = SynthDataModule(batch_size=4, train_sounds=8, val_sounds=4, test_sounds=4, **BENT, **SHORT)
    names = dm.parameter_table.names
    for split in ("train", "val", "test", "predict"):
        batch = batch_of(dm, split)
        values = dm.parameter_table.to_physical(batch.parameters)
        notes = values[:, names.index("keyboard.midi_f0")]
        listed = torch.tensor(NOTES, dtype=torch.float64)
        assert (notes[:, None] - listed).abs().min(1).values.max() < 1e-5
        assert values[:, names.index("vco_1.tuning")].abs().max() <= 1
    assert dm.parameter_table == dm.voice.parameter_table


def test_the_table_is_the_narrower_one_before_setup():
    dm = SynthDataModule(**BENT, **SHORT)
    note = dm.parameter_table.ranges[dm.parameter_table.column("keyboard.midi_f0")]
    assert (note.minimum, note.maximum) == (48.0, 72.0)


def test_numpy_and_ranges_are_taken_and_plain_values_are_kept():
    dm = SynthDataModule(
        ranges={np.str_("vco_1.tuning"): np.array([-1, 1])}, notes=np.arange(48, 51), **SHORT
    )
    assert dm.hparams["ranges"] == {"vco_1.tuning": [-1.0, 1.0]}
    assert dm.hparams["notes"] == [48.0, 49.0, 50.0]
    assert type(next(iter(dm.hparams["ranges"]))) is str
    same = SynthDataModule(
        ranges={"vco_1.tuning": (-1, 1)}, values={"keyboard.midi_f0": [48, 49, 50]}, **SHORT
    )
    assert dm.recipe == same.recipe


def test_a_second_view_keeps_listed_values():
    dm = SynthDataModule(batch_size=4, paired_delta=0.2, **BENT, **SHORT)
    first, second = batch_of(dm)
    note = dm.parameter_table.column("keyboard.midi_f0")
    assert torch.equal(first.parameters[:, note], second.parameters[:, note])
    assert (first.parameters != second.parameters).sum() > 4 * 70


def test_a_setting_that_is_changed_reaches_the_next_setup():
    dm = SynthDataModule(batch_size=2, **SHORT)
    before = batch_of(dm)
    dm.ranges = {"keyboard.midi_f0": [60, 72]}
    after = batch_of(dm)
    assert torch.equal(before.parameters, after.parameters)
    assert not torch.equal(before.audio, after.audio)


def test_other_synths_have_them_too():
    voice = FmVoice(
        SynthConfig(**SHORT),
        ranges={"keyboard.midi_f0": (40, 60)},
        values={"keyboard.midi_f0": [40, 50]},
    )
    values = voice.parameter_table.to_physical(voice.draw(range(50)))
    notes = values[:, voice.parameter_table.column("keyboard.midi_f0")]
    assert sorted({round(note) for note in notes.tolist()}) == [40, 50]


def test_fingerprints_tell_them_apart_and_the_plain_one_stays():
    def fingerprint(**settings):
        return SynthDataModule(test_sounds=4, **settings, **SHORT).fingerprint("test")

    plain = fingerprint()
    # Of the version before there were ranges.
    assert plain == "synth1M1/test/81b108b7bd25982c"
    assert fingerprint(ranges={}, values={}) == plain
    several = {
        plain,
        fingerprint(ranges={"keyboard.midi_f0": (48, 72)}),
        fingerprint(notes=[48, 50]),
        fingerprint(notes=[50, 48]),
        fingerprint(notes=[48, 50], ranges={"keyboard.midi_f0": (48, 72)}),
    }
    assert len(several) == 5
    assert fingerprint(notes=[48, 50]) == fingerprint(values={"keyboard.midi_f0": [48.0, 50.0]})


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        (
            {"ranges": {"keyboard.midi_f0": (72, 48)}},
            ValueError,
            "the range of keyboard.midi_f0",
        ),
        ({"ranges": {"keyboard.midi_f0": 60}}, TypeError, "range of keyboard.midi_f0 must be"),
        ({"ranges": {"keyboard.midi_f0": (0, 128)}}, ValueError, r"must lie in \[0, 127\]"),
        ({"notes": [48, 128]}, ValueError, r"must lie in \[0, 127\] semitones, got 128"),
        ({"notes": []}, ValueError, "notes must be 1 to 65536 numbers, got 0"),
        ({"notes": "60"}, TypeError, "notes must be 1 to 65536 numbers, got '60'"),
        ({"notes": [60, "c"]}, TypeError, "a note must be a finite number, got 'c'"),
        (
            {"notes": [60], "values": {"keyboard.midi_f0": [61]}},
            ValueError,
            "notes must not be given beside values",
        ),
        (
            {"notes": [60], "pinned": {"keyboard.midi_f0": 61}},
            ValueError,
            "values must list no pinned parameter, got 'keyboard.midi_f0', pinned at 61",
        ),
        (
            {"notes": [60], "ranges": {"keyboard.midi_f0": (61, 72)}},
            ValueError,
            r"must lie in \[61, 72\] semitones, got 60",
        ),
    ],
)
def test_what_is_wrong_is_said_before_any_work(settings, error, message):
    with pytest.raises(error, match=message):
        SynthDataModule(**settings, **SHORT)
