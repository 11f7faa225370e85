"""SynthModule and ControlRateModule: a module that keeps its parameters."""

import copy
from typing import Any

import torch
from torch import Tensor, nn

from synth_datamodule import checks
from synth_datamodule.torchsynth.config import SynthConfig
from synth_datamodule.torchsynth.dropped import said
from synth_datamodule.torchsynth.parameter import ModuleParameter, ModuleParameterRange
from synth_datamodule.torchsynth.rules import RuleError, asserted
from synth_datamodule.torchsynth.signal import Signal
from synth_datamodule.torchsynth.util import fix_length


class SynthModule(nn.Module):
    """One part of an instrument, with a value of each of its parameters for every sound.

    What it computes is computed in float64, by ``synth_datamodule.modules``, and returned in
    float32. A subclass sets ``default_parameter_ranges`` and writes ``output``.

    Args:
        synthconfig: Rates, lengths and switches.
        device: Device of the parameters.
        kwargs: Values in the parameters' ranges, by name; the others are drawn by ``torch.rand``.
            Each of shape ``[B]``.

    Raises:
        TypeError: If an argument is of another type.
        ValueError: If a name is unknown, a shape not ``[B]``, or a value out of range.

    Example:
        >>> class Gain(SynthModule):
        ...     default_parameter_ranges = [ModuleParameterRange(0.0, 2.0, name="gain")]
        ...
        ...     def output(self, audio):
        ...         return self.p("gain")[:, None] * audio
        >>> config = SynthConfig(1, sample_rate=4, control_rate=4, buffer_size_seconds=0.5)
        >>> gain = Gain(config, gain=torch.tensor([1.0]))
        >>> gain(torch.ones(1, 2))
        Signal([[1., 1.]], grad_fn=<AliasBackward0>)
    """

    default_parameter_ranges: list[ModuleParameterRange] | None = None
    _anchor: Tensor

    def __init__(
        self, synthconfig: SynthConfig, device: torch.device | str | None = None, **kwargs: Tensor
    ) -> None:
        super().__init__()
        self.synthconfig = checks.instance("synthconfig", synthconfig, SynthConfig)
        where = torch.device("cpu") if device is None else checks.device("device", device)
        # Follows .to(device), and knows where a module without parameters is.
        self.register_buffer(
            "_anchor", torch.empty(0, dtype=torch.float32, device=where), persistent=False
        )
        self.seed: int | None = None
        self.torchparameters = nn.ParameterDict()
        self.parameter_ranges = copy.deepcopy(self.default_parameter_ranges or [])
        with torch.inference_mode(False):
            for one in self.parameter_ranges:
                drawn = torch.rand(int(self.batch_size), dtype=torch.float32, device=where)
                self.add_parameters([ModuleParameter(None, one.name or "", one, drawn)])
        for name, value in kwargs.items():
            self.set_parameter(name, value)

    def __getattr__(self, name: str) -> Tensor | nn.Module:
        try:
            return super().__getattr__(name)
        except AttributeError as error:
            raise AttributeError(f"{error}{said(name)}") from None

    @property
    def device(self) -> torch.device:
        """Device of the parameters."""
        return self._anchor.device

    @property
    def batch_size(self) -> Tensor:
        """Number of sounds, B."""
        return self.synthconfig.batch_size

    @property
    def sample_rate(self) -> Tensor:
        """Audio rate in hertz."""
        return self.synthconfig.sample_rate

    @property
    def nyquist(self) -> Tensor:
        """Half the audio rate, in hertz."""
        return self.sample_rate / 2

    @property
    def eps(self) -> float:
        """Number that keeps envelope ramps off zero, in control samples."""
        return self.synthconfig.eps

    @property
    def buffer_size(self) -> Tensor:
        """Samples of a sound, N."""
        return self.synthconfig.buffer_size

    def to_buffer_size(self, signal: Tensor) -> Tensor:
        """Return a signal cut, or continued by zeros, to the buffer size."""
        return fix_length(signal, self.buffer_size)

    def seconds_to_samples(self, seconds: float | Tensor) -> Tensor:
        """Return ``seconds * sample_rate``."""
        return seconds * self.sample_rate

    def output(self, *args: Any, **kwargs: Any) -> Tensor:  # noqa: ANN401  # a module's own
        """Return the module's signal; written by subclasses."""
        raise NotImplementedError(f"{type(self).__name__} must write output(self, ...)")

    def forward(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401
        """Return what ``output`` returns, in the length of the buffer."""
        return signal_of(self.to_buffer_size(self.output(*args, **kwargs)))

    def add_parameters(self, parameters: list[ModuleParameter]) -> None:
        """Add parameters to ``torchparameters``.

        Args:
            parameters: Parameters, each of a new name and of shape ``[B]``.

        Raises:
            ValueError: If a name is taken, or a shape not ``[B]``.
        """
        for parameter in parameters:
            name = parameter.parameter_name
            if name in self.torchparameters:
                raise RuleError(
                    f"a parameter's name must occur once, got {checks.shown(name)} again"
                )
            self._check_shape(name, parameter)
            self.torchparameters[name] = parameter

    def get_parameter(self, parameter_id: str) -> ModuleParameter:
        """Return a parameter by its name.

        Raises:
            ValueError: If there is none of this name.
        """
        if not isinstance(parameter_id, str) or parameter_id not in self.torchparameters:
            raise ValueError(
                f"{type(self).__name__} has the parameters "
                f"{checks.shown(list(self.torchparameters))}, got {checks.shown(parameter_id)}"
            )
        found = self.torchparameters[parameter_id]
        return checks.instance(parameter_id, found, ModuleParameter)

    def get_parameter_0to1(self, parameter_id: str) -> Tensor:
        """Return a parameter's numbers in [0, 1]. Shape ``[B]``."""
        return self.get_parameter(parameter_id)

    def set_parameter(self, parameter_id: str, value: Tensor) -> None:
        """Set a parameter's values.

        Args:
            parameter_id: Name of the parameter.
            value: Values in its range. Shape ``[B]``.

        Raises:
            RuntimeError: If it is frozen.
            TypeError: If ``value`` is not a float tensor.
            ValueError: If the name is unknown, the shape not ``[B]``, or a value out of range.
        """
        numbers = self.numbers_of(parameter_id, value)
        with torch.inference_mode(False):
            self.get_parameter(parameter_id).data = numbers

    def numbers_of(self, parameter_id: str, value: Tensor) -> Tensor:
        """Return the numbers in [0, 1] of values that a parameter may be set to; see there."""
        parameter = self.get_parameter(parameter_id)
        self._check_shape(parameter_id, value)
        return parameter.numbers_of(value.to(parameter.device))

    def set_parameter_0to1(self, parameter_id: str, value: Tensor) -> None:
        """Set a parameter's numbers in [0, 1], also of a frozen one.

        Args:
            parameter_id: Name of the parameter.
            value: Numbers in [0, 1]. Shape ``[B]``.

        Raises:
            TypeError: If ``value`` is not a float tensor.
            ValueError: If the name is unknown, the shape not ``[B]``, or a number out of range.
        """
        parameter = self.get_parameter(parameter_id)
        self._check_shape(parameter_id, value)
        with asserted(), torch.inference_mode(False):
            checks.within(parameter_id, value, 0, 1, always=True)
            parameter.data = value.detach().as_subclass(Tensor).to(parameter.device, copy=True)

    def p(self, parameter_id: str) -> Tensor:
        """Return a parameter's values. Shape ``[B]``."""
        return self.get_parameter(parameter_id).from_0to1()

    def exact(self, parameter_id: str) -> Tensor:
        """Return a parameter's values in float64, which sounds are computed from. Shape ``[B]``."""
        parameter = self.get_parameter(parameter_id)
        if parameter.parameter_range is None:
            return parameter.to(torch.float64)
        return parameter.parameter_range.exact(parameter)

    def _check_shape(self, name: str, value: Tensor) -> None:
        with asserted():
            checks.float_tensor(name, value, "[B]", (int(self.batch_size),))

    def _check_signal(self, name: str, signal: Tensor, size: Tensor) -> Tensor:
        """Return a signal ``[B, size]`` in float64, as a plain tensor."""
        checks.float_tensor(name, signal, "[B, N]", (int(self.batch_size), int(size)))
        return wide(signal)


class ControlRateModule(SynthModule):
    """A module whose signals are control signals ``[B, C]``."""

    @property
    def sample_rate(self) -> Tensor:
        """No rate of control signals: an error that names theirs."""
        raise NotImplementedError(f"{type(self).__name__} has a control_rate, not a sample_rate")

    @property
    def buffer_size(self) -> Tensor:
        """No size of control signals: an error that names theirs."""
        raise NotImplementedError(
            f"{type(self).__name__} has a control_buffer_size, not a buffer_size"
        )

    @property
    def control_rate(self) -> Tensor:
        """Control rate in hertz."""
        return self.synthconfig.control_rate

    @property
    def control_buffer_size(self) -> Tensor:
        """Control samples of a sound, C."""
        return self.synthconfig.control_buffer_size

    def to_buffer_size(self, signal: Tensor) -> Tensor:
        """Return a signal cut, or continued by zeros, to the control buffer size."""
        return fix_length(signal, self.control_buffer_size)

    def seconds_to_samples(self, seconds: float | Tensor) -> Tensor:
        """Return ``seconds * control_rate``."""
        return seconds * self.control_rate


def wide(tensor: Tensor) -> Tensor:
    """Return a tensor in float64, plain."""
    return tensor.as_subclass(Tensor).to(torch.float64)


def signal_of(tensor: Tensor) -> Signal:
    """Return a tensor as a float32 Signal."""
    return tensor.to(torch.float32).as_subclass(Signal)
