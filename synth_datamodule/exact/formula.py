"""Formula: a number from numbers, as the words it is computed by."""

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor
from torch.overrides import handle_torch_function, has_torch_function

from synth_datamodule import checks
from synth_datamodule.exact.symbols import Condition, Symbol, Word, Writing
from synth_datamodule.exact.words import Number, meant, said

MOST_NUMBERS = 10


@dataclass(frozen=True)
class Formula:
    """A number from numbers, in words that every device computes to the same bits.

    It is a value: formulas of the same words are one, in any process, whatever they and their
    numbers are called. Called with tensors or floats it is computed by torch, with signals of a
    program it is a step of it, within another formula it is written out.

    Args:
        name: Name of the function, for whoever reads a program.
        arity: How many numbers it takes.
        words: Operations in their order.
        result: Place of the number that it gives: the numbers it takes come first, then its words.
    """

    name: str = field(compare=False, repr=False)
    arity: int
    words: tuple[Word, ...]
    result: int

    def __str__(self) -> str:
        """Return its name."""
        return self.name

    @property
    def __name__(self) -> str:
        """Its name, as a function has it."""
        return self.name

    @property
    def takes(self) -> str:
        """What it takes, for messages."""
        return f"{self.name} takes {self.arity} number{'s' * (self.arity != 1)}"

    def __call__(self, *numbers: Number) -> Number:
        """Return what the formula makes of numbers, or of tensors, number by number.

        Args:
            numbers: Floats, tensors that broadcast together, or signals of a program's Builder.

        Raises:
            TypeError: If there are more or fewer than it takes.
        """
        if len(numbers) != self.arity:
            raise TypeError(f"{self.takes}, got {len(numbers)}")
        for one in numbers:
            if hasattr(one, "builder"):
                return one.builder.formula(self, *numbers)
        tensors = tuple(one for one in numbers if isinstance(one, Tensor))
        if tensors and has_torch_function(tensors):
            return handle_torch_function(self, tensors, *numbers)
        say = said if any(isinstance(one, Symbol) for one in numbers) else meant
        made: list[Number] = list(numbers)
        for word in self.words:
            made.append(word.number if word.name == "number" else _again(say, word, made))
        return made[self.result]

    def silent(self, zeros: Sequence[bool]) -> bool:
        """Return whether the formula gives 0 where some of its numbers are 0, whatever others are.

        Args:
            zeros: For each number that it takes, whether it is 0.
        """
        known: list[float | None] = [0.0 if zero else None for zero in zeros]
        for word in self.words:
            given = [known[one] for one in word.inputs]
            if word.name == "number":
                known.append(word.number)
            elif word.name == "multiply" and 0.0 in given:
                known.append(0.0)
            elif word.name == "where" and given[0] is None:
                known.append(given[1] if given[1] == given[2] else None)
            elif word.name == "where":
                known.append(given[1] if given[0] else given[2])
            else:
                known.append(None if None in given else meant(word.name, *given))
        return known[self.result] == 0.0


def _again(say: Callable[..., Number], word: Word, made: Sequence[Number]) -> Number:
    operands = [made[one] for one in word.inputs]
    first = operands[0]
    if isinstance(first, Condition) and word.name in ("both", "either"):
        return first.writing.joined(word.name, first, operands[1])
    if word.name in _COMPARISONS:
        for one in operands:
            if isinstance(one, Symbol):
                return one.writing.condition(word.name, *operands)
    return say(word.name, *operands)


_COMPARISONS = {"less", "greater", "less_equal", "greater_equal", "equal", "unequal"}


def formula(function: Callable[..., Number]) -> Formula:
    """Write a function of numbers down as a formula, which kernels compute exactly.

    The function is called once, here. It may add, subtract, multiply, divide and compare its
    numbers, raise them to powers, call the words of ``synth_datamodule.exact`` and other formulas;
    what it takes from outside must be numbers, which are kept.

    Args:
        function: Function of 1 to 10 numbers that returns one.

    Returns:
        The formula; called with tensors it computes as the function would.

    Raises:
        TypeError: If it is no function.
        ValueError: If it takes other arguments than numbers by place, or does anything else.

    Example:
        >>> from synth_datamodule.exact import formula, tanh
        >>> @formula
        ... def soft_clip(x, drive):
        ...     return tanh(x * drive)
        >>> soft_clip(0.0, 3.0)
        0.0
        >>> soft_clip == formula(lambda audio, gain: tanh(audio * gain))
        True
    """
    if isinstance(function, Formula):
        return function
    if not inspect.isfunction(function):
        raise TypeError(f"formula takes a function of numbers, got {checks.shown(function)}")
    name = function.__name__
    rule = f"formula {name} must be a function of 1 to {MOST_NUMBERS} numbers by place"
    parameters = inspect.signature(function).parameters.values()
    for one in parameters:
        if one.kind in (one.VAR_POSITIONAL, one.VAR_KEYWORD, one.KEYWORD_ONLY):
            raise ValueError(f"{rule}, got {one}")
        if one.default is not one.empty:
            raise ValueError(f"{rule}, got the default {one}; numbers from outside it are kept")
    if not 1 <= len(parameters) <= MOST_NUMBERS:
        raise ValueError(f"{rule}, got {len(parameters)}")
    writing = Writing(len(parameters))
    found: Any = None
    try:
        found = function(*(Symbol(writing, place) for place in range(len(parameters))))
    except Exception as error:  # whatever the function does with its numbers
        said_so = str(error) if type(error) is ValueError else f"{type(error).__name__}: {error}"
        raise ValueError(f"formula {name} cannot be written down: {said_so}") from error
    if not isinstance(found, Symbol):
        kind = "a comparison" if isinstance(found, Condition) else checks.shown(found)
        raise ValueError(f"formula {name} must return a number made of its own, got {kind}")
    return _heard(name, writing, found.place)


def _heard(name: str, writing: Writing, result: int) -> Formula:
    """The formula without words that it does not need, so that equal ones are equal."""
    needed, arity = {result}, writing.arity
    for place in range(arity + len(writing.words) - 1, arity - 1, -1):
        if place in needed:
            needed.update(writing.words[place - arity].inputs)
    new = {place: place for place in range(arity)}
    words: list[Word] = []
    for place, word in enumerate(writing.words, arity):
        if place in needed:
            new[place] = arity + len(words)
            words.append(word._replace(inputs=tuple(new[one] for one in word.inputs)))
    return Formula(name, arity, tuple(words), new[result])
