"""The renderers beside torchsynth 1.0.2, in one run; and the costs before the sound.

torchsynth no longer imports as it is. Beside this package, install it with

    pip install "setuptools<81" && pip install --no-deps torchsynth==1.0.2

and run ``python tests/bench/against_torchsynth.py``. Every figure is a median of rounds in which
the candidates take turns, so that a machine whose speed drifts slows them all alike.
``synth-datamodule speed`` takes the same measurements, with more options.
"""

import argparse
import statistics
import tracemalloc

import torch

from synth_datamodule import SynthDataModule
from synth_datamodule.corpus.draws import draw_parameters, noise_table
from synth_datamodule.measure.command import show_progress
from synth_datamodule.measure.report import markdown
from synth_datamodule.measure.settings import Settings
from synth_datamodule.measure.speed import measure
from synth_datamodule.measure.timing import take_turns


def compare(batch_sizes, num_rounds, device):
    """Print the table, and what it was measured on."""
    settings = Settings(
        batch_sizes=tuple(batch_sizes), torchsynth=True, rounds=num_rounds, device=device
    )
    measured = measure(settings, show_progress)
    show_progress("")
    print(markdown(measured))


def median_seconds(calls, num_rounds):
    """Time calls without arguments in turn; return the median of each."""
    given_a_round = {name: lambda _, call=call: call() for name, call in calls.items()}
    return {
        name: statistics.median(taken)
        for name, taken in take_turns(given_a_round, num_rounds).items()
    }


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
    print("128 sounds' draws: ", end="")
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
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    options = parser.parse_args()
    compare(options.batch_sizes, options.rounds, options.device)
    before_the_sound()
