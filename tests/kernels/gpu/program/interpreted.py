"""Runs programs by the GPU's kernels, interpreted: ``python interpreted.py OUT CASE ...``.

Tiles are small, so that short sounds take several, and a batch goes in parts.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

import interpreted_words  # before any kernel is decorated
import numpy as np
import programs
import torch

from synth_datamodule.kernels.gpu.program import launch, layout, machine
from synth_datamodule.kernels.gpu.program.launch import GpuProgram


def run(name):
    program, plan, parameters, rows = programs.case(name)
    gpu, noise = GpuProgram(program, plan, torch.device("cpu")), programs.noise(plan)
    audio, handed = gpu.render(parameters, rows, noise)
    found = {"audio": audio, **{str(number): one for number, one in enumerate(handed)}}
    if name == "OneOscillator":
        launch._WORK_BYTES = 2 * 8 * gpu.layout.size
        found["in parts"], _ = gpu.render(parameters, rows, noise)
        found["alone"], _ = gpu.render(parameters[2:], rows[2:], noise)
        found["none"], _ = gpu.render(parameters[:0], rows[:0], noise)
    if name == "endings":
        audio, handed = gpu.render(*programs.wrong(parameters, rows), noise)
        found["wrong"] = audio
        found |= {f"wrong {number}": one for number, one in enumerate(handed)}
    return found


if __name__ == "__main__":
    interpreted_words.exact()
    out, *names = sys.argv[1:]
    layout.TILE = machine.TILE = machine._SEGMENT = 64
    machine._LANES = 2
    machine._TURNED = machine._PARAMETERS = machine._FRAMES = 8
    machine._WINDOW = 2
    np.savez(out, **{f"{name}/{key}": t for name in names for key, t in run(name).items()})
