"""What torch's functions do to the signals of a patch, as steps of a program."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from numbers import Real
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

from synth_datamodule.exact import Formula
from synth_datamodule.modules.audio_mixer import normalize_if_clipping
from synth_datamodule.modules.upsample import upsample
from synth_datamodule.patching.elementwise import COMPARING, operation_of
from synth_datamodule.program import Builder, Signal, Unknown
from synth_datamodule.program.builder import AUDIO, CONTROL, VALUE

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
_CHANGING = {
    *("__setitem__", "__delitem__", "__set__", "__delete__"),
    *("__iadd__", "__isub__", "__imul__", "__itruediv__", "__idiv__", "__ipow__"),
}


class Followed(TorchFunctionMode):
    """While it is entered, follows what torch's functions do to the signals of a patch.

    Args:
        sizes: Sounds, control samples and audio samples that the patch is run on.
    """

    def __init__(self, sizes: tuple[int, int, int]) -> None:
        super().__init__()
        self._where = "output()"
        self.build = Builder()
        sounds, frames, samples = sizes
        self._shapes = {
            VALUE: ((sounds,), (sounds, 1)),
            CONTROL: ((sounds, frames),),
            AUDIO: ((sounds, samples),),
        }
        self._all_shapes = {shape for shapes in self._shapes.values() for shape in shapes}
        self._inside = 0
        self._signals: dict[int, object] = {}
        self._unknown: dict[int, str] = {}
        self._kept: list[object] = []  # or an id might come to mean another tensor
        self._functions: dict[object, Callable[[Signal], Signal]] = {
            normalize_if_clipping: lambda one: self.build.node("normalize", AUDIO, [one]),
            upsample: self.build.upsample,
        }

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
        tensors = list(flat((args, given)))
        in_place = name.endswith("_") and not name.startswith("__")
        if tensors and (in_place or name in _CHANGING or "out" in given):
            raise Unknown(f"{self._where} changes a tensor in place, by {name}")
        result = func(*args, **given)
        if tensors and next(flat(result), None) is None:
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
        for tensor in flat(result):
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
            for tensor in flat(result):
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
        for tensor in flat(result):
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


def flat(tree: object) -> Iterator[Tensor]:
    """Return each tensor in a tree of tuples, lists and mappings.

    Args:
        tree: The tree.
    """
    if isinstance(tree, Tensor):
        yield tree
    elif isinstance(tree, (tuple, list)):
        for branch in tree:
            yield from flat(branch)
    elif isinstance(tree, Mapping):
        yield from flat(list(tree.values()))


def _is_left_out(value: object) -> bool:
    return value is None or value is False


def _is_whole(index: object) -> bool:
    """Whether an index takes all of a tensor, perhaps with more axes."""
    of_axes = index if isinstance(index, tuple) else (index,)
    return all(one is None or one is Ellipsis or one == slice(None) for one in of_axes)
