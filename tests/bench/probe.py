"""The bare arithmetic of the Voice's audio rate, in C++ with AVX-512: what a core could do.

``probe.cpp`` says what it leaves out. It is compiled for the machine that it runs on.
"""

import os
import shutil
import subprocess
from pathlib import Path

SOURCE = Path(__file__).with_name("probe.cpp")
INFO = Path("/proc/cpuinfo")


def why_no_probe():
    """Return why the probe cannot run here, or an empty text."""
    if not INFO.is_file() or "avx512f" not in INFO.read_text(encoding="utf-8"):
        return "The probe is left out: it needs a processor with AVX-512"
    if shutil.which("g++") is None:
        return "The probe is left out: g++ is not here"
    return ""


def compiled_probe(folder):
    """Return the path of the compiled probe.

    Args:
        folder: Folder that it is written to.
    """
    made = Path(folder) / "probe"
    words = ["g++", "-O3", "-march=native", "-ffp-contract=off", str(SOURCE), "-o", str(made)]
    subprocess.run(words, check=True)
    return made


def nanoseconds(probe, num_sounds):
    """Return the CPU nanoseconds a sample of the probe's fastest sound.

    Args:
        probe: Path of the compiled probe.
        num_sounds: Sounds that it renders.
    """
    words = [os.fspath(probe), str(num_sounds)]
    return float(subprocess.run(words, check=True, capture_output=True, text=True).stdout)
