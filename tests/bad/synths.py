"""Calls of synths."""

# ruff: noqa: C408

import torch
from bad.common import (
    BATCH,
    CONFIG,
    LISTS,
    LONG,
    MIDDLE,
    NEBULAE,
    PINNED,
    RANGES,
    ROWS,
    VOICE,
    WITH_GRADIENT,
    method,
)
from bad.values import (
    INF,
    NAN,
    SOUNDS,
    Bad,
    device,
    floats,
    instance,
    int_tensor,
    numbers,
    real,
    truth,
    values,
    whole,
    word,
)

from synth_datamodule import (
    Preset,
    Voice,
    synths,
)
from synth_datamodule.batch import PairedBatch


def table():
    synth = dict(
        synthconfig=[b for b in instance("synthconfig") if b.label != "none"],
        nebula=NEBULAE,
        # Without those of other ranges.
        pinned=[b for b in PINNED if b.label not in ("above", "below")],
        ranges=[b for b in RANGES if b.label not in ("above", "below")],
        values=[b for b in LISTS if b.label not in ("above", "below")],
        dtype=[
            Bad(f"dtype_{dtype!r:.20}", dtype, ValueError, "^dtype must be torch.float64 or")
            for dtype in (
                torch.float16,
                torch.bfloat16,
                torch.int64,
                "float32",
                None,
                3,
                float,
                LONG,
            )
        ],
    )
    for kind, backends in (
        (Voice, ("fused", "reference")), (synths.FmVoice, ()), (synths.FilteredVoice, ()),
        (synths.OneOscillator, ()),
    ):  # fmt: skip
        wrong = word("backend", ("nonsense", "", LONG, *({"fused"} - {*backends})))
        yield kind.__name__, kind, {}, synth | {"backend": wrong}

    yield *method(VOICE, "forward"), {}, dict(batch_idx=whole("batch_idx", 0, SOUNDS // 2 - 1))
    yield (
        *method(VOICE, "render_sounds"),
        dict(indices=[3]),
        dict(indices=numbers(), device=device("device", optional=True)),
    )
    yield *method(VOICE, "draw"), {}, dict(indices=numbers())
    batch = instance("batch", "must be a SynthBatch, got")
    yield from _presets()
    yield *method(VOICE, "rerender"), {}, dict(batch=batch + _other_batches())
    rows = int_tensor("^noise rows must be int64", ROWS, 32, -1, 2**62)
    rows = [bad for bad in rows if bad.label != "none"] + [
        Bad("one_only", ROWS[:1], ValueError, "^noise_rows must be one row per sound"),
        Bad("table", ROWS[None], ValueError, "^noise rows must be int64"),
        Bad("none_at_all", ROWS[:0], ValueError, "^noise rows must be int64"),
    ]
    sound = floats("parameters", MIDDLE, (0,)) + values(
        "parameters", MIDDLE, r"lie in \[0, 1\]", NAN, -1e-5, 1.00001, INF, -INF, 1e30
    )
    for synth in (VOICE, WITH_GRADIENT, Voice(CONFIG, backend="reference")):
        for name in ("render", "render_all", "synthesize"):
            yield (
                *method(synth, name),
                dict(parameters=MIDDLE),
                dict(parameters=sound, noise_rows=rows),
            )
    yield (
        *method(VOICE, "canonical"),
        dict(parameters=MIDDLE),
        dict(parameters=sound, noise_rows=rows, clipping=truth("clipping")),
    )
    for name in ("invariants", "inert", "inert_reasons"):
        yield *method(VOICE, name), {}, dict(parameters=sound)
    target = floats("target", MIDDLE, (0,)) + values("target", MIDDLE, r"lie in \[0, 1\]", NAN, 2.0)
    three = Bad("of_three", MIDDLE[[0, 0, 0]], ValueError, "^target must have as many sounds as")
    yield (
        *method(VOICE, "aligned"),
        dict(parameters=MIDDLE, target=MIDDLE),
        dict(parameters=sound, target=[*target, three]),
    )
    generator = instance("generator", "must be a Generator")
    yield (
        *method(VOICE.symmetries[0], "moved"),
        dict(parameters=MIDDLE),
        dict(parameters=sound, generator=[bad for bad in generator if bad.label != "none"]),
    )
    nothing = [
        bad for bad in instance("names") if bad.label not in ("none", "dict", "set", "generator")
    ]
    names = [
        bad._replace(words="^names must be one or more different names") for bad in nothing
    ] + [
        Bad("empty", [], ValueError, "^names must be one or more different names"),
        Bad("twice", ["vca", "vca"], ValueError, "^names must be one or more different names"),
        Bad("near", ["adsr1"], ValueError, "^no signal is named 'adsr1'; did you mean 'adsr_1'"),
        Bad("far", [LONG], ValueError, "^no signal is named 'x"),
        Bad("a_number", [3], TypeError, "^names must be one or more different names"),
    ]
    yield (
        *method(VOICE, "signals"),
        dict(parameters=MIDDLE),
        dict(parameters=sound, noise_rows=rows, names=names),
    )


def _presets():
    one, other = "keyboard.midi_f0", MIDDLE[0]
    maps = [bad for bad in instance("", "") if bad.label not in ("none", "dict")]
    noise_row = whole("noise_row", 0, 31, optional=True)
    name = [bad for bad in instance("name", "must be a str") if bad.label != "word"]
    by_name = {
        word: [Bad(b.label, b.value, TypeError, f"^{word} must map parameter") for b in maps]
        + [
            Bad(f"of_{bad.label}", {one: bad.value}, bad.error, f"{one} must be a finite")
            for bad in real("")
        ]
        + [
            Bad("unknown", {LONG: 1.0}, ValueError, "^no parameter is named"),
            Bad("named_by_number", {3: 1.0}, TypeError, "^a parameter is named by a string"),
            Bad("above", {one: 128}, ValueError, f"{one} must lie in"),
            Bad("below", {one: -1e-5}, ValueError, f"{one} must lie in"),
        ]
        for word in ("values", "normalized")
    }
    sound = [
        b for b in whole("sound", 0, SOUNDS - 1, optional=True) if b.label not in ("word", "none")
    ]
    yield (
        "Preset",
        Preset,
        dict(sound=7),
        dict(
            recipe=[b for b in instance("recipe", "must be a SynthRecipe") if b.label != "none"],
            sound=[*sound, Bad("text_word", LONG, ValueError, "^sound must be a number or")],
            noise_row=noise_row,
            name=name,
            **by_name,
        ),
    )
    yield (
        "Preset.of",
        Preset.of,
        dict(synth=VOICE, sound=other),
        dict(
            synth=instance("synth", "must be an AbstractSynth"),
            sound=floats("sound", other) + values("sound", other, r"lie in \[0, 1\]", NAN, -1e-5),
            noise_row=noise_row,
            name=name,
        ),
    )
    path = [
        Bad(b.label, b.value, TypeError, "^path must be the path of a file")
        for b in instance("")
        if b.label != "word"
    ]
    preset = Preset.of(VOICE, other)
    yield "Preset.load", Preset.load, {}, dict(path=path)
    yield *method(preset, "save"), {}, dict(path=path)
    none = Bad("none", None, TypeError, "^values must map parameter names")
    yield *method(preset, "changed"), {}, dict(values=[*by_name["values"], none])


def _other_batches():
    index = int_tensor("^batch.index must be sound numbers", BATCH.index)
    parameters = floats("batch.parameters", BATCH.parameters) + values(
        "parameters", BATCH.parameters, r"lie in \[0, 1\]", NAN, -1e-5, INF
    )
    changed = [("index", bad) for bad in index] + [("parameters", bad) for bad in parameters]
    return [
        Bad(f"{field}_{bad.label}", BATCH._replace(**{field: bad.value}), bad.error, bad.words)
        for field, bad in changed
    ] + [
        Bad(
            "pair", PairedBatch(BATCH, BATCH), TypeError, "^batch must be a SynthBatch, got a Pair"
        ),
        Bad("half", BATCH.to(torch.float16), TypeError, "must be float32 or float64, got"),
        Bad("far", BATCH._replace(index=BATCH.index + SOUNDS), ValueError, "^sound numbers must"),
    ]
