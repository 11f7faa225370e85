"""Runs the GPU's kernels in Triton's interpreter: ``python interpreted.py OUT CASE ...``."""

import sys

import cases
import interpreted_words  # before any kernel is decorated
import numpy as np
import torch

from synth_datamodule.corpus.draws import noise_rows
from synth_datamodule.kernels.gpu import launch
from synth_datamodule.kernels.gpu.launch_gradient import GpuGradient
from synth_datamodule.kernels.plan import Plan


def run(name):
    voice, numbers = cases.sounds(cases.SHORT[name])
    gpu = launch.GpuVoice(Plan(voice.synthconfig, voice.parameter_table), torch.device("cpu"))
    noise = voice.noise.table(torch.device("cpu"))
    if name == "ends":
        parameters = cases.ends(voice)
        return {"audio": gpu.render(parameters, torch.arange(len(parameters)) % 32, noise)}
    parameters, is_train = gpu.draw(numbers)
    rows = noise_rows(numbers)
    found = {"parameters": parameters, "is_train": is_train}
    found["audio"] = gpu.render(parameters, rows, noise)
    found["gradient"] = gradient(voice, gpu, parameters, rows, noise)
    if name == "default":
        wrong, wrong_rows = parameters.clone(), rows.clone()
        wrong[0, 7], wrong[1, 40], wrong[2, 77], wrong_rows[3] = -0.1, 1.5, torch.nan, 32
        outside = torch.tensor([-1, 2**32, 7])
        found["outside"] = gpu.draw(outside)[0]
        found["wrong"] = gpu.render(wrong, wrong_rows, noise)
    return found


def gradient(voice, gpu, parameters, rows, noise):
    """Return the gradient by the control signals, flat, of audio times cases.cotangent."""
    controls = voice._controls(parameters.double())
    grads = GpuGradient(gpu)(controls, rows, noise, cases.cotangent(voice, len(rows)))
    return torch.cat([grad.flatten() for grad in grads])


if __name__ == "__main__":
    interpreted_words.exact()
    out, *names = sys.argv[1:]
    launch._FRAMES = 32  # so that short sounds take several tiles too
    np.savez(out, **{f"{name}/{key}": t for name in names for key, t in run(name).items()})
