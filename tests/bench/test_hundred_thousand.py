import json

import hundred_thousand
import pytest
import torch

from synth_datamodule import SynthConfig

SHORT = SynthConfig(sample_rate=8000, buffer_size_seconds=0.1, control_rate=100)


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch):
    monkeypatch.setattr(hundred_thousand, "PIECE", 4)
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)


def measured(folder, *, out):
    words = ["--sounds", "10", "--pieces", str(folder), "--out", str(out)]
    hundred_thousand.main(words, SHORT)
    return json.loads(out.read_text(encoding="utf-8"))


def test_sounds_are_spread_over_the_corpus_and_hear_every_noise_row():
    numbers = hundred_thousand.spread(100_000)
    assert len(numbers.unique()) == 100_000
    assert 999_000_000 < numbers[-1] < 10**9
    assert torch.equal((numbers % 32).unique(), torch.arange(32))


def test_a_run_that_was_cut_short_goes_on_and_finds_the_same(tmp_path, monkeypatch):
    whole = measured(tmp_path / "whole", out=tmp_path / "whole.json")
    assert len(list((tmp_path / "whole").iterdir())) == 3
    next((tmp_path / "whole").glob("0-*")).unlink()
    computed, really = [], hundred_thousand.errors

    def counted(config, numbers):
        computed.append(len(numbers))
        return really(config, numbers)

    monkeypatch.setattr(hundred_thousand, "errors", counted)
    again = measured(tmp_path / "whole", out=tmp_path / "again.json")
    assert computed == [4]
    assert {**again, "seconds": 0} == {**whole, "seconds": 0}
    assert whole["worst"] < 1e-5


def test_pieces_of_other_settings_are_refused(tmp_path):
    measured(tmp_path / "pieces", out=tmp_path / "a.json")
    other = SynthConfig(sample_rate=8000, buffer_size_seconds=0.2, control_rate=100)
    with pytest.raises(ValueError, match="is of other settings"):
        hundred_thousand.main(["--sounds", "10", "--pieces", str(tmp_path / "pieces")], other)


def test_the_worst_ten_are_named_worst_first():
    numbers = torch.arange(1000) * 3
    found = [float(k) * 1e-8 for k in range(1000)]
    result = hundred_thousand.distribution(numbers, found)
    assert [one["sound"] for one in result["worst ten"]] == [2997 - 3 * k for k in range(10)]
    assert result["median"] == pytest.approx(499.5e-8)
    assert (result["worst"], result["beyond 1e-5"]) == (found[-1], 0)
    assert hundred_thousand.distribution(numbers, [2e-5, *found[1:]])["beyond 1e-5"] == 1


def test_a_sound_that_is_no_number_is_an_error():
    with pytest.raises(ValueError, match=r"must be finite, got others at \[6\]"):
        hundred_thousand.distribution(torch.arange(4) * 3, [0.0, 0.0, float("nan"), 0.0])
