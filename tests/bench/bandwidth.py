"""How fast a GPU copies: what rendering, which only writes, is held against."""

import statistics

import torch

_NUM_COPIES = 20


def copy_bandwidth(num_bytes: int, device: torch.device) -> float:
    """Return bytes read and written per second by a copy on a GPU, the median of 20.

    A copy that fits into the GPU's cache is faster than its memory.

    Args:
        num_bytes: Of the copied tensor, a multiple of 4.
        device: A CUDA device.
    """
    source = torch.zeros(num_bytes // 4, device=device)
    target = torch.empty_like(source)
    with torch.cuda.device(device):
        marks = [(_mark(), _mark()) for _ in range(_NUM_COPIES + 1)]
        for start, end in marks:
            start.record()
            target.copy_(source)
            end.record()
        torch.cuda.synchronize()
    # The first copy warms up.
    milliseconds = [float(start.elapsed_time(end)) for start, end in marks[1:]]
    return 2 * num_bytes / (statistics.median(milliseconds) * 1e-3)


def _mark() -> torch.cuda.Event:
    return torch.cuda.Event(enable_timing=True)  # type: ignore[no-untyped-call]
