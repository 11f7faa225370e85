"""A linear recurrence of two states whose coefficients vary with time, without a loop over time."""

from typing import Any

import torch
from torch import Tensor

from synth_datamodule import checks
from synth_datamodule.numerics import tracing


def linear_recurrence(transition: Tensor, drive: Tensor) -> Tensor:
    r"""Return the states of a second-order system that starts from rest.

    .. math:: s[n] = A[n] \, s[n - 1] + b[n], \quad s[-1] = 0

    Two steps are one step, by ``A[n+1] A[n]`` and ``A[n+1] b[n] + b[n+1]``. So neighbours are
    paired, the sequence of pairs, half as long, is solved in the same way, and what it leaves out
    is one step from it: in all N products of matrices and 2N steps, log2(N) levels deep. Blelloch,
    "Prefix Sums and Their Applications", 1990; Martin and Cundy, "Parallelizing Linear Recurrent
    Neural Nets Over Sequence Length", ICLR 2018, https://arxiv.org/abs/1709.04057. Rounding errors
    stay small where no product of neighbouring A is large, as in a filter that is stable.

    A sound's bits do not depend on its batch. Its gradients are the same recurrence, run backwards
    in time on the transposed matrices, and can be differentiated again; forward mode
    (torch.func.jvp) works outside torch.compile.

    Args:
        transition: Matrices A, their rows and columns first. Shape ``[2, 2, B, N]``.
        drive: Input b. Shape ``[2, B, N]``.

    Returns:
        s. Shape ``[2, B, N]``.

    Raises:
        TypeError: If an argument is not a float tensor.
        ValueError: If a shape differs, or N is 0.

    Example:
        >>> halves = 0.5 * torch.eye(2)[:, :, None, None].expand(2, 2, 1, 4)
        >>> impulse = torch.tensor([[[1.0, 0.0, 0.0, 0.0]], [[0.0, 0.0, 1.0, 0.0]]])
        >>> linear_recurrence(halves, impulse)
        tensor([[[1.0000, 0.5000, 0.2500, 0.1250]],
                [[0.0000, 0.0000, 1.0000, 0.5000]]])
    """
    checks.float_tensor("drive", drive, "[2, B, N]", (2, None, None))
    checks.float_tensor("transition", transition, "[2, 2, B, N]", (2, *drive.shape))
    return _apply(transition, drive)


def _apply(transition: Tensor, drive: Tensor) -> Tensor:
    if tracing.constant_in_func(transition, drive):
        # Beneath torch.func, as what is rendered by number is, torch calls no Function.
        return _solve(transition, drive)
    # torch.compile traces no Function that has a rule for forward mode.
    function = _Recurrence if torch.compiler.is_compiling() else _ForwardModeToo
    states: Tensor = function.apply(transition, drive)
    return states


class _Recurrence(torch.autograd.Function):
    """The recurrence; autograd through its levels takes thrice as long and keeps twice as much."""

    generate_vmap_rule = True

    @staticmethod
    def forward(transition: Tensor, drive: Tensor) -> Tensor:
        return _solve(transition, drive)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor, Tensor], output: Tensor) -> None:  # noqa: ANN401
        ctx.save_for_backward(inputs[0], output)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor]:  # noqa: ANN401
        transition, states = ctx.saved_tensors
        # What a state does to all later ones comes back through the next step's matrix.
        following = transition.transpose(0, 1).roll(-1, -1)
        adjoint = _apply(following.flip(-1), gradient.flip(-1)).flip(-1)
        return adjoint[:, None] * previous_states(states)[None], adjoint


class _ForwardModeToo(_Recurrence):
    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor, Tensor], output: Tensor) -> None:  # noqa: ANN401
        _Recurrence.setup_context(ctx, inputs, output)
        ctx.save_for_forward(inputs[0], output)

    @staticmethod
    def jvp(ctx: Any, transition_tangent: Tensor, drive_tangent: Tensor) -> Tensor:  # noqa: ANN401
        transition, states = ctx.saved_tensors
        before = previous_states(states)
        pushed = transition_tangent[:, 0] * before[0] + transition_tangent[:, 1] * before[1]
        return _apply(transition, pushed + drive_tangent)


def previous_states(states: Tensor) -> Tensor:
    """Return ``s[n - 1]``, at rest before the first. Shape ``[2, B, N]``, as given.

    Example:
        >>> previous_states(torch.tensor([[[1.0, 2.0]], [[3.0, 4.0]]]))
        tensor([[[0., 1.]],
                [[0., 3.]]])
    """
    return torch.cat((torch.zeros_like(states[..., :1]), states[..., :-1]), -1)


def _solve(transition: Tensor, drive: Tensor) -> Tensor:
    num_steps = drive.shape[-1]
    if num_steps == 1:
        return drive.clone()
    paired = slice(0, num_steps // 2 * 2, 2)
    odd = _solve(
        _product(transition[..., 1::2], transition[..., paired]),
        _step(transition[..., 1::2], drive[..., paired], drive[..., 1::2]),
    )
    states = odd.new_empty(drive.shape)
    states[..., 0] = drive[..., 0]
    states[..., 1::2] = odd
    before = odd.narrow(-1, 0, (num_steps - 1) // 2)
    states[..., 2::2] = _step(transition[..., 2::2], before, drive[..., 2::2])
    return states


def _product(later: Tensor, earlier: Tensor) -> Tensor:
    """The matrix of two steps. Plain products and sums: matmul would round by the batch."""
    product = later[:, :1] * earlier[:1]
    product += later[:, 1:] * earlier[1:]
    return product


def _step(transition: Tensor, states: Tensor, drive: Tensor) -> Tensor:
    following = transition[:, 0] * states[0]
    following += transition[:, 1] * states[1]
    following += drive
    return following
