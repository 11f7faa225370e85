"""How long a new process takes from ``Voice(...)`` to its first batch.

Run ``python tests/bench/start.py``, ``--device cuda`` on a GPU. Two processes are started: the
first finds empty caches of numba and Triton and compiles, as after installation; the second reads
what the first has compiled. The package is imported before the clock starts; numba and Triton are
not.
"""

import os
import subprocess
import sys
import tempfile
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
    """Seconds to the first batch.

    Args:
        after_installation: Seconds where nothing is compiled yet.
        later: Seconds where what was compiled is read from the disk.
        batch_size: Sounds in the batch.
    """

    after_installation: float
    later: float
    batch_size: int

    def __str__(self):
        return (
            f"From Voice(...) to the first batch of {self.batch_size} in a new process: "
            f"{figures(self.after_installation)} s after installation, then "
            f"{figures(self.later)} s."
        )


def first_batches(words, batch_size):
    """Time the first batch of two new processes: one with empty caches, then one with its caches.

    Args:
        words: This script's options, as typed.
        batch_size: Sounds in the batch.

    Raises:
        RuntimeError: If a process fails; with the last line that it says.
    """
    with tempfile.TemporaryDirectory() as folder:
        words = ["--batch_size", str(batch_size), *words]
        first, second = (in_new_process(words, Path(folder)) for _ in range(2))
    return Start(first, second, batch_size)


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
    return float(result.stdout)


def first_batch_here(recipe, batch_size, device):
    """Return the seconds from ``Voice(...)`` to its first batch, in this process."""
    if device.type == "cuda":
        torch.zeros(1, device=device)  # starts the GPU
    return timed(lambda: recipe.make(batch_size=batch_size).to(device)(0), device)[0]


def parser():
    made = options(
        __doc__,
        batch_size=32,
        seconds=4.0,
        sample_rate=44100,
        control_rate=441,
        backend="auto",
        device="cpu",
    )
    made.add_argument("--once", action="store_true", help="time this process, print the seconds")
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
        print(first_batch_here(recipe, given.batch_size, torch.device(given.device)))
        return
    # The machine is asked last: a GPU may be one that takes a single process.
    start = first_batches(sys.argv[1:], given.batch_size)
    say(f"{this_machine(torch.device(given.device))}")
    say(f"{start}")


if __name__ == "__main__":
    main()
