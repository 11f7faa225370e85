import pytest
import torch

from synth_datamodule.pretraining.probe import probe


def made(num_sounds, width=4):
    generator = torch.Generator().manual_seed(0)
    return torch.randn(num_sounds, width, generator=generator, dtype=torch.float64)


def test_what_is_linear_is_told_whole_and_what_is_not_there_not_at_all():
    heard, noise = made(400), made(401)[1:, 0].flip(0)
    label = heard @ torch.tensor([1.0, -2.0, 0.0, 0.5], dtype=torch.float64) + 7
    halves = heard[:200], label[:200], heard[200:], label[200:]
    assert probe(*halves) == pytest.approx(1, abs=1e-6)
    assert abs(probe(halves[0], noise[:200], halves[2], noise[200:])) < 0.1


def test_half_signal_half_noise_is_half_told():
    heard = made(4000)
    generator = torch.Generator().manual_seed(1)
    label = heard[:, 0] + torch.randn(4000, generator=generator, dtype=torch.float64)
    told = probe(heard[:2000], label[:2000], heard[2000:], label[2000:])
    assert told == pytest.approx(0.5, abs=0.05)


def test_units_of_representations_and_labels_do_not_matter():
    heard = made(100)
    label = heard[:, 0] * heard[:, 1] + heard[:, 2]
    told = probe(heard[:50], label[:50], heard[50:], label[50:])
    scaled = heard * torch.tensor([1e3, 1.0, 1e-3, 1.0], dtype=torch.float64) + 5
    again = probe(scaled[:50], 100 * label[:50] - 3, scaled[50:], 100 * label[50:] - 3)
    assert again == pytest.approx(told, abs=1e-9)


def test_more_numbers_than_sounds_do_no_harm():
    heard = made(120, 300)
    label = heard[:, :3].sum(1)
    assert probe(heard[:60], label[:60], heard[60:], label[60:]) > -0.2


def test_what_is_the_same_in_all_sounds_tells_nothing():
    constant, label = torch.ones(10, 3), torch.arange(10.0)
    assert probe(constant, label, constant, label) == pytest.approx(0)
