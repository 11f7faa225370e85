"""Tables of named columns: what is written is read, whole or not at all."""

import csv

import pytest

from synth_datamodule.reporting.columns import ROWS_AT_A_TIME, check_table, new_table

COLUMNS = {"sound": int, "file": str, "is_train": bool, "keyboard.midi_f0": float}
ROWS = [(2**32 - 1, "a,b.wav", True, 0.1), (None, 'c".wav', None, 60.0)]


def parquet():
    return pytest.importorskip(
        "pyarrow.parquet", reason="needs pyarrow: pip install -e '.[tables]'"
    )


def test_csv_holds_every_digit_and_an_empty_cell_for_none(tmp_path):
    with new_table(tmp_path / "a.csv", COLUMNS) as add:
        add(ROWS)
    with (tmp_path / "a.csv").open(newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0] == list(COLUMNS)
    assert rows[1] == ["4294967295", "a,b.wav", "True", "0.1"]
    assert rows[2] == ["", 'c".wav', "", "60.0"]


def test_parquet_holds_types_and_every_row(tmp_path):
    path = tmp_path / "a.parquet"
    number = ROWS_AT_A_TIME + 3
    reader = parquet()
    with new_table(path, COLUMNS) as add:
        add(ROWS)
        add((place, "a", False, place / 3) for place in range(number))
        add([])
    table = reader.read_table(path)
    assert [str(kind) for kind in table.schema.types] == ["int64", "string", "bool", "double"]
    assert table.schema.names == list(COLUMNS)
    assert tuple(table.slice(0, 1).to_pylist()[0].values()) == ROWS[0]
    assert table.num_rows == number + 2
    assert table.column("keyboard.midi_f0").to_pylist()[2:] == [n / 3 for n in range(number)]


@pytest.mark.parametrize("name", ["a.csv", "a.parquet"])
def test_the_same_rows_are_the_same_file_and_others_are_refused(name, tmp_path):
    if name.endswith("parquet"):
        parquet()
    path = tmp_path / name

    def write(rows, **how):
        with new_table(path, COLUMNS, **how) as add:
            add(rows)

    write(ROWS)
    before = path.read_bytes()
    write(ROWS)
    with pytest.raises(FileExistsError, match="exists; --overwrite"):
        write(ROWS[:1])
    assert path.read_bytes() == before
    write(ROWS[:1], overwrite=True)
    assert path.read_bytes() != before
    assert [file.name for file in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("name", ["a.csv", "a.parquet"])
def test_a_table_that_is_cut_short_leaves_no_file(name, tmp_path):
    if name.endswith("parquet"):
        parquet()

    def begin():
        with new_table(tmp_path / name, COLUMNS) as add:
            add(ROWS)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        begin()
    assert list(tmp_path.iterdir()) == []


def test_another_suffix_is_refused():
    for name in ("a.txt", "a", "", ".csv"):
        with pytest.raises(ValueError, match=r"^table must be a file \.csv or \.parquet, got "):
            check_table("table", name)
    check_table("table", "a.csv")


def test_without_pyarrow_the_error_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    with pytest.raises(ImportError, match=r"pyarrow: pip install 'synth_datamodule\[tables\]'$"):
        check_table("table", "a.parquet")
