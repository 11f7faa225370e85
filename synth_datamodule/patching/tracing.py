"""A patch traced: what its parts give each other, as steps of a program."""

import inspect
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from synth_datamodule.patching.followed import Followed, flat
from synth_datamodule.patching.formulas import has_own_formula, why_no_formula
from synth_datamodule.patching.graph import OUTPUT, Graph, named_results, signal_name
from synth_datamodule.patching.returned import parted
from synth_datamodule.program import Program, Signal, Unknown
from synth_datamodule.program.builder import AUDIO, CONTROL, ROWS, VALUE
from synth_datamodule.program.lowering import program_of


class Heard(NamedTuple):
    """What a call of a part gave.

    Args:
        part: Name of the part.
        call: Which of its calls.
        output: Name of the output; "" where there is one.
        signal: The output as a signal of the program.
        tensor: The output as the part's ``forward`` gave it.
    """

    part: str
    call: int
    output: str
    signal: object
    tensor: Tensor


class Tracer(Followed):
    """While it is entered, writes down what a patch does to the signals of its parts.

    Args:
        columns: Column of each parameter, by name.
        sizes: Sounds, control samples and audio samples that the patch is run on.
        silent: Whether parts of this package are not run: silence stands for what they give.
    """

    def __init__(
        self, columns: Mapping[str, int], sizes: tuple[int, int, int], *, silent: bool = False
    ) -> None:
        super().__init__(sizes)
        self._silent = silent
        self._columns = columns
        self._labels: dict[int, str] = {}
        self.calls: list[Heard] = []
        self._places: dict[str, int] = {}

    def given(self, values: Mapping[str, Mapping[str, Tensor]], rows: Tensor) -> None:
        """Take in what a patch is given.

        Args:
            values: Values by part and parameter.
            rows: Rows of the noise tables.
        """
        for part, of_part in values.items():
            for name, tensor in of_part.items():
                path = f"{part}.{name}"
                signal = self.build.parameter(self._columns[path])
                self._labels[signal.place] = path
                self._note(tensor, signal)
        self._note(rows, self.build.node("rows", ROWS))

    def watch(self, part: str, module: nn.Module) -> None:
        """Follow what goes in and out of a part; its module is changed for good."""
        for name, child in module.named_children():
            self.watch(f"{part}.{name}", child)
        forward = module.forward
        own = "forward" in vars(module)
        vars(module)["forward"] = partial(self._call, part, module, forward, own)
        for name in ("check", "check_audio", "check_control", "complete", "per_sound"):
            if helper := getattr(module, name, None):
                vars(module)[name] = partial(self._helped, helper)

    def _helped(self, helper: Callable[..., object], *args: Any, **kwargs: Any) -> object:  # noqa: ANN401
        """Call what a module has to check and complete its values, which computes no signal."""
        self._inside += 1
        try:
            found = helper(*args, **kwargs)
        finally:
            self._inside -= 1
        if not self._inside:
            for tensor in flat(found):
                if id(tensor) not in self._signals:
                    self._foreign("full", tensor, [])
        return found

    def program(self, returned: object, beside: Mapping[str, Signal] | None = None) -> Program:
        """Return the program of a patch.

        Args:
            returned: Audio that the patch returned, and signals beside it.
            beside: Signals that are handed out in place of what it returned beside the audio.

        Raises:
            Unknown: If some of it has no step.
        """
        audio, extras = parted(returned)
        signals = {str(name): self._output(str(name), one) for name, one in extras.items()}
        signals = signals if beside is None else dict(beside)
        return program_of(self.build, self._output("audio", audio), signals, self._labels)

    def _output(self, name: str, tensor: object) -> Signal:
        if isinstance(tensor, Tensor) and tensor.dtype == torch.bool:
            raise Unknown(f"what it returns as {name} is of {tensor.dtype}, no number")
        signal = self._signal(tensor)
        if not isinstance(signal, Signal) or signal.rate not in (AUDIO, CONTROL, VALUE):
            raise Unknown(f"what it returns as {name} is no signal of one row a sound")
        assert isinstance(tensor, Tensor)
        if tuple(tensor.shape) != self._shapes[signal.rate][0]:
            raise Unknown(f"what it returns as {name} has an axis of size 1")
        return signal

    def _call(
        self,
        part: str,
        module: nn.Module,
        forward: Callable[..., object],
        own: bool,
        *args: object,
        **kwargs: object,
    ) -> object:
        if self._inside:
            return forward(*args, **kwargs)
        self._check_values(part, module, args)
        if why := why_no_formula(module, own):
            return self._through(part, module, forward, why, *args, **kwargs)
        given = [self._converted(one) for one in args]
        named = {name: self._converted(one) for name, one in kwargs.items()}
        before = len(self.build.nodes)
        formula: Callable[..., object] = getattr(module, "exact")  # noqa: B009 - which nn.Module types
        try:
            inspect.signature(formula).bind(self.build, *given, **named)
        except TypeError as error:
            raise Unknown(f"{part} is called otherwise than its formula: {error}") from error
        try:
            signals = formula(self.build, *given, **named)
        except Unknown as error:
            raise Unknown(f"{part}: {error}") from error
        self._inside += 1
        try:
            if self._silent and not has_own_formula(module):
                result = self._silence(signals, next(flat((args, kwargs))))
            else:
                result = forward(*args, **kwargs)
        finally:
            self._inside -= 1
        self._called(part, module, signals, result, before)
        self._heard(part, module, result)
        return result

    def _silence(self, signals: object, like: Tensor) -> object:
        """Tensors in the shapes that signals have."""
        if isinstance(signals, tuple):
            return tuple(self._silence(one, like) for one in signals)
        dtype = like.dtype if like.is_floating_point() else torch.float64
        if isinstance(signals, Signal):
            shape = self._shapes[signals.rate][0]
        else:
            choices: list[Signal] = signals  # type: ignore[assignment]
            shape = (*self._shapes[VALUE][0], len(choices))
        return torch.zeros(1, dtype=dtype, device=like.device).expand(shape)

    def _through(
        self,
        part: str,
        module: nn.Module,
        forward: Callable[..., object],
        why: str,
        *args: object,
        **kwargs: object,
    ) -> object:
        """Follow a part without a formula through its forward, as the patch itself is followed."""
        before, where = len(self.build.nodes), self._where
        self._where = f"{part} is of class {type(module).__name__}, {why}: it"
        try:
            result = forward(*args, **kwargs)
        finally:
            self._where = where
        for output, tensor in named_results(result, getattr(module, "outputs", ())):
            signal = self._signals.get(id(tensor))
            if isinstance(signal, Signal) and signal.place >= before:
                self._labels[signal.place] = f"{part}.{output}" if output else part
        self._heard(part, module, result)
        return result

    def _heard(self, part: str, module: nn.Module, result: object) -> None:
        if "." in part:
            return  # a module in a part, of which the patch knows nothing
        call = self._places[part] = self._places.get(part, -1) + 1
        for output, tensor in named_results(result, getattr(module, "outputs", ())):
            self.calls.append(Heard(part, call, output, self._signals.get(id(tensor)), tensor))

    def opened(
        self, returned: object, graph: Graph, names: frozenset[str] | None = None
    ) -> Program:
        """Return the program that hands out signals of a patch, by their names in the graph.

        Args:
            returned: Audio that the patch returned, and signals beside it.
            graph: Graph of the patch.
            names: Names of the signals; None is all.

        Raises:
            Unknown: If some of it has no step.
        """
        audio, extras = parted(returned)
        signals: dict[str, Signal] = {}
        for part, call, output, signal, tensor in self.calls:
            name = signal_name(graph.call(part, call), output)
            if not (names is None or name in names):
                continue
            if not tensor.is_floating_point():
                raise Unknown(f"{name} is of {tensor.dtype}, and programs of floats")
            if not isinstance(signal, Signal) or signal.rate not in (AUDIO, CONTROL, VALUE):
                raise Unknown(f"{name} is no signal of one row a sound")
            signals.setdefault(name, signal)
        for key, one in extras.items():
            name = signal_name(OUTPUT, str(key))
            if names is None or name in names:
                signals[name] = self._output(name, one)
        return program_of(self.build, self._output("audio", audio), signals, self._labels)

    def _called(
        self, part: str, module: nn.Module, signals: object, result: object, before: int
    ) -> None:
        if isinstance(result, Tensor):
            if isinstance(signals, Signal) and not self._has_form(result, signals):
                shape = list(result.shape)
                raise Unknown(f"{part} gives the shape {shape}, and its formula {signals.rate}")
            self._note(result, signals)
            if isinstance(signals, Signal) and signals.place >= before:
                self._labels[signals.place] = part
            return
        names = getattr(module, "outputs", ())
        if not isinstance(signals, (tuple, list)) or not isinstance(result, (tuple, list)):
            raise Unknown(f"the formula of {part} gives another structure than its forward")
        if len(signals) != len(result):
            raise Unknown(f"the formula of {part} gives another structure than its forward")
        for k, (signal, tensor) in enumerate(zip(signals, result, strict=True)):
            self._note(tensor, signal)
            if signal.place >= before:
                name = names[k] if len(names) == len(signals) else k
                self._labels[signal.place] = f"{part}.{name}"

    def _check_values(self, part: str, module: nn.Module, args: tuple[object, ...]) -> None:
        """Let values that the patch computed be checked as the module checks them."""
        if not args or not isinstance(args[0], Mapping):
            return
        ranges = {one.name: one for one in getattr(module, "parameter_ranges", ())}
        for name, value in args[0].items():
            signal, found = self._operand(value), ranges.get(name)
            if found is None or not isinstance(signal, Signal):
                continue
            own = (self._columns.get(f"{part}.{name}"),)
            if signal.node.kind != "parameter" or signal.node.data != own:
                told = f"{name} of {type(module).__name__}"
                self.build.check(told, signal, found.minimum, found.maximum)
