"""A program laid out: where each signal lies in a sound's memory, and what is launched in turn."""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from synth_datamodule.kernels.cpu.program.calling import CONTROL_RATE, CYCLES_PER_HZ, EPS, QUARTER
from synth_datamodule.kernels.cpu.program.layout import RATES
from synth_datamodule.kernels.gpu.program import calling, known, values
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

TILE = 1024
"""Samples that a program of a kernel computes."""
_ALIGNED = 16  # of 8 bytes: what a warp reads begins with a line of the cache
_NO_STEP = {"constant", "parameter", "rate"}
# What is made where it is taken: two numbers and a product cost less than memory.
_MADE = {
    "upsample": calling.LINE,
    "octave_line": calling.CLAMPED_LINE,
    "fill": calling.FILL,
    "steady": calling.STEADY,
}
_TAKEN = {
    SINGLE: calling.SINGLE,
    DOUBLE: calling.DOUBLE,
    CONTROL: calling.DOUBLE,
    PHASE: calling.HALF,
    WIDE: calling.WHOLE,
}


class Call(NamedTuple):
    """A launch of a kernel.

    Args:
        kernel: Name of the kernel: ``"values"``, ``"elementwise"``, ``"phase"`` and so on.
        row: Page of the step.
        out: Memory that it writes: ``"doubles"``, ``"singles"``, or the number of a tensor that is
            handed out.
        length: Number of samples.
        formula: Function that it computes.
        takes: For each input, what the formula takes it for.
        data: More that the kernel is told.
    """

    kernel: str
    row: int = 0
    out: str | int = "doubles"
    length: int = 1
    formula: Any = None
    takes: tuple[int, ...] = ()
    data: tuple[Any, ...] = ()


class Layout:
    """The pages of a program, a sound's memory, and the launches.

    A sound's memory begins with its numbers: the parameters' values, what is the same for all
    sounds, what is computed. Signals follow, and lie where nothing is read any more.

    Args:
        program: The program.
        rates: Numbers that follow from the rates, in the CPU's order.
        num_parameters: Number of the patch's parameters, P.
        num_frames: Control samples of a sound, C.
        num_samples: Audio samples of a sound, N.
    """

    def __init__(
        self,
        program: Program,
        rates: npt.NDArray[np.float64],
        num_parameters: int,
        num_frames: int,
        num_samples: int,
    ) -> None:
        self._program, self._rates = program, rates
        self._num_frames, self._num_samples = num_frames, num_samples
        self.constants: list[float] = []
        self._slots: dict[object, int] = {}
        self.calls: list[Call] = []
        self._pages: list[list[int]] = []
        self._codes: list[list[int]] = []
        self._lists: list[float] = []
        self._num_parameters = num_parameters
        self._peaks = [n for n, step in enumerate(program.steps) if step.kind == "normalize"]
        self._begin_numbers()
        self._direct: dict[int, int] = {}
        self._order = self._ordered()
        self._place_signals()
        self._call_all()
        width = max(len(page) for page in self._pages) if self._pages else 1
        self.pages = np.zeros((max(len(self._pages), 1), width), np.int64)
        for row, page in enumerate(self._pages):
            self.pages[row, : len(page)] = page
        self.codes = np.array(self._codes, np.int64).reshape(-1, values.CODE_WIDTH)
        self.lists = np.array(self._lists or [0.0], np.float64)

    @property
    def stops(self) -> npt.NDArray[np.int32]:
        """The first audio sample at or after each control sample; past the last one, N."""
        frames = np.arange(self._num_frames, dtype=np.int64)
        first = -(-frames * (self._num_samples - 1) // (self._num_frames - 1))
        return np.append(first, self._num_samples).astype(np.int32)

    def _constant(self, number: float, *name: object) -> int:
        """Where a number lies that is the same for all sounds, or in all begins as such."""
        key = (number, *name) if name else (np.float64(number).tobytes(),)
        if key not in self._slots:
            self._slots[key] = self._num_parameters + len(self.constants)
            self.constants.append(number)
        return self._slots[key]

    def _begin_numbers(self) -> None:
        steps = self._program.steps
        self._at: list[int] = [-1] * len(steps)
        for number, step in enumerate(steps):
            if step.kind == "parameter":
                self._at[number] = int(step.data[0])  # type: ignore[call-overload]
            elif step.kind == "rate":
                self._at[number] = self._constant(float(self._rates[RATES[str(step.data[0])]]))
            elif step.kind == "constant":
                self._at[number] = self._constant(float(step.data[0]))  # type: ignore[arg-type]
        self._peak_at = {number: self._constant(0.0, "peak", number) for number in self._peaks}
        for rate in (CONTROL_RATE, EPS, CYCLES_PER_HZ, QUARTER):
            self._constant(float(self._rates[rate]))
        at = self._num_parameters + len(self.constants)
        for number, step in enumerate(steps):
            if step.rate == VALUE and step.kind not in _NO_STEP:
                self._at[number], at = at, at + 1
        self.size = _aligned(at)

    def _in_memory(self, step: Step) -> bool:
        return step.rate != VALUE and (step.kind not in _MADE or step.rate == CONTROL)

    def _words(self, step: Step) -> int:
        """Memory of a signal, in units of 8 bytes."""
        if step.rate == CONTROL:
            return _aligned(self._num_frames)
        if step.rate == SINGLE:
            return _aligned(-(-self._num_samples // 2))
        sums = self.num_tiles if step.rate in (PHASE, WIDE) else 0
        return _aligned(self._num_samples) + _aligned(sums)

    def _reads(self, step: Step) -> list[int]:
        """The signals in memory that a step reads, those that it makes its inputs of as well."""
        found: list[int] = []
        for taken in step.inputs:
            given = self._program.steps[taken]
            found += [taken] if self._in_memory(given) else self._reads(given)
        return [one for one in found if self._in_memory(self._program.steps[one])]

    def _ordered(self) -> list[list[int]]:
        """Return the steps that are launched, in turn, each with those of its launch.

        Numbers that wait for no signal are one launch.
        """
        steps, order = self._program.steps, list[list[int]]()
        done = {n for n, step in enumerate(steps) if step.kind in _NO_STEP}
        waiting = [n for n, step in enumerate(steps) if not step.is_audio and n not in done]
        while waiting:
            numbers: list[int] = []
            for number in waiting:
                step = steps[number]
                if step.rate == VALUE and step.kind in values.KINDS:
                    if done.union(numbers).issuperset(step.inputs):
                        numbers.append(number)
                elif done.issuperset(step.inputs):
                    numbers = [number]
                    break
            order.append(numbers)
            done.update(numbers)
            waiting = [number for number in waiting if number not in done]
        audio = [n for n, step in enumerate(steps) if step.is_audio and self._in_memory(step)]
        return order + [[number] for number in audio]

    def _place_signals(self) -> None:
        """Give each signal memory, used again as soon as nothing reads it any more."""
        steps, outputs = self._program.steps, self.outputs
        order = [number for numbers in self._order for number in numbers]
        last: dict[int, int] = {}
        for turn, number in enumerate(order):
            last.update(dict.fromkeys(self._reads(steps[number]), turn))
        for place in outputs:
            # A signal that is written where it is handed out lies nowhere else.
            alone = place not in last and outputs.count(place) == 1
            if alone and steps[place].rate == SINGLE and self._in_memory(steps[place]):
                self._direct[place] = outputs.index(place)
            else:
                last[place] = len(order)
        free: dict[int, list[int]] = {}
        for turn, number in enumerate(order):
            step = steps[number]
            dying = [one for one in set(self._reads(step)) if last[one] == turn]
            # Samples that know nothing of each other may lie where their inputs lay.
            early = [] if step.kind in _WHOLE else [n for n in dying if steps[n].rate == step.rate]
            self._end(early, free)
            if self._in_memory(step) and number not in self._direct:
                words = self._words(step)
                if free.get(words):
                    self._at[number] = free[words].pop()
                else:
                    self._at[number], self.size = self.size, self.size + words
            self._end([one for one in dying if one not in early], free)

    def _end(self, dying: list[int], free: dict[int, list[int]]) -> None:
        for one in dying:
            free.setdefault(self._words(self._program.steps[one]), []).append(self._at[one])

    @property
    def outputs(self) -> list[int]:
        """Steps of what is handed out, the audio first."""
        return [self._program.audio, *(place for _, place in self._program.handed)]

    @property
    def num_tiles(self) -> int:
        """Tiles that a sound is rendered in."""
        return -(-self._num_samples // TILE)

    def _call_all(self) -> None:
        steps = self._program.steps
        for numbers in self._order:
            step = steps[numbers[0]]
            if step.rate == VALUE and step.kind in values.KINDS:
                self._call_values(numbers)
            else:
                self._call(numbers[0], step)
        for tensor, place in enumerate(self.outputs):
            if place not in self._direct:
                self._hand_out(tensor, place)

    def _call_values(self, numbers: list[int]) -> None:
        first = len(self._codes)
        for number in numbers:
            step = self._program.steps[number]
            code, at = values.KINDS.index(step.kind), [self._at[one] for one in step.inputs]
            more = (len(self._lists), len(step.data)) if step.kind == "choose" else (0, 1)
            if step.kind == "choose":
                self._lists += [float(one) for one in step.data]  # type: ignore[arg-type]
            self._codes.append([code, self._at[number], at[0], at[-1], *more])
        self.calls.append(Call("values", data=(first, len(numbers))))

    def _call(self, number: int, step: Step) -> None:
        if step.kind == "normalize":
            row = self._page(step, [self._input(step.inputs[0])], "doubles", self._peak_at[number])
            takes: tuple[int, ...] = (_TAKEN[step.rate],)
            self.calls.append(Call("peak", row, length=self._num_samples, takes=takes))
        out, at = self._out(number, step)
        inputs = [self._input(one) for one in step.inputs]
        takes = tuple(self._taken(one, step) for one in step.inputs)
        length = self._length(step)
        if step.kind == "sounding":
            row = self._page(step, inputs, out, at)
            self._pages[row][0] = self._num_frames
            self.calls.append(Call("sounding", row))
        elif step.kind == "lfo":
            inputs.append(self._rate(CYCLES_PER_HZ))
            self.calls.append(Call("lfo", self._page(step, inputs, out, at)))
        elif step.kind == "noise":
            row = self._page(step, [], out, at, number)
            self.calls.append(Call("noise", row, out, length, data=step.data))
        elif (step.kind, step.rate) in known.PHASES:
            formula, numbers = known.PHASES[step.kind, step.rate]
            sums = at + _aligned(self._num_samples)
            row = self._page(step, inputs, out, at, number)
            data: tuple[Any, ...] = (sums, numbers, numbers + 1)
            self.calls.append(Call("phase", row, out, length, formula, data=data))
        elif step.kind in ("filter", "steady_filter"):
            row = self._page(step, inputs, out, at, number)
            data = str(step.data[0]), step.kind == "filter"
            self.calls.append(Call("filter", row, out, length, takes=takes[:1], data=data))
        else:
            if step.kind == "envelope":
                inputs.insert(0, [calling.FRAME, 0, 0, 0])
                inputs += [self._rate(CONTROL_RATE), self._rate(EPS)]
                takes = (calling.DOUBLE, *takes, calling.NUMBER, calling.NUMBER)
            if calling.WHOLE in takes:
                inputs.append(self._rate(QUARTER))
                takes += (calling.NUMBER,)
            if step.kind == "normalize":
                inputs.append([calling.FILL, self._peak_at[number], 0, 0])
                takes += (calling.NUMBER_32 if step.rate == SINGLE else calling.NUMBER,)
            row = self._page(step, inputs, out, at, number)
            formula = known.formula(step)
            self.calls.append(Call("elementwise", row, out, length, formula, takes))

    def _hand_out(self, tensor: int, place: int) -> None:
        """Write a signal to the tensor of all sounds: a number in float64, others in float32."""
        given = self._program.steps[place]
        kind, rate = ("narrow" if given.rate == CONTROL else "copy"), given.rate
        takes = (self._taken(place, given),)
        row = self._page(given, [self._input(place)], tensor, 0)
        self._pages[row][1] = -1  # what is kept is silent by itself
        formula = known.formula(Step(kind, rate))
        self.calls.append(Call("elementwise", row, tensor, self._length(given), formula, takes))

    def _rate(self, which: int) -> list[int]:
        return [calling.FILL, self._constant(float(self._rates[which])), 0, 0]

    def _length(self, step: Step) -> int:
        return {VALUE: 1, CONTROL: self._num_frames}.get(step.rate, self._num_samples)

    def _out(self, number: int, step: Step) -> tuple[str | int, int]:
        """Where a step writes, and from which place on, in numbers of its type."""
        if number in self._direct:
            return self._direct[number], 0
        if step.rate == SINGLE:
            return "singles", 2 * self._at[number]
        return "doubles", self._at[number]

    def _page(
        self,
        step: Step,
        inputs: list[list[int]],
        out: str | int,
        at: int,
        number: int | None = None,
    ) -> int:
        """Write a page, and return its row."""
        length = self._length(step)
        end = self._program.ends[step.stage] if step.is_audio else None
        stop = -1 if end is None else self._at[end]
        kept = number in self._program.kept
        size = length if isinstance(out, int) else self.size * (2 if out == "singles" else 1)
        page = [length, stop, int(kept), size, at]
        for one in inputs:
            page += one
        self._pages.append(page)
        return len(self._pages) - 1

    def _input(self, place: int) -> list[int]:
        """What an input is, and where it lies."""
        step, at = self._program.steps[place], self._at[place]
        if step.rate == VALUE:
            return [calling.FILL, at, 0, 0]
        if self._in_memory(step):
            if step.rate in (PHASE, WIDE):
                return [calling.SIGNAL, at, at + _aligned(self._num_samples), 0]
            return [calling.SIGNAL, 2 * at if step.rate == SINGLE else at, 0, 0]
        given = [self._at[one] for one in step.inputs]
        return [_MADE[step.kind], *given, *[0] * (3 - len(given))]

    def _taken(self, place: int, step: Step) -> int:
        """What a step takes an input for."""
        given = self._program.steps[place].rate
        if given == VALUE:
            return calling.NUMBER_32 if step.rate == SINGLE else calling.NUMBER
        return _TAKEN[given]


# What reads other samples than the one that it writes.
_WHOLE = {"lfo", "filter", "steady_filter", "phase", "fm"}


def _aligned(words: int) -> int:
    return -(-words // _ALIGNED) * _ALIGNED
