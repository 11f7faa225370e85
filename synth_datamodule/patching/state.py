"""What of a synth its program depends on, and could be changed since it was traced."""

import types
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache

from torch import nn

_PLAIN = (int, float, complex, str, bytes, bool, type(None))
# What changes no sound: which renderer is asked for, tables that are made when they are needed.
_NOT_HEARD = {*vars(nn.Module()), "backend", "unchecked", "_asked", "_tables"}
_PACKAGE = "synth_datamodule."


class _Same:
    """An object that is equal to itself alone, whatever its class says."""

    def __init__(self, one: object) -> None:
        self.one = one

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self.one is other.one

    def __hash__(self) -> int:
        return id(self.one)


def state(synth: nn.Module) -> tuple[object, ...]:
    """Return what is equal where a synth's patch is unchanged: parts, attributes, what it names.

    Attributes are those of the synth, its parts and the modules in them; what ``output`` names, or
    a part's own ``forward`` and ``exact``, are plain values beside it, of its class, its module or
    the function around it.

    Args:
        synth: The synth.

    Example:
        >>> from synth_datamodule.synths import FilteredVoice
        >>> synth = FilteredVoice()
        >>> before = state(synth)
        >>> synth.filter.mode = "highpass"
        >>> state(synth) == before
        False
    """
    modules = tuple(
        (name, type(module), _Same(module), _attributes(vars(module)))
        for name, module in synth.named_modules()
    )
    own = [
        _named(module, getattr(type(module), name, None))
        for module in synth.children()
        for name in ("forward", "exact")
    ]
    return modules, _named(synth, getattr(type(synth), "output", None)), *own


def _attributes(of_module: Mapping[str, object]) -> tuple[object, ...]:
    return tuple((name, _seen(one)) for name, one in of_module.items() if name not in _NOT_HEARD)


def _seen(value: object) -> object:
    """A value as it is now, which may be changed where it lies."""
    if isinstance(value, _PLAIN):
        return value
    if isinstance(value, (list, set)):
        return type(value), tuple(_seen(one) for one in value)
    if isinstance(value, Mapping):
        return type(value), tuple((_seen(name), _seen(one)) for name, one in value.items())
    return _Same(value)


def _named(module: nn.Module, function: object) -> tuple[object, ...]:
    if not isinstance(function, types.FunctionType) or str(function.__module__).startswith(
        _PACKAGE
    ):
        return (_Same(function),)
    names = _names(function.__code__)
    own = [vars(base) for base in type(module).__mro__ if not base.__module__.startswith(_PACKAGE)]
    beside = [one.get(name) for one in (function.__globals__, *own) for name in names]
    around = [_content(cell) for cell in function.__closure__ or ()]
    around += [module.training] if "training" in names else []
    return _Same(function), *(_seen(one) for one in beside), *(_seen(one) for one in around)


def _content(cell: types.CellType) -> object:
    try:
        return cell.cell_contents
    except ValueError:  # not filled yet
        return None


@lru_cache(maxsize=256)
def _names(code: types.CodeType) -> tuple[str, ...]:
    """All names in a function, and in those within it."""
    return tuple(dict.fromkeys(_all_names([code])))


def _all_names(codes: Iterable[object]) -> Iterator[str]:
    for code in codes:
        if isinstance(code, types.CodeType):
            yield from code.co_names
            yield from _all_names(code.co_consts)
