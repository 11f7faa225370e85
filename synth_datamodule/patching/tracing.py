"""A patch traced: what it does to its signals, as steps of a program."""

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from numbers import Real
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from synth_datamodule.exact import Formula
from synth_datamodule.modules.audio_mixer import normalize_if_clipping
from synth_datamodule.modules.upsample import upsample
from synth_datamodule.patching.elementwise import COMPARING, operation_of
from synth_datamodule.patching.graph import OUTPUT, Graph, named_results, signal_name
from synth_datamodule.patching.returned import parted
from synth_datamodule.program import Builder, Program, Signal, Unknown
from synth_datamodule.program.builder import AUDIO, CONTROL, ROWS, VALUE
from synth_datamodule.program.lowering import program_of

# What a subclass of a part with a formula may say anew; its formula reads all else from the part.
_SAYS = {
    *("parameter_ranges", "parameter_defaults", "outputs", "inputs", "__init__"),
    *("__module__", "__doc__", "__qualname__", "__annotations__", "__annotate__"),
    *("__annotate_func__", "__annotations_cache__", "__static_attributes__", "__firstlineno__"),
    *("__parameters__", "__orig_bases__"),
}
_SAME = {"to", "double", "float", "contiguous", "clone", "detach", "type", "alias"}
_RESHAPED = {
    *("unsqueeze", "expand", "expand_as", "view", "reshape", "__getitem__", "squeeze", "flatten"),
}
# What tells of a tensor no more than its sizes and type.
_ASKED = {
    *("__get__", "size", "dim", "ndimension", "numel", "nelement", "__len__", "stride"),
    *("is_floating_point", "is_complex", "is_contiguous", "element_size", "get_device", "__hash__"),
}
_MADE = {"tensor", "as_tensor", "full", "zeros", "ones", "scalar_tensor", "asarray"}
_MADE_LIKE = {"full_like", "zeros_like", "ones_like", "new_full", "new_zeros", "new_ones"}


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


class Tracer(TorchFunctionMode):
    """While it is entered, writes down what a patch does to the signals of its parts.

    Args:
        columns: Column of each parameter, by name.
        sizes: Sounds, control samples and audio samples that the patch is run on.
        silent: Whether parts of this package are not run: silence stands for what they give.
    """

    def __init__(
        self, columns: Mapping[str, int], sizes: tuple[int, int, int], *, silent: bool = False
    ) -> None:
        super().__init__()
        self._silent = silent
        self._where = "output()"
        self.build = Builder()
        sounds, frames, samples = sizes
        self._shapes = {
            VALUE: ((sounds,), (sounds, 1)),
            CONTROL: ((sounds, frames),),
            AUDIO: ((sounds, samples),),
        }
        self._all_shapes = {shape for shapes in self._shapes.values() for shape in shapes}
        self._columns = columns
        self._inside = 0
        self._signals: dict[int, object] = {}
        self._unknown: dict[int, str] = {}
        self._kept: list[object] = []  # or an id might come to mean another tensor
        self._labels: dict[int, str] = {}
        self.calls: list[Heard] = []
        self._places: dict[str, int] = {}
        self._functions: dict[object, Callable[[Signal], Signal]] = {
            normalize_if_clipping: lambda one: self.build.node("normalize", AUDIO, [one]),
            upsample: self.build.upsample,
        }

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
            for tensor in _flat(found):
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

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Iterable[type],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:  # noqa: ANN401
        given = dict(kwargs or {})
        name = getattr(func, "__name__", "")
        if self._inside:
            return func(*args, **given)
        tensors = list(_flat((args, given)))
        in_place = name.endswith("_") and not name.startswith("__")
        if tensors and (in_place or name in _CHANGING or "out" in given):
            raise Unknown(f"{self._where} changes a tensor in place, by {name}")
        result = func(*args, **given)
        if tensors and next(_flat(result), None) is None:
            if name not in _ASKED:
                raise Unknown(f"{self._where} reads what a tensor holds, by {name}")
            return result
        if not any(id(one) in self._signals for one in tensors):
            self._foreign(name, result, tensors)
        elif name in _MADE_LIKE and not any(id(one) in self._signals for one in tensors[1:]):
            self._foreign(name, result, [])
        else:
            self._follow(func, name, args, given, result)
            self._check_forms(name, tensors, result)
        return result

    def _check_forms(self, name: str, given: Iterable[Tensor], result: object) -> None:
        """Forget a result that is no signal any more, by its shape or its type."""
        for tensor in _flat(result):
            signal = self._signals.get(id(tensor))
            if not isinstance(signal, Signal):
                continue
            exact = tensor.dtype in (torch.float32, torch.float64)
            whole = not any(one.is_floating_point() for one in (tensor, *given))
            if not exact and not whole and name not in COMPARING:
                self._forget(tensor, f"{self._where} rounds to {tensor.dtype}, by {name}")
            elif not self._has_form(tensor, signal):
                shape = list(tensor.shape)
                self._forget(tensor, f"{self._where} gives a signal the shape {shape}, by {name}")

    def _has_form(self, tensor: Tensor, signal: Signal) -> bool:
        shape = tuple(tensor.shape)
        if shape in self._shapes.get(signal.rate, ()):
            return True
        return signal.node.kind == "constant" and tensor.numel() == 1

    def _forget(self, tensor: Tensor, why: str) -> None:
        self._kept.append(tensor)
        self._signals.pop(id(tensor), None)
        self._unknown[id(tensor)] = why

    def _follow(
        self,
        func: object,
        name: str,
        args: tuple[Any, ...],
        given: Mapping[str, Any],
        result: Any,  # noqa: ANN401
    ) -> None:
        if func in self._functions:
            first = next(iter((*args, *given.values())))
            self._note(result, self._functions[func](self._one(first)))
        elif name in _SAME:
            self._note(result, self._signal(args[0]))
        elif name in _RESHAPED:
            self._note(result, self._reshaped(name, args, result))
        elif name == "unbind":
            signals, axis = self._signal(args[0]), (*args[1:], *given.values(), 0)[0]
            if not isinstance(signals, list) or axis not in (1, -1):
                raise Unknown(
                    f"{self._where} takes signals apart by unbind, other than into choices"
                )
            for tensor, signal in zip(result, signals, strict=True):
                self._note(tensor, signal)
        elif isinstance(func, Formula):
            self._note(result, self.build.formula(func, *map(self._one, args)))
        elif (operation := operation_of(name, args, given, result)) is not None:
            numbers = [None if one is None else self._one(one) for one in args]
            named = {key: self._one(one) for key, one in given.items() if not _is_left_out(one)}
            self._note(result, operation(self.build, *numbers, **named))
        else:
            for tensor in _flat(result):
                self._forget(tensor, f"{self._where} calls torch's {name}")

    def _reshaped(self, name: str, args: tuple[Any, ...], result: Tensor) -> object:
        """A signal under another shape: a number spread over samples, one of several numbers."""
        signal = self._signal(args[0])
        if name == "__getitem__" and not isinstance(signal, list) and not _is_whole(args[1]):
            raise Unknown(f"{self._where} takes a part of a signal")
        if isinstance(signal, list):
            index = args[1] if name == "__getitem__" else None
            whole, which, *more = index if isinstance(index, tuple) else (index, None)
            if _is_whole(whole) and type(which) is int and all(one is None for one in more):
                return signal[which]
            raise Unknown(f"{self._where} takes several choices at once, by {name}")
        assert isinstance(signal, Signal)
        if tuple(result.shape) == tuple(args[0].shape):
            return signal
        if signal.rate == VALUE and name in ("expand", "expand_as"):
            return self._spread(signal, result)
        if signal.rate == VALUE and result.numel() == args[0].numel():
            return signal
        raise Unknown(f"{self._where} takes a part of a signal, by {name}")

    def _spread(self, number: Signal, tensor: Tensor) -> Signal:
        """A number as the signal that rests, by the shape it was given."""
        shape = tuple(tensor.shape)
        rates = [rate for rate, shapes in self._shapes.items() if shape in shapes]
        if rates in ([CONTROL], [AUDIO]):
            return self.build.filled(number, rates[0])
        return number

    def _foreign(self, name: str, result: object, given: Sequence[Tensor]) -> None:
        """Note what is made of no signal: a constant, or something that no program has."""
        for tensor in _flat(result):
            self._kept.append(tensor)
            if not given and name in _MADE | _MADE_LIKE and tensor.numel():
                with torch._C.DisableTorchFunction():
                    numbers = tensor.to(torch.float64)
                    number = float(numbers.flatten()[0])
                    if bool((numbers == number).all()):
                        constant = self._spread(self.build.constant(number), tensor)
                        self._note(tensor, constant)
                        if tensor.numel() == 1 or tuple(tensor.shape) in self._all_shapes:
                            continue
            why = [self._unknown[id(one)] for one in given if id(one) in self._unknown]
            self._forget(tensor, (*why, f"{self._where} makes a tensor, by torch's {name}")[0])

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
        if why := _without_formula(module, own):
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
                result = self._silence(signals, next(_flat((args, kwargs))))
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

    def _converted(self, value: object) -> Any:  # noqa: ANN401
        """An argument of a part, its tensors as signals."""
        if isinstance(value, Tensor):
            return self._signal(value)
        if isinstance(value, Mapping):
            return {name: self._operand(one) for name, one in value.items()}
        return value

    def _operand(self, value: object) -> object:
        value = self._converted(value)
        number = isinstance(value, Real) and not isinstance(value, bool)
        return self.build.constant(float(value)) if number else value  # type: ignore[arg-type]

    def _one(self, value: object) -> Signal:
        signal = self._operand(value)
        if isinstance(signal, list):
            raise Unknown(f"{self._where} computes with several choices at once")
        if not isinstance(signal, Signal):
            raise Unknown(f"{self._where} computes with a {type(value).__name__}")
        return signal

    def _signal(self, tensor: object) -> object:
        if id(tensor) in self._signals:
            return self._signals[id(tensor)]
        raise Unknown(
            self._unknown.get(id(tensor), f"{self._where} takes a tensor that no part gave")
        )

    def _note(self, tensor: object, signal: object) -> None:
        self._kept.append(tensor)
        self._signals[id(tensor)] = signal


_CHANGING = {
    *("__setitem__", "__delitem__", "__set__", "__delete__"),
    *("__iadd__", "__isub__", "__imul__", "__itruediv__", "__idiv__", "__ipow__"),
}


def _is_left_out(value: object) -> bool:
    return value is None or value is False


def has_own_formula(module: nn.Module) -> bool:
    """Return whether a part has a formula that is none of this package's.

    Args:
        module: The part's module.
    """
    said = next((base for base in type(module).__mro__ if "exact" in vars(base)), None)
    return said is not None and not said.__module__.startswith("synth_datamodule.")


def _is_whole(index: object) -> bool:
    """Whether an index takes all of a tensor, perhaps with more axes."""
    of_axes = index if isinstance(index, tuple) else (index,)
    return all(one is None or one is Ellipsis or one == slice(None) for one in of_axes)


def _without_formula(module: nn.Module, own: bool) -> str:
    """Return why a part has no formula; "" where it has one."""
    if own:
        return "with a forward of its own"
    kind = type(module)
    bases = kind.__mro__
    formula = next((base for base in bases if "exact" in vars(base)), None)
    if formula is None:
        return "which has no exact() beside its forward()"
    for base in bases[: bases.index(formula)]:
        if changed := sorted(vars(base).keys() - _SAYS):
            return f"which changes {changed[0]} beneath its formula; give it an exact() too"
    return ""


def _flat(tree: object) -> Iterator[Tensor]:
    if isinstance(tree, Tensor):
        yield tree
    elif isinstance(tree, (tuple, list)):
        for branch in tree:
            yield from _flat(branch)
    elif isinstance(tree, Mapping):
        yield from _flat(list(tree.values()))
