"""Calls of searching."""

# ruff: noqa: C408

import torch
from bad.common import AUDIO, MIDDLE, ONE, VOICE, WITH_GRADIENT
from bad.values import INF, NAN, Bad, floats, instance, real, values, whole

from synth_datamodule.config import MOST_SAMPLES
from synth_datamodule.searching import Shares, index_of, refine

STARTS = MIDDLE[:, None]
with torch.no_grad():
    INDEX = index_of([WITH_GRADIENT.render_sounds(range(4))], 8000)


def table():
    heard = floats("audio", AUDIO, (0,))
    heard = [b for b in heard if b.label != "empty_0"] + values(
        "audio", AUDIO, "be finite", NAN, INF, -INF
    )
    begin = [b for b in floats("starts", STARTS, (1,)) if b.label != "empty_1"] + values(
        "starts", STARTS, r"lie in \[0, 1\]", NAN, -1.0, 1.5
    )
    rate = Bad(
        "rate", index_of([VOICE.render_sounds([0])], 44100), ValueError, "^starts must be an"
    )
    no_gradient = Bad("no_grad", VOICE, ValueError, "^voice must have a gradient")
    shares = [
        Bad(f"share_{share}", share, ValueError, r"^descent must lie in \[0, 1\]")
        for share in (-0.5, 1.5)
    ]
    rows = [
        Bad("floats", ONE, TypeError, "^noise rows must be int64"),
        Bad("above", torch.tensor([0, 32]), ValueError, "^noise rows must be int64"),
        Bad("three", torch.tensor([0, 1, 2]), ValueError, "^noise_rows must be one row"),
    ]
    yield (
        "refine",
        refine,
        dict(voice=WITH_GRADIENT, audio=AUDIO, noise_rows=None, starts=STARTS, renders=1),
        dict(
            voice=[*instance("voice"), no_gradient],
            audio=heard,
            noise_rows=rows,
            starts=[*begin, rate],
            renders=whole("renders", 1, 2**20),
            seed=whole("seed", 0, 2**32 - 1),
            shares=instance("shares"),
        ),
    )
    yield (
        "Shares",
        Shares,
        {},
        dict(
            retrieved=whole("retrieved", 1, 2**20),
            descent=[*real("descent"), *shares],
            brood=whole("brood", 0, 2**20),
            parents=whole("parents", 1, 2**20),
        ),
    )
    yield (
        "index_of",
        index_of,
        dict(batches=[VOICE.render_sounds([0])], sample_rate=8000),
        dict(
            batches=[Bad("none", [], ValueError, "^batches must be at least one")],
            sample_rate=whole("sample_rate", 2, MOST_SAMPLES),
        ),
    )
    yield (
        "Index.nearest()",
        INDEX.nearest,
        dict(audio=AUDIO[0], count=1),
        dict(
            audio=floats("audio", AUDIO[0], (0,)),
            count=whole("count", 1, 4),
        ),
    )
