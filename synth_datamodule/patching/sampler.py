"""Sampler: a distribution of one's own, a pure function from sound numbers to parameters."""

from collections.abc import Callable
from typing import TypeAlias

import torch
from torch import Tensor

from synth_datamodule import checks
from synth_datamodule.corpus.splits import is_train
from synth_datamodule.numerics.ambient import untouched_random_states
from synth_datamodule.patching.naming import find, loaded

Function: TypeAlias = Callable[[Tensor], Tensor]

_TRIED = (0, 1, 2, 3, 1023, 8192, 9216, 999_999)
_RULE = "sampler must be a function of sound numbers, or its import path"


class Sampler:
    """Draws parameters by a function of one's own; compared by the function.

    Args:
        function: Pure function from int64 sound numbers ``[B]``, on the CPU, to parameters in [0,
            1] ``[B, P]``.
        num_parameters: Parameters of a sound, P.

    Raises:
        TypeError: If it returns no float tensor.
        ValueError: If a shape differs, a number is not in [0, 1], or a sound's parameters depend on
            the call: on the other sounds of its batch, their order, or chance.

    Example:
        >>> sampler = Sampler(lambda numbers: (numbers % 8)[:, None] / 8, num_parameters=1)
        >>> sampler.draw(torch.tensor([9]))
        tensor([[0.1250]])
    """

    def __init__(self, function: Function, num_parameters: int) -> None:
        if not callable(function) or isinstance(function, type):
            raise TypeError(f"{_RULE}, got {checks.shown(function)} ({type(function).__name__})")
        self.function = function
        self.num_parameters = num_parameters
        with untouched_random_states():
            self._try()

    def _try(self) -> None:
        numbers = torch.tensor(_TRIED, dtype=torch.int64, device="cpu")
        kept = numbers.clone()
        try:
            made = self.function(numbers)
        except Exception as error:  # whatever that function raises
            raise ValueError(
                f"{_RULE}: {name_of(self.function)} fails on numbers {list(_TRIED)}: "
                f"{type(error).__name__}: {error!s:.80}"
            ) from error
        whole = self._checked(made, numbers)
        others = {
            "when it is called again": self.draw(numbers),
            "in another order": self.draw(numbers.flip(0)).flip(0),
            "alone": torch.cat([self.draw(number) for number in torch.split(numbers, 1)]),
        }
        if not torch.equal(numbers, kept):
            raise ValueError(f"sampler {name_of(self.function)} must leave its numbers as they are")
        for when, found in others.items():
            if not torch.equal(whole, found):
                place = int((whole != found).any(1).nonzero()[0])
                raise ValueError(
                    f"sampler must be a pure function of each sound's number: "
                    f"{name_of(self.function)} gives sound {_TRIED[place]} other parameters {when}"
                )

    def draw(self, numbers: Tensor) -> Tensor:
        """Return the parameters of sounds, where their numbers lie. Float32, shape ``[B, P]``."""
        return self._checked(self.function(numbers.cpu()), numbers)

    def _checked(self, made: Tensor, numbers: Tensor) -> Tensor:
        named = f"what sampler {name_of(self.function)} returns"
        checks.float_tensor(named, made, "[B, P]", (len(numbers), self.num_parameters))
        made = checks.normalized(named, made.detach(), always=True)
        return made.to(numbers.device, torch.float32)

    def is_train(self, numbers: Tensor) -> Tensor:
        """Return torchsynth's label. Bool, shape ``[B]``."""
        return is_train(numbers)


def named_sampler(sampler: object) -> "str | Function":
    """Return a sampler by its import path where one leads to it, else the function itself.

    Args:
        sampler: The function, or its import path; a colon before its name will do too.

    Raises:
        TypeError: If it is something else.
    """
    if isinstance(sampler, str):
        if ":" not in sampler:
            return sampler
        return type(sampler)(sampler.replace(":", ".", 1))
    if not callable(sampler) or isinstance(sampler, type):
        raise TypeError(f"{_RULE}, got {checks.shown(sampler)} ({type(sampler).__name__})")
    name = name_of(sampler)
    return name if loaded(name) is sampler else sampler


def find_sampler(sampler: "str | Function") -> Function:
    """Return the function of a sampler, imported where it is a path.

    Raises:
        TypeError: If the path leads to something else.
        ValueError: If nothing can be imported from the path.
    """
    if not isinstance(sampler, str):
        return sampler
    try:
        found = find(sampler)
    except ValueError as error:
        why = str(error).replace("(synth=, --synth)", "(sampler=, --sampler)")
        raise ValueError(f"{_RULE}; {why}") from error
    if not callable(found) or isinstance(found, type):
        raise TypeError(f"{_RULE}, got {checks.shown(sampler)}")
    return found


def name_of(sampler: "str | Function") -> str:
    """Return a sampler's import path, whether or not it can be imported from there."""
    if isinstance(sampler, str):
        return str(sampler)
    kind = sampler if hasattr(sampler, "__qualname__") else type(sampler)
    return f"{kind.__module__}.{kind.__qualname__}"
