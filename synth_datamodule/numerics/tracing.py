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


def constant_in_func(*tensors: Tensor) -> bool:
    """Return whether this runs inside torch.func, whose levels follow none of these tensors.

    Example:
        >>> found = []
        >>> inside = lambda x: found.append((constant_in_func(x), constant_in_func(fixed))) or x
        >>> fixed = torch.ones(())
        >>> _ = torch.func.grad(inside)(torch.ones(()))
        >>> found, constant_in_func(fixed)
        ([(False, True)], False)
    """
    if torch.compiler.is_compiling() or not torch._C._are_functorch_transforms_active():
        return False
    functorch = torch._C._functorch
    return not any(
        functorch.is_functorch_wrapped_tensor(tensor)
        or (tensor.requires_grad and torch.is_grad_enabled())
        for tensor in tensors
    )


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


def plain(tensor: Tensor) -> Tensor:
    """Return a tensor as it is beneath torch.func, where grad alone follows it.

    Inside a function that torch.func differentiates, each new tensor is followed; whole numbers,
    which have no gradient, are nothing but themselves.

    Example:
        >>> found = []
        >>> whole = lambda x: found.append(plain(torch.arange(3) + 1)) or x
        >>> _ = torch.func.grad(whole)(torch.ones(()))
        >>> found[0].numpy()
        array([1, 2, 3])
    """
    while not torch.compiler.is_compiling() and torch._C._functorch.is_gradtrackingtensor(tensor):
        tensor = torch._C._functorch.get_unwrapped(tensor)
    return tensor


@contextlib.contextmanager
def beneath_func() -> Iterator[None]:
    """Make tensors that torch.func does not follow: what is a function of sound numbers alone.

    Example:
        >>> found = []
        >>> def inside(x):
        ...     with beneath_func():
        ...         found.append(torch.ones(3))
        ...     return x
        >>> _ = torch.func.grad(inside)(torch.ones(()))
        >>> found[0].numpy()
        array([1., 1., 1.], dtype=float32)
    """
    if torch.compiler.is_compiling():
        yield
        return
    with torch._C._DisableFuncTorch():
        yield


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
