"""SynthModule: what every part of an instrument shares."""

from collections.abc import Mapping

from torch import Tensor, nn

from synth_datamodule import checks
from synth_datamodule.config import SynthConfig
from synth_datamodule.numerics import tracing
from synth_datamodule.parameters.table import ParameterRange

Values = Mapping[str, Tensor]
"""A module's parameters in physical units by name, each of shape ``[B]``."""


class SynthModule(nn.Module):
    """One part of an instrument: declares its parameters, computes one signal.

    Parameters are an input, never state: a module holds no tensor that training could move. A
    subclass sets ``parameter_ranges`` and writes ``forward(values, ...)``; one with parameters
    begins it with ``self.check(values)``.

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

    def __init__(self, synthconfig: SynthConfig) -> None:
        super().__init__()
        if not isinstance(synthconfig, SynthConfig):
            raise TypeError(f"synthconfig must be a SynthConfig, got {type(synthconfig).__name__}")
        self.synthconfig = synthconfig

    @property
    def sample_rate(self) -> int:
        """Audio rate in hertz."""
        return self.synthconfig.sample_rate

    @property
    def control_rate(self) -> int:
        """Control rate in hertz."""
        return self.synthconfig.control_rate

    @property
    def buffer_size(self) -> int:
        """Audio samples of a sound, N."""
        return self.synthconfig.buffer_size

    @property
    def control_buffer_size(self) -> int:
        """Control samples of a sound, C."""
        return self.synthconfig.control_buffer_size

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
                f"{type(self).__name__} has the parameters {names}, got {list(values)}"
            )
        if not names:
            raise ValueError(f"{type(self).__name__} has no parameters to check")
        num_sounds = checks.per_sound(**{name: values[name] for name in names})
        for parameter in self.parameter_ranges:
            self._check_range(parameter, values[parameter.name])
        return num_sounds

    def _check_range(self, parameter: ParameterRange, value: Tensor) -> None:
        if not (value.is_cpu or self.synthconfig.debug) or not tracing.readable(value):
            return
        if not bool(((value >= parameter.minimum) & (value <= parameter.maximum)).all()):
            raise ValueError(
                f"{parameter.name} of {type(self).__name__} must lie in "
                f"[{parameter.minimum:g}, {parameter.maximum:g}], got {value.tolist()}"
            )

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
