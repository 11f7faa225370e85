"""Whether time grows in proportion to the batch: as many sounds in batches of every size, in turn.

Run ``python tests/bench/linear.py``. Each turn renders 4096 sounds, so a machine whose speed drifts
slows all sizes alike; what is printed are medians of each round's ratio to its batches of 64.
"""

import statistics
import time

from synth_datamodule import SynthConfig, Voice

NUM_SOUNDS = 4096
SIZES = (32, 64, 128, 256, 512, 1024, 2048, 4096)


def seconds(voice):
    """Time the sounds in batches of this voice's size, in the memory of two batches before."""
    size = voice.synthconfig.batch_size
    audio = voice(0)[0]
    audio = voice(0)[0]  # made while the first is held, as a training loop does
    start = time.perf_counter()
    for batch_idx in range(NUM_SOUNDS // size):
        audio = voice(batch_idx)[0]
    taken = time.perf_counter() - start
    del audio
    return taken


def main(num_rounds=5):
    """Print microseconds per sound and the ratio to batches of 64."""
    voices = {size: Voice(SynthConfig(batch_size=size)) for size in SIZES}
    rounds = [{size: seconds(voice) for size, voice in voices.items()} for _ in range(num_rounds)]
    for size in SIZES:
        each = statistics.median(taken[size] for taken in rounds) / NUM_SOUNDS
        ratio = statistics.median(taken[size] / taken[64] for taken in rounds)
        print(f"batch {size}: {each * 1e6:.0f} us per sound, {ratio:.2f} of batch 64's")


if __name__ == "__main__":
    main()
