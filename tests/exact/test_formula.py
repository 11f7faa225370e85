import math
import pickle
import subprocess
import sys

import numpy as np
import pytest
import torch

from synth_datamodule import exact
from synth_datamodule.exact import formula, tanh, where
from synth_datamodule.exact.words import MEANING

SOFT_CLIP = formula(lambda x, drive: tanh(x * drive))
TOLD = (
    "from synth_datamodule.exact import *; print(repr(formula(lambda x, drive: tanh(x * drive))))"
)


def test_formulas_of_the_same_words_are_one_whatever_they_are_called():
    @formula
    def distorted(audio, gain):
        louder = audio * gain
        return exact.tanh(louder)

    assert distorted == SOFT_CLIP
    assert hash(distorted) == hash(SOFT_CLIP)
    assert repr(distorted) == repr(SOFT_CLIP)
    assert str(distorted) == "distorted"
    assert distorted != formula(lambda x, drive: tanh(drive * x))


def test_another_process_writes_the_same_formula():
    found = subprocess.run(
        [sys.executable, "-c", TOLD], capture_output=True, text=True, check=True
    ).stdout
    assert found.strip() == repr(SOFT_CLIP)


def test_a_formula_is_pickled_by_value():
    assert pickle.loads(pickle.dumps(SOFT_CLIP)) == SOFT_CLIP


def test_words_that_nothing_needs_are_left_out():
    def wasteful(x, drive):
        _ = exact.sin(x) + 3.0
        return tanh(x * drive)

    assert formula(wasteful) == SOFT_CLIP


def test_numbers_from_outside_are_kept_as_they_were():
    gain = 2.0
    louder = formula(lambda x: x * gain)
    gain = 3.0
    assert louder(1.0) == 2.0
    assert louder == formula(lambda x: x * 2)


def test_a_number_of_numpys_is_a_number_on_either_side():
    half = np.float32(0.5)
    assert formula(lambda x: half * x) == formula(lambda x: 0.5 * x)
    assert formula(lambda x: x / half) == formula(lambda x: x / 0.5)
    assert formula(lambda x: where(half < x, x, half)) == formula(lambda x: where(x > 0.5, x, 0.5))


def test_a_formula_in_a_formula_is_written_out():
    inner = formula(lambda x: where((x > 0) & (x < 1) | (x == 2), x, -x))
    outer = formula(lambda x: inner(x * 2.0))
    assert outer == formula(
        lambda x: where((x * 2.0 > 0) & (x * 2.0 < 1) | (x * 2.0 == 2), x * 2.0, -(x * 2.0))
    )


def test_called_with_tensors_it_is_torchs_and_has_gradients():
    x = torch.linspace(-1, 1, 7, dtype=torch.float64).requires_grad_()
    drive = torch.tensor([[1.0], [3.0]], dtype=torch.float64)
    found = SOFT_CLIP(x, drive)
    assert torch.equal(found, torch.tanh(x * drive))
    found.sum().backward()
    assert (x.grad > 0).all()
    assert SOFT_CLIP(0.5, 2.0) == math.tanh(1.0)


def test_torch_compiles_a_formula_into_one_graph():
    compiled = torch.compile(SOFT_CLIP.__call__, fullgraph=True, backend="eager")
    x = torch.linspace(-1, 1, 7)
    assert torch.equal(compiled(x, 2.0), torch.tanh(x * 2.0))


@pytest.mark.parametrize("word", sorted(set(exact.__all__) - {"Formula", "formula"}))
def test_a_word_means_the_same_said_alone_and_in_a_formula(word):
    function, arity = getattr(exact, word), {"where": 3, "fma": 3, "clamp": 3}.get(word, 1)
    arity = 2 if word in ("minimum", "maximum", "power") else arity
    x = torch.linspace(0.1, 1.9, 5, dtype=torch.float64)
    if word == "where":
        written, alone = formula(lambda a, b, c: where(a > 1, b, c)), where(x > 1, x, -x)
        assert torch.equal(written(x, x, -x), alone)
        return
    names = ", ".join("abc"[:arity])
    written = formula(eval(f"lambda {names}: function({names})", {"function": function}))
    given = [x, x.flip(0), x + 0.5][:arity]
    assert torch.equal(written(*given), function(*given))


def test_powers_of_small_whole_exponents_are_products():
    cubed = formula(lambda x: x**3)
    assert cubed == formula(lambda x: x * (x * x))
    assert cubed(-2.0) == -8.0
    assert {word.name for word in formula(lambda x: x**0.5).words} == {"number", "power"}


def test_every_word_has_a_meaning_in_torch():
    words = set(exact.__all__) - {"Formula", "formula", "clamp"}
    assert words <= set(MEANING)


@pytest.mark.parametrize(
    ("function", "zeros", "is_silent"),
    [
        (lambda x, drive: tanh(x * drive), (True, False), True),
        (lambda x, drive: tanh(x * drive) + 0.1, (True, False), False),
        (lambda x, drive: exact.sin(x) * exact.exp2(drive), (True, False), True),
        (lambda x, drive: exact.cos(x) * drive, (True, False), False),
        (lambda x, y: x + y, (True, False), False),
        (lambda x, y: x + y, (True, True), True),
        (lambda x, y: x / (1.0 + abs(x)) + 0.0 * y, (True, False), True),
        (lambda x, y: x / y, (True, False), False),
        (lambda x, y: where(x > 0, y, x), (True, False), True),
        (lambda x, y: where(y > 0, x, 2 * x), (True, False), True),
        (lambda x, y: where(y > 0, x, 1 + x), (True, False), False),
    ],
)
def test_silence_through_a_formula_is_known_where_it_is_sure(function, zeros, is_silent):
    assert formula(function).silent(zeros) == is_silent


def loops(x):
    for _ in range(2000):
        x = x + x * 0.5
    return x


LEAKED = []
formula(lambda x: LEAKED.append(x) or x)


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (lambda x: 1.0 if x > 0 else x, "decides by if.*where"),
        (lambda x: max(x, 0.0), "decides by if.*maximum"),
        (lambda x: x > 0 and x, "decides by if"),
        (math.tanh, "takes a function"),
        (lambda x: math.tanh(x), "computes with math"),
        (lambda x: int(x), "rounds to an int"),
        (lambda x: np.tanh(x), "numpy's tanh"),
        (lambda x: np.float64(2.0) * x + np.ones(3), r"array\(\[1., 1., 1.\]\)"),
        (lambda x: np.ones(3) * x, "numpy's multiply"),
        (lambda x: torch.tanh(x), "torch's tanh"),
        (lambda x: x * torch.ones(3), r"tensor\(\[1., 1., 1.\]\)"),
        (lambda x: x[0], "a number for an array"),
        (lambda x: sum(x), "a number for an array"),
        (lambda x: x.mean(), "AttributeError: 'Symbol' object has no attribute 'mean'"),
        (lambda x: x + "1", "'1' .str. is taken"),
        (lambda x: x + True, "True .bool. is taken"),
        (lambda x: x * math.inf, "constants must be finite, got inf"),
        (lambda x: 0.5, "must return a number made of its own, got 0.5"),
        (lambda x: (x, x), "must return a number made of its own"),
        (lambda x: None, "must return a number made of its own, got None"),
        (lambda x: x > 0, "must return a number made of its own, got a comparison"),
        (lambda x: (x > 0) * x, "a comparison is no number: write where"),
        (lambda x: where(x, x, 0.0), "where takes a comparison first"),
        (lambda x: where(~(x > 0), x, 0.0), "swap what where"),
        (lambda x: where((x > 0) & True, x, 0.0), "joined with True"),
        (lambda x: x + (x > 0), "a comparison is no number"),
        (lambda x: x + LEAKED[0], "a number of another formula"),
        (loops, "more than 1000 operations"),
        (lambda: 1.0, "1 to 10 numbers by place, got 0"),
        (lambda a, b, c, d, e, f, g, h, i, j, k: a, "1 to 10 numbers by place, got 11"),
        (lambda *x: x, r"got \*x"),
        (lambda x, *, y: x, "got y"),
        (lambda x, y=2.0: x * y, "got the default y=2.0"),
        (lambda x: tanh(x, x), "TypeError: tanh.. takes 1 positional argument"),
        (lambda x: SOFT_CLIP(x), "TypeError: <lambda> takes 2 numbers, got 1"),
    ],
)
def test_what_is_no_formula_is_an_error_that_says_what_to_write(function, words):
    with pytest.raises((TypeError, ValueError), match=words) as raised:
        formula(function)
    assert type(raised.value) is (TypeError if function is math.tanh else ValueError)


def test_a_formula_of_more_or_fewer_numbers_is_refused():
    with pytest.raises(TypeError, match="takes 2 numbers, got 3"):
        SOFT_CLIP(1.0, 2.0, 3.0)
