import sys

import pytest

from synth_datamodule.reporting import picture, say_written, write_figure

PNG = b"\x89PNG\r\n\x1a\n"


def draw(figure):
    figure.subplots(1, 2, sharey=True)[0].plot([1, 2, 3])


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
    from matplotlib.figure import Figure

    figure = Figure()
    draw(figure)
    assert b"<svg" in write_figure(tmp_path / "figure.svg", figure).read_bytes()
    small = write_figure(tmp_path / "small.png", figure, dpi=20, bbox_inches="tight")
    assert small.read_bytes().startswith(PNG)


def test_a_missing_picture_is_said_once(capsys):
    say_written(["a.md", "a.wav"])
    printed = capsys.readouterr().out
    assert printed.startswith("written:\n  a.md\n  a.wav\n")
    assert printed.count("no picture: that needs matplotlib, pip install") == 1
    say_written(["a.md", "a.png"])
    assert capsys.readouterr().out == "written:\n  a.md\n  a.png\n"
    say_written(["a.md"], with_picture=False)
    assert capsys.readouterr().out == "written:\n  a.md\n"
