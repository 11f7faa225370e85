"""A patch formed: the program of one that does nothing but call parts, without a sound run."""

from collections.abc import Mapping, Sequence
from functools import partial
from types import SimpleNamespace
from typing import Any

import torch
from torch import nn

from synth_datamodule.program import Builder, Program, Signal
from synth_datamodule.program.builder import ROWS
from synth_datamodule.program.lowering import program_of


class _Parameter(Signal):
    """A parameter as a patch may ask it for its type."""

    dtype = torch.float64


def formed(kind: type, parts: Mapping[str, nn.Module], names: Sequence[str]) -> Program:
    """Return the program of a patch whose ``output`` only calls parts on what others return.

    A trace is a hundred times as long, and knows any patch; both are the same program.

    Args:
        kind: Class of the synth.
        parts: Parts of the synth by name; each has a formula.
        names: Names of its parameters, by column.

    Example:
        >>> from synth_datamodule.synths import FmVoice
        >>> synth = FmVoice()
        >>> formed(FmVoice, dict(synth.named_children()), synth.parameter_names) == synth.program
        True
    """
    build = Builder()
    values: dict[str, dict[str, Signal]] = {name: {} for name in parts}
    for column, name in enumerate(names):
        part, _, parameter = name.partition(".")
        values[part][parameter] = _Parameter(build, build.parameter(column).place)
    formulas: dict[str, Any] = {
        name: partial(getattr(part, "exact"), build)  # noqa: B009 - which nn.Module types
        for name, part in parts.items()
    }
    output: Any = getattr(kind, "output")  # noqa: B009 - which not all types have
    audio = output(SimpleNamespace(**formulas), SimpleNamespace(**values), build.node("rows", ROWS))
    return program_of(build, audio)
