"""Any program on the CPU: its memory and calls, pieces of a batch, on all cores."""

import threading
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from synth_datamodule.kernels.cpu.lines import ROW, block_size
from synth_datamodule.kernels.cpu.memory import empty_audio
from synth_datamodule.kernels.cpu.program.calling import NUM_RATES
from synth_datamodule.kernels.cpu.program.layout import MEMORY, Layout
from synth_datamodule.kernels.cpu.program.machine import fill_rates, run
from synth_datamodule.kernels.cpu.threads import together
from synth_datamodule.kernels.plan import Plan
from synth_datamodule.numerics.ambient import denormals_kept
from synth_datamodule.program import Program
from synth_datamodule.program.program import CONTROL, VALUE

# Sounds until Python looks for a signal: 64 of 4 s take 40 ms.
_AT_ONCE = 64


def rates_of(plan: Plan) -> npt.NDArray[np.float64]:
    """Return what follows from the rates alone, in the order of ``calling``.

    Args:
        plan: Rates and lengths.
    """
    rates = np.empty(NUM_RATES, np.float64)
    fill_rates(
        rates,
        plan.sample_rate,
        plan.control_rate,
        plan.eps,
        plan.bits,
        plan.num_samples,
        plan.num_frames,
    )
    return rates


class CpuProgram:
    """One program on the CPU; GpuProgram's twin.

    Args:
        program: The program.
        plan: Rates, lengths and parameters.
    """

    def __init__(self, program: Program, plan: Plan) -> None:
        self.program, self.plan = program, plan
        self.layout = Layout(program, plan.table.shape[1], plan.num_frames, plan.num_samples)
        self._rates = rates_of(plan)
        self._block = block_size()
        self._kept = threading.local()

    def render(
        self, parameters: Tensor, noise_rows: Tensor, noise: Mapping[int, Tensor]
    ) -> tuple[Tensor, list[Tensor]]:
        """Return audio in [-1, 1], float32 ``[B, N]``, and what is handed out beside it in order.

        Args:
            parameters: Numbers in [0, 1]. Shape ``[B, P]``.
            noise_rows: Row of the noise tables for each sound, int64. Shape ``[B]``.
            noise: Noise tables by seed, float32. Shape ``[32, N]``.
        """
        num_sounds, plan = len(parameters), self.plan
        audio = empty_audio(num_sounds, plan.num_samples)
        handed = [self._empty(place, num_sounds) for _, place in self.program.handed]
        u = parameters.to(torch.float64).contiguous().numpy()
        row = noise_rows.contiguous().numpy()
        tables = [noise[seed] for seed in self.layout.seeds]
        bases = {number: one.data_ptr() for number, one in enumerate((audio, *handed))}
        bases |= {-1 - number: one.data_ptr() for number, one in enumerate(tables)}

        turns = np.zeros(1, np.int64)

        def render() -> None:
            values, rows, moves, sections = self._memory(bases)
            with denormals_kept():
                while turns[0] < num_sounds:
                    run(
                        u,
                        row,
                        plan.table,
                        values,
                        rows,
                        self.layout.counts,
                        sections,
                        moves,
                        turns,
                        _AT_ONCE,
                        self._block,
                        plan.num_frames,
                        plan.num_samples,
                    )

        def stop() -> None:
            turns[0] = num_sounds

        together(render, stop, num_sounds)
        return audio, handed

    def _empty(self, place: int, num_sounds: int) -> Tensor:
        rate = self.program.steps[place].rate
        if rate == VALUE:
            return torch.empty(num_sounds, dtype=torch.float64, device="cpu")
        size = self.plan.num_frames if rate == CONTROL else self.plan.num_samples
        return empty_audio(num_sounds, size)

    def _memory(self, bases: Mapping[int, int]) -> tuple[Any, Any, Any, Any]:
        """Return this thread's memory, rows, moves and sections, for tensors at some addresses."""
        layout, kept = self.layout, vars(self._kept)
        if "memory" not in kept:
            memory = np.zeros(layout.num_bytes // 8 + 8, np.float64)
            base = -(-memory.ctypes.data // 64) * 64
            view = memory[(base - memory.ctypes.data) // 8 :]
            view[layout.rates_at // 8 :][:NUM_RATES] = self._rates
            view[layout.lines_at // 8 :][:ROW] = np.arange(ROW)
            at = layout.constants_at // 8
            view[at : at + len(layout.constant_numbers)] = layout.constant_numbers
            values = view[layout.values_at // 8 :][: self.plan.table.shape[1]]
            rows = layout.rows + layout.relative * base
            sections = layout.sections.copy()
            sections[layout.ends, 3] += base
            kept.update(memory=memory, base=base, values=values, rows=rows, sections=sections)
        moves = layout.moves.copy()
        all_bases = {**bases, MEMORY: kept["base"]}
        moves[:, 2] += np.array([all_bases[one] for one in layout.move_tensors], np.int64)
        return kept["values"], kept["rows"], moves, kept["sections"]
