"""Settings as Lightning's commands take them: each thing once, and files that are YAML."""

import os

import pytest

from synth_datamodule.commandline.settings import check_yaml, checked_words


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["--data.seed=1", "--data.batch_size", "2", "--trainer.limit_val_batches", "-1"],
        ["--config=a.yaml", "--config", "a.yaml", "-c", "a.yaml"],
        ["--config", "no.yaml"],  # which is said later
        ["--config={data: {seed: 1}}"],
        ["--x+=A", "--x.y=1", "--x+=B", "--x.y=1"],
        ["--print_config"],
    ],
)
def test_words_are_as_they_were(folder, words):
    (folder / "a.yaml").write_text("data: {seed: 1}")
    assert checked_words(words) == words


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--x=1", "--y=2", "--x", "3"], "--x is given twice, '1' and '3'"),
        (["--x", "1", "--x", "1"], "--x is given twice, '1' and '1'"),
        (["--x+=A", "--x.y=1", "--x.y=2"], "--x.y is given twice, '1' and '2'"),
        (["--x="], "--x must not be empty, got ''"),
        (["--x", " "], "--x must not be empty, got ' '"),
        (["--x={a: 1, a: 2}"], "--x gives a twice"),
        (["--x", "[{b: 1, b: 2}]"], "--x gives b twice"),
        (["--config={data: 1, data: 2}"], "--config gives data twice"),
    ],
)
def test_what_is_given_twice_or_empty_is_named(words, message):
    with pytest.raises(ValueError, match="^" + message.replace("+", "[+]")):
        checked_words(words)


VAST = "\n".join(
    f"{name}: &{name} [{', '.join([f'*{before}' if before else '1'] * 9)}]"
    for before, name in zip(["", *"abcdefg"], "abcdefgh", strict=True)
)


@pytest.mark.parametrize("option", ["--config", "--data"])
@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\xff\xfe", "a.yaml is not UTF-8 text: "),
        (b"data: [", "a.yaml is not YAML: "),
        (b"just text", "a.yaml must be YAML that names settings"),
        (b"[1, 2]", "a.yaml must be YAML that names settings"),
        (b"data: {seed: 1, seed: 2}", "a.yaml gives seed twice"),
        (b"data: 1\nmodel: 2\ndata: 3", "a.yaml gives data twice"),
        (b"[" * 10_000, "a.yaml is not YAML: "),
        (VAST.encode(), "a.yaml must hold at most 100000 values, its aliases written out"),
        (b"a: &a [*a]", "a.yaml must hold at most 100000 values, .* it holds itself"),
    ],
    ids=["bytes", "unfinished", "text", "list", "key", "section", "deep", "vast", "endless"],
)
def test_a_file_that_is_no_settings_is_named(folder, option, content, message):
    (folder / "a.yaml").write_bytes(content)
    for words in ([option, "a.yaml"], [f"{option}=a.yaml"]):
        with pytest.raises(ValueError, match="^" + message):
            checked_words(words)


def test_a_folder_in_a_files_place_is_named(folder):
    with pytest.raises(IsADirectoryError, match=str(folder)):
        checked_words(["--config", str(folder)])


def test_a_pipe_is_read_once_and_nobody_waits_for_it(folder):
    os.mkfifo("a.yaml")
    assert checked_words(["--config", "a.yaml"]) == ["--config", "{}"]
    reader = os.open("a.yaml", os.O_RDONLY | os.O_NONBLOCK)
    writer = os.open("a.yaml", os.O_WRONLY)
    os.write(writer, b"data: {seed: 1}")
    # The words stay in the pipe while somebody has it open.
    os.close(writer)
    assert checked_words(["--config=a.yaml"]) == ["--config=data: {seed: 1}"]
    os.close(reader)


def test_a_text_without_values_has_no_root():
    assert check_yaml("# nothing", "a.yaml") is None
