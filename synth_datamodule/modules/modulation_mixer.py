"""ModulationMixer: the matrix that sends modulators to their destinations."""

from collections.abc import Mapping, Sequence

from torch import Tensor

from synth_datamodule import checks
from synth_datamodule.config import SynthConfig
from synth_datamodule.modules.base import SynthModule, Values
from synth_datamodule.modules.mixing import named_signals, one_each
from synth_datamodule.parameters.table import ParameterRange
from synth_datamodule.program import Builder, Signal
from synth_datamodule.program.words import weighted


class ModulationMixer(SynthModule):
    """Every output is a weighted sum of every input; the weights are named ``IN->OUT``.

    Args:
        synthconfig: Rates, lengths and switches of the synth.
        inputs: Names of the inputs.
        outputs: Names of the outputs.
        curves: Curve of the weights of each input.

    Raises:
        TypeError: If a curve is not a number.
        ValueError: If there is no input or output, or not one curve per input.

    Example:
        >>> import torch
        >>> config = SynthConfig(sample_rate=4, control_rate=4, buffer_size_seconds=0.5)
        >>> mixer = ModulationMixer(config, inputs=["adsr", "lfo"], outputs=["pitch"])
        >>> values = {"adsr->pitch": torch.tensor([1.0]), "lfo->pitch": torch.tensor([0.5])}
        >>> mixer(values, torch.tensor([[0.0, 1.0]]), torch.tensor([[1.0, 1.0]]))
        (tensor([[0.5000, 1.5000]]),)
    """

    def __init__(
        self,
        synthconfig: SynthConfig,
        inputs: Sequence[str],
        outputs: Sequence[str],
        curves: Sequence[float] | None = None,
    ) -> None:
        super().__init__(synthconfig)
        self.inputs = checks.names("inputs", inputs)
        self.outputs = checks.names("outputs", outputs)
        curves = [0.5] * len(self.inputs) if curves is None else curves
        self.parameter_ranges = tuple(
            ParameterRange(f"{source}->{target}", 0.0, 1.0, curve=curve)
            for source, curve in one_each(self.inputs, curves)
            for target in self.outputs
        )
        # What is not patched is not sent.
        self.parameter_defaults = {parameter.name: 0.0 for parameter in self.parameter_ranges}

    def forward(self, values: Values, *signals: Tensor) -> tuple[Tensor, ...]:
        """Return the outputs in order, each a control signal ``[B, C]``.

        Args:
            values: The weights, in [0, 1]; 0 for those left out.
            signals: One control signal ``[B, C]`` per input.

        Raises:
            ValueError: If there are more or fewer signals than inputs, or a shape differs.
        """
        values = self.complete(values, *signals)
        num_sounds = self.check(values)
        self.check_control(num_sounds, **named_signals(self.inputs, signals))
        return tuple(self._mix(values, target, signals) for target in self.outputs)

    def _mix(self, values: Values, target: str, signals: Sequence[Tensor]) -> Tensor:
        # Added one by one: a matrix product's order of addition depends on the machine.
        mixed = values[f"{self.inputs[0]}->{target}"][:, None] * signals[0]
        for source, signal in zip(self.inputs[1:], signals[1:], strict=True):
            mixed = mixed + values[f"{source}->{target}"][:, None] * signal
        return mixed

    def exact(
        self, build: Builder, values: Mapping[str, Signal], *signals: Signal
    ) -> tuple[Signal, ...]:
        """Return the outputs as a program has them."""
        named_signals(self.inputs, signals)
        return tuple(
            weighted(build, [values[f"{source}->{target}"] for source in self.inputs], signals)
            for target in self.outputs
        )
