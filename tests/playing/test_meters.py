"""Meters tell strength over time, of each node the strongest signal's."""

import torch

from synth_datamodule.playing.meters import NUM_BINS, levels

NODES = ["lfo", "vca.vco", "vca", "mod", "output"]


def test_a_signals_levels_are_shares_of_its_peak():
    found = levels({"lfo": torch.linspace(0, 2, 1000)[None]}, NODES)["lfo"]
    assert found["peak"] == 2.0
    assert len(found["levels"]) == NUM_BINS
    assert found["levels"] == sorted(found["levels"])
    assert found["levels"][-1] == 99


def test_a_signal_belongs_to_the_node_with_the_longest_name():
    signals = {"vca.vco": torch.ones(1, 200), "vca.noise": torch.ones(1, 200)}
    assert levels(signals, NODES).keys() == {"vca.vco", "vca"}


def test_a_node_shows_its_strongest_signal():
    weak, strong = torch.full((1, 200), 0.1), torch.full((1, 200), -0.5)
    assert levels({"mod.a": weak, "mod.b": strong}, NODES)["mod"]["peak"] == 0.5


def test_audio_and_what_is_returned_beside_it_are_the_output():
    signals = {"audio": torch.ones(1, 200), "output.mod": torch.full((1, 200), 2.0)}
    assert levels(signals, NODES)["output"]["peak"] == 2.0


def test_silence_and_what_is_no_number_have_levels_and_a_number_has_none():
    signals = {
        "lfo": torch.zeros(1, 200),
        "mod": torch.tensor([3.0]),
        "vca": torch.full((1, 9), torch.nan),
    }
    found = levels(signals, NODES)
    assert set(found["lfo"]["levels"]) == {0}
    assert "mod" not in found
    assert found["vca"]["peak"] == 0.0
