"""What draws, noise and the loader of a billion sounds cost before any sound is rendered.

Run ``python tests/bench/before_the_sound.py``. Times are medians of rounds in which the candidates
take turns.
"""

import statistics
import tracemalloc

import torch
from options import options, read

from synth_datamodule import SynthDataModule
from synth_datamodule.corpus.draws import draw_parameters, noise_table
from synth_datamodule.measure.timing import take_turns


def median_seconds(calls, num_rounds):
    """Time calls without arguments in turn; return the median of each."""
    given_a_round = {name: lambda _, call=call: call() for name, call in calls.items()}
    return {
        name: statistics.median(taken)
        for name, taken in take_turns(given_a_round, num_rounds).items()
    }


def parser():
    return options(__doc__, sounds=128, rounds=20)


def main():
    given = read(parser())
    indices, generator = torch.arange(given.sounds), torch.Generator()

    def loop():
        rows = torch.empty(given.sounds, 78)
        for number in range(given.sounds):
            torch.rand(78, generator=generator.manual_seed(number), out=rows[number])

    medians = median_seconds(
        {"side by side": lambda: draw_parameters(indices), "one generator, a loop": loop},
        10 * given.rounds,
    )
    print(f"{given.sounds} sounds' draws: ", end="")
    print(", ".join(f"{name} {seconds * 1e3:.3f} ms" for name, seconds in medians.items()))
    taken = median_seconds({"table": lambda: noise_table(176400)}, -(-given.rounds // 4))["table"]
    print(f"noise table: {taken * 1e3:.0f} ms")

    dm = SynthDataModule(corpus="synth1B1")
    dm.setup("fit")

    def first_numbers():
        return next(iter(dm.train_dataloader())).index

    seconds = median_seconds({"first": first_numbers}, given.rounds)["first"]
    tracemalloc.start()
    first_numbers()
    peak = tracemalloc.get_traced_memory()[1]
    print(f"synth1B1, shuffled, to the first numbers: {seconds * 1e3:.2f} ms, {peak / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
