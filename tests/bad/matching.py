"""Calls of matching."""

# ruff: noqa: C408, RUF005

import torch
from bad.common import (
    AUDIO,
    LONG,
    MIDDLE,
    MOST,
    ONE,
    VOICE,
    WITH_GRADIENT,
    P,
    method,
)
from bad.values import (
    INF,
    NAN,
    Bad,
    above,
    floats,
    instance,
    positive,
    real,
    truth,
    values,
    whole,
)

from synth_datamodule.matching.inversion import invert, multi_resolution_stft, search_along
from synth_datamodule.matching.metrics import ParameterErrors
from synth_datamodule.matching.model import SoundMatcher
from synth_datamodule.matching.sound_logger import SoundLogger
from synth_datamodule.matching.spectral import SpectralDistance, STFTDistance


def table():
    heard = floats("audio", AUDIO, (0,))
    heard = [b for b in heard if b.label != "empty_0"] + values(
        "audio", AUDIO, "be finite", NAN, INF, -INF
    )
    begin = floats("start", MIDDLE) + values("start", MIDDLE, r"lie in \[0, 1\]", NAN, -1.0, 1.5)
    names = [
        *[
            b._replace(words="^names must be one or more different names")
            for b in instance("")
            if b.label not in ("dict", "set", "generator")
        ],
        Bad("unknown", ["nonsense"], ValueError, "^no parameter is named 'nonsense'"),
        Bad("long_name", [LONG], ValueError, "^no parameter is named"),
        Bad("twice", ["keyboard.midi_f0"] * 2, ValueError, "^names must be"),
    ]
    rows = [
        Bad("floats", ONE, TypeError, "^noise rows must be int64"),
        Bad("above", torch.tensor([0, 32]), ValueError, "^noise rows must be int64"),
    ]
    losses = [
        Bad("scalar", lambda a, b: (a - b).mean(), ValueError, r"^loss\(guess, target\) must be"),
        Bad("none", lambda a, b: None, TypeError, r"^loss\(guess, target\) must be"),
        Bad("nan", lambda a, b: (a - b).mean(1) * NAN, ValueError, r"^loss\(.*must be finite"),
        Bad("number", 3, TypeError, "^loss must be a function"),
        Bad("word", "mse", TypeError, "^loss must be a function"),
    ]
    good = dict(voice=WITH_GRADIENT, audio=AUDIO, start=MIDDLE)
    yield (
        "search_along",
        search_along,
        good,
        dict(
            voice=instance("voice"),
            audio=heard,
            start=begin,
            names=names,
            loss=losses,
            num_values=whole("num_values", 2, 2**14),
            noise_rows=rows,
        ),
    )
    yield (
        "invert",
        invert,
        good | dict(num_steps=1, search=()),
        dict(
            voice=instance("voice")
            + [Bad("no_grad", VOICE, ValueError, "^voice must have a gradient")],
            audio=heard,
            start=begin,
            num_steps=whole("num_steps", 1, 10**6),
            learning_rate=positive("learning_rate") + above("learning_rate", "at most", 1e300),
            noise_rows=rows,
            search=[b._replace(words=b.words.replace("names", "search")) for b in names[-3:]],
            loss=[
                *losses,
                Bad("detached", lambda a, b: (a - b).detach().mean(1), ValueError, "^loss must"),
            ],
        ),
    )
    yield (
        "multi_resolution_stft",
        multi_resolution_stft,
        {},
        dict(
            windows=[
                Bad("number", 64, TypeError, "^windows must be"),
                Bad("word", "64", TypeError, "^windows must be"),
                Bad("empty", (), ValueError, "^windows must be"),
                *[
                    Bad(f"window_{b.label}", (b.value,), b.error, "^window must")
                    for b in whole("", 4, 2**20)
                ],
            ],
            floor=real("floor"),
        ),
    )
    sound_matcher = dict(
        num_parameters=whole("num_parameters", 1, 2**16),
        sample_rate=whole("sample_rate", 2, 2**22),
        width=whole("width", 1, 1024),
        learning_rate=positive("learning_rate") + above("learning_rate", "at most", 1e300),
    )
    yield "SoundMatcher", SoundMatcher, {}, sound_matcher
    yield (
        "SoundLogger",
        SoundLogger,
        dict(pictures=False),
        dict(
            num_sounds=whole("num_sounds", 1, 16),
            every_n_epochs=whole("every_n_epochs", 1),
            pictures=truth("pictures"),
            guess=[
                b._replace(words="^guess must be a function or None")
                for b in instance("")
                if b.label != "none" and not callable(b.value)
            ],
        ),
    )
    yield (
        "ParameterErrors",
        ParameterErrors,
        {},
        dict(num_parameters=whole("num_parameters", 1, 2**16)),
    )
    yield (
        *method(ParameterErrors(P), "update"),
        dict(guess=MIDDLE, parameters=MIDDLE),
        dict(guess=floats("guess", MIDDLE), parameters=floats("parameters", MIDDLE, (0,))),
    )
    yield "SpectralDistance", SpectralDistance, {}, dict(sample_rate=whole("sample_rate", 2, MOST))
    long = torch.zeros(2, 4000)
    yield (
        *method(SpectralDistance(8000), "forward"),
        dict(guess=long, target=long),
        dict(guess=floats("guess", long), target=floats("target", long, (0, 1))),
    )
    yield (
        "STFTDistance",
        STFTDistance,
        dict(sizes=(64,), floors=(1e-7,)),
        dict(
            sizes=[
                Bad(f"size_{b.label}", (b.value,), b.error, "^size must")
                for b in whole("", 4, 2**20)
            ],
            floors=[
                Bad(f"floor_{b.label}", (b.value,), b.error, "^floor must") for b in positive("")
            ],
        ),
    )
