"""The index of the corpus is made once, kept with its SHA-256, and made anew where that differs."""

import warnings

import pytest
import torch

from synth_datamodule import Voice
from synth_datamodule.matching.memory import pictures
from synth_datamodule.patching.recipe import SynthRecipe
from synth_datamodule.recordings import corpus_index as index
from synth_datamodule.recordings.corpus_index import corpus_index


@pytest.fixture(autouse=True)
def alone(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(index, "_SAID", set())


@pytest.fixture
def rendered(monkeypatch):
    """Return the list of how many sounds each render made."""
    counts, real = [], Voice.render

    def counted(voice, parameters, *arguments):
        counts.append(len(parameters))
        return real(voice, parameters, *arguments)

    monkeypatch.setattr(Voice, "render", counted)
    return counts


def files(tmp_path):
    return [path for path in (tmp_path / "cache").rglob("*") if path.is_file()]


def test_a_sound_of_the_corpus_is_found_as_itself(voice):
    memory = corpus_index(voice, 40)
    for number in (0, 17, 29):
        found = memory.nearest(pictures(voice.sound(number).audio[None], 8000), 1)
        assert found.places.tolist() == [[number]]
        assert found.decibels.item() == 0
        assert torch.equal(found.parameters[0, 0], voice.sound(number).parameters)


def test_a_quarter_is_of_drums_and_sounds_as_they_do(voice):
    memory = corpus_index(voice, 40)
    drums = SynthRecipe(
        sample_rate=8000, buffer_size_seconds=0.5, control_rate=400, nebula="drum"
    ).make()
    found = memory.nearest(pictures(drums.sound(3).audio[None], 8000), 1)
    assert found.places.tolist() == [[33]]
    assert found.decibels.item() < 1


def test_a_second_time_nothing_is_rendered_and_all_is_the_same(voice, rendered):
    first = corpus_index(voice, 40)
    assert sum(rendered) == 40
    again = corpus_index(voice, 40)
    assert sum(rendered) == 40
    assert torch.equal(first.seen, again.seen)
    assert torch.equal(first.parameters, again.parameters)


def test_other_sizes_and_synths_have_files_of_their_own(voice, tmp_path):
    corpus_index(voice, 40)
    corpus_index(voice, 41)
    corpus_index(SynthRecipe(sample_rate=9000, buffer_size_seconds=0.5).make(), 40)
    assert len(files(tmp_path)) == 3


@pytest.mark.parametrize("damage", ["flip", "cut", "add", "empty", "another's"])
def test_what_is_damaged_or_anothers_is_said_once_and_made_anew(voice, damage, tmp_path, rendered):
    whole = corpus_index(voice, 40)
    (path,) = files(tmp_path)
    content = path.read_bytes()
    flipped = content[:500] + bytes([content[500] ^ 1]) + content[501:]
    other = corpus_index(SynthRecipe(sample_rate=9000, buffer_size_seconds=0.5).make(), 40)
    (foreign,) = [one for one in files(tmp_path) if one != path]
    changed = {"flip": flipped, "cut": content[:-1], "add": content + b"0", "empty": b"",
               "another's": foreign.read_bytes()}[damage]  # fmt: skip
    assert not torch.equal(other.seen, whole.seen)
    path.write_bytes(changed)
    rendered.clear()
    with pytest.warns(RuntimeWarning, match="made anew") as said:
        again = corpus_index(voice, 40)
    assert len(said) == 1
    assert sum(rendered) == 40
    assert torch.equal(again.seen, whole.seen)
    assert path.read_bytes() == content
    path.write_bytes(changed)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        corpus_index(voice, 40)


def test_where_nothing_can_be_kept_it_is_said_and_the_index_is_there(voice, tmp_path):
    (tmp_path / "cache").write_text("in the way")
    with pytest.warns(RuntimeWarning, match="cannot be kept"):
        assert len(corpus_index(voice, 40)) == 40


def test_a_synth_of_ones_own_is_not_kept(tmp_path):
    class Mine(Voice):
        pass

    recipe = SynthRecipe(synth=Mine, sample_rate=8000, buffer_size_seconds=0.1)
    assert len(corpus_index(recipe.make(), 4)) == 4
    assert files(tmp_path) == []
