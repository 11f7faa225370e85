"""SynthModule: what every part of an instrument shares."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import cast

from torch import Tensor, nn

from synth_datamodule import checks
from synth_datamodule.config import SynthConfig
from synth_datamodule.modules.filling import beside_which, defaults, filled, is_number, spread
from synth_datamodule.modules.sizes import Sizes
from synth_datamodule.modules.successors import Successors
from synth_datamodule.parameters.table import ParameterRange

Values = Mapping[str, Tensor]
"""A module's parameters in physical units by name, each of shape ``[B]``."""


class SynthModule(Sizes, Successors, nn.Module):
    """One part of an instrument: declares its parameters, computes one signal.

    Parameters are an input, never state: a module holds no tensor that training could move. A
    subclass sets ``parameter_ranges`` and writes ``forward(values, ...)``; one with parameters
    begins it with ``self.check(values)``, after ``values = self.complete(values)`` where some of
    them may be left out, or be numbers, as in the modules of this package:
    ``ADSR(config)({"attack": 0.5}, duration=1.0)``. In a patch a part is given all of its values.

    Args:
        synthconfig: Rates, lengths and switches; the same for all modules of a synth.

    Raises:
        TypeError: If ``synthconfig`` is not a SynthConfig.

    Example:
        >>> import torch
        >>> from synth_datamodule import SynthConfig
        >>> class Gain(SynthModule):
        ...     parameter_ranges = (ParameterRange("gain", 0.0, 2.0),)
        ...
        ...     def forward(self, values, audio):
        ...         self.check(values)
        ...         return values["gain"][:, None] * audio
        >>> Gain(SynthConfig())({"gain": torch.tensor([2.0])}, torch.ones(1, 3))
        tensor([[2., 2., 2.]])
    """

    parameter_ranges: tuple[ParameterRange, ...] = ()
    parameter_defaults: Mapping[str, float] = MappingProxyType({})
    """Defaults of parameters in their units; the others' is the middle of their curve."""

    def __init__(self, synthconfig: SynthConfig) -> None:
        super().__init__()
        self.synthconfig = checks.instance("synthconfig", synthconfig, SynthConfig)

    @property
    def defaults(self) -> dict[str, float]:
        """The value that each parameter has where a call leaves it out, in its unit.

        What ``parameter_defaults`` states, else the middle of the parameter's curve, ``u = 0.5``.
        """
        return defaults(self.parameter_ranges, self.parameter_defaults)

    def complete(self, values: Values, *beside: object) -> Values:
        """Return values with a tensor ``[B]`` for each number, and for each parameter left out.

        Args:
            values: Values by name, as a call gives them: tensors ``[B]``, numbers that hold for
                every sound, or less than all of them, see ``defaults``.
            beside: Other arguments of the call; B, dtype and device are those of the first tensor
                of all, without one 1, float64 and the CPU.

        Raises:
            ValueError: If there is no such parameter, or a number is not finite.
        """
        if not _by_name(values):
            return values
        names = [parameter.name for parameter in self.parameter_ranges]
        for name in values:
            if name not in names:
                raise ValueError(
                    f"{type(self).__name__} has the parameters {checks.shown(names)}, got "
                    f"{checks.shown(name)}; {checks.nearest(name, names)}"
                )
        missing = len(values) < len(names)
        left_out = {n: v for n, v in self.defaults.items() if n not in values} if missing else {}
        return cast(Values, filled(values, left_out, beside))

    def per_sound(self, name: str, number: Tensor | float, like: Values) -> Tensor:
        """Return a number as a tensor ``[B]`` beside complete values; a tensor ``[B]`` as it is.

        Args:
            name: Name of the number, for messages.
            number: Number that holds for every sound, or a tensor ``[B]``.
            like: Values of all of a module's parameters.

        Raises:
            ValueError: If the number is not finite.
        """
        if not is_number(number) or not _by_name(like):
            return cast(Tensor, number)
        return spread(name, number, beside_which(like.values()))

    def check(self, values: Values) -> int:
        """Check that ``values`` holds exactly this module's parameters; return the batch size.

        Each value must lie in its range; on a GPU, which the check would stall, only with
        ``synthconfig.debug``, and never under torch.compile or torch.func.

        Raises:
            TypeError: If ``values`` is not a mapping of float tensors.
            ValueError: If a name is missing or unknown, a shape is not ``[B]``, or a value is out
                of range.
        """
        names = [parameter.name for parameter in self.parameter_ranges]
        if not isinstance(values, Mapping):
            raise TypeError(
                f"{type(self).__name__} takes its parameters by name, got {type(values).__name__}"
            )
        if values.keys() != set(names):
            raise ValueError(
                f"{type(self).__name__} has the parameters {checks.shown(names)}, got "
                f"{checks.shown(list(values))}"
            )
        if not names:
            raise ValueError(f"{type(self).__name__} has no parameters to check")
        num_sounds = checks.per_sound(**{name: values[name] for name in names})
        for parameter in self.parameter_ranges:
            self._check_range(parameter, values[parameter.name])
        return num_sounds

    def _check_range(self, parameter: ParameterRange, value: Tensor) -> None:
        name, debug = f"{parameter.name} of {type(self).__name__}", self.synthconfig.debug
        try:
            checks.within(name, value, parameter.minimum, parameter.maximum, always=debug)
        except ValueError as error:
            raise ValueError(
                f"{error}; a subclass with other parameter_ranges has others"
            ) from None

    def check_audio(self, num_sounds: int | None = None, **signals: Tensor) -> None:
        """Check that signals are float tensors ``[B, N]``.

        Raises:
            TypeError: If one is not a float tensor.
            ValueError: If its shape differs; a control signal in an audio input does.
        """
        for name, signal in signals.items():
            checks.float_tensor(name, signal, "[B, N]", (num_sounds, self.buffer_size))

    def check_control(self, num_sounds: int | None = None, **signals: Tensor) -> None:
        """Check that signals are float tensors ``[B, C]``.

        Raises:
            TypeError: If one is not a float tensor.
            ValueError: If its shape differs; an audio signal in a control input does.
        """
        for name, signal in signals.items():
            checks.float_tensor(name, signal, "[B, C]", (num_sounds, self.control_buffer_size))


def _by_name(values: object) -> bool:
    """Whether values are a mapping; what is none is refused by ``check``."""
    return isinstance(values, Mapping)
