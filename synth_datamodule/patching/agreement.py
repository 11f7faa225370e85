"""Whether a part's own formula gives what its ``forward`` gives, tried on short sounds."""

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

import torch
from torch import Tensor

from synth_datamodule.config import SynthConfig
from synth_datamodule.kernels.program import ProgramRenderer
from synth_datamodule.parameters.table import ParameterTable
from synth_datamodule.patching.tracing import Heard, Tracer
from synth_datamodule.program import Signal

MOST_APART = 1e-4
"""Largest difference allowed, of full scale."""


class Tried(NamedTuple):
    """A patch that was traced on short sounds.

    Args:
        tracer: Who traced it.
        returned: Signals that the patch returned.
        parameters: Numbers in [0, 1] of the sounds. Shape ``[B, P]``.
        rows: Rows of the noise tables, int64. Shape ``[B]``.
        noise: Function from a device to its noise tables by seed.
    """

    tracer: Tracer
    returned: object
    parameters: Tensor
    rows: Tensor
    noise: Callable[[torch.device], Mapping[int, Tensor]]


def check_agreement(
    synth: str, tried: Tried, parts: Iterable[str], config: SynthConfig, table: ParameterTable
) -> None:
    """Check that the formulas of parts give what their modules gave.

    Args:
        synth: Name of the synth, for messages.
        tried: The patch, traced on short sounds.
        parts: Names of the parts.
        config: Rates and lengths of the short sounds.
        table: Ranges and curves of the patch's parameters.

    Raises:
        ValueError: If one differs by more than 1e-4 of full scale, or of a larger signal's peak.
    """
    wanted, heard, signals = set(parts), dict[str, Heard](), dict[str, Signal]()
    for one in tried.tracer.calls:
        if one.part in wanted and isinstance(one.signal, Signal):
            name = f"{one.part} {one.call} {one.output}"
            heard[name], signals[name] = one, one.signal
    program = tried.tracer.program(tried.returned, signals)
    renderer = ProgramRenderer(program, config, table)
    _, made = renderer.render(tried.parameters, tried.rows, tried.noise)
    for name, one in heard.items():
        if why := _apart(made[name], one):
            raise ValueError(
                f"{synth}: {one.part}.exact() and forward() give other signals, {why}; they must "
                f"agree within {MOST_APART:g} of full scale"
            )


def _apart(made: Tensor, one: Heard) -> str:
    """Return how far a formula is from its module; "" where it is near enough."""
    found = made.to("cpu", torch.float64).reshape(len(made), -1)
    truth = one.tensor.detach().to("cpu", torch.float64)
    if truth.numel() != found.numel():
        return f"of {truth.numel()} and {found.numel()} numbers"
    truth = truth.reshape(found.shape)
    scale = truth.nan_to_num(0.0, 0.0, 0.0).abs().amax().clamp(min=1.0)
    same = (found == truth) | (found.isnan() & truth.isnan())
    apart = torch.where(same, 0.0, (found - truth).abs() / scale).nan_to_num(torch.inf).amax(-1)
    number = int(apart.argmax())
    if float(apart[number]) <= MOST_APART:
        return ""
    return f"{float(apart[number]):.2g} apart in sound {number}"
