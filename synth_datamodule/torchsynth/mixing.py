"""Mixers and selectors, whose parameters depend on how many signals or modes there are."""

from collections.abc import Sequence

import torch
from torch import Tensor

from synth_datamodule import checks, modules
from synth_datamodule.numerics.constants import SHAPE_EXPONENT
from synth_datamodule.numerics.powers import power_shares
from synth_datamodule.torchsynth.base import SynthModule, signal_of, wide
from synth_datamodule.torchsynth.config import SynthConfig
from synth_datamodule.torchsynth.parameter import ModuleParameterRange
from synth_datamodule.torchsynth.rules import asserted
from synth_datamodule.torchsynth.signal import Signal


class _Made(SynthModule):
    """A module whose ranges, and signal, are those of a module of ``synth_datamodule``."""

    def __init__(
        self,
        synthconfig: SynthConfig,
        made: modules.SynthModule,
        device: torch.device | str | None,
        kwargs: dict[str, Tensor],
    ) -> None:
        self.default_parameter_ranges = [
            ModuleParameterRange(one.minimum, one.maximum, one.curve, one.symmetric, one.name)
            for one in made.parameter_ranges
        ]
        super().__init__(synthconfig, device, **kwargs)
        self.made = made

    def values(self) -> dict[str, Tensor]:
        return {name: self.exact(name) for name in self.torchparameters}


class ModulationMixer(_Made):
    """Every output is a weighted sum of every input; the weights are named ``IN->OUT``.

    Args:
        synthconfig: Rates, lengths and switches.
        n_input: Number of control signals in.
        n_output: Number of control signals out.
        curves: Curve of the weights of each input; 0.5 unless given.
        input_names: Names of the inputs; None is 0 and on.
        output_names: Names of the outputs; None is 0 and on.
        device: Device of the parameters.
        kwargs: Weights in [0, 1], by name. Each of shape ``[B]``.

    Raises:
        ValueError: If there are more or fewer curves or names than signals.

    Example:
        >>> mixer = ModulationMixer(SynthConfig(1), n_input=2, n_output=1)
        >>> list(mixer.torchparameters)
        ['0->0', '1->0']
    """

    def __init__(
        self,
        synthconfig: SynthConfig,
        n_input: int,
        n_output: int,
        curves: Sequence[float] | None = None,
        input_names: Sequence[str] | None = None,
        output_names: Sequence[str] | None = None,
        device: torch.device | str | None = None,
        **kwargs: Tensor,
    ) -> None:
        checks.instance("synthconfig", synthconfig, SynthConfig)
        with asserted():
            inputs = _names("input", n_input, input_names)
            outputs = _names("output", n_output, output_names)
            made = modules.ModulationMixer(synthconfig.plain(), inputs, outputs, curves)
        super().__init__(synthconfig, made, device, kwargs)
        self.n_input, self.n_output = len(inputs), len(outputs)

    def forward(self, *signals: Tensor) -> tuple[Signal, ...]:
        """Return the outputs in order, each a control signal ``[B, C]``, of the inputs."""
        mixed = self.made(self.values(), *map(wide, signals))
        return tuple(map(signal_of, mixed))


class AudioMixer(_Made):
    """Adds sounds at their levels and normalises what clips.

    Args:
        synthconfig: Rates, lengths and switches.
        n_input: Number of sounds.
        curves: Curve of each level; 1 unless given.
        names: Names of the levels; None is ``level0`` and on.
        device: Device of the parameters.
        kwargs: Levels in [0, 1], by name. Each of shape ``[B]``.

    Raises:
        ValueError: If there are more or fewer curves or names than signals.

    Example:
        >>> list(AudioMixer(SynthConfig(1), n_input=2).torchparameters)
        ['level0', 'level1']
    """

    def __init__(
        self,
        synthconfig: SynthConfig,
        n_input: int,
        curves: Sequence[float] | None = None,
        names: Sequence[str] | None = None,
        device: torch.device | str | None = None,
        **kwargs: Tensor,
    ) -> None:
        checks.instance("synthconfig", synthconfig, SynthConfig)
        with asserted():
            inputs = _names("input", n_input, names, "level")
            made = modules.AudioMixer(synthconfig.plain(), inputs, curves)
        super().__init__(synthconfig, made, device, kwargs)
        self.n_input = len(inputs)

    def output(self, *signals: Tensor) -> Tensor:
        """Return audio in [-1, 1], ``[B, N]``, of the sounds ``[B, N]``."""
        mixed: Tensor = self.made(self.values(), *map(wide, signals))
        return mixed


class SoftModeSelector(_Made):
    """Shares that sum to 1, the largest weight sharpened.

    Args:
        synthconfig: Rates, lengths and switches.
        n_modes: Number of modes n, at least 1.
        exponent: Exponent that sharpens the choice, positive.
        device: Device of the parameters.
        kwargs: Weights in [0, 1], ``mode0weight`` and on. Each of shape ``[B]``.

    Example:
        >>> config, high = SynthConfig(1), torch.tensor([0.5])
        >>> SoftModeSelector(config, n_modes=2, mode0weight=high, mode1weight=0 * high)()
        tensor([[1.], [0.]], grad_fn=<...>)
    """

    def __init__(
        self,
        synthconfig: SynthConfig,
        n_modes: int,
        exponent: float | Tensor = SHAPE_EXPONENT,
        device: torch.device | str | None = None,
        **kwargs: Tensor,
    ) -> None:
        checks.instance("synthconfig", synthconfig, SynthConfig)
        made = modules.SoftModeSelector(synthconfig.plain(), n_modes)
        super().__init__(synthconfig, made, device, kwargs)
        self.exponent = checks.positive_number("exponent", exponent)

    def forward(self) -> Tensor:
        """Return shares in [0, 1]; modes come first, ``[n, B]``."""
        weights = torch.stack([self.get_parameter_0to1(name) for name in self.torchparameters], 1)
        return power_shares(weights.to(torch.float64), self.exponent).T.to(torch.float32)


class HardModeSelector(_Made):
    """One mode, the one of the largest weight; it has no gradient.

    Args:
        synthconfig: Rates, lengths and switches.
        n_modes: Number of modes n, at least 1.
        device: Device of the parameters.
        kwargs: Weights in [0, 1], ``mode0weight`` and on. Each of shape ``[B]``.

    Example:
        >>> config, high = SynthConfig(1), torch.tensor([0.5])
        >>> HardModeSelector(config, n_modes=2, mode0weight=high, mode1weight=0 * high)()
        tensor([[1], [0]])
    """

    def __init__(
        self,
        synthconfig: SynthConfig,
        n_modes: int,
        device: torch.device | str | None = None,
        **kwargs: Tensor,
    ) -> None:
        checks.instance("synthconfig", synthconfig, SynthConfig)
        made = modules.HardModeSelector(synthconfig.plain(), n_modes)
        super().__init__(synthconfig, made, device, kwargs)

    def forward(self) -> Tensor:
        """Return a one-hot int64 choice, the first of equals; modes come first, ``[n, B]``."""
        numbers = {name: self.get_parameter_0to1(name).detach() for name in self.torchparameters}
        chosen: Tensor = self.made(numbers)
        return chosen.T


def _names(
    kind: str, number: int, names: Sequence[str] | None, prefix: str = ""
) -> tuple[str, ...]:
    number = checks.whole_number(f"n_{kind}", number, 1, 227)
    if names is None:
        return tuple(f"{prefix}{place}" for place in range(number))
    given = checks.names(f"{kind} names", names)
    if len(given) != number:
        raise ValueError(f"there must be {number} {kind} names, got {checks.shown(given)}")
    return given
