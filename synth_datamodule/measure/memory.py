"""Peak memory of a call."""

import ctypes
import gc
import os
import threading
from collections.abc import Callable
from pathlib import Path

import torch

from synth_datamodule.kernels.cpu.memory import free_audio

_STATM = Path("/proc/self/statm")
_SECONDS_BETWEEN_SAMPLES = 0.001


def peak_bytes(call: Callable[[], object], device: torch.device) -> int | None:
    """Return how far memory grows during a call, its result included.

    On a GPU this is the memory that torch allocates there. On a CPU it is the resident size of the
    process, sampled every millisecond: it holds whatever else the process touches meanwhile, and a
    page of memory counts from its first use; None where the system does not tell. Call the function
    once before: what it makes only once would count.
    """
    gc.collect()
    if device.type != "cuda":
        return _resident(call) if _STATM.exists() else None
    torch.cuda.synchronize(device)
    torch.cuda.reset_peak_memory_stats(device)
    before = torch.cuda.memory_allocated(device)
    call()
    torch.cuda.synchronize(device)
    return torch.cuda.max_memory_allocated(device) - before


def _resident(call: Callable[[], object]) -> int:
    # What was freed but kept, by this package or by glibc, would be used again and not be seen.
    free_audio()
    getattr(ctypes.CDLL(None), "malloc_trim", lambda _: None)(0)
    stop, sizes = threading.Event(), [_resident_bytes()]

    def watch() -> None:
        while not stop.wait(_SECONDS_BETWEEN_SAMPLES):
            sizes.append(_resident_bytes())

    watcher = threading.Thread(target=watch, name="resident size")
    watcher.start()
    try:
        result = call()
        sizes.append(_resident_bytes())
        del result
    finally:
        stop.set()
        watcher.join()
    return max(sizes) - sizes[0]


def _resident_bytes() -> int:
    return int(_STATM.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
