"""What a program is built from: signals that know how they are computed.

Interpolation is linear. So what is done to an upsampled control signal, if it is linear too, is
done to the control signal: at a hundredth of the cost, and in float64.
"""

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeAlias

from synth_datamodule import checks
from synth_datamodule.exact import Formula
from synth_datamodule.exact.symbols import Word

VALUE = "value"
"""A number for each sound."""
CONTROL = "control"
AUDIO = "audio"
PHASE = "phase"
"""A wrapped phase at audio rate, a whole number."""
ROWS = "rows"
"""Rows of the noise tables, which a patch is given for its sounds."""
_TOLD = {
    VALUE: "a number",
    CONTROL: "a control signal",
    AUDIO: "audio",
    PHASE: "a phase",
    ROWS: "a row of noise",
}
OWN = "own"
"""The kind of a step that a formula gives, which stands in its data."""

Data = tuple[object, ...]


class Unknown(ValueError):
    """What no step computes; the message says what, as the end of a sentence."""


class Node(NamedTuple):
    """A signal: the kind of step that gives it, its rate, the signals and data the step takes."""

    kind: str
    rate: str
    inputs: tuple[int, ...] = ()
    data: Data = ()


class Signal:
    """A signal of a program that is being built: numbers, a control signal or audio, per sound.

    It is added, subtracted, multiplied and negated with others and with numbers.

    Args:
        builder: Builder that it belongs to.
        place: Place of the signal among the builder's nodes.
    """

    def __init__(self, builder: "Builder", place: int) -> None:
        self.builder = builder
        self.place = place

    @property
    def node(self) -> Node:
        """How the signal is computed."""
        return self.builder.nodes[self.place]

    @property
    def rate(self) -> str:
        """``"value"``, ``"control"``, ``"audio"`` or ``"phase"``."""
        return self.node.rate

    def __add__(self, other: "Operand") -> "Signal":
        return self.builder.add(self, self.builder.signal(other))

    def __sub__(self, other: "Operand") -> "Signal":
        return self.builder.subtract(self, self.builder.signal(other))

    def __mul__(self, other: "Operand") -> "Signal":
        return self.builder.multiply(self, self.builder.signal(other))

    def __neg__(self) -> "Signal":
        return self.builder.multiply(self, self.builder.constant(-1.0))

    def __radd__(self, other: "Operand") -> "Signal":
        return self.builder.add(self.builder.signal(other), self)

    def __rsub__(self, other: "Operand") -> "Signal":
        return self.builder.subtract(self.builder.signal(other), self)

    def __rmul__(self, other: "Operand") -> "Signal":
        return self.builder.multiply(self.builder.signal(other), self)


Operand: TypeAlias = Signal | float
"""A signal, or a number that holds for every sound."""


class Builder:
    """Builds a program signal by signal; equal steps are one.

    Example:
        >>> build = Builder()
        >>> pitch = build.parameter(0) + build.parameter(1)
        >>> build.nodes[pitch.place]
        Node(kind='add', rate='value', inputs=(0, 1), data=())
        >>> (build.parameter(0) + build.parameter(1)).place == pitch.place
        True
    """

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self.checks: list[tuple[Signal, float, float, str]] = []
        self._places: dict[Node, int] = {}

    def node(self, kind: str, rate: str, inputs: Sequence[Signal] = (), data: Data = ()) -> Signal:
        """Return the signal of a step.

        Args:
            kind: Kind of the step.
            rate: Rate of what it gives.
            inputs: Signals that it takes.
            data: Plain values that it takes.
        """
        made = Node(kind, rate, tuple(one.place for one in inputs), data)
        if made not in self._places:
            self._places[made] = len(self.nodes)
            self.nodes.append(made)
        return Signal(self, self._places[made])

    def signal(self, operand: Operand) -> Signal:
        """Return a signal as it is, and a number as a signal."""
        return operand if isinstance(operand, Signal) else self.constant(operand)

    def constant(self, number: float) -> Signal:
        """Return a number that holds for every sound."""
        return self.node("constant", VALUE, data=(float(number),))

    def parameter(self, column: int) -> Signal:
        """Return the value of a parameter, in its unit, by its column."""
        return self.node("parameter", VALUE, data=(column,))

    def rate(self, name: str) -> Signal:
        """Return a number that follows from the rates: see ``RATES``."""
        if name not in RATES:
            raise Unknown(f"there is no rate {name}")
        return self.node("rate", VALUE, data=(name,))

    def value(self, kind: str, *inputs: Operand, data: Data = ()) -> Signal:
        """Return a number for each sound, by a formula of numbers."""
        signals = [self.signal(one) for one in inputs]
        for one in signals:
            self.expect(one, VALUE)
        return self.node(kind, VALUE, signals, data)

    def expect(self, signal: Signal, rate: str) -> Signal:
        """Return a signal of a rate; another is Unknown."""
        if signal.rate != rate:
            raise Unknown(f"{_TOLD[signal.rate]} is given where {_TOLD[rate]} is taken")
        return signal

    def check(
        self, name: str, signal: Operand, low: float = -math.inf, high: float = math.inf
    ) -> None:
        """Let a number be checked for each sound, as the modules check theirs.

        Args:
            name: Name of the number, for messages.
            signal: The number.
            low: Smallest number allowed.
            high: Largest number allowed.
        """
        checked = self.expect(self.signal(signal), VALUE)
        known = [(one.place, *rest) for one, *rest in self.checks]
        if (checked.place, low, high, name) not in known:
            self.checks.append((checked, low, high, name))

    def add(self, a: Signal, b: Signal) -> Signal:
        """Return ``a + b``; a number is added to each sample."""
        if a.rate == b.rate == VALUE:
            return self.node("add", VALUE, (a, b))
        if a.rate == VALUE:
            return self.add(b, a)
        if filled := self._filled(self.add, a, b):
            return filled
        if lines := self._lines(a, b):
            return self.upsample(self.add(*lines))
        if b.rate == VALUE:
            return self.node("shift", self._rate(a), (a, b))
        return self.node("add", self._rate(a, b), (a, b))

    def subtract(self, a: Signal, b: Signal) -> Signal:
        """Return ``a - b``."""
        if a.rate == b.rate == VALUE:
            return self.node("subtract", VALUE, (a, b))
        if VALUE in (a.rate, b.rate):
            return self.add(a, self.multiply(b, self.constant(-1.0)))
        if filled := self._filled(self.subtract, a, b):
            return filled
        if lines := self._lines(a, b):
            return self.upsample(self.subtract(*lines))
        return self.node("subtract", self._rate(a, b), (a, b))

    def multiply(self, a: Signal, b: Signal) -> Signal:
        """Return ``a b``; each sample is multiplied by a number."""
        if a.rate == b.rate == VALUE:
            return self.node("multiply", VALUE, (a, b))
        if a.rate == VALUE:
            return self.multiply(b, a)
        if filled := self._filled(self.multiply, a, b):
            return filled
        if b.rate == VALUE:
            if a.node.kind == "upsample":
                return self.upsample(self.multiply(self._input(a), b))
            return self.node("scale", self._rate(a), (a, b))
        return self.node("multiply", self._rate(a, b), (a, b))

    def divide(self, a: Signal, b: Signal) -> Signal:
        """Return ``a / b``."""
        if a.rate == b.rate == VALUE:
            return self.value("divide", a, b)
        if b.rate != VALUE:
            return self.word("divide", a, b)
        return self.multiply(a, self.value("divide", 1.0, b))

    def formula(self, formula: Formula, *operands: Operand) -> Signal:
        """Return what a formula makes of signals and numbers, sample by sample.

        Args:
            formula: The formula.
            operands: Arguments of the formula: numbers, and audio alone or control signals alone.

        Raises:
            TypeError: If it is no formula, or takes more or fewer.
            Unknown: If audio and control signals are mixed.
        """
        if not isinstance(formula, Formula):
            raise TypeError(
                "build.formula() takes a function decorated with synth_datamodule.exact.formula, "
                f"got {checks.shown(formula)}"
            )
        if len(operands) != formula.arity:
            raise TypeError(f"{formula.takes}, got {len(operands)}")
        signals = [self.signal(one) for one in operands]
        rates = {one.rate for one in signals} - {VALUE}
        if len(rates) > 1 or rates & {PHASE, ROWS}:
            raise Unknown(f"{formula} is given signals of rates " + " and ".join(sorted(rates)))
        return self.node(OWN, next(iter(rates), VALUE), signals, (formula,))

    def word(self, name: str, *operands: Operand) -> Signal:
        """Return what one word of ``synth_datamodule.exact`` makes of signals and numbers."""
        places = tuple(range(len(operands)))
        formula = Formula(name, len(places), (Word(name, places),), len(places))
        return self.formula(formula, *operands)

    def upsample(self, control: Signal) -> Signal:
        """Return a control signal at audio rate."""
        if control.node.kind == "fill" and control.rate == CONTROL:
            return self.filled(self._input(control), AUDIO)
        return self.node("upsample", AUDIO, (self.expect(control, CONTROL),))

    def line(self, signal: Signal) -> Signal | None:
        """Return the control signal that a signal is upsampled from; None where it is not."""
        return self._input(signal) if signal.node.kind == "upsample" else None

    def filled(self, value: Signal, rate: str) -> Signal:
        """Return a number as a signal that rests."""
        return self.node("fill", rate, (self.expect(value, VALUE),))

    def mixed(self, levels: Sequence[Signal], signals: Sequence[Signal]) -> Signal:
        """Return audio signals at their levels, added.

        An amplifier's control signal is multiplied by the level first, at its own rate: one gain.

        Args:
            levels: Numbers, one for each signal.
            signals: Audio.
        """
        terms: list[Signal] = []
        for level, signal in zip(levels, signals, strict=True):
            terms += self._term(level, self.expect(signal, AUDIO))
        most = 2 * MOST_MIXED
        mixed = self.node("mix", AUDIO, terms[:most])
        one = self.filled(self.constant(1.0), AUDIO)
        for start in range(most, len(terms), most - 2):
            mixed = self.node("mix", AUDIO, [one, mixed, *terms[start : start + most - 2]])
        return mixed

    def _term(self, level: Signal, signal: Signal) -> tuple[Signal, Signal]:
        """A signal without its amplifiers, after its gain, at audio rate."""
        control: Signal | None = None
        while True:
            node = signal.node
            if node.kind == "scale":
                signal, by = (Signal(self, place) for place in node.inputs)
                level = self.multiply(level, by)
            elif node.kind == "multiply" and control is None and (found := self._amplified(node)):
                signal, control = found
            else:
                break
        if control is not None:
            return self.upsample(self.node("gain", CONTROL, (level, control))), signal
        if line := self.line(signal):
            gain = self.node("gain", CONTROL, (level, line))
            return self.upsample(gain), self.filled(self.constant(1.0), AUDIO)
        return self.filled(self.node("gain", VALUE, (level, self.constant(1.0))), AUDIO), signal

    def _amplified(self, node: Node) -> tuple[Signal, Signal] | None:
        a, b = (Signal(self, place) for place in node.inputs)
        if line := self.line(b):
            return a, line
        if line := self.line(a):
            return b, line
        return None

    def _filled(
        self, operation: Callable[[Signal, Signal], Signal], a: Signal, b: Signal
    ) -> Signal | None:
        """Compute with the number that a signal rests on; None where neither rests on one."""
        of_a, of_b = (one.node.kind == "fill" for one in (a, b))
        if b.rate not in (VALUE, a.rate) or not (of_a or of_b):
            return None
        if of_a and (of_b or b.rate == VALUE):
            number = operation(self._input(a), self._input(b) if of_b else b)
            return self.filled(number, a.rate)
        return operation(self._input(a), b) if of_a else operation(a, self._input(b))

    def _lines(self, a: Signal, b: Signal) -> tuple[Signal, Signal] | None:
        """Both signals at control rate, where they are upsampled from it; a number as it is."""
        first, second = self.line(a), self.line(b) if b.rate != VALUE else b
        return None if first is None or second is None else (first, second)

    def _input(self, signal: Signal) -> Signal:
        return Signal(self, signal.node.inputs[0])

    def _rate(self, a: Signal, b: Signal | None = None) -> str:
        rates = {a.rate} if b is None else {a.rate, b.rate}
        if len(rates) > 1 or rates & {PHASE}:
            raise Unknown("signals of different rates are joined: " + " and ".join(sorted(rates)))
        return a.rate


RATES = {
    "offset": "log2 of the phase step of A4 in units",
    "cutoff": "log2 of A4's frequency as a share of the sample rate",
    "lowest": "octaves of the lowest pitch",
    "highest": "octaves of the highest pitch",
    "quarter": "a quarter of a cycle in units",
    "nyquist": "half a cycle in units",
    "bits": "bits of a phase's fraction",
    "frames": "control samples of a sound",
}
"""Numbers that are the same for all sounds of a program, by name."""
MOST_MIXED = 4
"""Signals that one step adds."""
