"""Filters through the data module: numbering stays, sets are the first sounds that pass."""

import os
import pickle
import threading

import numpy as np
import pytest
import torch

from synth_datamodule import AbstractSynth, Split, SynthDataModule, Voice, part
from synth_datamodule.identity import from_json, to_json, verify
from synth_datamodule.loading import filtered
from synth_datamodule.loading.bounds import Bounds
from synth_datamodule.modules import AudioMixer, MonophonicKeyboard, SineVCO

SHORT = {"sample_rate": 8000, "buffer_size_seconds": 0.05, "control_rate": 100, "batch_size": 4}
LEAST = 0.05
FEW = {"val_sounds": 20, "test_sounds": 20, "train_sounds": 40}


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """Let each test begin with an empty memory and folder; return the folder."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(filtered, "_DECIDERS", {})
    monkeypatch.setattr(filtered, "_SAID", set())
    return tmp_path / "cache"


@pytest.fixture
def forget(monkeypatch):
    """Return a function that empties the memory, as another process begins with."""
    return lambda: monkeypatch.setattr(filtered, "_DECIDERS", {})


@pytest.fixture
def rendered(monkeypatch):
    """Return a list that fills with the numbers that are decided by rendering."""
    seen, decide = [], filtered.decide

    def watched(synth, bounds, numbers):
        seen.extend(numbers.tolist())
        return decide(synth, bounds, numbers)

    monkeypatch.setattr(filtered, "decide", watched)
    return seen


def numbers_of(loader):
    return torch.cat([numbers.index for numbers in loader]).tolist()


def passing(dm, numbers, bounds):
    dm.setup()
    audio = dm.voice.render_sounds(numbers).audio.numpy()
    return [number for number, ok in zip(numbers, bounds.passes(audio), strict=True) if ok]


@pytest.mark.parametrize("bounds", [Bounds(LEAST), Bounds(loudest=0.9), Bounds(LEAST, 0.9)])
def test_a_set_is_the_first_sounds_of_its_split_that_pass(bounds):
    dm = SynthDataModule(**bounds.settings, **FEW, shuffle=False, **SHORT)
    for split in (Split.train, Split.val, Split.test):
        first = split.sounds(np.arange(200)).tolist()
        expected = passing(dm, first, bounds)[: FEW[f"{split.value}_sounds"]]
        assert expected != first[: len(expected)], "some are left out"
        assert numbers_of(dm._loader(split)) == expected


def test_sounds_stay_as_they_are_and_are_shuffled_among_themselves():
    dm = SynthDataModule(minimum_rms=LEAST, **FEW, **SHORT)
    batch = next(iter(dm.train_dataloader())).to("cpu")
    assert torch.equal(batch.audio, Voice(dm.synthconfig).render_sounds(batch.index).audio)
    plain = SynthDataModule(minimum_rms=LEAST, shuffle=False, **FEW, **SHORT)
    assert sorted(numbers_of(dm.train_dataloader())) == numbers_of(plain.train_dataloader())


def test_nothing_is_rendered_before_it_is_needed_and_nothing_twice(rendered, forget):
    dm = SynthDataModule(minimum_rms=LEAST, **FEW, **SHORT)
    assert rendered == []
    dm.sounds("val")
    assert rendered == list(range(8192, 9216))
    dm.sounds("val")
    assert len(rendered) == 1024
    forget()
    again = SynthDataModule(minimum_rms=LEAST, **FEW, **SHORT)
    assert again.sounds("val") == dm.sounds("val")
    assert len(rendered) == 1024, "the folder has it"
    SynthDataModule(minimum_rms=0.06, **FEW, **SHORT).sounds("val")
    assert len(rendered) == 2048


@pytest.mark.parametrize("damage", ["cut", "flipped", "foreign", "other block", "folder", "pipe"])
def test_a_damaged_file_is_decided_anew(damage, cache, rendered, forget):
    dm = SynthDataModule(minimum_rms=LEAST, **FEW, **SHORT)
    expected = numbers_of(dm.val_dataloader())
    (path,) = cache.rglob("val-0")
    content = path.read_bytes()
    changed = bytearray(content)
    changed[-60] ^= 1
    if damage in ("folder", "pipe"):
        path.unlink()
        path.mkdir() if damage == "folder" else os.mkfifo(path)
    else:
        path.write_bytes({
            "cut": content[:-1],
            "flipped": bytes(changed),
            "foreign": b"x" * 5000,
            "other block": content.replace(b" val 0 ", b" val 1 "),
        }[damage])  # fmt: skip
    forget()
    rendered.clear()
    again = SynthDataModule(minimum_rms=LEAST, **FEW, **SHORT)
    if damage in ("folder", "pipe"):
        with pytest.warns(RuntimeWarning, match=r"decided anew in each process"):
            found = numbers_of(again.val_dataloader())
    else:
        found = numbers_of(again.val_dataloader())
        assert path.read_bytes() == content
    assert found == expected
    assert len(rendered) == 1024


def test_a_folder_that_cannot_be_written_is_said_once(cache):
    cache.write_text("a file")
    dm = SynthDataModule(minimum_rms=LEAST, **{**FEW, "train_sounds": 3000}, **SHORT)
    with pytest.warns(RuntimeWarning, match=r"decided anew in each process") as caught:
        dm.sounds("train")
    assert len(caught) == 1, "of several blocks"
    dm.sounds("val")


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_child_that_is_forked_while_a_thread_decides_decides_too(monkeypatch):
    begun, forked, decide = threading.Event(), threading.Event(), filtered.decide

    def slow(*given):
        begun.set()
        forked.wait()
        return decide(*given)

    dm = SynthDataModule(minimum_rms=LEAST, **FEW, **SHORT)
    monkeypatch.setattr(filtered, "decide", slow)
    thread = threading.Thread(target=lambda: dm.sounds("train"))
    thread.start()
    begun.wait()
    child = os.fork()
    if child == 0:
        lock = filtered._LOCK._lock
        os._exit(0 if lock.acquire(blocking=False) else 1)
    forked.set()
    thread.join()
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_too_few_that_pass_are_an_error_that_counts_them():
    dm = SynthDataModule(corpus=2048, minimum_rms=0.6, train_sounds=2000, val_sounds=0,
                         test_sounds=0, **SHORT)  # fmt: skip
    with pytest.raises(ValueError, match=r"train_sounds must be at most \d+, got 2000: of 2048 tr"):
        dm.sounds("train")
    none = SynthDataModule(corpus=1024, minimum_rms=1.0, loudest=0.5, val_sounds=0, test_sounds=0,
                           **SHORT)  # fmt: skip
    with pytest.raises(ValueError, match=r"^there are no train sounds: none of 1024 passes min"):
        none.sounds("train")


@pytest.mark.parametrize(
    ("stage", "most"),
    [("fit", "train"), ("fit", "val"), ("validate", "val"), ("test", "test"), ("predict", "test")],
)
def test_too_few_that_pass_are_told_when_their_stage_is_set_up(stage, most, monkeypatch):
    rows = Voice().draw(range(300))
    asked = {f"{split}_sounds": 1 for split in ("train", "val", "test")}
    dm = SynthDataModule(parameters=rows, minimum_rms=0.3, **{**asked, f"{most}_sounds": 28},
                         **SHORT)  # fmt: skip
    monkeypatch.setattr(dm, "_make", lambda: pytest.fail("the voice is made after"))
    with pytest.raises(ValueError, match=rf"^{most}_sounds must be at most \d+, got 28: of \d+ "):
        dm.setup(stage)


def test_a_stage_seeks_its_own_sounds_alone(rendered):
    dm = SynthDataModule(minimum_rms=LEAST, **FEW, **SHORT)
    dm.setup()
    assert rendered == []
    dm.setup("validate")
    assert rendered == list(range(8192, 9216))


def test_all_that_pass_of_a_small_corpus():
    dm = SynthDataModule(corpus=1500, minimum_rms=LEAST, val_sounds=0, test_sounds=0,
                         shuffle=False, **SHORT)  # fmt: skip
    expected = passing(dm, list(range(1500)), Bounds(LEAST))
    assert numbers_of(dm.train_dataloader()) == expected
    assert len(dm.sounds("train")) == len(expected) < 1500


def test_all_of_a_large_corpus_are_refused_before_anything_is_rendered(rendered):
    with pytest.raises(ValueError, match=r"^train_sounds must be given with minimum_rms or"):
        SynthDataModule(corpus="synth1B1", minimum_rms=LEAST, **SHORT)
    SynthDataModule(corpus="synth1M1", minimum_rms=LEAST, **SHORT)
    assert rendered == []


def test_a_corpus_changes_which_train_sounds_there_are_and_no_others():
    small, large = (SynthDataModule(corpus=corpus, minimum_rms=LEAST, **FEW, **SHORT)
                    for corpus in ("synth1K1", "synth1B1"))  # fmt: skip
    assert small.manifest("val").fingerprint == large.manifest("val").fingerprint


def test_rows_lists_and_samplers_are_filtered_too():
    rows = Voice().draw(range(300))
    dm = SynthDataModule(parameters=rows, minimum_rms=LEAST, shuffle=False, **SHORT)
    for split, digit in (("val", 8), ("test", 9)):
        expected = passing(dm, list(range(digit, 300, 10)), Bounds(LEAST))
        assert numbers_of(dm._loader(Split(split))) == expected
    listed = SynthDataModule(sounds=list(range(60)), minimum_rms=LEAST, shuffle=False, **SHORT)
    assert numbers_of(listed.train_dataloader()) == passing(listed, list(range(60)), Bounds(LEAST))


def test_what_is_asked_for_by_number_is_predicted():
    dm = SynthDataModule(minimum_rms=LEAST, predict_sounds=(0, 60), **FEW, **SHORT)
    assert numbers_of(dm.predict_dataloader()) == list(range(60))
    dm = SynthDataModule(minimum_rms=LEAST, **FEW, **SHORT)
    assert numbers_of(dm.predict_dataloader()) == numbers_of(dm.test_dataloader())


def test_a_manifest_says_what_passes_and_verify_decides_anew(cache, rendered):
    dm = SynthDataModule(minimum_rms=LEAST, **FEW, **SHORT)
    manifest = dm.manifest("test")
    assert "with an RMS of 0.05 or more, ascending" in manifest.split.rule
    again = from_json(to_json(manifest))
    assert again == manifest
    assert verify(again).same
    plain = SynthDataModule(**FEW, **SHORT).manifest("test")
    assert manifest.fingerprint != plain.fingerprint


def test_a_kept_decision_that_is_wrong_is_found_by_verify(cache, forget):
    SynthDataModule(minimum_rms=LEAST, **FEW, **SHORT).sounds("test")
    (path,) = cache.rglob("test-0")
    header, _, _ = path.read_bytes().partition(b"\n")
    filtered._keep(path, header + b"\n", np.ones(1024, bool))  # whole, and untrue
    forget()
    manifest = SynthDataModule(minimum_rms=LEAST, **FEW, **SHORT).manifest("test")
    verdict = verify(manifest)
    assert verdict.differences[0].what == "split"
    assert "passes the filter as the manifest has it, and fails here" in verdict.differences[0].text


def test_a_run_with_another_filter_is_refused():
    dm = SynthDataModule(minimum_rms=LEAST, **FEW, **SHORT)
    state = dm.train_dataloader().state_dict()
    SynthDataModule(minimum_rms=LEAST, **FEW, **SHORT).train_dataloader().load_state_dict(state)
    for other in ({"minimum_rms": 0.06}, {}):
        loader = SynthDataModule(**other, **FEW, **SHORT).train_dataloader()
        with pytest.raises(ValueError, match=r"chosen sounds was \{'minimum_rms': 0.05\}"):
            loader.load_state_dict(state)


class Siren(AbstractSynth):
    keyboard = part(MonophonicKeyboard)
    vco = part(SineVCO)
    mixer = part(AudioMixer, inputs=("vco",))

    def output(self, p, noise_rows):
        midi_f0, _ = self.keyboard(p.keyboard)
        return self.mixer(p.mixer, self.vco(p.vco, midi_f0))


def test_of_an_own_synth_nothing_is_kept_on_disk(cache):
    # Its code may be another tomorrow, under the same name.
    dm = SynthDataModule(synth=Siren, minimum_rms=0.3, **FEW, **SHORT)
    expected = passing(dm, list(range(8192, 8392)), Bounds(0.3))[:20]
    assert numbers_of(dm.val_dataloader()) == expected
    assert list(cache.rglob("*")) == []


@pytest.mark.parametrize(
    "given", [{"curriculum": {0: {"keyboard.midi_f0": (60, 62)}}},
              {"notes_per_sound": 2, "notes": [60, 62]}],
)  # fmt: skip
def test_a_sound_must_be_one_sound(given):
    with pytest.raises(ValueError, match=r"must be left out with minimum_rms or loudest"):
        SynthDataModule(minimum_rms=LEAST, **given, **FEW, **SHORT)


def test_it_is_pickled_with_its_loader():
    dm = SynthDataModule(minimum_rms=LEAST, **FEW, **SHORT)
    loader = pickle.loads(pickle.dumps(dm.val_dataloader()))
    assert numbers_of(loader) == numbers_of(dm.val_dataloader())
