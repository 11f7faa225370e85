"""Lists of sound numbers, from Python and from files."""

import json

import numpy as np
import pytest
import torch

from synth_datamodule.corpus.listing import list_text, listed_numbers
from synth_datamodule.reporting import FromFile

NUMBERS = [77, 5, 2**32 - 1]


@pytest.mark.parametrize(
    "given",
    [NUMBERS, tuple(NUMBERS), torch.tensor(NUMBERS), np.array(NUMBERS), "[77, 5, 4294967295]"],
    ids=["list", "tuple", "tensor", "array", "json"],
)
def test_a_list_is_read_whatever_holds_it(given):
    assert listed_numbers("sounds", given).tolist() == NUMBERS


@pytest.mark.parametrize("suffix", [".txt", ".csv", ".json", ".npy"])
def test_a_list_is_read_from_a_file(suffix, tmp_path):
    path = tmp_path / f"numbers{suffix}"
    if suffix == ".npy":
        np.save(path, np.array(NUMBERS))
    else:
        lines = "\n".join(map(str, NUMBERS)) + "\n\n"
        path.write_text(json.dumps(NUMBERS) if suffix == ".json" else lines)
    assert listed_numbers("sounds", path).tolist() == NUMBERS
    assert listed_numbers("sounds", str(path)).tolist() == NUMBERS


def test_a_list_is_copied():
    given = np.array(NUMBERS)
    listed = listed_numbers("sounds", given)
    given[0] = 0
    assert listed.tolist() == NUMBERS


def test_a_list_as_text_is_read_back():
    assert listed_numbers("sounds", FromFile(list_text(np.array(NUMBERS)))).tolist() == NUMBERS


def test_a_file_opens_no_other(tmp_path):
    (tmp_path / "a.txt").write_text("5\n")
    with pytest.raises(ValueError, match="a file opens no other"):
        listed_numbers("sounds", FromFile(tmp_path / "a.txt"))


@pytest.mark.parametrize(
    ("content", "message"),
    [("5\nx\n", "must hold one whole number a line, got 'x'"), ("5 6\n", "got '5 6'"),
     ("5\n5\n", "got 5 twice"), ("-1\n", "got '-1'"), ("\n", "must be different sound numbers")],
)  # fmt: skip
def test_a_file_of_something_else_is_an_error(content, message, tmp_path):
    (tmp_path / "a.txt").write_text(content)
    with pytest.raises(ValueError, match=message):
        listed_numbers("sounds", tmp_path / "a.txt")


@pytest.mark.parametrize(
    "content",
    [b"", b"junk", b"PK\x03\x04junk", b"\x93NUMPY\x01\x00v\x00{"],
    ids=["empty", "text", "zip", "cut"],
)
def test_a_file_that_is_no_array_is_named(content, tmp_path):
    (tmp_path / "a.npy").write_bytes(content)
    with pytest.raises(ValueError, match=r"sounds file .*a\.npy is no array of numbers: "):
        listed_numbers("sounds", tmp_path / "a.npy")


@pytest.mark.parametrize(
    ("given", "got"), [(np.zeros((1, 2), int), r"got shape \[1, 2\]"), ([[5, 9]], r"got \[5, 9\]")]
)
def test_an_error_shows_what_was_given_whole(given, got):
    with pytest.raises((TypeError, ValueError), match=got):
        listed_numbers("sounds", given)
