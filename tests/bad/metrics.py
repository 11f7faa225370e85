"""Calls of metrics."""

# ruff: noqa: C408

from bad.common import AUDIO, MOST, method
from bad.values import floats, whole

from synth_datamodule import metrics


def table():
    rate = dict(sample_rate=whole("sample_rate", 1000, MOST))
    yield "SoundMetrics", metrics.SoundMetrics, dict(sample_rate=8000), rate
    yield (
        *method(metrics.SoundMetrics(8000), "forward"),
        dict(guess=AUDIO, target=AUDIO),
        dict(guess=floats("guess", AUDIO), target=floats("target", AUDIO, (0, 1))),
    )
