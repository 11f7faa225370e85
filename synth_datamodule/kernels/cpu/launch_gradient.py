"""The CPU's way back: its memory and calls."""

import numpy as np
import torch
from torch import Tensor

from synth_datamodule.kernels.cpu.gradient import audio_gradients
from synth_datamodule.kernels.cpu.threads import spread
from synth_datamodule.kernels.differentiable import Controls
from synth_datamodule.kernels.plan import STEEP_PER_PARTIAL, Plan, by_controls


class CpuGradient:
    """The gradient of one Voice's audio, on the CPU; GpuGradient's twin.

    Args:
        plan: The Voice's numbers.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan

    def __call__(
        self, controls: Controls, rows: Tensor, noise: Tensor, grad_audio: Tensor
    ) -> Controls:
        """Return the gradient with respect to each of the controls, float64.

        Args:
            controls: Control signals and constants of ``B`` sounds, float64.
            rows: Row of the noise table for each sound, int64. Shape ``[B]``.
            noise: The noise table, float32. Shape ``[32, N]``.
            grad_audio: Gradient with respect to the audio. Shape ``[B, N]``.
        """
        plan = self.plan
        pitches = plan.octaves(controls.pitches).contiguous().numpy()
        gains = controls.gains.to(torch.float32).contiguous().numpy()
        phases = plan.phases(controls.initial_phases).numpy()
        steeps = (controls.partials * STEEP_PER_PARTIAL).to(torch.float32).numpy()
        shapes = controls.shape.to(torch.float32).contiguous().numpy()
        row, table = rows.contiguous().numpy(), noise.numpy()
        grad = grad_audio.to(torch.float32).contiguous().numpy()
        by_pitch, by_gain = np.zeros_like(pitches), np.zeros(gains.shape)
        by_constant = np.zeros((len(row), 4))

        def back(start: int, stop: int) -> None:
            audio_gradients(
                pitches[start:stop],
                gains[start:stop],
                phases[start:stop],
                steeps[start:stop],
                shapes[start:stop],
                row[start:stop],
                table,
                plan.sample_rate,
                plan.bits,
                grad[start:stop],
                by_pitch[start:stop],
                by_gain[start:stop],
                by_constant[start:stop],
            )

        spread(back, len(row))
        found = (torch.from_numpy(grads) for grads in (by_pitch, by_gain, by_constant))
        return by_controls(*found)
