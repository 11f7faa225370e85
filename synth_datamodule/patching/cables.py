"""Cables: which part's signal goes where, watched while a patch runs."""

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from synth_datamodule.config import SynthConfig
from synth_datamodule.modules.base import SynthModule
from synth_datamodule.patching.patch import PatchValues

AUDIO = "audio"
CONTROL = "a control signal"
_UPSAMPLE = "; put an upsample between"


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
        self._sources: dict[int, tuple[str, ...]] = {}
        self._kept: list[Tensor] = []  # or an id might come to mean another tensor
        self._taken: set[int] = set()
        self._given: dict[str, list[object]] = {}

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
            self._note(args[0] if func is Tensor.__setitem__ else result, self._from(given))
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
        self._inside += 1
        try:
            result = forward(*args, **kwargs)
        except (TypeError, ValueError) as error:
            if isinstance(error, WiringError) or not refused_by_package(error):
                raise
            raise WiringError(f"{self._cable(given, part)}: {error}") from error
        finally:
            self._inside -= 1
        self._given.setdefault(part, []).append(result)
        self._note(result, (part,))
        return result

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

    def check_output(self, audio: object, sizes: tuple[int, int]) -> None:
        """Raise a WiringError unless ``output`` returned audio of these sizes ``[B, N]``."""
        self._fits(audio, AUDIO, "output", "output")
        shape = list(audio.shape) if isinstance(audio, Tensor) else type(audio).__name__
        if shape != list(sizes):
            raise WiringError(
                f"{self._cable(_tensors(audio), 'output')}: audio [B, N] of {sizes[0]} sounds must "
                f"have shape {list(sizes)}, got {shape}"
            )
        self._taken.update(map(id, _tensors(audio)))

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

    def _note(self, result: object, sources: tuple[str, ...]) -> None:
        if sources:
            for tensor in _tensors(result):
                self._kept.append(tensor)
                self._sources[id(tensor)] = sources

    def _from(self, tensors: Iterable[Tensor]) -> tuple[str, ...]:
        return tuple(
            dict.fromkeys(part for tensor in tensors for part in self._sources.get(id(tensor), ()))
        )

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
