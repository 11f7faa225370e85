"""What a synth is given to render: parameters, and a noise row for each sound."""

import torch
from torch import Tensor

from synth_datamodule import checks
from synth_datamodule.modules.noise import check_rows
from synth_datamodule.numerics import tracing


def render_arguments(
    parameters: Tensor, noise_rows: Tensor | None, num_parameters: int, debug: bool
) -> tuple[Tensor, Tensor]:
    """Check what ``AbstractSynth.render`` was given, and return it as it is rendered.

    Args:
        parameters: Values in [0, 1]. Shape ``[B, P]``.
        noise_rows: Rows of the noise table, int64 in [0, 32). None is row 0. Shape ``[B]``.
        num_parameters: Parameters of the synth, P.
        debug: Whether values on a GPU are checked too, which waits for it.

    Returns:
        Parameters, those up to 1e-6 outside [0, 1] at its end, and the noise row of each sound.

    Raises:
        TypeError: If ``parameters`` is not a float tensor, or ``noise_rows`` not int64.
        ValueError: If a shape differs, or (on the CPU, or with ``debug``) a value is out of range.

    Example:
        >>> render_arguments(torch.zeros(2, 3), None, num_parameters=3, debug=False)[1]
        tensor([0, 0])
    """
    checks.float_tensor("parameters", parameters, "[B, P]", (None, num_parameters))
    if tracing.readable(parameters) and (parameters.is_cpu or debug):
        parameters = checks.normalized("parameters", parameters, always=debug)
    else:
        parameters = checks.normalized_unread(parameters)
    num_sounds, device = len(parameters), parameters.device
    if noise_rows is None:
        noise_rows = torch.zeros(num_sounds, dtype=torch.int64, device=device)
    check_rows(noise_rows)
    if len(noise_rows) != num_sounds or noise_rows.device != device:
        raise ValueError(
            f"noise_rows must be one row per sound on {device}, {num_sounds}, got "
            f"{len(noise_rows)} on {noise_rows.device}"
        )
    return parameters, noise_rows
