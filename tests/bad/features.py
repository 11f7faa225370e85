"""Calls of features."""

# ruff: noqa: C408, RUF005

from bad.common import (
    AUDIO,
    MOST,
    levels,
    method,
)
from bad.values import (
    Bad,
    above,
    floats,
    positive,
    whole,
)

from synth_datamodule import (
    features,
)


def table():
    sizes = dict(
        num_mels=whole("num_mels", 1, 4096),
        n_fft=whole("n_fft", 2, 2**20),
        hop_length=whole("hop_length", 1, 2**20),
        sample_rate=whole("sample_rate", 2, MOST),
    )
    good = dict(sample_rate=8000, num_mels=8, n_fft=256)
    yield "LogMel", features.LogMel, good, sizes
    yield (
        "MFCC",
        features.MFCC,
        good | dict(num_coefficients=4),
        sizes | dict(num_coefficients=whole("num_coefficients", 1, 8)),
    )
    yield (
        "Resample",
        features.Resample,
        dict(sample_rate=8000, new_sample_rate=4000),
        {
            name: whole(name, 1, MOST) + above("sample_rate and new_sample_rate", "table", MOST)
            for name in ("sample_rate", "new_sample_rate")
        },
    )
    heard = floats("audio", AUDIO, (0, 1)) + [
        Bad("double", AUDIO.double(), TypeError, "^audio must be float32, bfloat16 or float16")
    ]
    short = [Bad("short", AUDIO[:, :128], ValueError, "^audio must be longer than half a window")]
    yield *method(features.LogMel(**good), "forward"), {}, dict(audio=heard + short)
    yield (
        *method(features.MFCC(num_coefficients=4, **good), "forward"),
        {},
        dict(audio=heard + short),
    )
    yield *method(features.Resample(8000, 4000), "forward"), {}, dict(audio=heard)
    yield (
        "Normalize",
        features.Normalize,
        dict(to="rms"),
        dict(
            to=levels("to"),
            sample_rate=whole("sample_rate", 2, MOST, optional=True),
            level=positive("level", optional=True),
        ),
    )
    yield (
        "Normalize",
        features.Normalize,
        dict(to=-23.0, sample_rate=8000),
        dict(
            sample_rate=whole("sample_rate", 4000, MOST),
            level=[Bad("two", 0.5, ValueError, "^level must be None")],
        ),
    )
    for to in ("peak", -23.0):
        yield (
            *method(features.Normalize(to, 8000), "forward"),
            {},
            dict(audio=floats("audio", AUDIO, (0, 1))),
        )
    yield (
        "integrated_loudness",
        features.integrated_loudness,
        dict(audio=AUDIO, sample_rate=8000),
        dict(audio=floats("audio", AUDIO, (0, 1)), sample_rate=whole("sample_rate", 4000, MOST)),
    )
    yield "levels", features.levels, {}, dict(audio=floats("audio", AUDIO, (0, 1)))
