"""Realtime factor of this package beside torchsynth 1.0.2, in one run; and the costs before it.

torchsynth no longer imports as it is. Beside this package, install it with

    pip install "setuptools<81" && pip install --no-deps torchsynth==1.0.2

and run ``python tests/bench/against_torchsynth.py``. Every figure is a median of rounds in which
the candidates take turns, so that a machine whose speed drifts slows them all alike.
"""

import argparse
import platform
import statistics
import sys
import time
import tracemalloc
import types
import warnings

import pytorch_lightning
import torch

from synth_datamodule import SynthConfig, SynthDataModule, Voice
from synth_datamodule.draws import draw_parameters, noise_table


def torchsynth_voice(batch_size):
    """Import torchsynth around the Lightning module that is gone, and return its Voice."""
    stub = types.ModuleType("pytorch_lightning.core.lightning")
    stub.LightningModule = pytorch_lightning.LightningModule
    sys.modules.setdefault("pytorch_lightning.core.lightning", stub)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from torchsynth.config import SynthConfig as TheirConfig
        from torchsynth.synth import Voice as TheirVoice

        return TheirVoice(TheirConfig(batch_size=batch_size))


def median_seconds(candidates, num_rounds):
    """Time each candidate once a round, in turn; return the median of each."""
    seconds = {name: [] for name in candidates}
    for _ in range(num_rounds + 1):  # the first round warms up
        for name, call in candidates.items():
            start = time.perf_counter()
            call()
            seconds[name].append(time.perf_counter() - start)
    return {name: statistics.median(taken[1:]) for name, taken in seconds.items()}


def processor():
    """Return the processor's name where Linux tells it."""
    try:
        with open("/proc/cpuinfo") as file:  # noqa: PTH123
            names = [line.split(":")[1].strip() for line in file if "model name" in line]
    except OSError:
        names = []
    return names[0] if names else platform.processor()


def compare(batch_sizes, num_rounds):
    """Print the table of realtime factors."""
    print(f"{processor()}, {torch.get_num_threads()} threads, Python {platform.python_version()}, ")
    print(f"torch {torch.__version__}, 4 s at 44.1 kHz, median of {num_rounds} rounds\n")
    print("| batch | torchsynth 1.0.2 (float32) | reference (float64) | reference (float32) |")
    print("| ---: | ---: | ---: | ---: |")
    for batch_size in batch_sizes:
        config = SynthConfig(batch_size=batch_size)
        theirs = torchsynth_voice(batch_size)
        exact, single = Voice(config), Voice(config, dtype=torch.float32)
        medians = median_seconds(
            {
                "torchsynth": lambda theirs=theirs: theirs(3),
                "float64": lambda exact=exact: exact(3),
                "float32": lambda single=single: single(3),
            },
            num_rounds,
        )
        factors = {
            name: batch_size * config.buffer_size_seconds / taken for name, taken in medians.items()
        }
        print(
            f"| {batch_size} | {factors['torchsynth']:.0f}x | "
            f"{factors['float64']:.0f}x ({factors['float64'] / factors['torchsynth']:.2f}) | "
            f"{factors['float32']:.0f}x ({factors['float32'] / factors['torchsynth']:.2f}) |"
        )


def before_the_sound():
    """Print what draws, noise and the loader of a billion sounds cost."""
    indices, generator = torch.arange(128), torch.Generator()

    def loop():
        rows = torch.empty(128, 78)
        for number in range(128):
            torch.rand(78, generator=generator.manual_seed(number), out=rows[number])

    medians = median_seconds(
        {"side by side": lambda: draw_parameters(indices), "one generator, a loop": loop}, 200
    )
    print("\n128 sounds' draws: ", end="")
    print(", ".join(f"{name} {seconds * 1e3:.3f} ms" for name, seconds in medians.items()))
    taken = median_seconds({"table": lambda: noise_table(176400)}, 5)["table"]
    print(f"noise table: {taken * 1e3:.0f} ms")

    dm = SynthDataModule(corpus="synth1B1")
    dm.setup("fit")

    def first_numbers():
        return next(iter(dm.train_dataloader())).index

    seconds = median_seconds({"first": first_numbers}, 20)["first"]
    tracemalloc.start()
    first_numbers()
    peak = tracemalloc.get_traced_memory()[1]
    print(f"synth1B1, shuffled, to the first numbers: {seconds * 1e3:.2f} ms, {peak / 1e6:.2f} MB")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--batch_sizes", type=int, nargs="+", default=[32, 128])
    parser.add_argument("--rounds", type=int, default=9)
    options = parser.parse_args()
    compare(options.batch_sizes, options.rounds)
    before_the_sound()
