"""Tensors that torch.compile traces or torch.func follows, and plain ones to keep beside them."""

import contextlib
from collections.abc import Callable, Iterator
from typing import TypeVar

import torch
from torch import Tensor
from torch.autograd import forward_ad

_Call = TypeVar("_Call", bound=Callable[..., object])


def transformed(tensor: Tensor) -> bool:
    """Return whether torch.func (grad, vmap, jvp and their like) or a dual level follows a tensor.

    What follows it is lost outside torch, as in numpy. False while torch.compile traces, which does
    not say.

    Example:
        >>> followed = []
        >>> torch.func.vmap(lambda row: followed.append(transformed(row)) or row)(torch.ones(2, 3))
        tensor([[1., 1., 1.],
                [1., 1., 1.]])
        >>> followed, transformed(torch.ones(2, 3))
        ([True], False)
    """
    if torch.compiler.is_compiling():
        return False
    if torch._C._functorch.is_functorch_wrapped_tensor(tensor):
        return True
    dual = forward_ad.unpack_dual(tensor)  # type: ignore[no-untyped-call]
    return dual.tangent is not None


def readable(tensor: Tensor) -> bool:
    """Return whether a tensor has values that Python may look at; it may wait for a GPU.

    While torch.compile traces there are none, and under torch.func there may be many.

    Example:
        >>> readable(torch.ones(3))
        True
    """
    return not (torch.compiler.is_compiling() or transformed(tensor))


def constant(function: _Call) -> _Call:
    """Evaluate a function once while torch.compile traces, and bake in the result.

    For results that are the same at every call and computed with more than torch.

    Example:
        >>> @constant
        ... def answer() -> int:
        ...     return 42
        >>> torch.compile(lambda x: x + answer(), fullgraph=True, backend="eager")(torch.zeros(1))
        tensor([42.])
    """
    # All that torch.compiler.assume_constant_result does, after importing the compiler for 2.6 s.
    function._dynamo_marked_constant = True  # type: ignore[attr-defined]
    return function


@contextlib.contextmanager
def plain_tensors() -> Iterator[None]:
    """Make tensors that can be kept, inside ``inference_mode`` and ``torch.func`` too.

    Made in one they could not serve a later fit, made in the other they would belong to it.

    Example:
        >>> with torch.inference_mode(), plain_tensors():
        ...     kept = torch.ones(3)
        >>> kept.is_inference()
        False
    """
    with torch.inference_mode(False), torch._C._DisableFuncTorch():
        yield
