import csv
import sys

import pytest

from synth_datamodule.torchsynth import profile


@pytest.fixture
def run(monkeypatch):
    def typed(*words):
        monkeypatch.setattr(sys, "argv", ["profile", *words])
        profile.main()

    return typed


def test_it_says_how_long_the_sounds_took(run, capsys):
    run("Voice", "-b", "2", "-n", "2", "-d", "cpu")
    assert capsys.readouterr().out.startswith("4 sounds in ")


def test_a_profile_is_a_new_csv_file_the_longest_call_first(run, tmp_path):
    file = tmp_path / "profile.csv"
    run("Voice", "-b", "1", "-n", "1", "-d", "cpu", "-p", "-s", str(file))
    with file.open(newline="") as text:
        header, first, *rest = csv.reader(text)
    assert header[0] == "ncalls"
    assert first[0] == "1"
    assert first[-1].endswith("(_render)")
    spent = [float(row[3]) for row in rest]
    assert spent == sorted(spent, reverse=True)
    with pytest.raises(OSError, match=r"profile.csv"):
        run("Voice", "-b", "1", "-n", "1", "-d", "cpu", "-p", "-s", str(file))


@pytest.mark.parametrize(
    ("words", "said"), [(["-s", "x.csv"], "^--save writes"), (["-d", "cuda"], "^--device cuda")]
)
def test_words_that_make_no_command_end_in_a_line(run, monkeypatch, words, said):
    monkeypatch.setattr(profile, "GPUS", 0)
    with pytest.raises(SystemExit, match=said):
        run("Voice", *words)


def test_a_synth_that_is_not_there_is_an_attribute_error(run):
    with pytest.raises(AttributeError, match=r"no attribute 'Nonsense'"):
        run("Nonsense", "-d", "cpu")
