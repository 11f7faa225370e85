"""Constants are said once, and what is derived from them by hand is right."""

import ast
import math
from pathlib import Path

import numpy as np
import pytest

import synth_datamodule
from synth_datamodule import N_BATCHSIZE_FOR_TRAIN_TEST_REPRODUCIBILITY
from synth_datamodule.corpus import splits
from synth_datamodule.kernels.exact import formulas
from synth_datamodule.kernels.plan import STEEP_PER_PARTIAL
from synth_datamodule.numerics import constants, mersenne

PACKAGE = Path(synth_datamodule.__file__).parent


def numbers(path):
    """Return the numbers in a file's code and the names of what each is assigned to."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    named = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            named |= {id(inner): node.targets[0].id for inner in ast.walk(node.value)}
    return [
        (node.value, named.get(id(node), ""))
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, int | float)
        and not isinstance(node.value, bool)
    ]


def places(values):
    """Return where the package's code says one of these numbers."""
    return {
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.py")
        if {value for value, _ in numbers(path)} & set(values)
    }


def written(module):
    return [value for name, value in vars(module).items() if name.isupper()]


def test_tuning_top_pitch_and_shape_exponent_are_said_in_one_file():
    assert len(written(constants)) == 4
    assert places(written(constants)) == {"numerics/constants.py"}


def test_the_generators_constants_are_said_in_one_file():
    words = [int(word) for word in written(mersenne) if isinstance(word, np.integer)]
    words.remove(int(mersenne.HIGHEST_BIT))
    words.remove(int(mersenne.LOWER_BITS))
    assert len(words) == 7
    assert places(words) == {"numerics/mersenne.py"}


@pytest.mark.parametrize("name", ["PERIOD", "VAL_BLOCK", "TEST_BLOCK"])
def test_the_split_rule_is_said_in_one_line(name):
    value = getattr(splits, name)
    found = [to for number, to in numbers(PACKAGE / "corpus" / "splits.py") if number == value]
    assert [to for to in found if to != "CORPORA"] == [name]


def test_a_block_is_the_configs():
    assert splits.BLOCK == N_BATCHSIZE_FOR_TRAIN_TEST_REPRODUCIBILITY == 1024
    assert "corpus/splits.py" not in places([1024])


def test_the_gpus_draws_say_nothing_but_shifts():
    shifts = {30, 1, 11, 7, 15, 18}
    assert {number for number, _ in numbers(PACKAGE / "kernels/gpu/draws.py")} <= {0, *shifts}


def test_a_number_is_seen_wherever_it_stands(tmp_path):
    source = tmp_path / "source.py"
    source.write_text('"""127"""\nTOP = (f(127.0), True)\ng = lambda x=-440: x[69:] // 10\n')
    assert sorted(numbers(source)) == [(10, "g"), (69, "g"), (127.0, "TOP"), (440, "g")]


def test_what_is_written_out_in_digits_is_what_follows_from_the_constants():
    assert math.log2(constants.A4_HZ) == formulas.LOG2_440
    assert pytest.approx(12000 / 2 * math.pi * 2 / math.log(2), rel=1e-15) == formulas.STEEP
    assert pytest.approx(12000 * STEEP_PER_PARTIAL, rel=1e-15) == formulas.STEEP
    assert mersenne.DRAW_BITS == 2**24 - 1
