"""The CPU kernels' memory and calls: pieces of a batch, on all cores."""

import torch
from torch import Tensor

from synth_datamodule.kernels.cpu.memory import empty_audio
from synth_datamodule.kernels.cpu.render import render_sounds
from synth_datamodule.kernels.cpu.threads import spread
from synth_datamodule.kernels.plan import Plan


class CpuVoice:
    """One Voice on the CPU; GpuVoice's twin.

    Args:
        plan: The Voice's numbers.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan

    def render(self, parameters: Tensor, rows: Tensor, noise: Tensor) -> Tensor:
        """Return audio in [-1, 1], float32. Shape ``[B, N]``.

        Args:
            parameters: Numbers in [0, 1]. Shape ``[B, P]``.
            rows: Row of the noise table for each sound, int64. Shape ``[B]``.
            noise: The noise table, float32. Shape ``[32, N]``.
        """
        plan = self.plan
        audio = empty_audio(len(parameters), plan.num_samples)
        u = parameters.to(torch.float64).contiguous().numpy()
        row, table, out = rows.contiguous().numpy(), noise.numpy(), audio.numpy()

        def render(start: int, stop: int) -> None:
            render_sounds(
                u[start:stop],
                row[start:stop],
                plan.table,
                table,
                plan.sample_rate,
                plan.control_rate,
                plan.eps,
                plan.num_frames,
                plan.bits,
                out[start:stop],
            )

        spread(render, len(audio))
        return audio
