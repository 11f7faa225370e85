"""Sound number -> its draws, and the noise table."""

import os
import subprocess
import sys

import numpy as np
import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st

from synth_datamodule.corpus.draws import draw_parameters, noise_rows, noise_table

EDGES = [0, 1, 2**31 - 1, 2**31, 2**32 - 1]

law = settings(max_examples=60, deadline=None, derandomize=True, database=None)
any_sounds = st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=40)


def torch_draws(sound, num_parameters):
    return torch.rand(num_parameters, generator=torch.Generator("cpu").manual_seed(sound))


@pytest.mark.parametrize("name", ["synth1b1", "drum", "rate16k"])
def test_draws_are_torchsynths_bit_for_bit(golden, name):
    data = golden(name)
    draws = draw_parameters(torch.from_numpy(data["indices"]))
    columns = [data["names_draw"].tolist().index(name) for name in data["names_forward"]]
    handed_out = draws[:, columns].numpy()
    assert np.array_equal(handed_out, data["u24"].astype(np.float32) * np.float32(2**-24))


@law
@given(sounds=any_sounds, num_parameters=st.integers(1, 227))
@example(sounds=EDGES, num_parameters=1)
@example(sounds=EDGES, num_parameters=78)
@example(sounds=EDGES, num_parameters=227)
def test_draws_equal_torch_rand_seeded_by_the_sound(sounds, num_parameters):
    draws = draw_parameters(torch.tensor(sounds), num_parameters)
    assert draws.dtype == torch.float32
    assert torch.equal(draws, torch.stack([torch_draws(i, num_parameters) for i in sounds]))


def test_draws_fill_the_whole_interval_without_its_end():
    draws = draw_parameters(torch.arange(20_000))
    steps = draws.double() * 2**24
    assert torch.equal(steps, steps.round())
    assert 0 <= steps.min() < 200
    assert 2**24 - 200 < steps.max() < 2**24


@pytest.mark.parametrize("size", [1, 7, 16, 17, 32, 100, 128])
def test_a_sound_draws_the_same_in_any_batch(size):
    generator = torch.Generator().manual_seed(size)
    sounds = torch.randint(2**32, (2 * size,), generator=generator)
    expected = torch.stack([torch_draws(int(sound), 78) for sound in sounds])
    order = torch.randperm(2 * size, generator=generator)
    repeated = torch.randint(2 * size, (size,), generator=generator)
    assert torch.equal(draw_parameters(sounds[:size]), expected[:size])
    assert torch.equal(draw_parameters(sounds[::2]), expected[::2])
    assert torch.equal(draw_parameters(sounds[order]), expected[order])
    assert torch.equal(draw_parameters(sounds[repeated]), expected[repeated])


def test_fewer_parameters_are_the_first_of_more():
    sounds = torch.tensor(EDGES)
    assert torch.equal(draw_parameters(sounds, 78), draw_parameters(sounds, 227)[:, :78])


@pytest.mark.gpu
def test_draws_for_numbers_on_a_gpu_are_the_same_there():
    sounds = torch.tensor(EDGES)
    draws = draw_parameters(sounds.cuda())
    assert draws.device.type == "cuda"
    assert torch.equal(draws.cpu(), draw_parameters(sounds))


@pytest.mark.parametrize("num_samples", [1, 2, 7, 441, 32_000, 176_400])
def test_the_noise_table_is_torchs_uniform_noise_of_seed_13(num_samples):
    generator = torch.Generator("cpu").manual_seed(13)
    expected = torch.empty(32, num_samples).uniform_(-1, 1, generator=generator)
    assert torch.equal(noise_table(num_samples), expected)


@pytest.mark.parametrize("num_samples", [1, 39, 1000])
@pytest.mark.parametrize("seed", [0, 13, 2**32 - 1])
def test_the_noise_table_is_numpys_generator(num_samples, seed):
    words = np.frombuffer(np.random.RandomState(seed).bytes(4 * 32 * num_samples), "<u4")
    expected = (words & 0xFFFFFF) / 2.0**23 - 1
    assert (noise_table(num_samples, seed).numpy().ravel() == expected).all()


def test_a_noise_table_made_in_inference_mode_is_a_plain_tensor():
    with torch.inference_mode():
        table = noise_table(4)
    assert not table.is_inference()
    assert torch.equal(table, noise_table(4))


def test_noise_rows_repeat_after_32_sounds():
    sounds = torch.cat([torch.arange(96), torch.arange(2**32 - 32, 2**32)])
    rows = noise_rows(sounds)
    assert rows.tolist() == list(range(32)) * 4
    assert rows.dtype == torch.int64


@pytest.mark.usefixtures("unchanged_random_state")
def test_neither_draws_nor_noise_move_a_random_state():
    draw_parameters(torch.tensor(EDGES))
    noise_table(441)


@pytest.mark.parametrize(
    ("indices", "error", "message"),
    [
        (torch.tensor([2**32]), ValueError, rf"in \[0, {2**32}\), shape \[B\], got {2**32}$"),
        (torch.tensor([0, -1]), ValueError, rf"in \[0, {2**32}\), shape \[B\], got -1$"),
        (torch.tensor([0.0]), TypeError, r"sound numbers .* int64 tensor, got dtype torch.float32"),
        (torch.tensor([True]), TypeError, r"sound numbers .* int64 tensor, got dtype torch\.bool"),
        (torch.tensor([], dtype=torch.int64), ValueError, r"shape \[B\], got shape \[0\]"),
        (torch.tensor([[0, 1]]), ValueError, r"shape \[B\], got shape \[1, 2\]"),
    ],
    ids=["too-large", "negative", "float", "bool", "empty", "2-D"],
)
def test_only_sound_numbers_can_be_drawn(indices, error, message):
    with pytest.raises(error, match=message):
        draw_parameters(indices)


@pytest.mark.parametrize(
    ("num_parameters", "error", "message"),
    [
        (0, ValueError, r"num_parameters .* >= 1 and <= 227, got 0$"),
        (228, ValueError, r"num_parameters .* >= 1 and <= 227, got 228$"),
        (78.0, TypeError, r"num_parameters .* >= 1 and <= 227, got 78\.0 \(float\)"),
    ],
    ids=["0", "228", "float"],
)
def test_a_sound_has_1_to_227_draws(num_parameters, error, message):
    with pytest.raises(error, match=message):
        draw_parameters(torch.tensor([0]), num_parameters)


@pytest.mark.parametrize(
    ("num_samples", "error", "message"),
    [
        (0, ValueError, r"num_samples must be a whole number >= 1 and <= .*, got 0$"),
        (
            4.0,
            TypeError,
            r"num_samples must be a whole number >= 1 and <= .*, got 4\.0 \(float\)",
        ),
    ],
    ids=["0", "float"],
)
def test_a_noise_table_has_samples(num_samples, error, message):
    with pytest.raises(error, match=message):
        noise_table(num_samples)


def test_sounds_are_drawn_where_nothing_can_be_cached():
    script = (
        "import torch; from synth_datamodule.corpus.draws import draw_parameters; "
        "print(int(draw_parameters(torch.tensor([0]))[0, 0] * 2**24))"
    )
    result = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "NUMBA_CACHE_DIR": "/proc/no/such/folder"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert (result.stdout.strip(), result.stderr) == ("8325804", "")
