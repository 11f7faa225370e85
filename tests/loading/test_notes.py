"""The same sound at several notes: which rows, which notes, and all else equal."""

from itertools import chain

import pytest
import torch

from synth_datamodule import AbstractSynth, Split, SynthConfig, SynthDataModule, Voice, part
from synth_datamodule.loading import Handed, Rendering, SoundLoader, SoundSet
from synth_datamodule.loading.notes import Notes, sounds_per_batch, turns_of
from synth_datamodule.modules import SineVCO

SHORT = {"sample_rate": 8000, "buffer_size_seconds": 0.05, "control_rate": 200}
CONFIG = SynthConfig(**SHORT)
NOTE = "keyboard.midi_f0"
CPU = torch.device("cpu")


def drawn(*integers):
    return torch.tensor(integers, dtype=torch.float64)[:, None].div(2**24).float().expand(-1, 78)


def test_turns_count_a_sounds_rows():
    assert turns_of(torch.tensor([7, 7, 7, 7, 9, 9]), 2).tolist() == [0, 1, 0, 1, 0, 1]
    assert turns_of(torch.tensor([3, 3, 3]), 3).tolist() == [0, 1, 2]
    assert turns_of(torch.tensor([1, 2, 3]), 3).tolist() == [0, 0, 0]
    assert turns_of(torch.tensor([5]), 4).tolist() == [0]


@pytest.mark.parametrize("k", [2, 3, 5, 7, 12])
@pytest.mark.parametrize("more", [0, 1, 5])
def test_k_listed_notes_are_different_whatever_was_drawn(k, more):
    n = k + more
    voice = Voice(CONFIG, values={NOTE: [float(note) for note in range(40, 40 + n)]})
    notes, edges = Notes(voice, k), [-(-entry * 2**24 // n) for entry in range(n)]
    for w in {0, 1, 2**24 - 1, 2**23, *edges, *(edge - 1 for edge in edges if edge)}:
        rows = voice._grid(notes(drawn(*[w] * k), torch.arange(k)))
        found = voice.parameter_table.to_physical(rows)[:, 0].round().int().tolist()
        entry = w * n // 2**24
        assert found == [40 + (entry + j * n // k) % n for j in range(k)]
        assert len(set(found)) == k


@pytest.mark.parametrize("k", [2, 3, 8])
def test_without_a_list_the_24_bits_of_the_draw_turn(k):
    notes = Notes(Voice(CONFIG), k)
    for w in (0, 1, 12345, 2**23, 2**24 - 1):
        found = (notes(drawn(*[w] * k), torch.arange(k))[:, 0].double() * 2**24).tolist()
        assert found == [(w + j * 2**24 // k) % 2**24 for j in range(k)]


def test_numbers_of_ones_own_are_turned_too_and_row_0_is_as_it_was_given():
    given = torch.tensor([0.3, 0.3, 1.0, 1.0])[:, None].expand(-1, 78)
    turns = torch.tensor([0, 1, 0, 1])
    found = Notes(Voice(CONFIG), 2)(given, turns)[:, 0]
    assert found[::2].tolist() == given[::2, 0].tolist()
    assert found[1::2].tolist() == pytest.approx([0.8, 0.5])
    listed = Voice(CONFIG, values={NOTE: [48, 50]})
    rows = listed._grid(Notes(listed, 2)(given, turns))
    notes = listed.parameter_table.to_physical(rows)[:, 0]
    assert notes.tolist() == pytest.approx([48, 50, 50, 48], abs=1e-5)


def ends(numbers):
    return torch.ones(len(numbers), 78)


def test_a_sampler_s_sounds_have_other_notes_of_the_list():
    dm = SynthDataModule(batch_size=4, sampler=ends, notes=[48, 50, 52], notes_per_sound=2, **SHORT)
    dm.setup()
    batch = next(iter(dm.train_dataloader())).to("cpu")
    notes = dm.parameter_table.to_physical(batch.parameters)[:, 0].round()
    assert notes.tolist() == [52, 48, 52, 48]


def test_row_0_is_the_sound_itself_and_all_rows_differ_in_the_note_alone():
    for values in (None, {NOTE: [48, 50, 52, 53]}):
        voice = Voice(CONFIG, values=values)
        rendering = Rendering(voice, Handed(notes_per_sound=3))
        batch = rendering(torch.tensor([7, 7, 7, 40, 40, 40]), CPU, torch.float32)
        plain = voice.render_sounds([7, 40])
        assert torch.equal(batch.audio[::3], plain.audio)
        assert torch.equal(batch.parameters[::3], plain.parameters)
        assert batch.index.tolist() == [7, 7, 7, 40, 40, 40]
        column = voice.parameter_table.column(NOTE)
        assert len(batch.parameters[:3, column].unique()) == 3
        others = batch.parameters.clone()
        others[:, column] = 0
        assert torch.equal(others, others[[0, 0, 0, 3, 3, 3]])
        # Each over its own sound's noise.
        assert torch.equal(voice.render(batch.parameters, batch.index % 32), batch.audio)


@pytest.mark.parametrize("chunk", [1, 2, 4, 5])
def test_chunks_cut_through_sounds_and_change_nothing(chunk):
    voice, index = Voice(CONFIG), torch.tensor([7, 7, 7, 40, 40, 40])
    handed = Handed(notes_per_sound=3, crop_seconds=0.02, random_crop=True, paired_delta=0.1)
    whole = Rendering(voice, handed)(index, CPU, torch.float32)
    cut = Rendering(voice, handed, chunk=chunk)(index, CPU, torch.float32)
    for view, view_cut in zip(whole, cut, strict=True):
        for field, field_cut in zip(view, view_cut, strict=True):
            assert torch.equal(field, field_cut)


def test_pairs_match_row_by_row():
    voice = Voice(CONFIG)
    rendering = Rendering(voice, Handed(notes_per_sound=2, paired_delta=0.05))
    first, second = rendering(torch.tensor([7, 7, 40, 40]), CPU, torch.float32)
    apart = second.parameters - first.parameters
    assert apart.abs().max() <= 0.05 + 1e-6
    inside = ((first.parameters > 0.06) & (first.parameters < 0.94)).all(0)
    assert torch.allclose(apart[0, inside], apart[1, inside], atol=1e-6)


def test_a_loader_deals_sounds_and_counts_rows():
    voice = Rendering(Voice(CONFIG), Handed(notes_per_sound=2))
    loader = SoundLoader(SoundSet(Split.val, num_sounds=5), voice, batch_size=4)
    assert (len(loader), loader.batch_size, loader.sounds_per_batch) == (3, 4, 2)
    heard = [numbers.index.tolist() for numbers in loader]
    assert heard == [[8192] * 2 + [8193] * 2, [8194] * 2 + [8195] * 2, [8196] * 2]


def test_a_loader_goes_on_where_it_was_with_other_batches_too():
    rendering = Rendering(Voice(CONFIG), Handed(notes_per_sound=2))
    sounds = SoundSet(Split.train, num_sounds=10, shuffle=True)
    loader = SoundLoader(sounds, rendering, batch_size=4)
    batches = iter(loader)
    heard = [next(batches).index.tolist() for _ in range(2)]
    state = loader.state_dict()
    assert (state["sounds_done"], state["steps_done"], state["batch_size"]) == (4, 2, 4)
    assert state["order"]["notes_per_sound"] == 2
    rest = [numbers.index.tolist() for numbers in batches]
    other = SoundLoader(sounds, rendering, batch_size=4)
    other.load_state_dict(state)
    assert [numbers.index.tolist() for numbers in other] == rest
    wider = SoundLoader(sounds, rendering, batch_size=8)
    wider.load_state_dict(state)
    assert list(chain(*(numbers.index.tolist() for numbers in wider))) == list(chain(*rest))
    assert sorted(chain(*heard, *rest))[::2] == list(range(10))
    with pytest.raises(ValueError, match="notes_per_sound was 2 in the checkpoint and is 1 now"):
        SoundLoader(sounds, Rendering(Voice(CONFIG)), batch_size=4).load_state_dict(state)


@pytest.mark.filterwarnings("ignore:11 train sounds do not divide")
@pytest.mark.parametrize("world_size", [2, 3])
def test_devices_share_out_sounds_whole(world_size):
    rendering = Rendering(Voice(CONFIG), Handed(notes_per_sound=2))
    heard = []
    for rank in range(world_size):
        loader = SoundLoader(
            SoundSet(Split.train, num_sounds=11),
            rendering,
            batch_size=4,
            place=lambda rank=rank: (rank, world_size),
        )
        for numbers in loader:
            assert numbers.index[::2].tolist() == numbers.index[1::2].tolist()
            heard += numbers.index[::2].tolist()
    assert sorted(heard) == list(range(11))


def test_the_data_set_of_a_loader_has_the_sounds_themselves():
    rendering = Rendering(Voice(CONFIG), Handed(notes_per_sound=2))
    loader = SoundLoader(SoundSet(Split.val, num_sounds=5), rendering, batch_size=4)
    one, same = loader.dataset.__getitems__([3, 3])
    assert torch.equal(one.parameters, same.parameters)
    assert torch.equal(one.audio, Voice(CONFIG).sound(8195).audio)


def test_a_data_module_hands_them_out_in_every_split():
    dm = SynthDataModule(
        batch_size=6, train_sounds=8, val_sounds=3, notes_per_sound=3, notes=[48, 50, 52], **SHORT
    )
    dm.setup()
    assert dm.num_batches("train") == 4
    assert dm.num_batches("val") == 2
    for split in ("train", "val", "test", "predict"):
        batch = next(iter(getattr(dm, f"{split}_dataloader")())).to("cpu")
        assert batch.index.tolist()[::3] == batch.index.tolist()[2::3]
        notes = dm.parameter_table.to_physical(batch.parameters)[:, 0].round().reshape(2, 3)
        assert notes.sort(1).values.tolist() == [[48, 50, 52]] * 2


def test_it_is_no_part_of_a_fingerprint():
    plain = SynthDataModule(test_sounds=3, **SHORT).fingerprint("test")
    assert SynthDataModule(test_sounds=3, notes_per_sound=2, **SHORT).fingerprint("test") == plain


class Tone(AbstractSynth):
    vco = part(SineVCO)

    def output(self, p, noise_rows):
        pitch = torch.full_like(p.vco["tuning"], 60.0)
        nothing = torch.zeros(len(pitch), self.buffer_size, dtype=pitch.dtype, device=pitch.device)
        return self.vco(p.vco, pitch, nothing)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"batch_size": 5}, "batch_size must be a multiple of notes_per_sound, 2, got 5"),
        ({"notes": [60]}, "notes_per_sound=2 must have so many notes or more, got 1 listed"),
        ({"pinned": {NOTE: 60}}, "notes_per_sound=2 must have keyboard.midi_f0 free, got it pinne"),
        ({"ranges": {NOTE: (60, 60)}}, "notes_per_sound=2 must have keyboard.midi_f0 free, got it"),
        ({"synth": Tone}, "must have a parameter keyboard.midi_f0 to change, Tone has none"),
    ],
)
def test_what_cannot_have_several_notes_is_said(settings, message):
    with pytest.raises(ValueError, match=message):
        SynthDataModule(**{"notes_per_sound": 2, "batch_size": 4, **settings}, **SHORT)


def test_sounds_of_a_batch():
    assert sounds_per_batch(128, 1) == 128
    with pytest.raises(ValueError, match="batch_size must be a whole number >= 1, got 0"):
        sounds_per_batch(0, 2)


def test_a_note_that_is_listed_twice_would_come_twice_for_one_sound():
    with pytest.raises(ValueError, match=r"notes_per_sound=2 must have each note .* got 60 twice"):
        Notes(Voice(CONFIG, values={NOTE: [60, 62, 60]}), 2)
