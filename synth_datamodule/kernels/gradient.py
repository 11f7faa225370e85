"""The fused Voice's gradient: its audio from one set of kernels, the way back from another.

The forward pass keeps the parameters and nothing else. The way back computes the control signals
again, in torch, at their own low rate: a hundredth of the audio's.
"""

from collections.abc import Callable
from typing import Protocol

import torch
from torch import Tensor
from torch.autograd.function import FunctionCtx

from synth_datamodule.kernels.differentiable import Controls

# Sounds whose control signals are differentiated at once, 3 MB a sound of 4 s. More of them fill no
# CPU better; a GPU waits for the launches, however much each of them does.
_SOUNDS = {"cpu": 32, "cuda": 1024}


class Renders(Protocol):
    """A renderer, and the gradient of its audio with respect to the controls."""

    def render(self, parameters: Tensor, rows: Tensor, noise: Tensor) -> Tensor:
        """Return audio ``[B, N]``."""

    def gradient(
        self, controls: Controls, rows: Tensor, noise: Tensor, grad_audio: Tensor
    ) -> Controls:
        """Return the gradient with respect to each of the controls."""


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
        ctx.save_for_backward(parameters, rows, noise)
        ctx.fused, ctx.to_controls = fused, to_controls  # type: ignore[attr-defined]
        return fused.render(parameters, rows, noise)

    @staticmethod
    def backward(ctx: FunctionCtx, grad_audio: Tensor) -> tuple[Tensor | None, ...]:
        parameters, rows, noise = ctx.saved_tensors  # type: ignore[attr-defined]
        grad: Tensor = _Gradient.apply(ctx, parameters, rows, noise, grad_audio)
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
        grad_audio: Tensor,
    ) -> Tensor:
        found = torch.empty_like(parameters)
        size = _SOUNDS[parameters.device.type]
        for start in range(0, len(parameters), size):
            chunk = slice(start, start + size)
            with torch.enable_grad(), torch.autocast(parameters.device.type, enabled=False):
                u = parameters[chunk].detach().requires_grad_()
                controls = render.to_controls(u)  # type: ignore[attr-defined]
            grads = render.fused.gradient(controls, rows[chunk], noise, grad_audio[chunk])  # type: ignore[attr-defined]
            (found[chunk],) = torch.autograd.grad(controls, u, grads)
        return found

    @staticmethod
    def backward(ctx: FunctionCtx, *_: Tensor) -> tuple[Tensor | None, ...]:
        raise ValueError(
            "the gradient of the fused renderer has no derivative of its own: for second "
            "derivatives make the Voice with backend='reference', or take torch.func"
        )
