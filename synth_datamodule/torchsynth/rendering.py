"""The way from the parameters that a Voice keeps to the renderer, which takes them."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from synth_datamodule import config, voice
from synth_datamodule.torchsynth.base import SynthModule, wide
from synth_datamodule.torchsynth.parameter import ModuleParameter, range_of

Columns = Mapping[tuple[str, str], ModuleParameter]


class Renderer:
    """Renders parameters by ``synth_datamodule.Voice``, which it makes anew where curves change."""

    def __init__(self) -> None:
        self._made_for: object = None
        self._voice: voice.Voice | None = None

    def render(self, settings: config.SynthConfig, columns: Columns, rows: Tensor) -> Tensor:
        """Return audio in [-1, 1], ``[B, N]``, with a gradient where torch records one.

        Args:
            settings: Rates, lengths and switches.
            columns: The Voice's parameters by module and name.
            rows: Row of the noise table for each sound. Shape ``[B]``.

        Raises:
            ValueError: If a number lies outside [0, 1], or a range or curve is none.
        """
        ranges = {".".join(name): range_of(one) for name, one in columns.items()}
        curves = {
            name: {"curve": one.curve, "symmetric": one.symmetric} for name, one in ranges.items()
        }
        synth = self._made(settings, curves)
        own = {one.name: (one.minimum, one.maximum) for one in synth.parameter_table.ranges}
        if all((one.minimum, one.maximum) == own[name] for name, one in ranges.items()):
            # The numbers themselves: their sound is the same, bit for bit, as Voice(batch_idx)'s.
            numbers = torch.stack([wide(one) for one in columns.values()], dim=1)
            return synth.render(numbers, rows)
        values = torch.stack([range_of(one).exact(one) for one in columns.values()], dim=1)
        return synth.render(synth.parameter_table.to_normalized(values), rows)

    def _made(self, settings: config.SynthConfig, curves: Mapping[str, Any]) -> voice.Voice:
        # Torch's own mode says whether a gradient is recorded.
        settings = replace(settings, no_grad=False)
        wanted = settings, curves
        if self._voice is None or self._made_for != wanted:
            self._made_for, self._voice = wanted, voice.Voice(settings, curves)
        return self._voice


class ByModules:
    """The parts of ``synth_datamodule.Voice`` played by modules that keep their parameters.

    Args:
        modules: Modules by name.
        names: Names here of the Voice's parts, where they differ.
    """

    def __init__(self, modules: Mapping[str, SynthModule], names: Mapping[str, str]) -> None:
        self._modules = modules
        self._names = names

    def __getattr__(self, part: str) -> Callable[..., Any]:
        module = self._modules[self._names.get(part, part)]

        def played(*given: object) -> Any:  # noqa: ANN401  # what the module returns
            # It knows its values; a noise knows its rows, too.
            return module(*(one for one in given if isinstance(one, Tensor)))

        return played


class NoValues:
    """What ``output`` reads values from, where the modules know them."""

    def __getattr__(self, part: str) -> None:
        return None
