"""Whether time grows in proportion to the batch: as many sounds in batches of every size, in turn.

Run ``python tests/bench/linear.py``. Each turn renders as many sounds as the largest batch, so a
machine whose speed drifts slows all sizes alike; what is printed are medians of each round's ratio
to its batches of 64, or of the first size.
"""

import statistics
import time

from options import options, read

from synth_datamodule import SynthConfig, Voice

SIZES = [32, 64, 128, 256, 512, 1024, 2048, 4096]
HELD_AGAINST = 64


def seconds(voice, num_sounds):
    """Time the sounds in batches of this voice's size, in the memory of two batches before."""
    size = voice.synthconfig.batch_size
    audio = voice(0)[0]
    audio = voice(0)[0]  # made while the first is held, as a training loop does
    start = time.perf_counter()
    for batch_idx in range(num_sounds // size):
        audio = voice(batch_idx)[0]
    taken = time.perf_counter() - start
    del audio
    return taken


def parser():
    return options(__doc__, batch_sizes=SIZES, seconds=4.0, rounds=5)


def main():
    """Print microseconds per sound and the ratio to batches of 64, or of the first size."""
    given = read(parser())
    sizes = given.batch_sizes
    base, num_sounds = HELD_AGAINST if HELD_AGAINST in sizes else sizes[0], max(sizes)
    voices = {
        size: Voice(SynthConfig(batch_size=size, buffer_size_seconds=given.seconds))
        for size in sizes
    }
    rounds = [
        {size: seconds(voice, num_sounds) for size, voice in voices.items()}
        for _ in range(given.rounds)
    ]
    for size in sizes:
        each = statistics.median(taken[size] for taken in rounds) / (num_sounds // size * size)
        ratio = statistics.median(taken[size] / taken[base] for taken in rounds)
        print(f"batch {size}: {each * 1e6:.0f} us per sound, {ratio:.2f} of batch {base}'s")


if __name__ == "__main__":
    main()
