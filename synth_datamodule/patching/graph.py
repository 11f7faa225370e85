"""The graph of a patch: how its signals are called, and which cable carries each where."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from torch import Tensor

from synth_datamodule.batch import AUDIO

OUTPUT = "output"


@dataclass(frozen=True)
class Cable:
    """A signal that goes from one part of a patch to another.

    Args:
        source: Name of the signal, as ``voice.signals`` has it.
        target: Name of the part that takes it, with its signal's name where it is called several
            times; ``"output"`` is what the patch returns.
        argument: Name of the argument that takes it.
        kind: ``"audio"``, ``[B, N]``; ``"control"``, a control signal ``[B, C]``; ``"value"``,
            anything else, as a number for each sound, ``[B]``.

    Example:
        >>> cable = Cable("adsr_1", "mod_matrix", "adsr_1", "control")
        >>> print(cable)
        adsr_1 -> mod_matrix.adsr_1 (control)
    """

    source: str
    target: str
    argument: str
    kind: str

    def __str__(self) -> str:
        return f"{self.source} -> {self.target}.{self.argument} ({self.kind})"


class Origin(NamedTuple):
    """Which call of which part gave a signal, and which of its signals that is."""

    part: str
    call: int
    output: str


class Input(NamedTuple):
    """An argument of a call: its name, where its signals come from, and their kind."""

    argument: str
    origins: tuple[Origin, ...]
    kind: str


class Call(NamedTuple):
    """A call of a part: its inputs, what it gave, and what makes it equal to another."""

    part: str
    inputs: tuple[Input, ...]
    outputs: tuple[str, ...]
    given: tuple[object, ...]


@dataclass(frozen=True)
class Graph:
    """The graph of a patch.

    Args:
        calls: Name of each call by part, in the order of the calls. Calls of one part with the same
            arguments give the same signals, and have one name.
        signals: Names of all signals, in the order in which they come to be.
        cables: All cables, by the order of the calls that take them.
        nodes: Name of each call and of its part, in the order of the calls.
    """

    calls: Mapping[str, tuple[str, ...]]
    signals: tuple[str, ...]
    cables: tuple[Cable, ...]
    nodes: tuple[tuple[str, str], ...] = ()

    def call(self, part: str, place: int) -> str:
        """Return the name of a part's call, counted from 0; one that the graph lacks is numbered.

        Example:
            >>> graph = Graph({"vca": ("vca.vco_1", "vca.vco_2")}, (), ())
            >>> graph.call("vca", 1), graph.call("vca", 2), graph.call("vco", 0)
            ('vca.vco_2', 'vca.3', 'vco')
        """
        names = self.calls.get(part, ())
        if place < len(names):
            return names[place]
        return part if place == 0 and part != AUDIO else f"{part}.{place + 1}"


def named_results(result: object, outputs: object = ()) -> Iterator[tuple[str, Tensor]]:
    """Return the tensors that a part gave, by name; the only one is named "".

    Args:
        result: Tensor, or a tuple, list, mapping or NamedTuple of such.
        outputs: Names of what a tuple holds, where the module has a list of them.

    Example:
        >>> import torch
        >>> [name for name, _ in named_results((torch.ones(1), torch.ones(1)), ("low", "high"))]
        ['low', 'high']
    """
    if isinstance(result, Tensor):
        yield "", result
    elif isinstance(result, Mapping):
        yield from _joined((str(name), value) for name, value in result.items())
    elif isinstance(result, tuple | list):
        names = names_for(result, getattr(result, "_fields", outputs))
        yield from _joined(zip(names, result, strict=True))


def names_for(several: Sequence[object], names: object, prefix: str = "") -> list[str]:
    """Return names for several things: those that a module has for them, else their places.

    Example:
        >>> names_for((1.0, 2.0), ("low", "high")), names_for((1.0, 2.0), ("low",), "signals.")
        (['low', 'high'], ['signals.0', 'signals.1'])
    """
    if isinstance(names, tuple | list) and len(names) == len(several):
        return [str(name) for name in names]
    return [f"{prefix}{place}" for place in range(len(several))]


def _joined(results: Iterator[tuple[str, object]]) -> Iterator[tuple[str, Tensor]]:
    for name, result in results:
        for inner, tensor in named_results(result):
            yield signal_name(name, inner), tensor


def signal_name(call: str, output: str) -> str:
    """Return the name of a signal: that of the call, and of its output where it has several.

    Example:
        >>> signal_name("mod_matrix", "vco_1_pitch"), signal_name("adsr_1", "")
        ('mod_matrix.vco_1_pitch', 'adsr_1')
    """
    return f"{call}.{output}" if output else call


def graph(calls: Sequence[Call], returned: Sequence[Input]) -> Graph:
    """Return the graph of a patch that was watched.

    Args:
        calls: Calls of its parts, in order.
        returned: Returned audio, and what the patch returned beside it.

    Example:
        >>> vco = Call("vco", (), ("",), ())
        >>> vca = Call("vca", (Input("audio", (Origin("vco", 0, ""),), "audio"),), ("",), (1,))
        >>> told = graph([vco, vca], [Input("audio", (Origin("vca", 0, ""),), "audio")])
        >>> told.signals
        ('vco', 'vca', 'audio')
        >>> [str(cable) for cable in told.cables]
        ['vco -> vca.audio (audio)', 'vca -> output.audio (audio)']
    """
    return _Namer(calls).graph(returned)


class _Namer:
    """Names each call of each part by what it carries."""

    def __init__(self, calls: Sequence[Call]) -> None:
        self._by_part: dict[str, list[Call]] = {}
        self._same: dict[tuple[str, int], int] = {}
        first: dict[object, int] = {}
        self._places: list[tuple[str, int]] = []
        for call in calls:
            of_part = self._by_part.setdefault(call.part, [])
            place = len(of_part)
            given = (call.part, *(self._once(one) for one in call.given))
            self._same[call.part, place] = first.setdefault(given, place)
            of_part.append(call)
            if first[given] == place:
                self._places.append((call.part, place))
        self._names = {part: self._named(part) for part in self._by_part}

    def graph(self, returned: Sequence[Input]) -> Graph:
        signals, cables = [], []
        for part, place in self._places:
            call, name = self._by_part[part][place], self._name(part, place)
            signals += [signal_name(name, output) for output in call.outputs]
            cables += self._cables(name, call.inputs)
        signals += [f"{OUTPUT}.{one.argument}" for one in returned if one.argument != AUDIO]
        names = {
            part: tuple(self._name(part, place) for place in range(len(calls)))
            for part, calls in self._by_part.items()
        }
        cables += self._cables(OUTPUT, returned)
        nodes = tuple((self._name(part, place), part) for part, place in self._places)
        return Graph(names, (*signals, AUDIO), tuple(dict.fromkeys(cables)), nodes)

    def _cables(self, target: str, inputs: Sequence[Input]) -> list[Cable]:
        return [
            Cable(self._signal(origin), target, one.argument, one.kind)
            for one in inputs
            for origin in one.origins
        ]

    def _once(self, given: object) -> object:
        if isinstance(given, Origin):
            return given._replace(call=self._same[given.part, given.call])
        return given

    def _name(self, part: str, place: int) -> str:
        return self._names[part][self._same[part, place]]

    def _signal(self, origin: Origin) -> str:
        return signal_name(self._name(origin.part, origin.call), origin.output)

    def _named(self, part: str) -> dict[int, str]:
        """Name each call of a part; one that is called once has the part's name."""
        places = [place for of, place in self._places if of == part]
        if len(places) == 1 and part != AUDIO:
            return {places[0]: part}
        for carried in self._ways([self._by_part[part][place] for place in places]):
            if all(carried) and len(set(carried)) == len(places):
                return {p: f"{part}.{name}" for p, name in zip(places, carried, strict=True)}
        return {place: f"{part}.{number}" for number, place in enumerate(places, 1)}

    def _ways(self, calls: Sequence[Call]) -> Iterator[list[str]]:
        """Names that the calls of a part might have by what they take, the shortest first."""
        carried = [{one.argument: one.origins for one in call.inputs} for call in calls]
        arguments = dict.fromkeys(argument for of_call in carried for argument in of_call)
        for named, most in ((self._short, 1), (self._short, None), (self._long, None)):
            for argument in arguments:
                origins = [of_call.get(argument, ())[:most] for of_call in carried]
                yield ["+".join(map(named, of_call)) for of_call in origins]

    def _short(self, origin: Origin) -> str:
        if origin.output:
            return origin.output
        if sum(part == origin.part for part, _ in self._places) == 1:
            return origin.part
        inputs = self._by_part[origin.part][origin.call].inputs
        source = next((o for one in inputs for o in one.origins), None)
        return origin.part if source is None else self._short(source)

    def _long(self, origin: Origin) -> str:
        short = self._short(origin)
        return origin.part if short == origin.part else f"{origin.part}.{short}"
