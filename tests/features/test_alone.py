"""What is made of a sound depends on no other sound of its batch."""

import pytest
import torch

from synth_datamodule import SynthConfig, Voice
from synth_datamodule.features import (
    MFCC,
    LogMel,
    Normalize,
    Resample,
    integrated_loudness,
    levels,
    resampling,
    spectra,
    twins,
)
from synth_datamodule.loading import Handed, Rendering

RATE = 16000
CONFIG = SynthConfig(sample_rate=RATE, buffer_size_seconds=0.25, control_rate=400)
FEATURES = {
    "LogMel": lambda: LogMel(RATE),
    "LogMel, short": lambda: LogMel(RATE, num_mels=20, n_fft=256, hop_length=64),
    "MFCC": lambda: MFCC(RATE),
    "MFCC, few": lambda: MFCC(RATE, num_coefficients=5, num_mels=16, n_fft=400, hop_length=160),
    "Resample down": lambda: Resample(RATE, 11025),
    "Resample up": lambda: Resample(RATE, 24000),
    "peak": lambda: Normalize("peak"),
    "rms": lambda: Normalize("rms"),
    "loudness": lambda: Normalize(-23.0, RATE),
    "loudness itself": lambda: lambda audio: integrated_loudness(audio, RATE),
    "levels": lambda: lambda audio: torch.stack([part.float() for part in levels(audio)], dim=1),
}


@pytest.fixture(scope="module")
def audio():
    """Sounds, one silent, one loud, one all but silent."""
    sounds = Voice(CONFIG).render_sounds(range(64)).audio.clone()
    sounds[5] = 0
    sounds[6] = torch.sign(sounds[7])
    sounds[8] *= 1e-4
    return sounds


@pytest.fixture(params=["torchaudio", "twins"])
def library(request, monkeypatch):
    if request.param == "twins":
        for room in (spectra, resampling):
            monkeypatch.setattr(room, "transforms", lambda: twins)
    else:
        pytest.importorskip("torchaudio")


@pytest.mark.parametrize("feature", FEATURES)
@pytest.mark.parametrize("batch_size", [2, 3, 31, 64])
def test_a_feature_is_the_same_alone_and_in_any_batch(feature, batch_size, audio, library):
    made = FEATURES[feature]()
    whole = made(audio[:batch_size])
    for place in {0, 1, 5, 6, 8, batch_size - 1} & set(range(batch_size)):
        assert torch.equal(made(audio[place : place + 1])[0], whole[place])


@pytest.mark.parametrize("chunk", [None, 1, 3])
@pytest.mark.parametrize(
    "handed",
    [Handed(crop_seconds=0.1), Handed(0.1, random_crop=True), Handed(paired_delta=0.2)],
    ids=["crop", "random crop", "pair"],
)
def test_a_crop_and_a_pair_are_the_same_alone_and_in_any_batch(handed, chunk):
    voice = Voice(CONFIG)
    rendering = Rendering(voice, handed, chunk=chunk, transform=MFCC(RATE, n_fft=512))
    alone = Rendering(voice, handed, transform=MFCC(RATE, n_fft=512))
    numbers, cpu = torch.arange(100, 107), torch.device("cpu")

    def audio_of(found):
        views = found if handed.paired_delta else (found,)
        return [view.audio for view in views]

    whole = audio_of(rendering(numbers, cpu, torch.float32))
    for place in range(len(numbers)):
        one = audio_of(alone(numbers[place : place + 1], cpu, torch.float32))
        for single, batch in zip(one, whole, strict=True):
            assert torch.equal(single[0], batch[place])
