"""How a patch declares its parts, and reads their parameters."""

import inspect
from collections.abc import Callable, Sequence
from typing import Concatenate, Generic, ParamSpec, TypeVar, cast

from torch import Tensor, nn

from synth_datamodule import checks
from synth_datamodule.config import SynthConfig
from synth_datamodule.modules.base import SynthModule

_Module = TypeVar("_Module", bound=SynthModule)
_Arguments = ParamSpec("_Arguments")


def part(
    module: Callable[Concatenate[SynthConfig, _Arguments], _Module],
    *args: _Arguments.args,
    **kwargs: _Arguments.kwargs,
) -> _Module:
    """Declare a part of a synth.

    It stands in the body of the synth's class: ``vco_1 = part(SineVCO)``, and is then
    ``synth.vco_1``. Each instance of the synth gets its own module, made with the synth's config.

    Args:
        module: Class of the part's module.
        args: Arguments of the class after ``synthconfig``.
        kwargs: Keyword arguments of the class.

    Returns:
        The part's module, as ``synth.vco`` gives it.

    Raises:
        TypeError: If ``module`` is no class of modules, nor a function that makes one.
    """
    if not callable(module):
        raise TypeError(f"part() takes the class of a module, got {checks.shown(module)}")
    return cast(_Module, Part(lambda config: module(config, *args, **kwargs)))


class Part(Generic[_Module]):
    """A declared part: on an instance, the module of the same name."""

    def __init__(self, make: Callable[[SynthConfig], _Module]) -> None:
        self.make = make
        self._name = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, synth: nn.Module | None, owner: type) -> object:
        if synth is None:
            return self
        modules = synth.__dict__.get("_modules", {})
        if self._name not in modules:
            raise AttributeError(f"{owner.__name__} has not made its part {self._name} yet")
        return modules[self._name]


def declared_parts(synth: type) -> dict[str, Part[SynthModule]]:
    """Return the parts that a synth's class declares, its bases' first, by name.

    Args:
        synth: The class. A name that it gives to something else is no part.
    """
    names = [
        name
        for base in reversed(synth.__mro__)
        for name, value in vars(base).items()
        if isinstance(value, Part)
    ]
    found = {name: inspect.getattr_static(synth, name) for name in names}
    return {name: part for name, part in found.items() if isinstance(part, Part)}


class PatchBody(dict[str, object]):
    """The body of a synth's class, in which a part has one name, and a name one part.

    Python itself keeps the last of two declarations and says nothing.

    Args:
        synth: Name of the class, for messages.

    Example:
        >>> from synth_datamodule import AbstractSynth
        >>> from synth_datamodule.modules import SineVCO
        >>> class Choir(AbstractSynth):
        ...     vco = part(SineVCO)
        ...     vco = part(SineVCO)
        Traceback (most recent call last):
        ...
        ValueError: Choir: vco is declared twice; a part must have a name of its own
    """

    def __init__(self, synth: str) -> None:
        super().__init__()
        self._synth = synth

    def __setitem__(self, name: str, value: object) -> None:
        if name in self and (isinstance(value, Part) or isinstance(self[name], Part)):
            raise ValueError(
                f"{self._synth}: {name} is declared twice; a part must have a name of its own"
            )
        if isinstance(value, Part):
            for other, declared in self.items():
                if declared is value:
                    raise ValueError(
                        f"{self._synth}: {other} and {name} are one part; declare each by a part() "
                        "of its own"
                    )
        super().__setitem__(name, value)


class PatchValues:
    """The physical values of a patch: ``p.vco_1["tuning"]`` is a tensor ``[B]``.

    Args:
        names: Name ``module.parameter`` of each column.
        values: Values in the parameters' units. Shape ``[B, P]``.

    Example:
        >>> import torch
        >>> PatchValues(["keyboard.midi_f0"], torch.tensor([[60.0]])).keyboard
        {'midi_f0': tensor([60.])}
    """

    def __init__(self, names: Sequence[str], values: Tensor) -> None:
        self._by_module: dict[str, dict[str, Tensor]] = {}
        for name, column in zip(names, values.unbind(-1), strict=True):
            module, parameter = name.split(".", 1)
            self._by_module.setdefault(module, {})[parameter] = column

    def __getattr__(self, module: str) -> dict[str, Tensor]:
        by_module = self.__dict__.get("_by_module", {})
        if module not in by_module:
            raise AttributeError(
                f"no part with parameters is named {checks.shown(module)}: {list(by_module)}"
            )
        values: dict[str, Tensor] = by_module[module]
        return values
