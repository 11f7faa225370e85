import time
from pathlib import Path

import pytest
import torch

from synth_datamodule.kernels.cpu.memory import empty_audio
from synth_datamodule.measure import memory
from synth_datamodule.measure.memory import peak_bytes

CPU = torch.device("cpu")
MEGABYTE = 10**6
statm = pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="needs /proc/self/statm")


@statm
def test_what_is_held_only_during_the_call_counts():
    def call():
        held = torch.ones(16 * MEGABYTE)
        time.sleep(0.05)
        return held[:1].clone()

    assert 64 * MEGABYTE <= peak_bytes(call, CPU) < 80 * MEGABYTE


@statm
def test_a_call_that_holds_nothing_grows_by_next_to_nothing():
    assert peak_bytes(lambda: None, CPU) < 4 * MEGABYTE


@statm
def test_memory_kept_for_the_next_batch_counts_all_the_same():
    def call():
        return empty_audio(4 * MEGABYTE).fill_(1.0)

    call()
    assert peak_bytes(call, CPU) >= 16 * MEGABYTE


def test_where_the_system_does_not_tell_there_is_no_figure(monkeypatch, tmp_path):
    monkeypatch.setattr(memory, "_STATM", tmp_path / "statm")
    assert peak_bytes(lambda: None, CPU) is None


@statm
def test_a_call_that_fails_leaves_no_watcher():
    def call():
        raise RuntimeError("no")

    with pytest.raises(RuntimeError, match="no"):
        peak_bytes(call, CPU)
    assert "resident size" not in {thread.name for thread in memory.threading.enumerate()}


@pytest.mark.gpu
def test_on_a_gpu_it_is_what_torch_allocates_there():
    def call():
        held = torch.empty(2**22, dtype=torch.uint8, device="cuda")
        return torch.empty_like(held)

    assert peak_bytes(call, torch.device("cuda")) == 2**23
