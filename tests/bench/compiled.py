"""What torch.compile makes of synths: time, first call, and how far the sound moves.

Run ``python tests/bench/compiled.py``, ``--device cuda`` on a GPU. Each synth's modules, in float64
and float32, ``render`` as one graph (``fullgraph=True``) beside the same without a compiler. Times
are medians of rounds in which the two take turns.
"""

import argparse
import statistics

import torch

from synth_datamodule import SynthConfig, Voice
from synth_datamodule.corpus.draws import noise_rows
from synth_datamodule.measure.machine import this_machine
from synth_datamodule.measure.timing import take_turns, timed
from synth_datamodule.synths import FilteredVoice, FmVoice, OneOscillator


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sounds", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--device", default="cpu")
    given = parser.parse_args()
    device = torch.device(given.device)
    numbers = torch.arange(given.sounds)
    rows = noise_rows(numbers).to(device)
    print(f"{this_machine(device)}\n{given.sounds} sounds of 4 s, {given.rounds} rounds\n")
    print("| synth | dtype | eager, ms | compiled, ms | ratio | first call, s | sound moves by |")
    print("| --- | --- | ---: | ---: | ---: | ---: | ---: |")
    for kind in (Voice, OneOscillator, FmVoice, FilteredVoice):
        for dtype in (torch.float64, torch.float32):
            synth = kind(SynthConfig(batch_size=given.sounds), backend="reference", dtype=dtype)
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
