"""Any program on a GPU: its memory, some sounds of a batch at a time."""

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from synth_datamodule.kernels.cpu.program.launch import rates_of
from synth_datamodule.kernels.gpu.launch import whole_tiles
from synth_datamodule.kernels.gpu.program.layout import Layout
from synth_datamodule.kernels.gpu.program.machine import Given, Part
from synth_datamodule.kernels.plan import Plan
from synth_datamodule.program import Program
from synth_datamodule.program.program import CONTROL, VALUE

# Memory beside what is handed out. The Voice takes 3.6 MB for a default sound, so that 128 are
# rendered at once: four times what keeps a GPU busy. A larger batch goes in parts.
_WORK_BYTES = 2**29


class GpuProgram:
    """One program on one device; CpuProgram's twin.

    Args:
        program: The program.
        plan: Rates, lengths and parameters.
        device: Device to render on.
    """

    def __init__(self, program: Program, plan: Plan, device: torch.device) -> None:
        self.program, self.plan, self.device = program, plan, device
        layout = Layout(
            program, rates_of(plan), plan.table.shape[1], plan.num_frames, plan.num_samples
        )
        self.layout = layout
        lefts, remainders = (whole_tiles(positions) for positions in plan.positions())
        constants = np.array(layout.constants, np.float64)
        with torch.inference_mode(False):
            self._given = Given(
                *(
                    torch.from_numpy(one).to(device)
                    for one in (
                        *(plan.table, constants, layout.pages, layout.codes, layout.lists),
                        *(layout.stops, lefts, remainders),
                    )
                )
            )

    @property
    def sounds_at_once(self) -> int:
        """Most sounds that are rendered at once, by the memory that they take."""
        return max(_WORK_BYTES // (8 * self.layout.size), 1)

    def render(
        self, parameters: Tensor, noise_rows: Tensor, noise: Mapping[int, Tensor]
    ) -> tuple[Tensor, list[Tensor]]:
        """Return audio in [-1, 1], float32 ``[B, N]``, and what is handed out beside it in order.

        Args:
            parameters: Numbers in [0, 1]; one outside makes its sound NaN. Shape ``[B, P]``.
            noise_rows: Row of the noise tables for each sound, int64 in [0, 32); one outside makes
                its sound NaN. Shape ``[B]``.
            noise: Noise tables by seed, float32. Shape ``[32, N]``.
        """
        num_sounds = len(parameters)
        handed = [self._empty(place, num_sounds) for place in self.layout.outputs]
        parameters, noise_rows = parameters.contiguous(), noise_rows.contiguous()
        # In parts of one size, or the last would leave the device idle.
        num_parts = -(-num_sounds // self.sounds_at_once)
        at_once = -(-num_sounds // max(num_parts, 1))
        memory = torch.empty(at_once * self.layout.size, dtype=torch.float64, device=self.device)
        for start in range(0, num_sounds, max(at_once, 1)):
            part = slice(start, start + at_once)
            Part(
                self.layout,
                self.plan,
                self._given,
                memory,
                parameters[part],
                noise_rows[part],
                noise,
                [one[part] for one in handed],
            ).run()
        return handed[0], handed[1:]

    def _empty(self, place: int, num_sounds: int) -> Tensor:
        rate = self.program.steps[place].rate
        if rate == VALUE:
            return torch.empty(num_sounds, dtype=torch.float64, device=self.device)
        size = self.plan.num_frames if rate == CONTROL else self.plan.num_samples
        return torch.empty(num_sounds, size, dtype=torch.float32, device=self.device)
