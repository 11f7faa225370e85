"""What torch.func and torch.compile follow, and what is kept beside them."""

import pytest
import torch
from torch.autograd import forward_ad

from synth_datamodule.numerics.tracing import plain_tensors, readable, transformed

forward_mode = pytest.mark.filterwarnings("ignore:.*torch.jit.script.*is deprecated:FutureWarning")

TRANSFORMS = {
    "grad": torch.func.grad,
    "vmap": lambda function: torch.func.vmap(lambda row: function(row[None])),
    "jacrev": torch.func.jacrev,
    "jacfwd": torch.func.jacfwd,
    "hessian": torch.func.hessian,
    "jvp": lambda function: lambda x: torch.func.jvp(function, (x,), (x,)),
    "grad of vmap": lambda function: torch.func.grad(lambda x: torch.func.vmap(function)(x).sum()),
}
each_transform = pytest.mark.parametrize("transform", TRANSFORMS.values(), ids=TRANSFORMS)


@forward_mode
@each_transform
def test_a_tensor_inside_a_transform_is_followed_and_outside_it_is_not(transform):
    seen = []

    def loss(x):
        seen.append((transformed(x), readable(x)))
        return x.square().sum()

    x = torch.ones(3)
    transform(loss)(x)
    assert set(seen) == {(True, False)}
    assert (transformed(x), readable(x)) == (False, True)


@forward_mode
def test_a_dual_tensor_is_followed():
    with forward_ad.dual_level():
        dual = forward_ad.make_dual(torch.ones(3), torch.ones(3))
        assert transformed(dual)
        assert not transformed(torch.ones(3))


def test_a_tensor_that_records_is_not_followed():
    # Its backward pass may go any way.
    assert not transformed(torch.ones(3, requires_grad=True) * 2)


def test_a_compiler_shows_no_values():
    def doubled_where_readable(x):
        return 2 * x if readable(x) else -x

    compiled = torch.compile(doubled_where_readable, fullgraph=True, backend="eager")
    assert compiled(torch.ones(2)).tolist() == [-1, -1]
    assert doubled_where_readable(torch.ones(2)).tolist() == [2, 2]


@forward_mode
@each_transform
def test_a_plain_tensor_made_inside_serves_outside(transform):
    kept = []

    def loss(x):
        with plain_tensors():
            kept.append(torch.arange(3).to(torch.float32))
        return (kept[0] * x).sum()

    transform(loss)(torch.ones(3))
    assert all(not transformed(tensor) for tensor in kept)
    assert kept[0].numpy().tolist() == [0, 1, 2]
    x = torch.ones(3, requires_grad=True)
    (kept[0] * x).sum().backward()
    assert x.grad.tolist() == [0, 1, 2]


def test_a_plain_tensor_made_in_inference_mode_serves_a_fit():
    with torch.inference_mode():
        with plain_tensors():
            kept = torch.full((2,), 3.0)
        assert torch.ones(2).is_inference()
    x = torch.ones(2, requires_grad=True)
    (kept * x).sum().backward()
    assert x.grad.tolist() == [3, 3]
