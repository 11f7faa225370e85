"""From control rate to audio rate."""

import functools

import torch
from torch import Tensor
from torch.overrides import handle_torch_function, has_torch_function_unary

from synth_datamodule import checks
from synth_datamodule.config import MOST_SAMPLES
from synth_datamodule.modules.base import SynthModule
from synth_datamodule.numerics import tracing
from synth_datamodule.program import Builder, Signal


def upsample(control: Tensor, num_samples: int) -> Tensor:
    r"""Interpolate linearly, end points aligned.

    .. math:: y[m] = x\big(m \, (C - 1) / (N - 1)\big)

    Positions are exact integer ratios. F.interpolate rounds them to float32, even for float64
    input, and misreads 6 of 176,400.

    Args:
        control: Control signal x, C at least 2. Shape ``[B, C]``.
        num_samples: Audio samples N, at least 2.

    Returns:
        Shape ``[B, N]``.

    Raises:
        TypeError: If ``control`` is not a float tensor, or ``num_samples`` not an integer.
        ValueError: If a size is below 2.

    Example:
        >>> upsample(torch.tensor([[0.0, 1.0]]), 5)
        tensor([[0.0000, 0.2500, 0.5000, 0.7500, 1.0000]])
    """
    if has_torch_function_unary(control):
        raised: Tensor = handle_torch_function(upsample, (control,), control, num_samples)
        return raised
    checks.float_tensor("control", control, "[B, C]", (None, None))
    num_frames = checks.whole_number("number of control samples", control.shape[1], minimum=2)
    num_samples = checks.whole_number("num_samples", num_samples, 2, MOST_SAMPLES)
    # A compiler traces the positions into its graph instead of looking them up.
    positions = _positions if torch.compiler.is_compiling() else _kept_positions
    left, share = positions(num_frames, num_samples, control.device, control.dtype)
    step = control[:, 1:] - control[:, :-1]
    return control.index_select(1, left) + share * step.index_select(1, left)


def _positions(
    num_frames: int, num_samples: int, device: torch.device, dtype: torch.dtype
) -> tuple[Tensor, Tensor]:
    """The control sample left of each audio sample, and how far it lies beyond. Shape ``[N]``."""
    numerator = torch.arange(num_samples, dtype=torch.int64, device=device) * (num_frames - 1)
    left = (numerator // (num_samples - 1)).clamp(max=num_frames - 2)
    return left, (numerator - left * (num_samples - 1)).to(dtype) / (num_samples - 1)


@functools.lru_cache(maxsize=4)
def _kept_positions(
    num_frames: int, num_samples: int, device: torch.device, dtype: torch.dtype
) -> tuple[Tensor, Tensor]:
    # Made anew they are a tenth of a render.
    with tracing.plain_tensors():
        return _positions(num_frames, num_samples, device, dtype)


class ControlRateUpsample(SynthModule):
    """Control signal to audio rate.

    Example:
        >>> from synth_datamodule import SynthConfig
        >>> config = SynthConfig(sample_rate=8, control_rate=4, buffer_size_seconds=0.5)
        >>> ControlRateUpsample(config)(torch.tensor([[0.0, 1.0]]))
        tensor([[0.0000, 0.3333, 0.6667, 1.0000]])
    """

    def forward(self, control: Tensor) -> Tensor:
        """Return the control signal ``[B, C]`` at audio rate, ``[B, N]``."""
        self.check_control(control=control)
        return upsample(control, self.buffer_size)

    def exact(self, build: Builder, control: Signal) -> Signal:
        """Return the signal at audio rate as a program has it."""
        return build.upsample(control)
