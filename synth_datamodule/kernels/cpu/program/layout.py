"""A program laid out: which row takes what from where, in memory that a thread uses again."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from synth_datamodule.kernels.cpu.lines import ROW
from synth_datamodule.kernels.cpu.program import calling, machine
from synth_datamodule.kernels.cpu.program.audio import LINES_BYTES
from synth_datamodule.kernels.cpu.program.calling import CompiledStep
from synth_datamodule.kernels.cpu.program.calls import Call, calls_of, is_read
from synth_datamodule.kernels.cpu.program.filters import SCRATCH_ROWS
from synth_datamodule.kernels.cpu.program.known import MODES, compiled_step
from synth_datamodule.kernels.cpu.program.own import own_step
from synth_datamodule.program.builder import OWN
from synth_datamodule.program.program import (
    CONTROL,
    DOUBLE,
    PHASE,
    SINGLE,
    VALUE,
    WIDE,
    Program,
    Step,
)

_ALIGNED = 64
_LINES = {"upsample", "octave_line"}
_SIZES = {VALUE: 8, CONTROL: 8, SINGLE: 4, DOUBLE: 8, PHASE: 8, WIDE: 8}
RATES = {
    "offset": calling.OFFSET,
    "cutoff": calling.CUTOFF,
    "lowest": calling.LOWEST,
    "highest": calling.HIGHEST,
    "quarter": calling.QUARTER,
    "nyquist": calling.NYQUIST,
    "bits": calling.BITS,
    "frames": calling.NUM_FRAMES,
}


class Place(NamedTuple):
    """Where a signal lies: in a thread's memory, or in a tensor of all sounds.

    Args:
        offset: Bytes from the start of the memory; of a tensor, 0.
        tensor: Which tensor: the audio, then what is returned beside it; None is the memory.
        per_sound: Bytes from one sound to the next.
        per_sample: Bytes from one sample to the next, where a sound lies whole.
    """

    offset: int
    tensor: int | None = None
    per_sound: int = 0
    per_sample: int = 0


class Layout:
    """The rows of a program, its memory, and the moves between blocks and sounds.

    Args:
        program: The program.
        num_parameters: Number of the patch's parameters, P.
        num_frames: Control samples of a sound, C.
        num_samples: Audio samples of a sound, N.
        seeds: Seeds of the noise tables, in the order in which they are given.
    """

    def __init__(
        self, program: Program, num_parameters: int, num_frames: int, num_samples: int
    ) -> None:
        self._program = program
        self._num_frames, self._num_samples = num_frames, num_samples
        self.num_bytes = 0
        self.rates_at = self._taken(8 * calling.NUM_RATES)
        self.values_at = self._taken(8 * max(num_parameters, 1))
        self._scratch = self._taken(8 * max(ROW * SCRATCH_ROWS, num_frames))
        self.lines_at = self._taken(LINES_BYTES)
        self.constants: list[float] = []
        self.seeds: list[int] = []
        self._constant_at: dict[tuple[float, ...], int] = {}
        self._roots = [self._root(place) for place in range(len(program.steps))]
        self._calls = calls_of(program)
        self._places = self._placed()
        self.rows: Any = np.zeros((0, calling.WIDTH), np.int64)
        self._rows: list[list[int]] = []
        self._relative: list[list[bool]] = []
        self._counts: list[int] = []
        self._moves: list[list[int]] = []
        self.move_tensors: list[int] = []
        self._sections: list[list[int]] = []
        self._write()
        self.constants_at = self._taken(8 * max(len(self.constants), 1))
        self._finish()

    def _taken(self, size: int) -> int:
        at = self.num_bytes
        self.num_bytes += -(-size // _ALIGNED) * _ALIGNED
        return at

    def _root(self, place: int) -> int:
        """The step whose memory a step's signal lies in: a peak's division changes it there."""
        step = self._program.steps[place]
        return self._root(step.inputs[0]) if step.kind == "normalize" else place

    def _placed(self) -> list[Place]:
        """Give each step's signal memory, used again as soon as nothing reads it any more."""
        steps, last = self._program.steps, self._last_uses()
        handed = {self._roots[self._program.audio]: 0}
        for number, (_, place) in enumerate(self._program.handed, 1):
            if steps[place].is_audio:
                handed[self._roots[place]] = number
        whole = {self._roots[place] for place in self._program.kept}
        free: dict[int, list[int]] = {}
        dying: dict[int, list[tuple[int, int]]] = {}
        places: dict[int, Place] = {}
        for when, call in enumerate(self._calls):
            for number in call.gives:
                step = steps[number]
                size = _SIZES[step.rate]
                if number in handed:
                    places[number] = Place(0, handed[number], 4 * self._num_samples, 4)
                elif number in whole:
                    at = self._taken(size * (self._num_samples + ROW))
                    places[number] = Place(at, per_sample=size)
                elif step.rate == VALUE:
                    places[number] = Place(self._taken(8))
                else:
                    size *= self._num_frames if step.rate == CONTROL else ROW
                    room = free.setdefault(size, [])
                    at = room.pop() if room else self._taken(size)
                    places[number] = Place(at)
                    dying.setdefault(last[number], []).append((size, at))
            for size, at in dying.pop(when, ()):
                free[size].append(at)
        for number, step in enumerate(steps):
            if is_read(step):
                places[number] = self._noise(step)
        return [places.get(root, Place(-1)) for root in self._roots]

    def _noise(self, step: Step) -> Place:
        """Where noise lies: in its table."""
        seed = int(step.data[0])  # type: ignore[call-overload]
        if seed not in self.seeds:
            self.seeds.append(seed)
        return Place(0, -1 - self.seeds.index(seed), 4 * self._num_samples, 4)

    def _last_uses(self) -> dict[int, int]:
        """The last call that takes each step's signal; its own where none does."""
        steps, end = self._program.steps, len(self._calls)
        last = {one: when for when, call in enumerate(self._calls) for one in call.gives}
        last |= {one: when for when, call in enumerate(self._calls) for one in call.takes}
        controls = {place for _, place in self._program.handed}
        controls |= {taken for step in steps if step.is_audio for taken in step.inputs}
        return last | {one: end for one in controls if steps[one].rate == CONTROL}

    def _constant(self, *numbers: float) -> int:
        """Where constants lie, counted from the first of all."""
        if numbers not in self._constant_at:
            self._constant_at[numbers] = len(self.constants)
            self.constants += numbers
        return self._constant_at[numbers]

    def _write(self) -> None:
        program = self._program
        once = [call for call in self._calls if not call.step.is_audio]
        self._section(machine.ONCE, once, end=None)
        for number, (_, place) in enumerate(program.handed, 1):
            if not program.steps[place].is_audio:
                self._hand_out(number, place)
        for stage, end in enumerate(program.ends):
            steps = [n for n, s in enumerate(program.steps) if s.is_audio and s.stage == stage]
            ends = [n for n in steps if program.steps[n].kind == "normalize"]
            kept = [n for n in steps if n in program.kept and n not in ends]
            calls = [one for one in self._calls if one.step.is_audio and one.step.stage == stage]
            self._section(machine.BLOCKS, calls, end, ends)
            self._extra_rows(machine.WHOLE, "normalize", ends, end)
            if end is not None:
                self._extra_rows(machine.REST, "silence", kept, end)

    def _section(
        self, way: int, calls: Sequence[Call], end: int | None, peaks: Sequence[int] = ()
    ) -> None:
        first, first_move = len(self._rows), len(self._moves)
        if way == machine.BLOCKS and any(one.step.kind in _LINES for one in calls):
            self._set(self._new_row(compiled_step("pieces")), calling.OUT, self.lines_at)
        for call in calls:
            self._call_row(call)
        for number in peaks:
            step = self._program.steps[number]
            row = self._new_row(compiled_step(f"peak_{step.rate}"))
            self._set(row, calling.STATE, self._peak_at(number))
            self._read(row, calling.INPUTS, step.inputs[0])
        self._close(way, first, first_move, end)

    def _close(self, way: int, first: int, first_move: int, end: int | None) -> None:
        end_at = -1 if end is None else self._places[end].offset
        self._sections.append([first, len(self._rows), way, end_at, first_move, len(self._moves)])

    def _peak_at(self, number: int) -> int:
        if not hasattr(self, "_peaks"):
            self._peaks: dict[int, int] = {}
        if number not in self._peaks:
            self._peaks[number] = self._taken(8)
        return self._peaks[number]

    def _extra_rows(self, way: int, kind: str, steps: Sequence[int], end: int | None) -> None:
        if not steps:
            return
        first, first_move = len(self._rows), len(self._moves)
        for number in steps:
            rate = self._program.steps[number].rate
            row = self._new_row(compiled_step(f"{kind}_{rate}"))
            if kind == "normalize":
                self._set(row, calling.STATE, self._peak_at(number))
            self._read(row, calling.OUT, number)
        self._close(way, first, first_move, end)

    def _hand_out(self, tensor: int, place: int) -> None:
        """Copy a number or a control signal to the tensor of all sounds."""
        first, first_move = len(self._rows), len(self._moves)
        # A number is handed out in float64: it may be a check's.
        number = self._program.steps[place].rate == VALUE
        size = 1 if number else self._num_frames
        row = self._new_row(compiled_step("copy_double" if number else "narrow_single"))
        self._counts[row] = size
        self._read(row, calling.INPUTS, place)
        self._move(row, calling.OUT, Place(0, tensor, 8 if number else 4 * size, 0))
        self._close(machine.ONCE, first, first_move, None)

    def _call_row(self, call: Call) -> None:
        """Write the row of a call: all that it takes, then what it gives beside the first."""
        step = call.step
        of_numbers = step.rate == VALUE
        if step.kind == OWN:
            compiled = own_step(step, [self._program.steps[one].rate for one in call.takes])
        else:
            compiled = compiled_step(call.name, of_numbers=of_numbers)
        row = self._new_row(compiled)
        self._counts[row] = self._num_frames if step.rate == CONTROL else 1
        self._read(row, calling.OUT, call.gives[0])
        self._set(row, calling.STATE, self._taken(16))
        if step.kind in ("filter", "steady_filter"):
            self._rows[row][calling.AUX] = MODES.index(str(step.data[0]))
        if step.kind == "choose":
            numbers = [float(one) for one in step.data]  # type: ignore[arg-type]
            self._late.append((row, calling.DATA, self._constant(len(numbers), *numbers)))
        if step.kind == "noise":
            self._move(row, calling.INPUTS, self._noise(step))
        for k, number in enumerate((*call.takes, *call.gives[1:])):
            self._read(row, calling.INPUTS + k, number)

    def _read(self, row: int, column: int, number: int) -> None:
        """Let a column of a row tell where a step's signal lies."""
        step, place = self._program.steps[number], self._places[number]
        if step.kind == "parameter":
            self._set(row, column, self.values_at + 8 * int(step.data[0]))  # type: ignore[call-overload]
        elif step.kind == "rate":
            self._set(row, column, self.rates_at + 8 * RATES[str(step.data[0])])
        elif step.kind == "constant":
            self._late.append((row, column, self._constant(float(step.data[0]))))  # type: ignore[arg-type]
        elif place.tensor is not None or place.per_sample:
            self._move(row, column, place)
        else:
            self._set(row, column, place.offset)

    def _new_row(self, step: CompiledStep) -> int:
        if not self._rows:
            self._late: list[tuple[int, int, int]] = []
        self._rows.append([0] * calling.WIDTH)
        self._relative.append([False] * calling.WIDTH)
        self._rows[-1][calling.STEP], self._rows[-1][calling.CODE] = step.address, step.code
        self._counts.append(1)
        row = len(self._rows) - 1
        self._set(row, calling.LINES, self.lines_at)
        self._set(row, calling.SCRATCH, self._scratch)
        self._set(row, calling.RATES, self.rates_at)
        return row

    def _set(self, row: int, column: int, offset: int) -> None:
        self._rows[row][column] = offset
        self._relative[row][column] = True

    def _move(self, row: int, column: int, place: Place) -> None:
        noise = place.tensor is not None and place.tensor < 0
        self._moves.append(
            [row, column, place.offset, place.per_sound, place.per_sample, int(noise)]
        )
        self.move_tensors.append(_MEMORY if place.tensor is None else place.tensor)

    def _finish(self) -> None:
        for row, column, which in self._late:
            self._set(row, column, self.constants_at + 8 * which)
        self.rows = np.array(self._rows, np.int64)
        self.relative = np.array(self._relative, np.int64)
        self.counts = np.array(self._counts, np.int64)
        self.sections = np.array(self._sections, np.int64)
        self.ends = self.sections[:, 3] >= 0
        self.sections[~self.ends, 3] = 0
        self.moves = np.array(self._moves, np.int64).reshape(-1, machine.MOVE_WIDTH)
        self.constant_numbers = np.array(self.constants or [0.0], np.float64)


_MEMORY = 1 << 30
MEMORY = _MEMORY
"""Stands for a thread's own memory among tensors."""
