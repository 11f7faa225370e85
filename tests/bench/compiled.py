"""What torch.compile makes of synths: time, first call, and how far the sound moves.

Run ``python tests/bench/compiled.py``, ``--device cuda`` on a GPU. Each synth's modules, in float64
and float32, ``render`` as one graph (``fullgraph=True``) beside the same without a compiler. Times
are medians of rounds in which the two take turns.
"""

import statistics

import torch
from options import options, read

from synth_datamodule import SynthConfig, Voice
from synth_datamodule.corpus.draws import noise_rows
from synth_datamodule.measure.machine import this_machine
from synth_datamodule.measure.timing import take_turns, timed
from synth_datamodule.reporting import markdown_table
from synth_datamodule.synths import FilteredVoice, FmVoice, OneOscillator

HEADER = ("synth", "dtype", "eager, ms", "compiled, ms", "ratio", "first call, s", "sound moves by")


def parser():
    return options(__doc__, sounds=8, seconds=4.0, rounds=5, device="cpu")


def main():
    given = read(parser())
    device = torch.device(given.device)
    numbers = torch.arange(given.sounds)
    rows = noise_rows(numbers).to(device)
    print(this_machine(device))
    print(f"{given.sounds} sounds of {given.seconds:g} s, {given.rounds} rounds\n")
    print(markdown_table(HEADER, [], align="llrrrrr"))
    for kind in (Voice, OneOscillator, FmVoice, FilteredVoice):
        for dtype in (torch.float64, torch.float32):
            config = SynthConfig(batch_size=given.sounds, buffer_size_seconds=given.seconds)
            synth = kind(config, backend="reference", dtype=dtype)
            parameters = synth.draw(numbers).to(device)
            torch.compiler.reset()
            compiled = torch.compile(synth.render, fullgraph=True)
            with torch.no_grad():
                eager = synth.render(parameters, rows)
                first, audio = timed(lambda: compiled(parameters, rows), device)  # noqa: B023
                seconds = take_turns(
                    {
                        "eager": lambda _: synth.render(parameters, rows),  # noqa: B023
                        "compiled": lambda _: compiled(parameters, rows),  # noqa: B023
                    },
                    given.rounds,
                    device,
                )
            slow, fast = (1e3 * statistics.median(seconds[name]) for name in seconds)
            print(
                f"| {kind.__name__} | {str(dtype)[6:]} | {slow:.0f} | {fast:.0f} "
                f"| {slow / fast:.1f} | {first:.0f} | {(audio - eager).abs().max():.1e} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
