"""The machine: a program's launches, for some sounds."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

from synth_datamodule.config import BASE_REPRODUCIBLE_BATCH_SIZE
from synth_datamodule.kernels.cpu.program.known import MODES
from synth_datamodule.kernels.gpu.launch import EXACT
from synth_datamodule.kernels.gpu.program.audio import phase_kernel, scan_kernel
from synth_datamodule.kernels.gpu.program.calling import SINGLE
from synth_datamodule.kernels.gpu.program.controls import lfo_kernel
from synth_datamodule.kernels.gpu.program.filters import (
    coefficients_kernel,
    peak_kernel,
    recurrence_kernel,
    turn_back_kernel,
)
from synth_datamodule.kernels.gpu.program.layout import TILE, Call, Layout
from synth_datamodule.kernels.gpu.program.plain import (
    elementwise_kernel,
    mark_kernel,
    noise_kernel,
)
from synth_datamodule.kernels.gpu.program.values import (
    parameters_kernel,
    sounding_kernel,
    values_kernel,
)
from synth_datamodule.kernels.plan import Plan

_LANES = 32  # sounds side by side in a program
_PARAMETERS = 128  # at once
_FRAMES = 1024  # control samples at once
_WINDOW = 256  # tiles whose sums a program adds up at once: all of a default sound's
_SEGMENT = 8192  # samples between a filter's turns: 40 MB for 128 sounds, about a second cache
_TURNED = 32  # samples that are turned at once, of as many sounds
_UNROLL = 8  # samples that a filter reads ahead


class Given(NamedTuple):
    """What is the same for all batches of a program, on its device."""

    table: Tensor
    constants: Tensor
    pages: Tensor
    codes: Tensor
    lists: Tensor
    stops: Tensor
    lefts: Tensor
    remainders: Tensor


class Part:
    """The launches for some sounds of a batch.

    Args:
        layout: The program, laid out.
        plan: Rates and lengths.
        given: Tables that are the same for all batches.
        memory: Memory for as many sounds at least.
        parameters: Numbers in [0, 1]. Shape ``[B, P]``.
        noise_rows: Row of the noise tables for each sound. Shape ``[B]``.
        noise: Noise tables by seed. Shape ``[32, N]``.
        handed: Tensors that are handed out: audio ``[B, N]``, then all that is beside it.
    """

    def __init__(
        self,
        layout: Layout,
        plan: Plan,
        given: Given,
        memory: Tensor,
        parameters: Tensor,
        noise_rows: Tensor,
        noise: Mapping[int, Tensor],
        handed: Sequence[Tensor],
    ) -> None:
        self._layout, self._plan, self._given = layout, plan, given
        self._parameters, self._noise_rows, self._noise_tables = parameters, noise_rows, noise
        self._handed = handed
        self._num_sounds = len(parameters)
        self._doubles = memory
        self._singles, self._integers = memory.view(torch.float32), memory.view(torch.int64)
        self._where = {"size": layout.size, "width": layout.pages.shape[1], "rows": given.pages}
        self._lines = {
            "lefts": given.lefts,
            "remainders": given.remainders,
            "num_samples": plan.num_samples,
        }

    def run(self) -> None:
        """Fill what is handed out."""
        flaws = self._empty(self._num_sounds, dtype=torch.float32)
        parameters_kernel[(self._num_sounds,)](
            self._parameters,
            self._noise_rows,
            self._given.table,
            self._given.constants,
            self._doubles,
            flaws,
            self._parameters.shape[1],
            len(self._given.constants),
            self._layout.size,
            NUM_ROWS=BASE_REPRODUCIBLE_BATCH_SIZE,
            TILE=_PARAMETERS,
            num_warps=4,
            **EXACT,
        )
        for call in self._layout.calls:
            getattr(self, f"_{call.kernel}")(call)
        for one in self._handed:
            size = one[0].numel()
            mark_kernel[(self._num_sounds, -(-size // TILE))](
                flaws, one, size, TILE=TILE, num_warps=4, **EXACT
            )

    def _empty(self, *shape: int, dtype: torch.dtype) -> Tensor:
        return torch.empty(*shape, dtype=dtype, device=self._doubles.device)

    def _out(self, call: Call) -> Tensor:
        if isinstance(call.out, int):
            return self._handed[call.out]
        return self._doubles if call.out == "doubles" else self._singles

    def _tiles(self, call: Call) -> tuple[int, int]:
        return self._num_sounds, -(-call.length // TILE)

    @property
    def _memory(self) -> dict[str, Any]:
        return {"doubles": self._doubles, "singles": self._singles, "integers": self._integers}

    def _values(self, call: Call) -> None:
        first, count = call.data
        values_kernel[(-(-self._num_sounds // _LANES),)](
            self._doubles,
            self._given.codes[first:],
            self._given.lists,
            count,
            self._layout.size,
            self._num_sounds,
            LANES=_LANES,
            num_warps=1,
            **EXACT,
        )

    def _elementwise(self, call: Call) -> None:
        elementwise_kernel[self._tiles(call)](
            **self._memory,
            out=self._out(call),
            row=call.row,
            stops=self._given.stops,
            shift=self._plan.bits - 33,
            **self._where,
            **self._lines,
            FUNCTION=call.formula,
            TAKES=call.takes,
            TILE=TILE,
            num_warps=4,
            **EXACT,
        )

    def _noise(self, call: Call) -> None:
        (seed,) = call.data
        noise_kernel[self._tiles(call)](
            self._noise_tables[seed],
            self._noise_rows,
            self._out(call),
            row=call.row,
            **self._where,
            NUM_ROWS=BASE_REPRODUCIBLE_BATCH_SIZE,
            TILE=TILE,
            num_warps=4,
            **EXACT,
        )

    def _sounding(self, call: Call) -> None:
        sounding_kernel[(self._num_sounds,)](
            self._doubles, row=call.row, **self._where, TILE=_FRAMES, num_warps=4, **EXACT
        )

    def _lfo(self, call: Call) -> None:
        lfo_kernel[(self._num_sounds,)](
            self._doubles,
            row=call.row,
            **self._where,
            **self._lines,
            FRAMES=_FRAMES,
            num_warps=8,
            **EXACT,
        )

    def _phase(self, call: Call) -> None:
        sums, numbers, start = call.data
        phase_kernel[self._tiles(call)](
            self._doubles,
            self._integers,
            row=call.row,
            stops=self._given.stops,
            sums=sums,
            **self._where,
            **self._lines,
            FUNCTION=call.formula,
            NUMBERS=numbers,
            TILE=TILE,
            num_warps=4,
            **EXACT,
        )
        scan_kernel[(self._num_sounds,)](
            self._doubles,
            self._integers,
            row=call.row,
            stops=self._given.stops,
            sums=sums,
            start=start,
            **self._where,
            TILE=TILE,
            WINDOW=_WINDOW,
            num_warps=2,
            **EXACT,
        )

    def _peak(self, call: Call) -> None:
        peak_kernel[self._tiles(call)](
            **self._memory,
            row=call.row,
            stops=self._given.stops,
            **self._where,
            **self._lines,
            TAKES=call.takes[0],
            TILE=TILE,
            num_warps=4,
            **EXACT,
        )

    def _filter(self, call: Call) -> None:
        mode, moving = call.data
        num_sounds, lanes = self._num_sounds, -(-self._num_sounds // _LANES)
        whole = -(-call.length // TILE) * TILE
        room = min(_SEGMENT, whole)
        out = self._out(call)
        taken = torch.float32 if call.takes[0] == SINGLE else torch.float64
        turned = self._empty(3 if moving else 0, room, num_sounds, dtype=torch.float64)
        turned_audio = self._empty(room, num_sounds, dtype=taken)
        turned_out = self._empty(room, num_sounds, dtype=out.dtype)
        states = self._empty(2, num_sounds, dtype=torch.float64)
        page = {"row": call.row, "stops": self._given.stops, **self._where}
        sounds = {"num_sounds": num_sounds, "room": room}
        for first in range(0, call.length, room):
            count = min(room, whole - first)
            coefficients_kernel[(lanes, count // _TURNED)](
                **self._memory,
                turned=turned,
                turned_audio=turned_audio,
                first=first,
                **page,
                **sounds,
                **self._lines,
                TAKES=call.takes[0],
                MOVING=moving,
                LANES=_LANES,
                SAMPLES=_TURNED,
                num_warps=4,
                **EXACT,
            )
            recurrence_kernel[(lanes,)](
                self._doubles,
                turned=turned,
                turned_audio=turned_audio,
                turned_out=turned_out,
                states=states,
                first=first,
                count=count,
                **page,
                **sounds,
                MODE=MODES.index(mode),
                MOVING=moving,
                LANES=_LANES,
                UNROLL=_UNROLL,
                num_warps=1,
                **EXACT,
            )
            turn_back_kernel[(lanes, count // _TURNED)](
                self._doubles,
                turned_out=turned_out,
                out=out,
                first=first,
                num_sounds=num_sounds,
                **page,
                LANES=_LANES,
                SAMPLES=_TURNED,
                num_warps=4,
                **EXACT,
            )
