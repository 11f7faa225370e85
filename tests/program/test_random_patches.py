"""Any patch of the shipped modules is rendered by its program: near its modules, always alike."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from random_patches import (
    CLOSE,
    MOST_PARTS,
    RandomPatch,
    chaos,
    defined,
    distance,
    patched,
    rounded,
    signals,
)

from synth_datamodule import SynthConfig
from synth_datamodule.corpus.draws import noise_rows

CONFIG = SynthConfig(sample_rate=16000, buffer_size_seconds=0.25, control_rate=400)
SOUNDS = 4


@pytest.fixture
def any_threads():
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)


def check_alike(synth, parameters, rows, found):
    """Render in another order, on more threads and alone: no bit may differ."""
    order = torch.tensor([2, 0, 3, 1])
    torch.set_num_threads(3)
    again = signals(synth._audio(parameters[order], rows[order]))
    torch.set_num_threads(1)
    alone = signals(synth._audio(parameters[1:2], rows[1:2]))
    for name, one in found.items():
        assert torch.equal(again[name], one[order]), name
        assert torch.equal(alone[name], one[1:2]), name


def check_patch(patch, number, shallow):
    """Hold a patch's program to its modules; keep distances of patches without deep chains."""
    synth = patched(patch.source)(CONFIG)
    assert synth.backend == "program", synth.why_not_fused
    sounds = torch.arange(number, number + SOUNDS)
    parameters, rows = synth.draw(sounds), noise_rows(sounds)
    found = signals(synth._audio(parameters, rows))
    check_alike(synth, parameters, rows, found)
    truth = defined(synth, parameters, rows)
    off = distance(found, truth)
    if patch.oscillators <= 1:
        shallow += off.tolist()
    elif (far := off > CLOSE).any():
        # What lies below needs no excuse.
        enough = torch.where(far, off / 100, 0.0)
        moved = rounded(synth, parameters, rows, truth)
        if (moved < enough).any():
            moved = torch.maximum(moved, chaos(synth, parameters, rows, truth, enough))
        assert (moved >= enough).all()


def check_patches(how_many):
    shallow = []

    @settings(derandomize=True, deadline=None, max_examples=how_many, database=None)
    @given(
        st.randoms(use_true_random=False, note_method_calls=False),
        st.integers(5, MOST_PARTS),
        st.integers(0, 2**20),
    )
    def check(random, num_parts, number):
        check_patch(RandomPatch(random, num_parts), number, shallow)

    check()
    shallow = torch.tensor(shallow, dtype=torch.float64)
    assert len(shallow) > how_many
    assert shallow.median() <= 1e-6
    assert shallow.quantile(0.99) <= 1e-5
    assert shallow.max() <= 1e-3


def test_random_patches_are_near_their_modules_and_always_alike(any_threads):
    check_patches(20)


@pytest.mark.slow
def test_very_many_random_patches_are_near_their_modules_and_always_alike(any_threads):
    check_patches(600)
