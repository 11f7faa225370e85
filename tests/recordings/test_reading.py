"""Files of any format are read as far as they are needed; what is none is told by its name."""

import os

import numpy as np
import pytest
import soundfile

from synth_datamodule.recordings import reading
from synth_datamodule.recordings.hearing import LOOKED_AT
from synth_datamodule.recordings.reading import read, recordings


def tone(seconds=0.25, rate=8000, level=0.5):
    return level * np.sin(np.arange(round(seconds * rate)) * 0.3)


@pytest.mark.parametrize(
    ("suffix", "subtype"),
    [("wav", "PCM_U8"), ("wav", "PCM_16"), ("wav", "FLOAT"), ("wav", "DOUBLE"), ("flac", "PCM_24"),
     ("aiff", "PCM_16"), ("au", "ULAW"), ("ogg", "VORBIS"), ("mp3", "MPEG_LAYER_III")],
)  # fmt: skip
def test_formats_are_read_at_their_rate(suffix, subtype, tmp_path):
    path = tmp_path / f"a.{suffix}"
    soundfile.write(path, tone(1.0), 8000, subtype=subtype)
    audio, rate = read(path)
    assert rate == 8000
    assert audio[2000:6000].abs().max().item() == pytest.approx(0.5, abs=0.1)


def test_samples_above_one_are_kept_and_channels_mixed(tmp_path):
    soundfile.write(tmp_path / "a.wav", np.full((800, 3), [3.0, 0.0, 0.0]), 8000, subtype="FLOAT")
    audio, _ = read(tmp_path / "a.wav")
    assert audio.shape == (800,)
    assert audio.max().item() == pytest.approx(1.0)


def test_an_hour_is_read_no_further_than_a_minute(tmp_path, monkeypatch):
    path, rate = tmp_path / "hour.wav", 1000
    soundfile.write(path, np.zeros(3600 * rate), rate, subtype="PCM_U8")
    seen = []
    real = soundfile.SoundFile.read

    def counted(file, frames, *arguments, **keywords):
        seen.append(frames)
        return real(file, frames, *arguments, **keywords)

    monkeypatch.setattr(soundfile.SoundFile, "read", counted)
    audio, _ = read(path)
    assert len(audio) == sum(seen) == LOOKED_AT * rate


def test_more_channels_than_256_are_refused_before_a_sample_is_read(tmp_path):
    soundfile.write(tmp_path / "a.wav", np.zeros((10, 257)), 8000)
    with pytest.raises(ValueError, match=r"a\.wav must have at most 256 channels, it has 257"):
        read(tmp_path / "a.wav")


@pytest.mark.parametrize("content", [b"", b"RIFF", b"RIFF\x00\x00\x00\x00WAVE", b"text\n" * 99])
def test_a_file_that_is_no_sound_is_named(content, tmp_path):
    (tmp_path / "a.wav").write_bytes(content)
    with pytest.raises(ValueError, match=r"a\.wav (is no sound file|must hold a sound)"):
        read(tmp_path / "a.wav")


def test_a_file_without_samples_is_empty(tmp_path):
    soundfile.write(tmp_path / "a.wav", np.zeros(0), 8000)
    with pytest.raises(ValueError, match=r"a\.wav must hold a sound, it is empty"):
        read(tmp_path / "a.wav")


def test_folders_give_their_recordings_by_name(tmp_path):
    for name in ("b.wav", "a.FLAC", "notes.txt"):
        (tmp_path / name).touch()
    assert [path.name for path in recordings([tmp_path])] == ["a.FLAC", "b.wav"]


def test_what_is_not_there_or_no_file_or_has_another_ones_name_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match="nothing"):
        recordings([tmp_path / "nothing.wav"])
    (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match="empty must hold recordings"):
        recordings([tmp_path / "empty"])
    os.mkfifo(tmp_path / "pipe.wav")
    with pytest.raises(ValueError, match="is a device or a pipe"):
        recordings([tmp_path / "pipe.wav"])
    (tmp_path / "one.wav").touch()
    (tmp_path / "one.flac").touch()
    with pytest.raises(ValueError, match=r"different names, .*one\.flac and .*one\.wav have one"):
        recordings([tmp_path / "one.wav", tmp_path / "one.flac"])


def test_each_end_of_a_name_is_one_that_libsndfile_knows():
    known = {f".{name.lower()}" for name in soundfile.available_formats()}
    others = {".oga", ".opus", ".aif", ".aifc", ".snd"}  # other names of what is known
    assert set(reading.FORMATS) <= known | others
