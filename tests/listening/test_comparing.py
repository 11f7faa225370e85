"""What is compared: read, checked, rendered, measured."""

import json
import shutil

import numpy as np
import pytest
import torch

from synth_datamodule import Split, Voice, reporting
from synth_datamodule.corpus.draws import noise_rows
from synth_datamodule.listening.comparing import of_folders, of_results


def test_guesses_are_rendered_over_their_targets_noise(results):
    rows = list(of_results(results, 2).rows())
    voice, numbers = Voice(), [Split.test.sounds(place) for place in range(2)]
    targets = voice.render_sounds(numbers)
    for k, path in enumerate(results):
        guesses = torch.from_numpy(np.load(path.with_suffix(".npz"))["guesses"][:2])
        audio = voice.render(guesses, noise_rows(targets.index))
        for place, row in enumerate(rows):
            assert torch.equal(row.sounds.audio[0], targets.audio[place])
            assert torch.equal(row.sounds.audio[1 + k], audio[place])


def test_distances_are_the_results_own(results):
    per_sound = [json.loads(path.read_text())["per_sound"] for path in results]
    for place, row in enumerate(of_results(results, None).rows()):
        for name, values in row.figures.items():
            expected = [held[name][place] for held in per_sound]
            assert values == pytest.approx(expected, rel=1e-4), name


def test_the_same_sound_has_no_distance(folders):
    rows = list(of_folders(folders, None).rows())
    assert [row.sounds.names[0] for row in rows] == [f"tone_{k}" for k in range(4)]
    for row in rows:
        same, higher = row.figures["log_mel"]
        assert same == 0 < higher


def test_a_shorter_sound_is_followed_by_silence(tmp_path):
    for name, length in (("a", 8000), ("b", 5000)):
        reporting.write_wave(tmp_path / name / "one.wav", torch.ones(length) / 4, 8000)
    (row,) = of_folders([tmp_path / "a", tmp_path / "b"], None).rows()
    assert row.sounds.audio.shape == (2, 8000)
    assert row.sounds.audio[1, 5000:].eq(0).all()


def test_a_result_without_guesses_is_named(results, tmp_path):
    alone = shutil.copy(results[0], tmp_path / "alone.json")
    with pytest.raises(ValueError, match=r"alone.json has no guesses beside it"):
        of_results([results[1], alone], None)


@pytest.mark.parametrize(
    ("held", "words"),
    [
        ({"guesses": np.zeros((6, 78), np.float32)}, "holds other guesses than"),
        ({"guesses": np.zeros((5, 78), np.float32)}, r"must hold guesses, float32 \[6, P\]"),
        ({"guesses": np.zeros((6, 78))}, r"float32 \[6, P\], got float64"),
        ({"other": np.zeros(3)}, "it has no array guesses"),
        (b"PK\3\4", "holds no guesses"),
        ({"guesses": np.array([None, 2], object)}, "holds no guesses"),
    ],
    ids=["others", "too-few", "float64", "without", "half", "objects"],
)
def test_guesses_that_are_not_the_results_are_refused(results, tmp_path, held, words):
    path = shutil.copy(results[0], tmp_path / "one.json")
    beside = path.with_suffix(".npz")
    if isinstance(held, bytes):
        beside.write_bytes(held)
    else:
        np.savez(beside, **held)
    with pytest.raises(ValueError, match=words):
        of_results([path], None)


def test_results_of_other_test_sounds_are_refused(results, tmp_path):
    other = json.loads(results[0].read_text()) | {"test_set": "synth1M1/test/0123456789abcdef"}
    path = tmp_path / "other.json"
    path.write_text(json.dumps(other))
    with pytest.raises(ValueError, match=r"other.json must have the test sounds that"):
        of_results([results[1], path], None)


def test_more_sounds_than_there_are_is_an_error(results, folders):
    with pytest.raises(ValueError, match="sounds must be"):
        of_results(results, 7)
    with pytest.raises(ValueError, match="sounds must be"):
        of_folders(folders, 5)


def test_a_folder_that_lacks_a_file_is_named(folders, tmp_path):
    shutil.copytree(folders[1], tmp_path / "most")
    (tmp_path / "most" / "tone_2.wav").unlink()
    with pytest.raises(ValueError, match=r"most/tone_2.wav must be there, as"):
        of_folders([folders[0], tmp_path / "most"], None)


def test_other_rates_are_refused(folders, tmp_path):
    shutil.copytree(folders[1], tmp_path / "fast")
    reporting.write_wave(tmp_path / "fast/tone_0.wav", torch.zeros(99), 8000, overwrite=True)
    with pytest.raises(ValueError, match=r"tone_0.wav must have 16000 Hz"):
        list(of_folders([folders[0], tmp_path / "fast"], None).rows())


def test_candidates_of_one_name_are_told_apart_by_their_paths(folders):
    assert of_folders(folders, None).systems == ("target", "same", "higher")
    shutil.copytree(folders[1], folders[0].parent / "deep" / "same", dirs_exist_ok=True)
    paths = [*folders[:2], folders[0].parent / "deep" / "same"]
    assert of_folders(paths, None).systems == ("target", *map(str, paths[1:]))
    with pytest.raises(ValueError, match=r"got .* twice"):
        of_folders([folders[0], folders[1], folders[1]], None)
