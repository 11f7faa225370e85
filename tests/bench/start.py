"""How long a new process takes from ``Voice(...)`` to its first batch.

Run ``python tests/bench/start.py``, ``--device cuda`` on a GPU. One process finds empty caches of
numba and Triton and compiles, as after installation; those after it read what it has compiled. The
package is imported before the clock starts; what compiles is not.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import torch
from options import options, read

from synth_datamodule.measure.machine import this_machine
from synth_datamodule.measure.timing import timed
from synth_datamodule.patching.recipe import SynthRecipe
from synth_datamodule.reporting import figures, say


@dataclass(frozen=True)
class Start:
    """Seconds to the first batch, and those of them that a core worked, on all cores together.

    Args:
        after_installation: Seconds where nothing is compiled yet, and of CPU.
        later: Seconds where what was compiled is read from the disk, and of CPU, process by
            process.
        batch_size: Sounds in the batch.
    """

    after_installation: tuple[float, float]
    later: list[tuple[float, float]]
    batch_size: int

    def __str__(self):
        first, first_cpu = (figures(one) for one in self.after_installation)
        (best, median), (best_cpu, median_cpu) = (
            (figures(min(one)), figures(statistics.median(one)))
            for one in zip(*self.later, strict=True)
        )
        return (
            f"From Voice(...) to the first batch of {self.batch_size} in a new process: "
            f"{first} s after installation ({first_cpu} s of CPU), then {best} s at best and "
            f"{median} s in the median of {len(self.later)} processes "
            f"({best_cpu} and {median_cpu} s of CPU)."
        )


def first_batches(words, batch_size, num_processes=1):
    """Time first batches: of a process with empty caches, then of others with its caches.

    Args:
        words: This script's options, as typed.
        batch_size: Sounds in the batch.
        num_processes: Processes with full caches.

    Raises:
        RuntimeError: If a process fails; with the last line that it says.
    """
    with tempfile.TemporaryDirectory() as folder:
        words = ["--batch_size", str(batch_size), *words]
        first, *later = (in_new_process(words, Path(folder)) for _ in range(1 + num_processes))
    return Start(first, later, batch_size)


def in_new_process(words, caches):
    folders = {f"{name}_CACHE_DIR": str(caches / name) for name in ("NUMBA", "TRITON")}
    result = subprocess.run(
        [sys.executable, __file__, "--once", *words],
        env={**os.environ, **folders},
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode != 0:
        said = result.stderr.strip().splitlines()
        raise RuntimeError(f"the first batch in a new process failed: {said[-1] if said else ''}")
    seconds, of_cpu = (float(one) for one in result.stdout.split())
    return seconds, of_cpu


def first_batch_here(recipe, batch_size, device):
    """Return the seconds from ``Voice(...)`` to its first batch here, and the CPU's."""
    if device.type == "cuda":
        torch.zeros(1, device=device)  # starts the GPU
    before = time.process_time()
    seconds = timed(lambda: recipe.make(batch_size=batch_size).to(device)(0), device)[0]
    return seconds, time.process_time() - before


def parser():
    made = options(
        __doc__,
        batch_size=128,
        rounds=11,
        seconds=4.0,
        sample_rate=44100,
        control_rate=441,
        backend="auto",
        device="cpu",
    )
    made.add_argument("--once", action="store_true", help="time this process, print both seconds")
    return made


def main():
    given = read(parser())
    if given.once:
        recipe = SynthRecipe(
            backend=given.backend,
            sample_rate=given.sample_rate,
            buffer_size_seconds=given.seconds,
            control_rate=given.control_rate,
        )
        print(*first_batch_here(recipe, given.batch_size, torch.device(given.device)))
        return
    # The machine is asked last: a GPU may be one that takes a single process.
    start = first_batches(sys.argv[1:], given.batch_size, given.rounds)
    say(f"{this_machine(torch.device(given.device))}")
    say(f"{start}")


if __name__ == "__main__":
    main()
