"""Wires: a patch's cables, to be asked what feeds an input, and what takes a signal."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

from torch import nn

OUTPUT = "output"
"""Node that a patch returns its audio to."""


class Port(NamedTuple):
    """A signal: the node that gives it, and its name there, "" where it is the only one."""

    node: str
    output: str


class Plug(NamedTuple):
    """An input: the node that takes it, and the name of its argument."""

    node: str
    argument: str


class Cabled(Protocol):
    """What a cable shows of itself."""

    @property
    def source(self) -> str:
        """Name of the signal."""
        ...

    @property
    def target(self) -> str:
        """Name of the node that takes it."""
        ...

    @property
    def argument(self) -> str:
        """Name of the argument that takes it."""
        ...


class Wires:
    """The cables of a patch between its nodes, the calls of its parts.

    Args:
        parts: Modules of the synth by name.
        nodes: Name of each call and of its part.
        cables: Cables of the patch.

    Example:
        >>> from synth_datamodule import Voice
        >>> voice = Voice()
        >>> nodes = [("keyboard", "keyboard"), ("adsr_1", "adsr_1")]
        >>> wires = Wires(dict(voice.named_children()), nodes, voice.cables[10:11])
        >>> wires.takers(Port("keyboard", "duration"))
        [Plug(node='adsr_1', argument='duration')]
    """

    def __init__(
        self,
        parts: Mapping[str, nn.Module],
        nodes: Sequence[tuple[str, str]],
        cables: Sequence[Cabled],
    ) -> None:
        self.parts = parts
        self.part_of = dict(nodes)
        self.links = frozenset(
            (self._port(cable.source), Plug(cable.target, cable.argument)) for cable in cables
        )
        self._takers: dict[Port, list[Plug]] = {}
        self._givers: dict[Plug, list[Port]] = {}
        for cable in cables:
            port, plug = self._port(cable.source), Plug(cable.target, cable.argument)
            self._takers.setdefault(port, []).append(plug)
            self._givers.setdefault(plug, []).append(port)

    def module(self, node: str) -> nn.Module | None:
        """Return the module of a node; None for the patch's output."""
        return self.parts.get(self.part_of.get(node, ""))

    def called_once(self) -> dict[str, str]:
        """Return the part of each node whose part is called once, by the node's name."""
        parts = list(self.part_of.values())
        return {node: part for node, part in self.part_of.items() if parts.count(part) == 1}

    def takers(self, port: Port) -> list[Plug]:
        """Return the inputs that take a signal."""
        return self._takers.get(port, [])

    def givers(self, plug: Plug) -> list[Port]:
        """Return the signals that an input takes."""
        return self._givers.get(plug, [])

    def giver(self, node: str, argument: str) -> Port | None:
        """Return the only signal that an input takes; None where there is none, or several."""
        ports = self.givers(Plug(node, argument))
        return ports[0] if len(ports) == 1 else None

    def only_for(self, port: Port, node: str) -> bool:
        """Return whether a signal goes to one input of one node, and nowhere else."""
        return [plug.node for plug in self.takers(port)] == [node]

    def ports(self, node: str) -> list[Port]:
        """Return the signals of a node that are taken anywhere."""
        return [port for port in self._takers if port.node == node]

    def plugs(self, node: str) -> list[Plug]:
        """Return the inputs of a node that take a signal."""
        return [plug for plug in self._givers if plug.node == node]

    def _port(self, signal: str) -> Port:
        owners = [node for node in self.part_of if signal == node or signal.startswith(f"{node}.")]
        node = max(owners, key=len, default=signal)
        return Port(node, signal[len(node) + 1 :])


def works_as(module: nn.Module | None, *kinds: type[nn.Module]) -> bool:
    """Return whether a module computes as one of some classes does: its ``forward`` is theirs.

    Args:
        module: Module; None is none.
        kinds: Classes that it may compute as.

    Example:
        >>> from synth_datamodule import SynthConfig
        >>> from synth_datamodule.modules import ADSR, LFO
        >>> works_as(ADSR(SynthConfig()), ADSR), works_as(ADSR(SynthConfig()), LFO)
        (True, False)
    """
    return any(isinstance(module, kind) and type(module).forward is kind.forward for kind in kinds)
