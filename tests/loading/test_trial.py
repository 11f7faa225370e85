import random
import warnings

import numpy as np
import pytest
import torch

from synth_datamodule import SynthDataModule
from synth_datamodule.features import MFCC, LogMel, Resample

SHORT = {"sample_rate": 8000, "buffer_size_seconds": 0.25, "control_rate": 200}


def over_the_batch(audio):
    return audio / audio.abs().amax().clamp(min=1e-6)


def to_zero_mean(audio):
    return {"audio": audio - audio.mean(1, keepdim=True)}


def noisy(audio):
    noise = torch.rand(1) + random.random() + np.random.rand()  # noqa: NPY002
    return over_the_batch(audio) + noise.to(audio.dtype)


class Counts(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("calls", torch.zeros(()))

    def forward(self, audio):
        self.calls += 1
        return audio


@pytest.mark.parametrize("transform", [over_the_batch, torch.nn.BatchNorm1d(2000)])
def test_a_transform_that_mixes_the_sounds_of_a_batch_is_named_once(transform):
    dm = SynthDataModule(batch_size=4, transform=transform, **SHORT)
    name = getattr(transform, "__name__", "BatchNorm1d")
    with pytest.warns(UserWarning, match=f"what {name} makes of a sound depends on the other"):
        dm.setup("fit")
    dm.setup("validate")


@pytest.mark.parametrize(
    "transform",
    [None, to_zero_mean, noisy, LogMel(8000), MFCC(8000, n_fft=256), Resample(8000, 5000)],
    ids=str,
)
def test_any_other_transform_is_left_in_peace(transform):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        SynthDataModule(batch_size=4, transform=transform, **SHORT).setup("fit")


def test_a_trial_leaves_no_trace():
    counts = Counts()
    states = torch.get_rng_state(), random.getstate(), np.random.get_state()[1].copy()  # noqa: NPY002
    SynthDataModule(transform=noisy, **SHORT).setup("fit")
    SynthDataModule(transform=counts, **SHORT).setup("fit")
    assert counts.calls == 0
    assert torch.equal(torch.get_rng_state(), states[0])
    assert random.getstate() == states[1]
    assert (np.random.get_state()[1] == states[2]).all()  # noqa: NPY002


@pytest.mark.parametrize(
    ("transform", "num_samples"),
    [
        (None, 2000),
        (Resample(8000, 4000), 1000),
        (lambda audio: audio - audio.mean(1, keepdim=True), 2000),
    ],
    ids=["none", "Resample", "mean"],
)
def test_the_number_of_samples_is_that_of_a_batch(transform, num_samples):
    dm = SynthDataModule(batch_size=2, val_sounds=2, transform=transform, **SHORT)
    (numbers,) = dm.val_dataloader()
    assert numbers.to("cpu").audio.shape[1] == dm.num_samples == num_samples


@pytest.mark.parametrize(
    ("transform", "message"),
    [
        (LogMel(8000), r"num_samples is of audio, and LogMel makes \[2, 96, 8\] of 2 sounds"),
        (to_zero_mean, "to_zero_mean makes dict of 2 sounds: take the sizes from a batch"),
    ],
)
def test_what_is_no_audio_has_no_number_of_samples(transform, message):
    dm = SynthDataModule(transform=transform, **SHORT)
    with pytest.raises(ValueError, match=message):
        _ = dm.num_samples


@pytest.mark.parametrize("make", [LogMel, MFCC, lambda rate: Resample(rate, 4000)])
def test_a_feature_of_another_rate_than_the_sounds_is_refused(make):
    with pytest.raises(ValueError, match="is made for 16000 Hz, and the sounds are at 8000 Hz"):
        SynthDataModule(transform=make(16000), **SHORT)
