"""Runs the control signals' way back in Triton's interpreter: ``python this.py OUT``."""

import sys

import cases
import interpreted_words  # before any kernel is decorated
import numpy as np
import torch

from synth_datamodule.kernels.gpu import launch, launch_gradient
from synth_datamodule.kernels.plan import Plan

if __name__ == "__main__":
    interpreted_words.exact()
    launch_gradient._FRAMES = 16  # so that a short sound takes several tiles
    voice, parameters, given = cases.controls_back()
    gpu = launch.GpuVoice(Plan(voice.synthconfig, voice.parameter_table), torch.device("cpu"))
    back = launch_gradient.GpuGradient(gpu)
    values = gpu.controls(parameters, torch.zeros(len(parameters), dtype=torch.int64))[0]
    found = {"found": back.through_controls(parameters, values, *given)}
    rows, noise = torch.arange(1), voice.noise.table(torch.device("cpu"))
    found["whole"] = back.by_parameters(parameters[-1:], rows, noise, cases.cotangent(voice, 1))
    np.savez(sys.argv[1], **found)
