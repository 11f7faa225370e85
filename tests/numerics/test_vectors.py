"""Loops use the widest vectors that do not slow the machine down."""

import re

import numpy as np
import pytest
from numba import njit
from numba.core.registry import cpu_target

from synth_datamodule.numerics.compiled import stage

FEATURES = cpu_target.target_context.codegen().magic_tuple()[2]


def add(a, b):
    for j in range(a.shape[0]):
        a[j] += b[j]


def code_of(compiled):
    numbers = np.arange(100, dtype=np.float32), np.ones(100, np.float32)
    compiled(*numbers)
    assert (numbers[0] == np.arange(1, 101)).all()
    (code,) = compiled.inspect_asm().values()
    return code


@pytest.mark.skipif(
    "+avx512vbmi2" not in FEATURES, reason="needs a processor of Ice Lake's or later"
)
def test_vectors_have_512_bits_where_that_costs_no_clock():
    assert re.search(r"vaddps.*%zmm", code_of(stage(add)))


def test_older_processors_keep_the_width_that_numba_gives_them(monkeypatch):
    monkeypatch.setattr("synth_datamodule.numerics.vectors._SINCE", "+no such instructions")
    widths = [
        set(re.findall(r"vaddps.*%(.)mm", code_of(compiled)))
        for compiled in (stage(add), njit(error_model="numpy")(add))
    ]
    assert widths[0] == widths[1]
