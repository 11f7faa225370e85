"""The bits of the way back: the same in the process that compiles it and in those that load it."""

import os
import subprocess
import sys

SCRIPT = """
import hashlib
import torch
from synth_datamodule import SynthConfig, Voice
from synth_datamodule.kernels.cpu.launch_gradient import CpuGradient
from synth_datamodule.kernels.differentiable import control_signals
from synth_datamodule.kernels.plan import Plan
config = SynthConfig(sample_rate=16000, buffer_size_seconds=1.0, control_rate=100)
voice = Voice(config)
generator = torch.Generator().manual_seed(1)
u = torch.rand(4, 78, generator=generator, dtype=torch.float64)
controls = control_signals(voice.parameter_table.to_physical(u), config)
noise = 2 * torch.rand(32, 16000, generator=generator) - 1
grad = torch.rand(4, 16000, generator=generator) - 0.5
back = CpuGradient(Plan(config, voice.parameter_table))
found = back(controls, torch.arange(4), noise, grad)
print(*(hashlib.sha256(one.numpy().tobytes()).hexdigest() for one in found))
"""


def test_code_that_was_just_compiled_gives_the_bits_of_code_that_was_kept(tmp_path):
    # Sums on the way back may be reordered, and two copies of a function are, each in its way.
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)}
    words = [sys.executable, "-c", SCRIPT]
    compiled, kept = (
        subprocess.run(
            words, env=environment, capture_output=True, text=True, check=True, timeout=300
        ).stdout
        for _ in range(2)
    )
    assert len(compiled.split()) == 5
    assert compiled == kept
    assert [*tmp_path.rglob("*audio_gradients*.nbc")]
