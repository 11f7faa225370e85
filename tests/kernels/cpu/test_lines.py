"""Blocks: as many samples at a time as the machine likes, and the same sound."""

import pytest
import torch

from synth_datamodule import SynthConfig, Voice, synths
from synth_datamodule.kernels.cpu import lines

CONFIG = SynthConfig(sample_rate=16000, buffer_size_seconds=0.5, control_rate=160)


@pytest.mark.parametrize("kind", [Voice, synths.FilteredVoice, synths.FmVoice])
@pytest.mark.parametrize("size", [1, 37, 480])
def test_no_bit_depends_on_the_size_of_a_block(monkeypatch, kind, size):
    place = "synth_datamodule.kernels.cpu.program.launch.block_size"
    numbers = list(range(8))
    monkeypatch.setattr(place, lambda: lines.BLOCK)
    whole = kind(CONFIG).render_sounds(numbers).audio
    monkeypatch.setattr(place, lambda: size)
    assert torch.equal(kind(CONFIG).render_sounds(numbers).audio, whole)


@pytest.mark.parametrize(
    ("said", "size"),
    [("48K\n", 480), ("64K\n", 480), ("32K\n", 1200), ("what\n", 1200), (None, 1200)],
)
def test_short_blocks_are_for_first_caches_that_hold_them(monkeypatch, tmp_path, said, size):
    file = tmp_path / "size"
    if said is not None:
        file.write_text(said)
    monkeypatch.setattr(lines, "_FIRST_CACHE", file)
    assert lines.block_size() == size
