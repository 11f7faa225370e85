"""Calls of recordings."""

# ruff: noqa: C408

import numpy as np
import torch
from bad.common import VOICE
from bad.values import INF, NAN, Bad, floats, instance, values, whole

from synth_datamodule import match

SOUND = torch.sin(torch.arange(4000) * 0.3)


def table():
    heard = [
        # Channels, arrays and any length will do.
        *[b for b in floats("audio", SOUND, (0,)) if b.label not in ("array", "added")],
        *values("audio", SOUND, "be finite", NAN, INF, -INF),
        Bad("silent", torch.zeros(4000), ValueError, "^audio must not be silent"),
        Bad("one", torch.ones(1), ValueError, "^audio must last 5 ms"),
        Bad("channels", torch.ones(257, 99), ValueError, "^audio must have 1 to 256 channels"),
        Bad("array", np.ones(4000, np.int16), TypeError, "^audio must be floating point"),
    ]
    yield (
        "match",
        match,
        dict(audio=SOUND, sample_rate=8000, voice=VOICE, num_indexed=4, renders=0),
        dict(
            audio=heard,
            sample_rate=whole("sample_rate", 1000, 2**22),
            voice=[b for b in instance("voice") if b.label != "none"],
            num_indexed=whole("num_indexed", 1, 2**20),
            renders=whole("renders", 0, 10**6),
            seed=whole("seed", 0, 2**32 - 1),
            name=[b for b in instance("name") if not isinstance(b.value, str)],
        ),
    )
