"""Peaks of a patch's sounds before its last mixer normalises what clips."""

from collections.abc import Sequence
from typing import Any, cast

import torch
from torch import Tensor

from synth_datamodule.numerics import tracing
from synth_datamodule.patching.patch import PatchValues
from synth_datamodule.patching.returned import parted

_HEADROOM = 2.0**-10  # exact: no sum of a thousand signals within [-1, 1] clips behind it


def raw_peaks(
    synth: Any,  # noqa: ANN401  # the synth
    values: Tensor,
    noise_rows: Tensor,
    levels: Sequence[int],
) -> Tensor:
    """Return the peak that each sound would have if the mixer at its end normalised nothing.

    Computed by the modules, sound by sound, in the synth's inner dtype, float64 unless it was made
    with another, without a gradient.

    Args:
        synth: Synth whose last part is a mixer.
        values: Values in units, float64. Shape ``[B, P]``.
        noise_rows: Row of the noise table that each sound reads. Shape ``[B]``.
        levels: Columns of the mixer's levels.
    """
    lower = torch.ones_like(values[0])
    lower[list(levels)] = _HEADROOM
    peaks = []
    with torch.no_grad(), torch.autocast(values.device.type, enabled=False), tracing.beneath_func():
        for row, noise_row in zip(values.detach() * lower, noise_rows, strict=True):
            patch = PatchValues(synth.parameter_names, row[None].to(synth.dtype))
            audio = cast(Tensor, parted(synth.output(patch, noise_row[None]))[0])
            peaks.append(audio.abs().amax().to(torch.float64) / _HEADROOM)
    return torch.stack(peaks)
