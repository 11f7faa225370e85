"""How fast a GPU copies: what rendering, which only writes, is held against.

Run ``python tests/bench/bandwidth.py --device cuda``. Each copy is as large as the audio of a batch
of the Voice's sounds. One that fits into the GPU's cache is faster than its memory.
"""

import statistics

import torch
from options import options, read

from synth_datamodule.measure.machine import this_machine
from synth_datamodule.patching.recipe import SynthRecipe
from synth_datamodule.reporting import figures, print_table, say

NUM_COPIES = 20


def copy_bandwidth(num_bytes, device):
    """Return bytes read and written per second by a copy on a GPU, the median of 20.

    Args:
        num_bytes: Size of the copied tensor in bytes, a multiple of 4.
        device: A CUDA device.
    """
    source = torch.zeros(num_bytes // 4, device=device)
    target = torch.empty_like(source)
    with torch.cuda.device(device):
        marks = [
            (torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True))
            for _ in range(NUM_COPIES + 1)
        ]
        for start, end in marks:
            start.record()
            target.copy_(source)
            end.record()
        torch.cuda.synchronize()
    # The first copy warms up.
    milliseconds = [start.elapsed_time(end) for start, end in marks[1:]]
    return 2 * num_bytes / (statistics.median(milliseconds) * 1e-3)


def parser():
    return options(__doc__, batch_sizes=[32, 128, 1024, 4096], seconds=4.0, device="cuda")


def main():
    given = read(parser())
    device = torch.device(given.device)
    if device.type != "cuda":
        raise SystemExit("a copy is measured on a CUDA device only")
    config = SynthRecipe(buffer_size_seconds=given.seconds).config()
    say(f"{this_machine(device)}")
    rates = {
        size: copy_bandwidth(4 * size * config.buffer_size, device) for size in given.batch_sizes
    }
    print_table(["batch", "GB/s"], [[size, figures(rate / 1e9)] for size, rate in rates.items()])


if __name__ == "__main__":
    main()
