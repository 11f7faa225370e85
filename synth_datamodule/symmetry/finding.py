"""The symmetries that a patch's cables tell of."""

import math
from collections.abc import Iterator, Sequence

from torch import nn

from synth_datamodule.modules import (
    ADSR,
    LFO,
    VCA,
    AudioMixer,
    ControlRateUpsample,
    FmVCO,
    ModulationMixer,
    MonophonicKeyboard,
    SineVCO,
    SquareSawVCO,
)
from synth_datamodule.parameters.table import ParameterTable
from synth_datamodule.symmetry.base import Symmetry
from synth_datamodule.symmetry.bounds import ends_of, is_free, is_free_or_zero
from synth_datamodule.symmetry.cut import Cut
from synth_datamodule.symmetry.exchange import exchanges
from synth_datamodule.symmetry.gain import Gain
from synth_datamodule.symmetry.period import Period
from synth_datamodule.symmetry.scale import Scale
from synth_datamodule.symmetry.shares import Shares
from synth_datamodule.symmetry.shift import Shift
from synth_datamodule.symmetry.swap import Swap
from synth_datamodule.symmetry.wires import OUTPUT, Port, Wires, works_as

_VCOS = (SineVCO, SquareSawVCO, FmVCO)
_SHAPES = ("sin", "tri", "saw", "rsaw", "sqr")


def found(wires: Wires, table: ParameterTable) -> tuple[Symmetry, ...]:
    """Return the symmetries that cables tell of; a patch may do more than its cables tell.

    One that would move a pinned parameter is left out.

    Args:
        wires: Cables of the patch.
        table: Parameters of the synth.
    """
    finder = _Finder(wires, table)
    steps = (
        finder.shifts(),
        finder.periods(),
        finder.cuts(),
        finder.shares(),
        finder.levels(),
        finder.depths(),
        finder.gains(),
        finder.swaps(),
    )
    return tuple(one for step in steps for one in step)


class _Finder:
    def __init__(self, wires: Wires, table: ParameterTable) -> None:
        self._wires, self._table = wires, table
        self._once = wires.called_once()

    def shifts(self) -> Iterator[Shift]:
        """A note that only oscillators take, and nothing beside it."""
        for node, keyboard in self._nodes(MonophonicKeyboard):
            port = Port(node, "midi_f0")
            plugs = self._wires.takers(port)
            plays = all(
                self._works(plug.node, *_VCOS)
                and plug.argument == "midi_f0"
                and self._wires.givers(plug) == [port]
                for plug in plugs
            )
            if not plugs or not plays:
                continue
            notes = self._columns(keyboard, "midi_f0")
            tunings = [self._columns(self._once[plug.node], "tuning") for plug in plugs]
            if self._all_free(notes) and all(self._all_free(one) for one in tunings):
                yield Shift(self._table, notes[0], [one for (one,) in tunings])

    def periods(self) -> Iterator[Period]:
        """The initial phases whose range is a whole turn."""
        for _, part in self._nodes(*_VCOS, LFO):
            for column in self._columns(part, "initial_phase"):
                if ends_of(self._table, column) == (-math.pi, math.pi):
                    yield Period(self._table, column)

    def cuts(self) -> Iterator[Cut]:
        """The envelopes of a keyboard's note."""
        for node, part in self._nodes(ADSR):
            port = self._wires.giver(node, "duration")
            if port is None or port.output != "duration":
                continue
            if not self._works(port.node, MonophonicKeyboard):
                continue
            durations = self._columns(self._once[port.node], "duration")
            envelope = self._columns(part, "attack", "decay", "sustain")
            if durations and self._free(envelope):
                yield Cut(self._table, part, durations[0], envelope)

    def shares(self) -> Iterator[Shares]:
        """The weights of an LFO's shapes."""
        for _, part in self._nodes(LFO):
            columns = self._columns(part, *_SHAPES)
            free = self._free(columns)
            if len(free) > 1 and self._all_free_or_zero(columns):
                yield Shares(self._table, part, free, whole=len(free) == len(columns))

    def levels(self) -> Iterator[Scale]:
        """A mixer's level, and the weights of the only signal that controls that input's VCA."""
        for node, part in self._nodes(AudioMixer):
            for name in self._inputs(part):
                amplifier = self._wires.giver(node, name)
                if amplifier is None or not self._wires.only_for(amplifier, node):
                    continue
                if works_as(self._wires.module(amplifier.node), VCA):
                    levels = self._columns(part, name)
                    yield from self._scale(levels, self._weights(amplifier.node, "control"))

    def depths(self) -> Iterator[Scale]:
        """An oscillator's depth, and the weights of the only signal that bends it."""
        for node, part in self._nodes(SineVCO, SquareSawVCO, LFO):
            depths, weights = self._columns(part, "mod_depth"), self._weights(node, "mod")
            # How steep a square's edges are depends on upward depths, whatever the weights.
            downward = self._works(node, SquareSawVCO)
            if depths and not (downward and ends_of(self._table, depths[0])[0] >= 0):
                yield from self._scale(depths, weights, downward)

    def gains(self) -> Iterator[Gain]:
        """The mixer that gives the patch's audio."""
        for node, part in self._nodes(AudioMixer):
            levels = self._columns(part, *self._inputs(part))
            free = self._free(levels)
            to_output = self._wires.only_for(Port(node, ""), OUTPUT)
            if to_output and free and self._all_free_or_zero(levels):
                yield Gain(self._table, part, free)

    def swaps(self) -> Iterator[Swap]:
        """Parts that are wired alike."""
        seen = set()
        for one, two, names in exchanges(self._wires):
            columns = {self._table.column(a): self._table.column(b) for a, b in names.items()}
            same = all(
                ends_of(self._table, a) == ends_of(self._table, b) for a, b in columns.items()
            )
            places = frozenset(columns.items())
            if columns and same and places not in seen:
                seen.add(places)
                yield Swap(self._table, f"{one} and {two}", columns)

    def _scale(
        self, levels: Sequence[int], weights: Sequence[int], downward: bool = False
    ) -> Iterator[Scale]:
        free = self._free(weights)
        if free and self._all_free(levels) and self._all_free_or_zero(weights):
            yield Scale(self._table, levels[0], free, downward)

    def _weights(self, node: str, argument: str) -> list[int]:
        """Return the weights of the matrix whose one output goes to this input and no other."""
        port = self._wires.giver(node, argument)
        if port is None or not self._wires.only_for(port, node):
            return []
        if works_as(self._wires.module(port.node), ControlRateUpsample):
            node, port = port.node, self._wires.giver(port.node, "control")
        if port is None or not self._wires.only_for(port, node):
            return []
        if not self._works(port.node, ModulationMixer):
            return []
        part = self._once[port.node]
        # A matrix of one output gives it without a name.
        target = port.output or getattr(self._wires.parts[part], "outputs", ("",))[0]
        return self._columns(part, *(f"{source}->{target}" for source in self._inputs(part)))

    def _inputs(self, part: str) -> tuple[str, ...]:
        return tuple(getattr(self._wires.parts[part], "inputs", ()))

    def _nodes(self, *kinds: type[nn.Module]) -> Iterator[tuple[str, str]]:
        """Nodes of parts that are called once and compute as one of some classes do."""
        for part, module in self._wires.parts.items():
            for node, name in self._once.items():
                if name == part and works_as(module, *kinds):
                    yield node, part

    def _works(self, node: str, *kinds: type[nn.Module]) -> bool:
        return node in self._once and works_as(self._wires.module(node), *kinds)

    def _columns(self, part: str, *parameters: str) -> list[int]:
        """Return the columns of a part's parameters; none where it lacks one of them."""
        names = [f"{part}.{parameter}" for parameter in parameters]
        there = all(name in self._table for name in names)
        return [self._table.column(name) for name in names] if there else []

    def _free(self, columns: Sequence[int]) -> list[int]:
        return [column for column in columns if is_free(self._table, column)]

    def _all_free(self, columns: Sequence[int]) -> bool:
        return bool(columns) and all(is_free(self._table, one) for one in columns)

    def _all_free_or_zero(self, columns: Sequence[int]) -> bool:
        return bool(columns) and all(is_free_or_zero(self._table, one) for one in columns)
