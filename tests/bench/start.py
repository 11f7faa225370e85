"""From ``Voice(...)`` to the first batch in hand, in processes of their own."""

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

import torch

from synth_datamodule.config import SynthConfig
from synth_datamodule.measure.timing import timed
from synth_datamodule.voice import Voice

_SCRIPT = (
    "import sys; from synth_datamodule.measure.start import first_batch_here; "
    "print(first_batch_here(*sys.argv[1:]))"
)


@dataclass(frozen=True)
class Start:
    """Seconds to the first batch, this package imported; numba and Triton are not, it does that.

    Args:
        after_installation: Nothing is compiled yet.
        later: What was compiled is read from the disk.
        batch_size: Sounds in it.
    """

    after_installation: float
    later: float
    batch_size: int


def first_batches(config: SynthConfig, device: torch.device, backend: str = "auto") -> Start:
    """Time the first batch of two new processes, the first with empty caches, the second with its.

    Args:
        config: Of the sounds.
        device: Where.
        backend: Of the Voice.

    Raises:
        RuntimeError: If a process fails; with the last line that it says.
    """
    with tempfile.TemporaryDirectory() as folder:
        first, second = (_in_new_process(config, device, backend, Path(folder)) for _ in range(2))
    return Start(first, second, config.batch_size)


def _in_new_process(config: SynthConfig, device: torch.device, backend: str, caches: Path) -> float:
    words = [json.dumps(asdict(config)), str(device), backend]
    folders = {f"{name}_CACHE_DIR": str(caches / name) for name in ("NUMBA", "TRITON")}
    result = subprocess.run(
        [sys.executable, "-c", _SCRIPT, *words],
        env={**os.environ, **folders},
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode != 0:
        said = result.stderr.strip().splitlines()
        raise RuntimeError(f"the first batch in a new process failed: {said[-1] if said else ''}")
    return float(result.stdout)


def first_batch_here(config: str, device: str, backend: str) -> float:
    """Return the seconds from ``Voice(...)`` to its first batch, in this process.

    Args:
        config: A SynthConfig's fields, as JSON.
        device: Where.
        backend: Of the Voice.

    Example:
        >>> fields = '{"batch_size": 2, "sample_rate": 8000, "buffer_size_seconds": 0.1}'
        >>> first_batch_here(fields, "cpu", "reference") > 0
        True
    """
    synthconfig, place = SynthConfig(**json.loads(config)), torch.device(device)
    if place.type == "cuda":
        torch.zeros(1, device=place)  # starts the GPU
    return timed(lambda: Voice(synthconfig, backend=backend).to(place)(0), place)[0]
