"""AudioMixer: the last stage, where sounds are added and kept from clipping."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor
from torch.overrides import handle_torch_function, has_torch_function_unary

from synth_datamodule import checks
from synth_datamodule.config import SynthConfig
from synth_datamodule.modules.base import SynthModule, Values
from synth_datamodule.modules.mixing import named_signals, one_each
from synth_datamodule.parameters.table import ParameterRange
from synth_datamodule.program import Builder, Signal
from synth_datamodule.program.builder import AUDIO


def normalize_if_clipping(audio: Tensor) -> Tensor:
    """Return ``audio / max|audio|`` for each sound whose peak exceeds 1, the others as they are.

    The gradient of the peak goes to its sample, in equal shares to several of one height.

    Args:
        audio: Audio of any loudness. Shape ``[B, N]``.

    Returns:
        Audio in [-1, 1]. Shape ``[B, N]``.

    Raises:
        TypeError: If ``audio`` is not a float tensor.
        ValueError: If it is not ``[B, N]``, or empty.

    Example:
        >>> normalize_if_clipping(torch.tensor([[0.5, -2.0], [0.5, -0.5]]))
        tensor([[ 0.2500, -1.0000],
                [ 0.5000, -0.5000]])
    """
    if has_torch_function_unary(audio):
        normalized: Tensor = handle_torch_function(normalize_if_clipping, (audio,), audio)
        return normalized
    checks.float_tensor("audio", audio, "[B, N]", (None, None))
    peak = audio.abs().amax(-1, keepdim=True)
    return audio / torch.where(peak <= 1, 1.0, peak)


class AudioMixer(SynthModule):
    """Adds sounds at their levels and normalises what clips.

    Args:
        synthconfig: Rates, lengths and switches of the synth.
        inputs: Names of the inputs; their levels carry the same names.
        curves: Curve of each level; 1 unless given.

    Raises:
        TypeError: If a curve is not a number.
        ValueError: If there is no input, or not one curve per input.

    Example:
        >>> config = SynthConfig(sample_rate=4, control_rate=4, buffer_size_seconds=0.5)
        >>> mixer = AudioMixer(config, inputs=["vco", "noise"])
        >>> values = {"vco": torch.tensor([1.0]), "noise": torch.tensor([0.5])}
        >>> mixer(values, torch.tensor([[0.5, 0.0]]), torch.tensor([[-0.5, 1.0]]))
        tensor([[0.2500, 0.5000]])
    """

    def __init__(
        self,
        synthconfig: SynthConfig,
        inputs: Sequence[str],
        curves: Sequence[float] | None = None,
    ) -> None:
        super().__init__(synthconfig)
        self.inputs = checks.names("inputs", inputs)
        curves = [1.0] * len(self.inputs) if curves is None else curves
        self.parameter_ranges = tuple(
            ParameterRange(name, 0.0, 1.0, curve=curve)
            for name, curve in one_each(self.inputs, curves)
        )
        self.parameter_defaults = dict.fromkeys(self.inputs, 1.0)

    def forward(self, values: Values, *signals: Tensor) -> Tensor:
        """Return audio in [-1, 1], ``[B, N]``.

        Args:
            values: The levels, in [0, 1]; 1 for those left out.
            signals: Audio ``[B, N]``, one per input.

        Raises:
            ValueError: If there are more or fewer signals than inputs, or a shape differs.
        """
        values = self.complete(values, *signals)
        num_sounds = self.check(values)
        self.check_audio(num_sounds, **named_signals(self.inputs, signals))
        mixed = values[self.inputs[0]][:, None] * signals[0]
        for name, signal in zip(self.inputs[1:], signals[1:], strict=True):
            mixed = mixed + values[name][:, None] * signal
        return normalize_if_clipping(mixed)

    def exact(self, build: Builder, values: Mapping[str, Signal], *signals: Signal) -> Signal:
        """Return the mix as a program has it."""
        named_signals(self.inputs, signals)
        mixed = build.mixed([values[name] for name in self.inputs], signals)
        return build.node("normalize", AUDIO, [mixed])
