"""White noise from a fixed table."""

import math
import pickle
import weakref

import pytest
import torch

from synth_datamodule import SynthConfig
from synth_datamodule.modules import Noise

CONFIG = SynthConfig(sample_rate=16000, buffer_size_seconds=0.25, control_rate=400)
NUM_ROWS, NUM_SAMPLES = 32, 4000
ALL_ROWS = torch.arange(NUM_ROWS)


def torch_table(num_samples):
    generator = torch.Generator("cpu").manual_seed(13)
    return torch.empty(NUM_ROWS, num_samples).uniform_(-1, 1, generator=generator)


@pytest.mark.parametrize("seconds", [0.25, 4001 / 16000], ids=["4000-samples", "4001-samples"])
def test_the_noise_is_torchs_own_of_seed_13(seconds):
    config = SynthConfig(sample_rate=16000, buffer_size_seconds=seconds, control_rate=400)
    found = Noise(config)(ALL_ROWS, torch.float32)
    assert torch.equal(found, torch_table(config.buffer_size))


def test_a_sound_reads_the_row_it_asks_for_in_either_precision():
    rows = torch.tensor([31, 0, 5, 5])
    noise, table = Noise(CONFIG), torch_table(NUM_SAMPLES)
    assert torch.equal(noise(rows), table[[31, 0, 5, 5]].double())
    assert torch.equal(noise(rows, torch.float32), table[[31, 0, 5, 5]])


def test_a_longer_buffer_keeps_the_start_of_row_0_alone():
    longer = SynthConfig(sample_rate=16000, buffer_size_seconds=0.5, control_rate=400)
    short, long = Noise(CONFIG)(ALL_ROWS), Noise(longer)(ALL_ROWS)[:, :NUM_SAMPLES]
    agree = [torch.equal(*rows) for rows in zip(short, long, strict=True)]
    assert agree == [True] + 31 * [False]


def test_noise_has_no_offset_and_the_loudness_of_a_uniform_draw():
    # The mean of n uniform draws strays by 1 / sqrt(3 n), that of their squares, 1/3, by
    # sqrt(4/45 / n); five times that happens once in two million tables.
    noise = Noise(CONFIG)(ALL_ROWS)
    n = noise.numel()
    assert noise.mean().abs().item() < 5 / math.sqrt(3 * n)
    assert noise.square().mean().item() == pytest.approx(1 / 3, abs=5 * math.sqrt(4 / 45 / n))
    assert noise.min() >= -1
    assert noise.max() < 1


def test_noise_is_white():
    # Power in each of ten bands: 32 rows x 200 bins, each spread like its own mean (chi-square of
    # two degrees), so the mean strays by 1/80 of itself; ten bands stay within five times that.
    power = torch.fft.rfft(Noise(CONFIG)(ALL_ROWS))[:, :-1].abs().square() / NUM_SAMPLES
    bands = power.reshape(NUM_ROWS, 10, 200).mean((0, 2)) * 3
    assert bands.tolist() == pytest.approx([1.0] * 10, abs=5 / 80)


@pytest.mark.parametrize("seed", [0, 42, 2**32 - 1])
def test_the_noise_of_a_seed_of_ones_own_is_torchs_of_that_seed(seed):
    generator = torch.Generator("cpu").manual_seed(seed)
    drawn = torch.rand(NUM_ROWS, NUM_SAMPLES, generator=generator, dtype=torch.float32)
    found = Noise(CONFIG, seed=seed)(ALL_ROWS, torch.float32)
    assert torch.equal(found, drawn * 2 - 1)
    assert not torch.equal(found, Noise(CONFIG)(ALL_ROWS, torch.float32))


def test_no_two_rows_sound_alike():
    # The correlation of two rows strays by 1 / sqrt(N); there are 496 pairs, so six times that.
    noise = Noise(CONFIG)(ALL_ROWS)
    correlation = torch.corrcoef(noise) - torch.eye(NUM_ROWS, dtype=torch.float64)
    assert correlation.abs().max().item() < 6 / math.sqrt(NUM_SAMPLES)


def test_noise_takes_nothing_from_the_global_random_state(unchanged_random_state):
    noise = Noise(CONFIG)(ALL_ROWS)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(2)
        assert torch.equal(Noise(CONFIG)(ALL_ROWS), noise)


def test_the_table_does_not_travel_with_the_module():
    noise = Noise(CONFIG)
    heard = noise(ALL_ROWS)
    pickled = pickle.dumps(noise)
    assert len(pickled) < 10_000 < heard.numel()
    assert torch.equal(pickle.loads(pickled)(ALL_ROWS), heard)
    assert noise.state_dict() == {}


@pytest.mark.parametrize(
    ("rows", "error", "message"),
    [
        (torch.tensor([0.0]), TypeError, "got dtype torch.float32"),
        (torch.tensor([0], dtype=torch.int32), TypeError, "got dtype torch.int32"),
        ([0, 1], TypeError, r"got \[0, 1\] \(list\)"),
        (torch.tensor([0, 32]), ValueError, r"got \[0, 32\]"),
        (torch.tensor([-1]), ValueError, r"got \[-1\]"),
        (torch.tensor([[0]]), ValueError, r"got shape \[1, 1\]"),
        (torch.tensor([], dtype=torch.int64), ValueError, r"got shape \[0\]"),
    ],
    ids=["float", "int32", "list", "row-32", "row--1", "2-D", "none"],
)
def test_rows_that_are_not_in_the_table_are_refused(rows, error, message):
    rule = r"noise rows must be int64 in \[0, 32\), shape \[B\], "
    with pytest.raises(error, match=rule + message):
        Noise(CONFIG)(rows)


def test_a_table_is_a_copy_of_one_that_is_there_unless_it_was_written_to():
    # Of a length that nothing else in the process has.
    config = SynthConfig(sample_rate=7919, control_rate=40, buffer_size_seconds=0.1)
    cpu = torch.device("cpu")
    first, second, third = Noise(config), Noise(config), Noise(config)
    table = first.table(cpu)
    assert torch.equal(second.table(cpu), table)
    table += 1
    assert torch.equal(second.table(cpu), torch_table(config.buffer_size))
    assert torch.equal(third.table(cpu), torch_table(config.buffer_size))
    gone = weakref.ref(table)
    first.free()
    del table
    assert gone() is None
