"""The machine that figures depend on: device, processor, threads, versions."""

import importlib.metadata
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

_PACKAGES = ("Python", "synth_datamodule", "torch", "numba", "triton")


@dataclass(frozen=True)
class Machine:
    """A machine, as far as figures depend on it.

    Args:
        device: Name of the GPU, or of the processor where no GPU was used.
        processor: Name of the processor.
        threads: Number of processor threads that torch and the kernels use.
        versions: Versions by name, of Python and of those packages that are installed.
    """

    device: str
    processor: str
    threads: int
    versions: dict[str, str]

    def __str__(self) -> str:
        """Return it as part of a sentence: device, processor, threads, versions.

        Example:
            >>> print(Machine("An H100", "An EPYC", 16, {"Python": "3.11.7", "torch": "2.14.1"}))
            An H100; An EPYC, 16 threads; Python 3.11.7, torch 2.14.1
        """
        places = "; ".join(dict.fromkeys((self.device, self.processor)))
        versions = ", ".join(f"{name} {version}" for name, version in self.versions.items())
        return f"{places}, {self.threads} threads; {versions}"


def this_machine(device: torch.device, also: Sequence[str] = ()) -> Machine:
    """Describe this machine.

    Args:
        device: Device that was measured.
        also: More packages whose versions matter.

    Example:
        >>> sorted(this_machine(torch.device("cpu")).versions)[:3]
        ['Python', 'numba', 'synth_datamodule']
    """
    found = {package: _version(package) for package in (*_PACKAGES, *also)}
    versions = {name: version for name, version in found.items() if version is not None}
    cpu = _processor()
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else cpu
    return Machine(name, cpu, torch.get_num_threads(), versions)


def _version(package: str) -> str | None:
    if package == "Python":
        return platform.python_version()
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _processor() -> str:
    # platform.processor() is empty on most Linux systems.
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return next(iter(names), "") or platform.processor() or platform.machine()
