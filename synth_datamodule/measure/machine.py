"""The machine that figures depend on: device, processor, threads, versions."""

import contextlib
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import torch


@dataclass(frozen=True)
class Machine:
    """A machine, as far as figures depend on it; the device is a GPU or the processor itself."""

    device: str
    processor: str
    threads: int
    versions: dict[str, str]

    def __str__(self) -> str:
        places = "; ".join(dict.fromkeys((self.device, self.processor)))
        versions = ", ".join(f"{name} {version}" for name, version in self.versions.items())
        return f"{places}, {self.threads} threads; {versions}"


def this_machine(device: torch.device, also: Sequence[str] = ()) -> Machine:
    """Describe this machine, with the versions of more packages than those that always matter."""
    versions = {"Python": platform.python_version()}
    for package in ("synth_datamodule", "torch", "numba", "triton", *also):
        with contextlib.suppress(metadata.PackageNotFoundError):
            versions[package] = metadata.version(package)
    cpu = _processor()
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else cpu
    return Machine(name, cpu, torch.get_num_threads(), versions)


def _processor() -> str:
    # platform.processor() is empty on most Linux systems.
    lines: list[str] = []
    with contextlib.suppress(OSError):
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return next(iter(names), "") or platform.processor() or platform.machine()
