"""Formulas of one's own."""

import math

import torch
from bad.values import INF, Bad

from synth_datamodule.exact import Formula, formula, tanh
from synth_datamodule.program import Builder

SOFT_CLIP = formula(lambda x, drive: tanh(x * drive))
NO_FUNCTION = {
    **{"none": None, "number": 3, "word": "tanh", "list": [tanh], "torchs": torch.tanh},
    **{"maths": math.tanh, "class": Formula, "tensor": torch.ones(2), "method": "x".join},
}
NO_FORMULA = {
    "no_number": (lambda: 1.0, "1 to 10 numbers by place, got 0"),
    "any_numbers": (lambda *x: x, "1 to 10 numbers by place, got .x"),
    "a_default": (lambda x, y=1.0: x * y, "got the default y=1.0"),
    "an_if": (lambda x: x if x > 0 else -x, "decides by if"),
    "of_torch": (lambda x: torch.tanh(x), "computes with torch's tanh"),
    "infinite": (lambda x: x * INF, "must be finite"),
    "a_tensor": (lambda x: x * torch.ones(3), "a formula takes numbers"),
    "constant": (lambda x: 0.5, "must return a number made of its own"),
    "nothing": (lambda x: None, "must return a number made of its own, got None"),
}


def step(**given):
    build = Builder()
    return build.formula(given["formula"], *given["operands"](build))


def table():
    rule = "^formula takes a function of numbers, got"
    yield (
        "formula",
        formula,
        {"function": lambda x: x},
        {
            "function": [
                *[Bad(label, one, TypeError, rule) for label, one in NO_FUNCTION.items()],
                *[Bad(label, *one[:1], ValueError, one[1]) for label, one in NO_FORMULA.items()],
            ]
        },
    )
    yield (
        "Builder.formula",
        step,
        {"formula": SOFT_CLIP, "operands": lambda build: (build.parameter(0), 2.0)},
        {
            "formula": [
                Bad(label, one, TypeError, "takes a function decorated with")
                for label, one in NO_FUNCTION.items()
            ],
            "operands": [
                Bad("one", lambda build: (1.0,), TypeError, "takes 2 numbers, got 1"),
                Bad("three", lambda build: (1.0,) * 3, TypeError, "takes 2 numbers, got 3"),
                Bad(
                    "rows",
                    lambda build: (build.node("rows", "rows"), 1.0),
                    ValueError,
                    "is given signals of rates rows",
                ),
            ],
        },
    )
