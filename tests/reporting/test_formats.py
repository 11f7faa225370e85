import csv
import json
import sys

import numpy as np
import pytest
import soundfile
import torch

from synth_datamodule.reporting import (
    new_rows,
    picture,
    write_figure,
    write_flac,
    write_json,
    write_text,
    write_wave,
)

PNG = b"\x89PNG\r\n\x1a\n"


def draw(figure):
    figure.subplots(1, 2, sharey=True)[0].plot([1, 2, 3])


def test_text_is_utf_8_with_its_own_line_breaks(tmp_path):
    path = write_text(tmp_path / "file.md", "±1\r\n2\n")
    assert path.read_bytes() == b"\xc2\xb11\r\n2\n"


def test_json_is_read_back(tmp_path):
    value = {"sound": 3, "parameters": {"adsr_1.attack": 0.1}}
    path = write_json(tmp_path / "file.json", value)
    assert json.loads(path.read_text()) == value
    assert path.read_text().endswith("}\n")


def test_what_is_no_json_leaves_the_old_file(tmp_path):
    path = write_json(tmp_path / "file.json", 1)
    with pytest.raises(TypeError):
        write_json(path, {"device": torch.device("cpu")}, overwrite=True)
    assert path.read_text() == "1\n"


def test_rows_are_read_back_whatever_they_hold(tmp_path):
    rows = [[1, 0.1, 'a "name", and\na line'], [2, 1e-9, ""]]
    path = tmp_path / "file.csv"
    with new_rows(path, ("sound", "value", "name")) as add:
        add(rows)
    with path.open(newline="") as file:
        header, *read = csv.reader(file)
    assert header == ["sound", "value", "name"]
    assert [[int(number), float(value), name] for number, value, name in read] == rows


def test_rows_collected_by_and_by_are_the_same_file(tmp_path):
    rows = [(number, number / 3) for number in range(100)]
    for name, size in (("whole.csv", 100), ("parts.csv", 32)):
        with new_rows(tmp_path / name, ("sound", "value")) as add:
            for start in range(0, 100, size):
                add(rows[start : start + size])
                assert not (tmp_path / name).exists()
    assert (tmp_path / "parts.csv").read_bytes() == (tmp_path / "whole.csv").read_bytes()


def test_rows_cut_short_are_no_file(tmp_path):
    def begin():
        with new_rows(tmp_path / "file.csv", ["sound"]) as add:
            add([[2]])
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        begin()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_sound_is_read_back_to_the_bit(tmp_path, dtype):
    audio = torch.rand(1000, dtype=dtype, generator=torch.Generator().manual_seed(0)) * 3 - 1.5
    path = write_wave(tmp_path / "sound.wav", audio.requires_grad_(), 44100)
    read, rate = soundfile.read(path, dtype="float32")
    assert rate == 44100
    assert soundfile.info(path).subtype == "FLOAT"
    np.testing.assert_array_equal(read, audio.detach().float().numpy())


def test_a_sound_is_the_file_that_soundfile_writes_but_for_the_time_of_day(tmp_path):
    audio = torch.linspace(-1, 1, 1000)
    soundfile.write(tmp_path / "theirs.wav", audio.numpy(), 16000, subtype="FLOAT")
    theirs = bytearray((tmp_path / "theirs.wav").read_bytes())
    ours = write_wave(tmp_path / "ours.wav", audio, 16000).read_bytes()
    time_of_day = theirs.index(b"PEAK") + 12
    assert theirs[time_of_day : time_of_day + 4] != bytes(4)
    theirs[time_of_day : time_of_day + 4] = bytes(4)
    assert ours == bytes(theirs)


def test_flac_holds_the_nearest_of_24_bits(tmp_path):
    step = 2.0**-23
    ends = torch.tensor([-1.0, -1 + step, 0.0, -0.0, step, 1.4 * step, -1.6 * step, 1 - step, 1.0])
    audio = torch.cat(
        [ends, torch.rand(10_000, generator=torch.Generator().manual_seed(0)) * 2 - 1]
    )
    path = write_flac(tmp_path / "sound.flac", audio.requires_grad_(), 44100)
    assert soundfile.info(path).subtype == "PCM_24"
    read, rate = soundfile.read(path, dtype="float64")
    assert rate == 44100
    audio = audio.detach().double().numpy()
    assert np.abs(read - audio)[audio < 1].max() <= step / 2
    wanted = np.array([-1, -1 + step, 0, 0, step, step, -2 * step, 1 - step, 1 - step])
    np.testing.assert_array_equal(read[: len(ends)], wanted)
    assert write_flac(tmp_path / "again.flac", torch.from_numpy(audio), 44100).read_bytes() == (
        path.read_bytes()
    )


def test_flac_cuts_no_peak_off(tmp_path):
    for loud in (1.0001, float("inf"), float("nan")):
        message = r"sound\.flac must have samples in \[-1, 1\], all that FLAC holds, one reaches"
        with pytest.raises(ValueError, match=message):
            write_flac(tmp_path / "sound.flac", torch.tensor([0.0, -loud]), 44100)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("rate", [1, 8000, 12_345, 65_535, 65_540, 96_000, 384_000, 655_350])
def test_flac_holds_the_rates_that_it_has_a_code_for(rate, tmp_path):
    path = write_flac(tmp_path / "sound.flac", torch.zeros(100), rate)
    assert soundfile.info(path).samplerate == rate


@pytest.mark.parametrize("rate", [65_536, 96_001, 655_360])
def test_flac_has_no_other_rates(rate, tmp_path):
    with pytest.raises(ValueError, match=r"^sample_rate of FLAC must be at most 65535, or a mult"):
        write_flac(tmp_path / "sound.flac", torch.zeros(100), rate)


@pytest.mark.parametrize("write", [write_wave, write_flac])
def test_a_batch_of_sounds_is_refused(write, tmp_path):
    with pytest.raises(ValueError, match=r"audio must be a float tensor \[N\]"):
        write(tmp_path / "sound", torch.zeros(2, 100), 44100)
    assert list(tmp_path.iterdir()) == []


def test_a_picture_is_written_and_the_same_one_is_the_same_file(tmp_path):
    path = tmp_path / "new" / "picture.png"
    assert picture(path, draw, figsize=(3, 2)) == [path]
    content = path.read_bytes()
    assert content.startswith(PNG)
    assert [int.from_bytes(content[at : at + 4], "big") for at in (16, 20)] == [300, 200]
    assert picture(path, draw, figsize=(3, 2)) == [path]
    with pytest.raises(FileExistsError, match="exists; --overwrite"):
        picture(path, draw, figsize=(4, 2))
    assert path.read_bytes() == content
    assert picture(path, draw, figsize=(4, 2), overwrite=True) == [path]
    assert path.read_bytes() != content


def test_without_matplotlib_there_is_no_picture(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    assert picture(tmp_path / "new" / "picture.png", draw) == []
    assert list(tmp_path.iterdir()) == []


def test_an_import_error_of_the_drawing_is_not_taken_for_a_missing_matplotlib(tmp_path):
    def broken(_):
        raise ImportError("something else")

    with pytest.raises(ImportError, match="something else"):
        picture(tmp_path / "picture.png", broken)


def test_the_suffix_is_the_format(tmp_path):
    (path,) = picture(tmp_path / "figure.svg", draw)
    assert b"<svg" in path.read_bytes()


def test_a_figure_that_another_library_drew_is_written_with_its_options(tmp_path):
    from matplotlib.figure import Figure

    figure = Figure(figsize=(3, 2))
    draw(figure)
    whole = write_figure(tmp_path / "whole.png", figure).read_bytes()
    tight = write_figure(tmp_path / "tight.png", figure, bbox_inches="tight").read_bytes()
    assert [int.from_bytes(whole[at : at + 4], "big") for at in (16, 20)] == [300, 200]
    assert tight.startswith(PNG)
    assert tight != whole
