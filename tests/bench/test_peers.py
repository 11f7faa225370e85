import json
import sys

import peers
import pytest
from peer_torchsynth import INSTALL
from start import Start

SMALL = ["--batch_sizes", "2", "--rounds", "1", "--seconds", "0.1", "--sample_rate", "8000"]


@pytest.fixture
def run(monkeypatch):
    """Run the script, without its new processes, on a CPU."""
    monkeypatch.setattr(
        peers, "first_batches", lambda words, batch_size: Start((2.0, 2.5), [(1.0, 1.5)], 2)
    )

    def run(*words):
        monkeypatch.setattr(sys, "argv", ["peers.py", *SMALL, "--device", "cpu", *words])
        peers.main()

    return run


def test_a_peer_stands_beside_the_voice_and_is_held_against_the_same_definition(
    run, monkeypatch, tmp_path
):
    def like_ours(recipe, batch_size, device):
        return recipe.make(batch_size=batch_size)

    monkeypatch.setitem(peers.PEERS, "torchsynth", (like_ours, lambda device: ""))
    monkeypatch.setitem(peers.PEERS, "synthax", (like_ours, lambda device: ""))
    run("--out", str(tmp_path))
    measured = json.loads((tmp_path / "speed.json").read_text())
    ours, torchsynth, synthax = measured["rows"]
    assert [row["candidate"] for row in measured["rows"]] == ["fused", "torchsynth", "synthax"]
    assert torchsynth["distance"] == ours["distance"]
    assert synthax["distance"] is None
    assert measured["notes"] == [str(Start((2.0, 2.5), [(1.0, 1.5)], 2))]


def test_without_a_peer_the_others_are_measured_and_a_note_says_how_to_get_it(
    run, monkeypatch, capsys
):
    missing = f"torchsynth is not here: {INSTALL}"
    monkeypatch.setitem(peers.PEERS, "torchsynth", (None, lambda device: missing))
    run("--peers", "torchsynth")
    printed = capsys.readouterr().out
    assert " fused " in printed
    assert printed.splitlines()[-1] == missing


def test_files_of_another_run_are_refused_before_any_work(run, tmp_path, capsys):
    (tmp_path / "speed.md").write_text("another run's")
    with pytest.raises(SystemExit, match="2"):
        run("--out", str(tmp_path))
    assert "speed.md exists; --overwrite" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["speed.md"]
