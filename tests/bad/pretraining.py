"""Calls of pretraining, and of the networks that matching lends it."""

# ruff: noqa: C408

import torch
from bad.common import MIDDLE, VOICE, method
from bad.values import NAN, Bad, above, floats, instance, positive, real, values, whole, word

from synth_datamodule.matching.by_ear import EarMatcher
from synth_datamodule.matching.canonical import CanonicalMatcher, canonical_targets
from synth_datamodule.matching.flow import Flow
from synth_datamodule.matching.patches import PatchEncoder, check_width
from synth_datamodule.matching.transformer import TransformerMatcher
from synth_datamodule.matching.velocity import Velocity
from synth_datamodule.pretraining.contrast import contrast
from synth_datamodule.pretraining.labels import labels_of
from synth_datamodule.pretraining.masking import MaskedFrames
from synth_datamodule.pretraining.pretrainer import Pretrainer
from synth_datamodule.pretraining.probe import probe


def widths(name="width"):
    uneven = Bad("uneven", 48, ValueError, f"^{name} must be a multiple of 32, got 48")
    return [
        b._replace(words=b.words.replace(name, "width")) for b in [*whole(name, 32, 2048), uneven]
    ]


def table():
    depth, num_parameters = whole("depth", 1, 64), whole("num_parameters", 1, 2**16)
    rates = positive("learning_rate") + above("learning_rate", "at most", 1e300)
    sample_rate = whole("sample_rate", 2, 2**22)
    matcher = dict(num_parameters=num_parameters, sample_rate=sample_rate, learning_rate=rates)
    cnn = matcher | dict(width=whole("width", 1, 1024))
    anchor = [*real("anchor"), *above("anchor", "lie in", 1e300, -1.0)]
    yield "CanonicalMatcher", CanonicalMatcher, {}, cnn
    yield "EarMatcher", EarMatcher, {}, cnn | dict(anchor=anchor)
    yield (
        "TransformerMatcher",
        TransformerMatcher,
        {},
        matcher | dict(width=widths(), depth=depth),
    )
    yield (
        "PatchEncoder",
        PatchEncoder,
        {},
        dict(width=widths(), depth=depth, num_frames=whole("num_frames", 1, 1024)),
    )
    yield "check_width", check_width, {}, dict(width=widths())
    yield (
        "Velocity",
        Velocity,
        {},
        dict(num_parameters=num_parameters, width=widths(), depth=depth),
    )
    yield (
        "Flow",
        Flow,
        {},
        dict(
            num_parameters=num_parameters,
            width=widths(),
            depth=depth,
            encoder_width=widths(),
            encoder_depth=depth,
        ),
    )
    flow = Flow(width=32, depth=1, encoder_width=32, encoder_depth=1)
    yield (
        *method(flow, "sample"),
        dict(frames=torch.zeros(1, 96, 8), noise=torch.zeros(1, 78)),
        dict(num_steps=whole("num_steps", 1, 10**4)),
    )
    yield (
        "canonical_targets",
        canonical_targets,
        dict(synth=VOICE, parameters=MIDDLE),
        dict(parameters=floats("parameters", MIDDLE, (0,))),
    )
    views = torch.ones(2, 3)
    yield (
        "contrast",
        contrast,
        dict(first=views, second=views),
        dict(
            first=floats("first|second", views, (0, 1)),
            second=floats("second", views),
            temperature=positive("temperature"),
        ),
    )
    encoder = PatchEncoder(width=32, depth=1)
    yield (
        "MaskedFrames",
        MaskedFrames,
        dict(encoder=encoder),
        dict(encoder=instance("encoder"), share=positive("share") + above("share", "between", 1.0)),
    )
    yield (
        "Pretrainer",
        Pretrainer,
        {},
        dict(
            objective=word("objective"),
            sample_rate=sample_rate,
            width=widths(),
            depth=depth,
            learning_rate=rates,
        ),
    )
    yield (
        "labels_of",
        labels_of,
        dict(synth=VOICE, parameters=MIDDLE),
        dict(synth=instance("synth"), parameters=floats("parameters", MIDDLE, (0,))),
    )
    heard, label = torch.rand(4, 2), torch.rand(4)
    nan = dict(zip(("train", "labels", "test", "truth"), (heard, label) * 2, strict=True))
    yield (
        "probe",
        probe,
        nan,
        {
            name: values(name, given, "be finite", NAN)
            + [b for b in floats(name, given, (0,)) if b.label in ("none", "word", "ints")]
            for name, given in nan.items()
        },
    )
