"""Times a synth, or profiles it: ``python -m synth_datamodule.torchsynth.profile Voice -b 64``.

``synth-datamodule speed`` measures the package itself, on CPU and GPU, its memory too.
"""

import argparse
import cProfile
import pstats
import sys
import time

import torch

from synth_datamodule.reporting import new_rows, say
from synth_datamodule.torchsynth import synth
from synth_datamodule.torchsynth.config import SynthConfig

GPUS = torch.cuda.device_count()
"""Number of GPUs that torch sees."""

_HEADER = ("ncalls", "tottime", "percall", "cumtime", "percall", "filename:lineno(function)")


def main() -> None:
    """Render batches of a synth as the command line says, and say how long that took.

    Raises:
        AttributeError: If there is no synth of this name.
        SystemExit: If the words make no command.
    """
    options = _options()
    if options.save is not None and not options.profile:
        raise SystemExit("--save writes what --profile (-p) measures: give both")
    if options.device == "cuda" and GPUS == 0:
        raise SystemExit("--device cuda needs a GPU, torch sees none")
    device = options.device or ("cuda" if GPUS else "cpu")
    config = SynthConfig(options.batch_size, reproducible=False)
    voice: synth.AbstractSynth = getattr(synth, options.module)(config).to(device)
    profiler = cProfile.Profile()
    began = time.perf_counter()
    if options.profile:
        profiler.runcall(_render, voice, options.num_batches)
    else:
        _render(voice, options.num_batches)
    seconds, sounds = time.perf_counter() - began, options.num_batches * options.batch_size
    say(f"{sounds} sounds in {seconds:.3g} s on {device}: {sounds / seconds:.4g} a second")
    if options.save is not None:
        with new_rows(options.save, _HEADER) as add:
            add(_rows(profiler))
    elif options.profile:
        pstats.Stats(profiler).sort_stats("cumtime").print_stats(20)


def _render(voice: synth.AbstractSynth, num_batches: int) -> None:
    for batch_idx in range(num_batches):
        voice(batch_idx)
    if voice.device.type == "cuda":
        torch.cuda.synchronize(voice.device)


def _rows(profiler: cProfile.Profile) -> list[tuple[object, ...]]:
    """Return what was called, the longest first."""
    measured = pstats.Stats(profiler).stats  # type: ignore[attr-defined]
    calls = sorted(measured.items(), key=lambda call: -call[1][3])
    return [
        (number, own, own / number, whole, whole / primitive, f"{file}:{line}({function})")
        for (file, line, function), (primitive, number, own, whole, _) in calls
    ]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Time batches of a synth, or profile them.")
    parser.add_argument("module", help="name of the synth, such as Voice")
    parser.add_argument("--batch-size", "-b", type=int, default=64, help="sounds in a batch")
    parser.add_argument("--num_batches", "-n", type=int, default=64, help="number of batches")
    parser.add_argument("--profile", "-p", action="store_true", help="profile the calls")
    parser.add_argument("--save", "-s", help="new CSV file for the profile")
    parser.add_argument("--device", "-d", help="cuda or cpu; a GPU where there is one")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())  # type: ignore[func-returns-value]
