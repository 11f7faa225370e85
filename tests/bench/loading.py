"""What loading costs beside rendering, what rendering ahead gains, and whether memory stays flat.

Run ``python tests/bench/loading.py``. Times are medians of rounds in which the candidates take
turns. The memory part makes many steps over short sounds.
"""

import gc
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

import torch
from options import options, read

from synth_datamodule import Split, SynthConfig, SynthDataModule, Voice
from synth_datamodule.loading import SoundLoader, SoundSet


def overhead(batch_size, num_rounds):
    """Time a batch from the loader beside the bare render of the same numbers."""
    dm = SynthDataModule(batch_size=batch_size, corpus="synth1B1")
    dm.setup("fit")
    bare, loaded, machinery = [], [], []
    for _ in range(num_rounds):
        start = time.perf_counter()
        numbers = next(iter(dm.train_dataloader()))
        machinery.append(time.perf_counter() - start)
        batch = numbers.to("cpu")
        loaded.append(time.perf_counter() - start)
        start = time.perf_counter()
        dm.voice.render_sounds(batch.index)
        bare.append(time.perf_counter() - start)
    ratio = statistics.median(a / b for a, b in zip(loaded, bare, strict=True))
    print(
        f"{batch_size} sounds of 4 s: loader and transfer / bare render {ratio:.3f}, "
        "median of pairs"
    )
    print(f"of it the loader alone: {statistics.median(machinery) * 1e3:.2f} ms")


def ahead(num_batches):
    """Time an epoch with and without rendering ahead, the model as slow as the renderer."""
    voice = Voice(SynthConfig(sample_rate=16000, buffer_size_seconds=2.0, control_rate=400))
    sounds = SoundSet(Split.train, 32 * num_batches)
    voice.render_sounds(torch.arange(32))
    start = time.perf_counter()
    voice.render_sounds(torch.arange(32))
    render = time.perf_counter() - start

    def epoch(render_ahead):
        start = time.perf_counter()
        for numbers in SoundLoader(sounds, voice, 32, render_ahead=render_ahead):
            numbers.to("cpu")
            # A model that works elsewhere, as on a GPU: it leaves the cores alone.
            time.sleep(render)
        return time.perf_counter() - start

    pairs = [(epoch(True), epoch(False)) for _ in range(5)]
    print(
        "rendering ahead of a model that leaves the cores alone and takes as long as a render: "
        f"{statistics.median(a / (render * num_batches) for a, _ in pairs):.2f} of the longer of "
        f"the two, without {statistics.median(b / (render * num_batches) for _, b in pairs):.2f}"
    )


def chunks(batch_size):
    """Print how far a batch of spectrograms makes the process grow, whole and in chunks."""
    script = (
        "import sys, torch; from synth_datamodule import Voice; "
        "from synth_datamodule.features import LogMel; "
        "from synth_datamodule.loading import Rendering; "
        "from synth_datamodule.measure.memory import peak_bytes; "
        "chunk, size = int(sys.argv[1]) or None, int(sys.argv[2]); cpu = torch.device('cpu'); "
        "make = Rendering(Voice(), chunk=chunk, transform=LogMel(44100)); "
        "make(torch.arange(4), cpu, torch.float32); "
        "call = lambda: make(torch.arange(size), cpu, torch.float32); "
        "print(round(peak_bytes(call, cpu) / 1e6))"
    )
    for chunk in (0, 16):
        words = [sys.executable, "-c", script, str(chunk), str(batch_size)]
        grown = subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip()
        print(f"{batch_size} spectrograms, render_chunk={chunk or None}: peak grows by {grown} MB")


def memory(num_steps):
    """Print the resident size over many steps."""
    page = os.sysconf("SC_PAGE_SIZE")
    dm = SynthDataModule(
        batch_size=2,
        sounds_per_epoch=2 * num_steps // 10,
        sample_rate=4000,
        buffer_size_seconds=0.05,
        control_rate=200,
        paired_delta=0.1,
    )
    loader, sizes = dm.train_dataloader(), []
    for _ in range(10):
        for numbers in loader:
            numbers.to("cpu")
        gc.collect()
        sizes.append(int(Path("/proc/self/statm").read_text().split()[1]) * page / 1e6)
    print(f"resident MB after each tenth of {num_steps} steps: {[round(size) for size in sizes]}")


def parser():
    return options(__doc__, batch_size=128, rounds=9, steps=10_000)


def main():
    given = read(parser())
    overhead(given.batch_size, given.rounds)
    ahead(num_batches=10)
    chunks(given.batch_size)
    memory(given.steps)


if __name__ == "__main__":
    main()
