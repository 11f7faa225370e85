"""Peaks of a patch's sounds before its last mixer normalises what clips."""

from collections.abc import Sequence
from typing import Any, cast

import torch
from torch import Tensor

from synth_datamodule.numerics import tracing
from synth_datamodule.patching.patch import PatchValues
from synth_datamodule.patching.returned import parted

HEADROOM = 2.0**-10
"""Factor of a mixer's levels, exact, behind which no sum of a thousand signals clips."""
_NEAR = 1 - 1e-4  # peaks of float32 audio from which on a sound may clip


def raw_peaks(
    synth: Any,  # noqa: ANN401  # the synth
    values: Tensor,
    noise_rows: Tensor,
    levels: Sequence[int],
) -> Tensor:
    """Return the peak that each sound would have if the mixer at its end normalised nothing.

    Of sounds that clip it is computed by the modules, one by one, in the synth's inner dtype,
    float64 unless it was made with another; others are rendered.

    Args:
        synth: Synth whose last part is a mixer.
        values: Values in units, float64. Shape ``[B, P]``.
        noise_rows: Row of the noise table that each sound reads. Shape ``[B]``.
        levels: Columns of the mixer's levels.

    Returns:
        Peaks, float64, without a gradient. Shape ``[B]``.
    """
    with torch.no_grad(), torch.autocast(values.device.type, enabled=False), tracing.beneath_func():
        values = values.detach()
        audio = synth.render(synth.parameter_table.to_normalized(values), noise_rows)
        peaks: Tensor = audio.abs().amax(1).to(torch.float64)
        quiet = lowered(values, levels)
        for sound in (peaks >= _NEAR).nonzero()[:, 0].tolist():
            row = quiet[sound : sound + 1].to(synth.dtype)
            patch = PatchValues(synth.parameter_names, row)
            raw = cast(Tensor, parted(synth.output(patch, noise_rows[sound : sound + 1]))[0])
            peaks[sound] = raw.abs().amax() / HEADROOM
    return peaks


def lowered(values: Tensor, levels: Sequence[int]) -> Tensor:
    """Return values whose levels are lowered by ``HEADROOM``.

    Args:
        values: Values in units. Shape ``[B, P]``.
        levels: Columns of a mixer's levels.
    """
    factor = torch.ones_like(values[0])
    factor[list(levels)] = HEADROOM
    return values * factor
