"""Stages of ranges over epochs: which one an epoch is in, and where its draws fall."""

import pickle

import pytest
import torch

from synth_datamodule import Split, SynthConfig, SynthDataModule, Voice
from synth_datamodule.loading import Handed, Rendering, SoundLoader, SoundSet
from synth_datamodule.loading.curriculum import Curriculum, Stage
from synth_datamodule.parameters.settings import Ranges

SHORT = {"sample_rate": 8000, "buffer_size_seconds": 0.05, "control_rate": 200}
CONFIG = SynthConfig(**SHORT)
NOTE = "keyboard.midi_f0"
STAGES = {0: {NOTE: (60, 60)}, 2: {NOTE: (54, 66), "vco_1.tuning": (-1, 1)}, 5: {NOTE: (48, 72)}}
CPU = torch.device("cpu")


def data(**settings):
    given = {"batch_size": 4, "train_sounds": 8, "val_sounds": 4, "curriculum": STAGES}
    return SynthDataModule(**{**given, **settings}, **SHORT)


def values_of(dm, batch, name):
    return dm.parameter_table.to_physical(batch.parameters)[:, dm.parameter_table.column(name)]


def epochs_of(dm, number):
    dm.setup()
    loader = dm.train_dataloader()
    return [[numbers.to("cpu") for numbers in loader] for _ in range(number)]


def test_a_stage_holds_from_its_first_epoch_on():
    curriculum = Curriculum.of(STAGES)
    assert [curriculum.place(epoch) for epoch in (0, 1, 2, 4, 5, 99)] == [0, 0, 1, 1, 2, 2]
    assert curriculum.last == {NOTE: (48.0, 72.0)}
    assert Curriculum.of(dict(reversed(STAGES.items()))) == curriculum
    assert hash(Curriculum.of(curriculum.plain())) == hash(curriculum)
    assert pickle.loads(pickle.dumps(curriculum)) == curriculum


def test_train_sounds_are_in_their_epochs_ranges_and_labels_keep_their_meaning():
    dm = data()
    for epoch, batches in enumerate(epochs_of(dm, 7)):
        low, high = (60, 60) if epoch < 2 else (54, 66) if epoch < 5 else (48, 72)
        for batch in batches:
            notes = values_of(dm, batch, NOTE)
            assert low - 1e-5 <= notes.min() <= notes.max() <= high + 1e-5
            # The very same label means the same value in any epoch, and renders the same.
            assert torch.equal(dm.voice.rerender(batch), batch.audio)
            tuning = values_of(dm, batch, "vco_1.tuning").abs().max()
            assert tuning <= 1 + 1e-5 or not 2 <= epoch < 5


def test_a_draw_is_mapped_in_float64_and_rounded_once():
    voice = Voice(CONFIG, ranges={NOTE: (48, 72)})
    draws = voice.draw(torch.arange(500))
    found = Stage(voice, Ranges({NOTE: (51, 60)}))(draws)
    expected = (0.125 + 0.375 * draws[:, 0].double()).float()
    assert torch.equal(found[:, 0], expected)
    assert torch.equal(found[:, 1:], draws[:, 1:])


def test_the_last_stage_is_the_plain_draws():
    dm, plain = data(), data(curriculum=None, ranges={NOTE: (48, 72)})
    assert dm.parameter_table == plain.parameter_table
    late, same = epochs_of(dm, 6)[5], epochs_of(plain, 6)[5]
    for batch, other in zip(late, same, strict=True):
        assert all(torch.equal(*fields) for fields in zip(batch, other, strict=True))


def test_everything_but_training_has_the_last_stage():
    dm, plain = data(), data(curriculum=None, ranges={NOTE: (48, 72)})
    assert dm.recipe == plain.recipe
    assert dm.fingerprint("val") == plain.fingerprint("val")
    for split in ("val", "test", "predict"):
        batches = []
        for one in (dm, plain):
            one.setup()
            batches.append(next(iter(getattr(one, f"{split}_dataloader")())).to("cpu"))
        assert all(torch.equal(*fields) for fields in zip(*batches, strict=True))


def test_a_stage_of_nothing_has_the_whole_ranges():
    dm = data(curriculum={0: {NOTE: (60, 62)}, 1: {}}, ranges={NOTE: (50, 70)})
    notes = dm.parameter_table.ranges[dm.parameter_table.column(NOTE)]
    assert (notes.minimum, notes.maximum) == (50, 70)
    first, second = epochs_of(dm, 2)
    assert max((values_of(dm, batch, NOTE) - 61).abs().max() for batch in first) <= 1 + 1e-5
    assert max((values_of(dm, batch, NOTE) - 61).abs().max() for batch in second) > 2


def test_one_stage_alone_may_hold_one_value():
    dm = data(curriculum={0: {NOTE: (60, 60)}})
    assert dm.parameter_table.pinned == {NOTE: 60}
    assert (values_of(dm, epochs_of(dm, 1)[0][0], NOTE) == 60).all()


def test_a_sound_is_a_function_of_number_recipe_and_epoch_alone():
    rendering = Rendering(Voice(CONFIG, ranges={NOTE: (48, 72)}), Handed(curriculum=STAGES))
    index = torch.tensor([3, 9])
    whole = rendering.of_epoch(3)(index, CPU, torch.float32)
    alone = rendering.of_epoch(4)(index[1:], CPU, torch.float32)
    assert torch.equal(whole.audio[1], alone.audio[0])
    assert not torch.equal(whole.audio, rendering(index, CPU, torch.float32).audio)
    assert Rendering(Voice(CONFIG)).of_epoch(3)._stage is None


@pytest.mark.parametrize("ahead", [False, True])
def test_a_loader_goes_on_across_a_stage_with_the_same_bits(ahead):
    rendering = Rendering(Voice(CONFIG, ranges={NOTE: (48, 72)}), Handed(curriculum=STAGES))

    def loader():
        sounds = SoundSet(Split.train, 8, shuffle=True)
        return SoundLoader(sounds, rendering, 4, render_ahead=ahead)

    def heard(one, number):
        found = []
        while len(found) < number:
            found += [numbers.to("cpu") for numbers in one]
        return found

    whole = heard(loader(), 12)
    for done in (1, 3, 4, 5, 9):
        first = loader()
        begun = []
        while len(begun) < done:
            for numbers in first:
                begun.append(numbers.to("cpu"))
                if len(begun) == done:
                    break
        state = first.state_dict()
        again = loader()
        again.load_state_dict(state)
        rest = heard(again, 12 - done)
        for batch, other in zip(begun + rest, whole, strict=True):
            assert all(torch.equal(*fields) for fields in zip(batch, other, strict=True))


def test_the_data_set_of_a_train_loader_is_of_its_epoch():
    dm = data()
    dm.setup()
    loader = dm.train_dataloader()
    assert dm.parameter_table.to_physical(loader.dataset[3].parameters)[0] == pytest.approx(60)
    loader.set_epoch(5)
    sound = dm.voice.sound(int(loader.dataset[3].index))
    assert torch.equal(loader.dataset[3].audio, sound.audio)


def test_pairs_and_notes_are_made_within_a_stage():
    stages = {**STAGES, 0: {NOTE: (59, 61)}}
    ranges = {"vco_2.tuning": (-2, 2)}
    dm = data(paired_delta=0.1, notes_per_sound=2, ranges=ranges, curriculum=stages)
    dm.setup()
    for view in next(iter(dm.train_dataloader())).to("cpu"):
        assert (values_of(dm, view, NOTE) - 60).abs().max() <= 1 + 1e-5
    third = epochs_of(dm, 3)[2][0].first
    notes = values_of(dm, third, NOTE).reshape(2, 2)
    assert (notes[:, 0] - notes[:, 1]).abs().tolist() == pytest.approx([6, 6], abs=1e-4)


def test_an_order_holds_it_in_plain_values_and_another_is_refused():
    dm = data()
    dm.setup()
    order = dm.train_dataloader().order
    assert order["curriculum"] == Curriculum.of(STAGES).plain()
    assert type(order["curriculum"]) is dict
    assert dm.hparams["curriculum"] == order["curriculum"]
    loader = dm.train_dataloader()
    next(iter(loader))
    state = dm.state_dict()
    changed = data(curriculum={**STAGES, 3: {NOTE: (50, 70)}})
    changed.setup()
    with pytest.raises(ValueError, match=r"curriculum was .* in the checkpoint and is"):
        changed.load_state_dict(state)


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"curriculum": {}}, ValueError, "curriculum must map first epochs, 0 the first of them"),
        ({"curriculum": {1: {}}}, ValueError, "curriculum must map first epochs, 0 the first of"),
        ({"curriculum": [1]}, TypeError, "curriculum must map first epochs"),
        (
            {"curriculum": {0: 1}},
            TypeError,
            "curriculum must map first .* got 1 at epoch 0",
        ),
        ({"curriculum": {"0": {}}}, TypeError, "an epoch of curriculum must be a whole number"),
        ({"curriculum": {0: {NOTE: 60}}}, TypeError, "the range of keyboard.midi_f0 must be"),
        ({"curriculum": {0: {"no.such": (0, 1)}, 1: {}}}, ValueError, "no parameter is named"),
        (
            {"curriculum": {0: {NOTE: (40, 60)}, 1: {NOTE: (48, 72)}}},
            ValueError,
            r"keyboard.midi_f0 must lie in \[48, 72\] semitones, got 40",
        ),
        (
            {"curriculum": {0: {NOTE: (50, 60)}, 1: {}}, "notes": [50, 60]},
            ValueError,
            "curriculum must narrow no listed parameter, got 'keyboard.midi_f0'",
        ),
        (
            {"curriculum": {0: {NOTE: (50, 60)}, 1: {}}, "pinned": {NOTE: 55}},
            ValueError,
            "curriculum must narrow no pinned parameter, got 'keyboard.midi_f0'",
        ),
    ],
)
def test_what_is_no_curriculum_is_said(settings, error, message):
    with pytest.raises(error, match=message):
        data(**settings)


def test_ranges_and_the_last_stage_agree_on_what_both_name():
    both = data(ranges={NOTE: (48, 72), "vco_1.tuning": (-2, 2)})
    assert both.recipe.ranges == {NOTE: (48.0, 72.0), "vco_1.tuning": (-2.0, 2.0)}
    with pytest.raises(ValueError, match=r"must agree on 'keyboard.midi_f0', got \(60.0, 62.0\)"):
        data(ranges={NOTE: (60, 62)})


def test_a_second_view_stays_within_its_stage():
    dm = data(paired_delta=0.5)
    epochs = epochs_of(dm, 6)
    for epoch, (low, high) in {0: (60, 60), 2: (54, 66), 5: (48, 72)}.items():
        for pair in epochs[epoch]:
            for view in pair:
                notes = values_of(dm, view, NOTE)
                assert low - 1e-5 <= notes.min()
                assert notes.max() <= high + 1e-5
    assert any(not torch.equal(*(v.parameters for v in pair)) for pair in epochs[0])


def test_several_notes_need_more_than_one_in_each_stage():
    with pytest.raises(ValueError, match=r"one note from epoch 0 on"):
        data(notes_per_sound=2)
    data(notes_per_sound=2, curriculum={0: {NOTE: (54, 66)}, 2: {}})
