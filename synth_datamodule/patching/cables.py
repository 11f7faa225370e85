"""Cables: which part's signal goes where, watched while a patch runs."""

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from synth_datamodule import checks
from synth_datamodule.config import SynthConfig
from synth_datamodule.modules.base import SynthModule
from synth_datamodule.patching import graph
from synth_datamodule.patching.graph import Call, Graph, Input, Origin, named_results
from synth_datamodule.patching.patch import PatchValues
from synth_datamodule.patching.returned import parted, wrong_extra

AUDIO = "audio"
CONTROL = "a control signal"
_UPSAMPLE = "; put an upsample between"
_NAMES = {AUDIO: "audio", CONTROL: "control"}


class WiringError(ValueError):
    """A patch is wired wrongly; the message names the synth and the cable."""


class SignalError(WiringError):
    """A control signal where audio is taken, or the reverse."""


class WatchedValues(PatchValues):
    """A patch's values that know whose they are, and which were read."""

    def __init__(self, names: Sequence[str], values: Tensor) -> None:
        super().__init__(names, values)
        self.read: set[str] = set()

    def __getattr__(self, module: str) -> dict[str, Tensor]:
        values = super().__getattr__(module)
        self.read.add(module)
        return values

    def by_module(self) -> dict[str, dict[str, Tensor]]:
        """Return all values by part, which does not count as reading them."""
        return self._by_module

    def owner(self, values: object) -> str | None:
        """Return the part whose values these are; a copy of them is nobody's."""
        owners = (name for name, given in self._by_module.items() if given is values)
        return next(owners, None)


class Cables(TorchFunctionMode):
    """While it is entered, follows each part's signal through torch's functions into other parts.

    It tells audio from control signals by their lengths, so where both rates are one it cannot.

    Args:
        synth: Name of the synth, for messages.
        config: Settings that the parts were made with.
        values: Values that the patch is given.
    """

    def __init__(self, synth: str, config: SynthConfig, values: WatchedValues) -> None:
        super().__init__()
        self._synth = synth
        self._values = values
        lengths = {config.buffer_size: AUDIO, config.control_buffer_size: CONTROL}
        self._kinds = lengths if len(lengths) == 2 else {}
        self._inside = 0
        self._sources: dict[int, tuple[Origin, ...]] = {}
        self._results: dict[int, Origin] = {}
        self._kept: list[object] = []  # or an id might come to mean another tensor
        self._taken: set[int] = set()
        self._given: dict[str, list[object]] = {}
        self._calls: list[Call] = []
        self._returned: list[Input] = []

    def watch(self, part: str, module: nn.Module) -> None:
        """Follow what goes in and out of a part; its module is changed for good."""
        forward = module.forward
        module.forward = partial(self._call, part, module, forward, inspect.signature(forward))
        if isinstance(module, SynthModule):
            for check, kind in (("check_audio", AUDIO), ("check_control", CONTROL)):
                takes = partial(self._takes, part, kind, getattr(module, check))
                vars(module)[check] = takes

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Iterable[type],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:  # noqa: ANN401
        result = func(*args, **(kwargs or {}))
        if not self._inside:
            given = list(_tensors((args, kwargs)))
            self._taken.update(map(id, given))
            self._note(args[0] if func is Tensor.__setitem__ else result, self._origins(given))
        return result

    def _call(
        self,
        part: str,
        module: nn.Module,
        forward: Callable[..., object],
        signature: inspect.Signature,
        *args: object,
        **kwargs: object,
    ) -> object:
        """Call a part's ``forward``, its arguments checked and its result marked."""
        try:
            bound = signature.bind(*args, **kwargs).arguments
        except TypeError as error:
            call = f"{self._synth}: {part}({', '.join(signature.parameters)})"
            raise WiringError(f"{call} is called wrongly: {error}") from error
        given = list(_tensors((args, kwargs)))
        self._taken.update(map(id, given))
        owner = self._values.owner(next(iter(bound.values()), None))
        if owner not in (None, part) and getattr(module, "parameter_ranges", None):
            raise WiringError(
                f"{self._synth}: {part} got the values of {owner}; give it p.{part}, or a dict of "
                "its own"
            )
        self._whole(part, module, given, next(iter(bound.values()), None))
        self._inside += 1
        try:
            result = forward(*args, **kwargs)
        except (TypeError, ValueError) as error:
            if isinstance(error, WiringError) or not refused_by_package(error):
                raise
            raise WiringError(f"{self._cable(given, part)}: {error}") from error
        finally:
            self._inside -= 1
        self._called(part, module, bound, result)
        return result

    def _whole(self, part: str, module: nn.Module, given: list[Tensor], values: object) -> None:
        """Raise a WiringError where a part is given some of its values: the others are heard of."""
        names = [parameter.name for parameter in getattr(module, "parameter_ranges", ())]
        if names and isinstance(values, Mapping) and not set(names) <= values.keys():
            raise WiringError(
                f"{self._cable(given, part)}: {type(module).__name__} has the parameters "
                f"{checks.shown(names)}, got {checks.shown(list(values))}; in a patch it is given "
                "all of them"
            )

    def _called(
        self, part: str, module: nn.Module, bound: Mapping[str, object], result: object
    ) -> None:
        """Keep a call of a part: where what it was given comes from, and what it gave."""
        arguments = dict(self._arguments(module, bound))
        inputs = self._inputs(arguments)
        self._kept += arguments.values()
        given = tuple(self._told_apart(name, value) for name, value in arguments.items())
        results = self._given.setdefault(part, [])
        named = dict(named_results(result, getattr(module, "outputs", ())))
        self._calls.append(Call(part, inputs, tuple(named), given))
        for output, tensor in named.items():
            origin = Origin(part, len(results), output)
            self._note(tensor, (origin,))
            self._results[id(tensor)] = origin
        results.append(result)

    def _arguments(
        self, module: nn.Module, bound: Mapping[str, object]
    ) -> Iterator[tuple[str, object]]:
        """A call's arguments by name; those of a mixer by the names of its inputs."""
        for name, value in bound.items():
            if isinstance(value, tuple):
                names = graph.names_for(value, getattr(module, "inputs", ()), f"{name}.")
                yield from zip(names, value, strict=True)
            elif isinstance(value, Mapping) and self._values.owner(value) is None:
                yield from ((str(key), one) for key, one in value.items())
            else:
                yield name, value

    def _inputs(self, arguments: Mapping[str, object]) -> tuple[Input, ...]:
        """What of the arguments comes from parts; the values of a patch come from none."""
        inputs = []
        for name, value in arguments.items():
            tensors = [] if self._values.owner(value) else list(_tensors(value))
            if origins := self._origins(tensors):
                kind = self._kind(tensors[0])
                inputs.append(Input(name, origins, _NAMES.get(kind or "", "value")))
        return tuple(inputs)

    def _told_apart(self, name: str, value: object) -> object:
        """Return what is equal for arguments that are one and the same."""
        if isinstance(value, Tensor):
            return name, self._results.get(id(value), id(value))
        return name, value if isinstance(value, int | float | str) else id(value)

    def _takes(
        self,
        part: str,
        kind: str,
        check: Callable[..., None],
        num_sounds: int | None = None,
        **signals: Tensor,
    ) -> None:
        for name, signal in signals.items():
            self._fits(signal, kind, part, f"{part}.{name}")
        check(num_sounds, **signals)

    def _fits(self, signal: object, kind: str, part: str, place: str) -> None:
        found = self._kind(signal)
        if found in (None, kind):
            return
        sources = self._from(_tensors(signal))
        gives = f"{sources[0]} gives" if len(sources) == 1 else "and gets"
        raise SignalError(
            f"{self._cable(_tensors(signal), place)}: {part} takes {kind} there, {gives} {found}"
            f"{_UPSAMPLE if found == CONTROL else ''}"
        )

    def graph(self) -> Graph:
        """Return the graph of the patch, once its output was checked."""
        return graph.graph(self._calls, self._returned)

    def check_output(self, returned: object, sizes: tuple[int, int]) -> None:
        """Raise a WiringError unless ``output`` returned audio of these sizes ``[B, N]``.

        What it returned beside it must have names, and the axis B.
        """
        audio, extras = parted(returned)
        self._fits(audio, AUDIO, "output", "output")
        shape = list(audio.shape) if isinstance(audio, Tensor) else type(audio).__name__
        if shape != list(sizes):
            raise WiringError(
                f"{self._cable(_tensors(audio), 'output')}: audio [B, N] of {sizes[0]} sounds must "
                f"have shape {list(sizes)}, got {shape}"
            )
        for name, extra in extras.items():
            if wrong := wrong_extra(name, extra, sizes[0]):
                place = f"output.{name if isinstance(name, str) else AUDIO:.40}"
                raise WiringError(f"{self._cable(_tensors(extra), place)}: {wrong}")
        handed = {"audio": audio, **{str(name): extra for name, extra in extras.items()}}
        self._taken.update(map(id, _tensors(handed)))
        self._returned = list(self._inputs(handed))

    def check_used(self, parts: Iterable[str], touched: Iterable[str]) -> None:
        """Raise a WiringError unless every part is called, read or touched, and is heard of."""
        used = {*touched, *self._values.read, *self._given}
        for part in parts:
            if part not in used:
                raise WiringError(
                    f"{self._synth}: part {part} is never used; call it in output, or leave it out "
                    f"(an inherited one by {part} = None)"
                )
            results = self._given.get(part, [])
            if results and not any(self._is_taken(result) for result in results):
                raise WiringError(
                    f"{self._synth}: {part} -> nowhere: nothing takes what {part} gives"
                )

    def _is_taken(self, result: object) -> bool:
        tensors = list(_tensors(result))
        # What holds no tensor that can be seen may be anything.
        return not tensors or any(id(tensor) in self._taken for tensor in tensors)

    def _kind(self, signal: object) -> str | None:
        if not isinstance(signal, Tensor) or signal.ndim != 2:
            return None
        return self._kinds.get(signal.shape[1])

    def _note(self, result: object, sources: tuple[Origin, ...]) -> None:
        if sources:
            for tensor in _tensors(result):
                self._kept.append(tensor)
                self._sources[id(tensor)] = sources

    def _origins(self, tensors: Iterable[Tensor]) -> tuple[Origin, ...]:
        origins = (origin for tensor in tensors for origin in self._sources.get(id(tensor), ()))
        return tuple(dict.fromkeys(origins))

    def _from(self, tensors: Iterable[Tensor]) -> tuple[str, ...]:
        """Return the parts that tensors come from."""
        return tuple(dict.fromkeys(origin.part for origin in self._origins(tensors)))

    def _cable(self, signals: Iterable[Tensor], target: str) -> str:
        sources = " and ".join(self._from(signals))
        return f"{self._synth}: {sources} -> {target}" if sources else f"{self._synth}: {target}"


def refused_by_package(error: Exception) -> bool:
    """Return whether an error was raised by one of the package's own checks."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return trace is not None and str(trace.tb_frame.f_globals.get("__name__")).startswith(
        "synth_datamodule."
    )


def _tensors(tree: object) -> Iterator[Tensor]:
    """The tensors in nested tuples, lists and mappings."""
    if isinstance(tree, Tensor):
        yield tree
    elif isinstance(tree, (tuple, list)):
        for branch in tree:
            yield from _tensors(branch)
    elif isinstance(tree, Mapping):
        yield from _tensors(list(tree.values()))
