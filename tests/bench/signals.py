"""What every signal of the Voice costs beside its audio alone, rendered by the same modules.

Run ``python tests/bench/signals.py``. Both run the modules in float64 a few sounds at a time; the
signals are kept besides, 9 MB a sound. Times are medians of rounds in which the candidates take
turns, and what is told is the median of the rounds' own ratios.
"""

import statistics

from options import options, read

from synth_datamodule import SynthConfig, Voice
from synth_datamodule.measure.timing import take_turns


def parser():
    return options(__doc__, sounds=16, seconds=4.0, rounds=7)


def main():
    """Print the time of each, and how many times the reference's it is."""
    given = read(parser())
    config = SynthConfig(buffer_size_seconds=given.seconds)
    reference, fused = Voice(config, backend="reference"), Voice(config)
    drawn = reference.draw(range(given.sounds))
    calls = {
        "reference, audio": lambda _: reference.render(drawn),
        "reference, signals": lambda _: reference.signals(drawn),
        "fused, signals": lambda _: fused.signals(drawn),
        "fused, control signals": lambda _: fused.signals(drawn, names=["mod_matrix", "lfo_1"]),
    }
    seconds = take_turns(calls, given.rounds)
    bare = seconds["reference, audio"]
    for name, taken in seconds.items():
        ratio = statistics.median(one / other for one, other in zip(taken, bare, strict=True))
        print(f"{name:24} {1e3 * statistics.median(taken):8.1f} ms  {ratio:5.3f}")


if __name__ == "__main__":
    main()
