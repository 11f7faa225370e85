"""The fused Voice's gradient: its audio from one set of kernels, the way back from another.

The forward pass keeps the parameters and whether a sound clips, nothing else. On a CPU kernels go
back to the parameters. On a GPU the way back computes the control signals again, in torch, at their
own low rate: a hundredth of the audio's.
"""

from collections.abc import Callable
from typing import Protocol

import torch
from torch import Tensor
from torch.autograd.function import FunctionCtx

from synth_datamodule.kernels.differentiable import Controls

# Sounds whose control signals torch differentiates at once, 3 MB a sound of 4 s: a GPU waits for
# the launches, however much each of them does.
_SOUNDS = 1024


class Renders(Protocol):
    """A renderer, and the gradient of its audio with respect to the controls."""

    def render(self, parameters: Tensor, rows: Tensor, noise: Tensor) -> Tensor:
        """Return audio ``[B, N]``."""

    def gradient(
        self, controls: Controls, rows: Tensor, noise: Tensor, grad_audio: Tensor
    ) -> Controls:
        """Return the gradient with respect to each of the controls."""

    def may_clip(self, audio: Tensor) -> Tensor | None:
        """Return which sounds may have been normalised ``[B]``; None where it is of no use."""

    def gradient_by_parameters(
        self, parameters: Tensor, rows: Tensor, noise: Tensor, may_clip: Tensor, grad_audio: Tensor
    ) -> Tensor:
        """Return the gradient with respect to the parameters, where ``may_clip`` was not None."""


def render_with_gradient(
    parameters: Tensor,
    rows: Tensor,
    noise: Tensor,
    fused: Renders,
    to_controls: Callable[[Tensor], Controls],
) -> Tensor:
    """Return the audio of parameters in [0, 1], the same bits as without a gradient.

    Args:
        parameters: Numbers in [0, 1]. Shape ``[B, P]``.
        rows: Row of the noise table for each sound, int64. Shape ``[B]``.
        noise: The noise table, on the same device. Shape ``[32, N]``.
        fused: The renderer, and its gradient by the controls.
        to_controls: Differentiable function from parameters to control signals.
    """
    audio: Tensor = _Render.apply(parameters, rows, noise, fused, to_controls)
    return audio


class _Render(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: FunctionCtx,
        parameters: Tensor,
        rows: Tensor,
        noise: Tensor,
        fused: Renders,
        to_controls: Callable[[Tensor], Controls],
    ) -> Tensor:
        audio = fused.render(parameters, rows, noise)
        kept = fused.may_clip(audio)
        ctx.save_for_backward(parameters, rows, noise, kept)  # type: ignore[arg-type]
        ctx.fused, ctx.to_controls = fused, to_controls  # type: ignore[attr-defined]
        return audio

    @staticmethod
    def backward(ctx: FunctionCtx, grad_audio: Tensor) -> tuple[Tensor | None, ...]:
        parameters, rows, noise, may_clip = ctx.saved_tensors  # type: ignore[attr-defined]
        grad: Tensor = _Gradient.apply(ctx, parameters, rows, noise, may_clip, grad_audio)
        return grad, None, None, None, None


class _Gradient(torch.autograd.Function):
    """The way back; where its derivative is asked for, it says that it has none."""

    @staticmethod
    def forward(
        ctx: FunctionCtx,
        render: FunctionCtx,
        parameters: Tensor,
        rows: Tensor,
        noise: Tensor,
        may_clip: Tensor | None,
        grad_audio: Tensor,
    ) -> Tensor:
        fused: Renders = render.fused  # type: ignore[attr-defined]
        if may_clip is not None:
            found = fused.gradient_by_parameters(parameters, rows, noise, may_clip, grad_audio)
            return found.to(parameters.dtype)
        found = torch.empty_like(parameters)
        for start in range(0, len(parameters), _SOUNDS):
            chunk = slice(start, start + _SOUNDS)
            with torch.enable_grad(), torch.autocast(parameters.device.type, enabled=False):
                u = parameters[chunk].detach().requires_grad_()
                controls = render.to_controls(u)  # type: ignore[attr-defined]
            grads = fused.gradient(controls, rows[chunk], noise, grad_audio[chunk])
            (found[chunk],) = torch.autograd.grad(controls, u, grads)
        return found

    @staticmethod
    def backward(ctx: FunctionCtx, *_: Tensor) -> tuple[Tensor | None, ...]:
        raise ValueError(
            "the gradient of the fused renderer has no derivative of its own: for second "
            "derivatives make the Voice with backend='reference', or take torch.func"
        )
