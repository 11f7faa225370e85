"""Kinds of arguments, each with values that are none of it: label, value, error, words of it."""

# ruff: noqa: C408

import math
from fractions import Fraction
from typing import NamedTuple

import numpy as np
import torch

NAN, INF = float("nan"), float("inf")
HUGE = 10**5000  # more digits than Python spells
SOUNDS = 2**32


class Bad(NamedTuple):
    label: str
    value: object
    error: type
    words: str


class Odd:
    def __repr__(self):
        raise RuntimeError("no words for it")


class Long:
    def __repr__(self):
        return "x" * 10**6


def _bad(error, words, /, **values):
    return [Bad(label, value, error, words) for label, value in values.items()]


def _no_numbers():
    return dict(
        none=None, word="3", text=b"3", list=[3], dict={3: 3}, set={3}, complex=3j, true=True,
        false=False, type=int, function=len, odd=Odd(), long=Long(), array=np.array([3, 4]),
        tensor=torch.tensor(3), generator=(x for x in "3"), slice=slice(3), ellipsis=...,
    )  # fmt: skip


def whole(name, low, high=None, optional=False):
    rule = rf"^{name} must be a whole number >= {low}"
    none = _no_numbers() | dict(
        half=2.5, float=3.0, nan=NAN, inf=INF, fraction=Fraction(7, 2), single=np.float32(3)
    )
    if optional:
        del none["none"]
    outside = dict(below=low - 1, far_below=-HUGE, numpy_below=np.int64(low - 1))
    if high is not None:
        outside |= dict(above=high + 1, far_above=HUGE, just_huge=10**30)
    return _bad(TypeError, rule, **none) + _bad(ValueError, rule, **outside)


def real(name, optional=False):
    none = _no_numbers()
    if optional:
        del none["none"]
    rule = rf"^{name} must be a finite number"
    outside = dict(nan=NAN, inf=INF, minus_inf=-INF, huge=HUGE, minus=-HUGE, single=np.float32(NAN))
    return _bad(TypeError, rule, **none) + _bad(ValueError, rule, **outside)


def positive(name, optional=False):
    rule = rf"^{name} must be a finite number"
    return real(name, optional) + _bad(ValueError, rule, zero=0, minus_zero=-0.0, below=-1.5)


def above(name, low, *values):
    return [Bad(f"beyond_{value}", value, ValueError, rf"{name} must .*{low}") for value in values]


def truth(name):
    rule = f"^{name} must be True or False"
    return _bad(
        TypeError, rule, one=1, zero=0, yes="yes", none=None, list=[], numpy=np.True_, nan=NAN,
        tensor=torch.tensor(True), word="True", long=Long(),
    )  # fmt: skip


def word(name, others=("nonsense", "", " ", "x" * 5000), rule="must be one of", optional=False):
    rule = rf"^{name} {rule}"
    none = _no_numbers() | dict(number=3, half=2.5, nan=NAN)
    del none["word"]
    if optional:
        del none["none"]
    wrong = {f"word_{other[:9].strip()}_{len(other)}": other for other in others}
    return _bad(TypeError, rule, **none) + _bad(ValueError, rule, **wrong)


def instance(name, rule="must be"):
    none = _no_numbers() | dict(number=3, nan=NAN)
    return _bad(TypeError, rf"^{name} {rule}", **none)


def floats(name, good, any_size=()):
    """Wrong tensors beside a good one; sizes of the axes ``any_size`` may be any but 0."""
    rule = rf"^{name} must be a float tensor"
    of_another_kind = dict(
        none=None, list=good.tolist(), array=good.numpy(), number=0.5, word="0.5", odd=Odd(),
        long=good.long(), bool=good.bool(), byte=good.byte(), complex=good.to(torch.complex64),
        float8=good.to(torch.float8_e5m2), sparse=good.to_sparse(),
    )  # fmt: skip
    shapes = dict(scalar=good.sum(), added=good[None])
    for axis in range(good.ndim):
        shapes[f"empty_{axis}"] = good.narrow(axis, 0, 0)
        if axis not in any_size:
            shapes[f"longer_{axis}"] = torch.cat((good, good.narrow(axis, 0, 1)), axis)
    meta = _bad(ValueError, rule, meta=good.to("meta"))
    return _bad(TypeError, rule, **of_another_kind) + _bad(ValueError, rule, **shapes) + meta


def values(name, good, rule, *wrong):
    """A good tensor with one value that is wrong."""
    found = []
    for value in wrong:
        tensor = good.clone()
        tensor.view(-1)[-1] = value
        found.append(Bad(f"holds_{value}", tensor, ValueError, rf"^{name} must {rule}"))
    return found


def device(name, optional=False, meta=False):
    rule = rf"^{name} must be"
    none = _no_numbers()
    for label in ("word", "none") if optional else ("word",):
        del none[label]
    there = dict(
        nonsense="nonsense", number="3", empty="", far="cuda:99", meta="meta", colon="cpu:0:1",
        xla="xla", hpu="hpu", long_word="cpu" * 2000, far_number=99, device=torch.device("meta"),
    )  # fmt: skip
    if meta:
        del there["meta"], there["device"]
    if not torch.backends.mps.is_available():
        there["mps"] = "mps"
    if not torch.cuda.is_available():
        there["cuda"] = torch.device("cuda")
    return _bad(TypeError, rule, **none) + _bad(ValueError, rule, **there)


def numbers(rule="^sound numbers must be whole numbers"):
    """Values that are no sound numbers."""
    kinds = dict(
        none=None, number=3, half=2.5, word="3", text=b"\0\3", array_of_bytes=bytearray(b"\1"),
        view=memoryview(b"\1"), set={3}, dict={3: 3}, generator=(x for x in [3]), odd=Odd(),
        floats=np.array([1.0]), bools=np.array([True]), words=np.array(["3"]),
        objects=np.array([{}]),
        masked=np.ma.array([0, 1, 2], mask=[0, 1, 0]), float_tensor=torch.tensor([1.0]),
        int32=torch.tensor([1], dtype=torch.int32), bool_tensor=torch.tensor([True]),
        sparse=torch.tensor([0, 3]).to_sparse(),
    )  # fmt: skip
    wrong = dict(
        empty=[], no_row=np.empty(0, np.int64), empty_tensor=torch.empty(0, dtype=torch.int64),
        table=np.zeros((2, 2), np.int64), table_tensor=torch.zeros(2, 2, dtype=torch.int64),
        scalar=torch.tensor(3), below=np.array([0, -1]), above=np.array([SOUNDS]),
        far=np.array([2**63], np.uint64), tensor_below=torch.tensor([3, -1]),
        tensor_above=torch.tensor([SOUNDS, 3]), lowest=torch.tensor([-(2**63)]),
        meta=torch.zeros(1, dtype=torch.int64, device="meta"),
    )  # fmt: skip
    items = dict(
        item_half=[1.5], item_true=[0, True], item_word=["1"], item_none=[None], item_list=[[1]],
        long_list=["1"] * 10**5,
    )  # fmt: skip
    outside = dict(item_below=[0, -1], item_above=(SOUNDS,), item_huge=[HUGE], range=range(-1, 3))
    item = "^sound number must be a whole number"
    return (
        _bad(TypeError, rule, **kinds)
        + _bad(ValueError, rule, **wrong)
        + _bad(TypeError, item, **items)
        + _bad(ValueError, item, **outside)
    )


def int_tensor(rule, good, *wrong):
    """Wrong int64 tensors beside a good one, ``[B]``."""
    kinds = dict(
        none=None, list=good.tolist(), array=good.numpy(), number=3, floats=good.float(),
        int32=good.int(), bools=good.bool(), odd=Odd(), sparse=good.to_sparse(),
    )  # fmt: skip
    found = _bad(TypeError, rule, **kinds) + _bad(ValueError, rule, meta=good.to("meta"))
    for value in wrong:
        tensor = good.clone()
        tensor.view(-1)[-1] = value
        found.append(Bad(f"holds_{value}", tensor, ValueError, rule))
    return found


def one_line_of_300(message):
    """Whether a message can stand in a log."""
    return 0 < len(message) <= 300 and "\n" not in message


assert math.isnan(NAN)
