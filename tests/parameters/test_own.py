"""Sounds of one's own: rows of parameters, from Python and from files."""

import copy
import csv
import pickle
import types

import numpy as np
import pytest
import torch

from synth_datamodule import Split, Voice
from synth_datamodule.parameters import OwnParameters
from synth_datamodule.parameters.own import own_parameters

TABLE = Voice().parameter_table
ROWS = Voice().draw(range(20))


def units():
    return TABLE.to_physical(ROWS).numpy()


def write_csv(path, names, rows, **more):
    with path.open("w", newline="") as file:
        out = csv.writer(file)
        out.writerow([*more, *names])
        for place, row in enumerate(rows):
            out.writerow([*(column[place] for column in more.values()), *map(repr, row.tolist())])


def test_a_row_is_the_sound_of_its_number():
    own = OwnParameters(ROWS)
    assert torch.equal(own.draw(torch.tensor([19, 0, 5])), ROWS[[19, 0, 5]])
    assert own.is_train(torch.tensor([0, 8, 9, 19])).tolist() == [True, True, False, False]
    assert own.roster.num_sounds(Split.val) == 2


def test_rows_are_copied():
    given = ROWS.clone()
    own, array = OwnParameters(given), ROWS.numpy().copy()
    of_array = OwnParameters(array)
    given[:] = 0
    array[:] = 0
    assert torch.equal(own.draw(torch.arange(20)), ROWS)
    assert torch.equal(of_array.draw(torch.arange(20)), ROWS)


def test_they_are_compared_by_their_numbers_and_their_splits():
    own = OwnParameters(ROWS)
    assert own == OwnParameters(ROWS.numpy()) == OwnParameters(ROWS.double())
    assert hash(own) == hash(OwnParameters(ROWS.clone()))
    changed = ROWS.clone()
    changed[3, 4] = torch.nextafter(changed[3, 4], torch.tensor(1.0))
    assert own != OwnParameters(changed)
    assert own != OwnParameters(ROWS, ["train"] * 20)
    assert pickle.loads(pickle.dumps(own)) == copy.deepcopy(own) == own


def test_a_rounding_outside_counts_as_the_end():
    own = OwnParameters(torch.tensor([[1 + 1e-7, -1e-7]], dtype=torch.float64))
    assert own.draw(torch.tensor([0])).tolist() == [[1.0, 0.0]]


def test_there_is_no_other_row():
    with pytest.raises(ValueError, match=r"must be rows of parameters, below 20, got 20"):
        OwnParameters(ROWS).draw(torch.tensor([20]))


def test_numbers_without_names_come_from_npz_and_npy(tmp_path):
    np.savez(tmp_path / "a.npz", parameters=ROWS.numpy(), split=np.array(["val"] * 20))
    np.save(tmp_path / "a.npy", ROWS.numpy())
    held = OwnParameters(tmp_path / "a.npz")
    assert held == OwnParameters(ROWS, ["val"] * 20)
    assert held.path == str(tmp_path / "a.npz")
    assert OwnParameters(str(tmp_path / "a.npy")) == OwnParameters(ROWS)


def test_a_table_is_by_name_and_in_units_in_any_order(tmp_path):
    order = np.random.default_rng(0).permutation(len(TABLE))
    names = [TABLE.names[k] for k in order]
    words = ["train"] * 19 + ["test"]
    write_csv(tmp_path / "a.csv", names, units()[:, order], sound=range(20), split=words)
    own = OwnParameters(tmp_path / "a.csv").of(TABLE)
    assert torch.allclose(own.draw(torch.arange(20)), ROWS, rtol=0, atol=1e-6)
    assert own.roster.num_sounds(Split.test) == 1
    frame = types.SimpleNamespace()  # what of a DataFrame is used, without pandas
    columns = dict(zip(TABLE.names, units().T, strict=True))

    class Frame(dict):
        columns = tuple(TABLE.names)
        to_dict = None

    frame = Frame(columns)
    assert OwnParameters(frame, words).of(TABLE) == own


def test_a_parquet_is_read_as_a_csv_is(tmp_path):
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    columns = dict(zip(TABLE.names, units().T, strict=True)) | {"split": ["val"] * 20}
    parquet.write_table(pyarrow.table(columns), tmp_path / "a.parquet")
    own = OwnParameters(tmp_path / "a.parquet").of(TABLE)
    assert torch.allclose(own.draw(torch.arange(20)), ROWS, rtol=0, atol=1e-6)
    assert own.roster.num_sounds(Split.val) == 20


def test_without_pyarrow_the_error_names_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    (tmp_path / "a.parquet").write_bytes(b"")
    with pytest.raises(ImportError, match=r"needs pyarrow: pip install pyarrow"):
        OwnParameters(tmp_path / "a.parquet")


def test_pinned_columns_may_be_missing(tmp_path):
    table = Voice(pinned={"keyboard.midi_f0": 60.0}).parameter_table
    free = [k for k, name in enumerate(TABLE.names) if name != "keyboard.midi_f0"]
    write_csv(tmp_path / "a.csv", [TABLE.names[k] for k in free], units()[:, free])
    own = OwnParameters(tmp_path / "a.csv")
    assert torch.equal(own.of(table).draw(torch.arange(20)), table.pin(own.of(table).draw(
        torch.arange(20))))  # fmt: skip
    with pytest.raises(ValueError, match=r"1 are missing: .'keyboard.midi_f0'"):
        own.of(TABLE)


def test_an_unknown_column_names_the_nearest(tmp_path):
    names = [name.replace("midi_f0", "midi_f1") for name in TABLE.names]
    write_csv(tmp_path / "a.csv", names, units())
    with pytest.raises(ValueError, match=r"'keyboard.midi_f1'; did you mean 'keyboard.midi_f0'"):
        OwnParameters(tmp_path / "a.csv").of(TABLE)


def test_a_value_out_of_its_range_names_its_parameter(tmp_path):
    wrong = units().copy()
    wrong[3, TABLE.column("keyboard.midi_f0")] = 128
    write_csv(tmp_path / "a.csv", TABLE.names, wrong)
    with pytest.raises(ValueError, match=r"keyboard.midi_f0 must lie in \[0, 127\]"):
        OwnParameters(tmp_path / "a.csv").of(TABLE)
    wrong[3, 0] = np.nan
    write_csv(tmp_path / "a.csv", TABLE.names, wrong)
    with pytest.raises(ValueError, match=r"must be finite, got nan in row 3"):
        OwnParameters(tmp_path / "a.csv").of(TABLE)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", "", "must hold a line of names"),
        ("a.csv", "vco.a,vco.b\n1\n", "must have 2 values a row, row 0 has 1"),
        ("a.csv", "vco.a\nx\n", "vco.a must hold numbers"),
        ("a.csv", "sound\n1\n", "a column for each parameter"),
        ("a.csv", "vco.a\n", "must have a row or more"),
        ("a.npz", "no zip", "parameters file .*: "),
        ("a.txt", "1\n", "parameters must be numbers in"),
    ],
)
def test_a_file_of_something_else_is_an_error(name, content, message, tmp_path):
    (tmp_path / name).write_text(content)
    with pytest.raises(ValueError, match=message):
        OwnParameters(tmp_path / name)


def test_the_other_number_of_columns_is_an_error():
    with pytest.raises(ValueError, match=r"parameters must be \[M, 78\], .* got shape \[20, 77\]"):
        OwnParameters(ROWS[:, 1:]).of(TABLE)


@pytest.mark.parametrize("suffix", [".txt", ".json", ".npy"])
def test_splits_come_from_a_file_too(suffix, tmp_path):
    words, path = ["train"] * 12 + ["val"] * 4 + ["test"] * 4, tmp_path / f"splits{suffix}"
    if suffix == ".npy":
        np.save(path, np.array(words))
    else:
        path.write_text(str(words).replace("'", '"') if suffix == ".json" else "\n".join(words))
    own = OwnParameters(ROWS, path)
    assert own == OwnParameters(ROWS, [Split(word) for word in words])
    assert [own.roster.num_sounds(split) for split in (Split.train, Split.val, Split.test)] == [
        12,
        4,
        4,
    ]


def test_a_file_may_state_them_but_not_give_their_numbers():
    own = OwnParameters(ROWS)
    stated = own_parameters(own.settings)
    assert stated == own
    with pytest.raises(ValueError, match=r"^parameters must be given \(parameters=, --parameters"):
        stated.of(TABLE)


BROKEN = {"empty": b"", "zip": b"PK\x03\x04junk", "cut": b"\x93NUMPY\x01\x00v\x00{"}


@pytest.mark.parametrize("content", BROKEN.values(), ids=[*BROKEN])
def test_a_broken_file_of_rows_or_of_splits_is_named(content, tmp_path):
    for suffix in (".npy", ".npz"):
        (tmp_path / f"a{suffix}").write_bytes(content)
        with pytest.raises(ValueError, match=rf"parameters file .*a\{suffix}"):
            OwnParameters(tmp_path / f"a{suffix}")
    with pytest.raises(ValueError, match=r"split file .*a\.npy is no array"):
        OwnParameters(torch.zeros(10, 78), tmp_path / "a.npy")


def test_rows_that_are_damaged_inside_their_archive_are_an_error(tmp_path):
    path = tmp_path / "a.npz"
    np.savez_compressed(path, parameters=np.random.default_rng(0).random((20, 78)))
    content = bytearray(path.read_bytes())
    content[400:440] = bytes(40)
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"parameters file .*a\.npz"):
        OwnParameters(path)
