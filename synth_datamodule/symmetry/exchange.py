"""Exchange: pairs of parts that are wired alike, found as automorphisms of a patch's graph."""

from collections.abc import Iterator

from torch import nn

from synth_datamodule.modules import AudioMixer, ModulationMixer
from synth_datamodule.symmetry.wires import OUTPUT, Plug, Port, Wires, works_as

_NOT_COMPARED = {"training", "synthconfig", "parameter_ranges", "parameter_defaults"}


class _Unlike(Exception):
    """Two parts are not wired alike."""


def exchanges(wires: Wires) -> Iterator[tuple[str, str, dict[str, str]]]:
    """Return pairs of parts that can be exchanged, and which parameters that moves.

    Two nodes are paired, then whatever feeds them or takes their signals, until all cables map to
    cables; a mixer's inputs, and a matrix' inputs and outputs, may change places within it.

    Args:
        wires: Cables of the patch.

    Returns:
        Names of the two parts, and the parameter that each moved parameter's value comes from.
    """
    nodes = [node for node, part in wires.called_once().items()]
    nodes.sort(key=lambda node: list(wires.parts).index(wires.part_of[node]))
    for place, one in enumerate(nodes):
        for two in nodes[place + 1 :]:
            try:
                names = _Exchange(wires, one, two).parameters()
            except _Unlike:
                continue
            yield wires.part_of[one], wires.part_of[two], names


class _Exchange:
    """An involution of nodes, and of the inputs and outputs within mixers."""

    def __init__(self, wires: Wires, one: str, two: str) -> None:
        self._wires = wires
        self._image: dict[str, str] = {}
        self._inputs: dict[Plug, Plug] = {}
        self._outputs: dict[Port, Port] = {}
        self._todo: list[tuple[str, str]] = []
        self._pair(one, two)
        while self._todo:
            self._follow(*self._todo.pop())
        mapped = {(self._port(port), self._plug(plug)) for port, plug in wires.links}
        if mapped != wires.links:
            raise _Unlike

    def parameters(self) -> dict[str, str]:
        moved: dict[str, str] = {}
        for node, other in self._image.items():
            part, there = self._wires.part_of[node], self._wires.part_of[other]
            names = [one.name for one in getattr(self._wires.parts[part], "parameter_ranges", ())]
            if part != there:
                moved |= {f"{part}.{name}": f"{there}.{name}" for name in names}
        for node in {plug.node for plug in self._inputs} | {port.node for port in self._outputs}:
            part, module = self._wires.part_of[node], self._wires.module(node)
            if works_as(module, AudioMixer):
                for name in module.inputs:  # type: ignore[union-attr]
                    moved[f"{part}.{name}"] = f"{part}.{self._plug(Plug(node, name)).argument}"
            else:
                for source in module.inputs:  # type: ignore[union-attr]
                    for target in module.outputs:  # type: ignore[union-attr]
                        here = self._plug(Plug(node, source)).argument
                        to = self._port(Port(node, target)).output
                        moved[f"{part}.{source}->{target}"] = f"{part}.{here}->{to}"
        return {name: other for name, other in moved.items() if name != other}

    def _port(self, port: Port) -> Port:
        same = Port(self._image.get(port.node, port.node), port.output)
        return self._outputs.get(port, same)

    def _plug(self, plug: Plug) -> Plug:
        same = Plug(self._image.get(plug.node, plug.node), plug.argument)
        return self._inputs.get(plug, same)

    def _pair(self, one: str, two: str) -> None:
        if self._image.get(one, two) != two or self._image.get(two, one) != one:
            raise _Unlike
        if one in self._image:
            return
        if one == two or not _alike(self._wires.module(one), self._wires.module(two)):
            raise _Unlike
        part, other = self._wires.part_of[one], self._wires.part_of[two]
        once = self._wires.called_once()
        has_values = bool(getattr(self._wires.parts[part], "parameter_ranges", ()))
        if has_values and (part == other or one not in once or two not in once):
            raise _Unlike
        self._image[one], self._image[two] = two, one
        self._todo.append((one, two))

    def _follow(self, one: str, two: str) -> None:
        """Pair what feeds two nodes, and what takes their signals."""
        arguments = {plug.argument for plug in self._wires.plugs(one)}
        if arguments != {plug.argument for plug in self._wires.plugs(two)}:
            raise _Unlike
        for argument in sorted(arguments):
            ports = self._wires.givers(Plug(one, argument))
            others = self._wires.givers(Plug(two, argument))
            if len(ports) != len(others):
                raise _Unlike
            for port, other in zip(ports, others, strict=True):
                self._pair_ports(port, other)
        outputs = {port.output for port in self._wires.ports(one)}
        if outputs != {port.output for port in self._wires.ports(two)}:
            raise _Unlike
        for output in sorted(outputs):
            plugs = self._wires.takers(Port(one, output))
            others_taking = self._wires.takers(Port(two, output))
            if len(plugs) != len(others_taking):
                raise _Unlike
            for plug, taker in zip(plugs, others_taking, strict=True):
                self._pair_plugs(plug, taker)

    def _pair_ports(self, port: Port, other: Port) -> None:
        if port == other:
            return
        if port.node != other.node:
            if port.output != other.output:
                raise _Unlike
            self._pair(port.node, other.node)
        elif self._mixes(port.node, ModulationMixer):
            self._permute(self._outputs, port, other)
        else:
            raise _Unlike

    def _pair_plugs(self, plug: Plug, other: Plug) -> None:
        if plug == other:
            return
        if plug.node != other.node:
            if plug.argument != other.argument or OUTPUT in (plug.node, other.node):
                raise _Unlike
            self._pair(plug.node, other.node)
        elif self._mixes(plug.node, AudioMixer, ModulationMixer):
            self._permute(self._inputs, plug, other)
        else:
            raise _Unlike

    def _mixes(self, node: str, *kinds: type[nn.Module]) -> bool:
        """Whether a node adds its inputs; one whose part is called elsewhere has those values."""
        return node in self._wires.called_once() and works_as(self._wires.module(node), *kinds)

    def _permute(self, places: dict, one: Port | Plug, two: Port | Plug) -> None:  # type: ignore[type-arg]
        if places.get(one, two) != two or places.get(two, one) != one:
            raise _Unlike
        places[one], places[two] = two, one


def _alike(one: nn.Module | None, two: nn.Module | None) -> bool:
    """Whether two modules are of one class and were made with the same settings."""
    if one is None or two is None or type(one) is not type(two):
        return False
    if one is two:
        return True
    mine, other = _settings(one), _settings(two)
    if mine.keys() != other.keys() or len(list(one.buffers())) or len(list(one.parameters())):
        return False
    try:
        return all(bool(mine[name] == other[name]) for name in mine)
    except (TypeError, ValueError, RuntimeError):  # what cannot be compared is not known to be one
        return False


def _settings(module: nn.Module) -> dict[str, object]:
    return {
        name: value
        for name, value in vars(module).items()
        if name not in _NOT_COMPARED and not name.startswith("_")
    }
