"""Calls of parameters."""

# ruff: noqa: C408, RUF005

import numpy as np
import torch
from bad.common import (
    KEYBOARD,
    LONG,
    MIDDLE,
    NEBULAE,
    NO_ROWS,
    OWN,
    PINNED,
    SPLITS,
    TABLE,
    VOICE,
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
    word,
)

from synth_datamodule import (
    parameters,
)

BY_NAME = [
    *[b for b in instance("values") if b.label != "dict"],
    *[
        b
        for b in PINNED
        if isinstance(b.value, dict)
        and b.label not in ("value_tensor", "value_array", "value_dict")
    ],
    Bad("ints", {KEYBOARD.name: np.array([3])}, TypeError, "must be a float array, got dtype int"),
    Bad("module", {"keyboard": {"midi": 3}}, ValueError, "^no parameter is named 'keyboard.midi'"),
    Bad("module_of_3", {"keyboard": {3: 3}}, TypeError, "^a parameter is named by a string, got 3"),
]


EITHER = ("added", "array")  # which floats refuses, and these calls take


def arrays_or_floats(name, good):
    """Wrong tensors and arrays ``[.., P]``."""
    wrong = [b for b in floats(name, good, (0,)) if b.label not in EITHER]
    arrays = dict(ints=np.ones((2, 1), int), words=np.array([["3"]]), masked=np.ma.ones((2, 1)))
    return wrong + [
        Bad(f"array_of_{label}", array, TypeError, f"^{name} must be a float array")
        for label, array in arrays.items()
    ]


def with_attack(params, value):
    """SynthAX's parameters with another value of one of them."""
    inner = params["params"]
    return {**inner, "modules_adsr_1": {**inner["modules_adsr_1"], "attack": value}}


def tensors_by_name(good):
    """Wrong tensors ``[B]`` as the value of a parameter."""
    rule = f"^{KEYBOARD.name} must be"
    wrong = [b for b in floats(KEYBOARD.name, good) if isinstance(b.value, torch.Tensor)]
    return [
        Bad(f"tensor_{b.label}", {KEYBOARD.name: b.value}, b.error, rule)
        for b in wrong
        if b.label != "scalar"
    ] + [
        Bad("holds_128", {KEYBOARD.name: good * 128}, ValueError, f"^{KEYBOARD.name} must lie in"),
        Bad("holds_nan", {KEYBOARD.name: good * NAN}, ValueError, f"^{KEYBOARD.name} must lie in"),
    ]


def table():
    yield (
        "ParameterRange",
        parameters.ParameterRange,
        dict(name="a", minimum=0.0, maximum=1.0),
        dict(
            name=[b for b in instance("a parameter's name") if b.label != "word"]
            + [Bad("empty", "", TypeError, "^a parameter's name must")],
            minimum=real("minimum of a")
            + above("minimum of a", "at most its maximum", 1.0 + 1e-9, 2.0)
            + [Bad("wide", -1e300, ValueError, "^a must range over")],
            maximum=real("maximum of a") + [Bad("wide", 1e300, ValueError, "^a must range over")],
            curve=positive("curve of a") + above("curve of a", "in", 1e-320, 1e-7, 1e7, 1e300),
            symmetric=truth("symmetric of a"),
            unit=[b for b in instance("unit of a") if b.label != "word"],
        ),
    )
    yield (
        "OwnParameters",
        parameters.OwnParameters,
        dict(given=NO_ROWS),
        dict(
            given=[b for b in OWN if b.label != "a_dict"]
            + [Bad("a_dict", {}, TypeError, "^parameters must be numbers")],
            split=SPLITS,
        ),
    )
    yield (
        "ParameterTable",
        parameters.ParameterTable,
        dict(ranges=[KEYBOARD]),
        dict(
            ranges=[bad for bad in instance("ranges") if bad.label in ("none", "number", "nan")]
            + [
                Bad("numbers", [1], TypeError, "^a range must be a ParameterRange, got 1"),
                Bad("text", "ab", TypeError, "^a range must be a ParameterRange, got 'a'"),
                Bad("twice", [KEYBOARD] * 2, ValueError, "must occur once"),
            ],
            pinned=PINNED,
        ),
    )
    yield (
        *method(TABLE, "column"),
        {},
        dict(
            name=[b for b in instance("a parameter") if b.label != "word" and b.value is not None][
                :0
            ]
            + [
                Bad(b.label, b.value, TypeError, "^a parameter is named by a string")
                for b in instance("")
                if b.label != "word"
            ]
            + [Bad("unknown", LONG, ValueError, "^no parameter is named")]
        ),
    )
    one = torch.full((2, 1), 0.5)
    numbers = [
        *arrays_or_floats("parameters", one),
        *values("parameters", one, r"lie in \[0, 1\]", NAN, -1e-5, 1.00001, INF, -INF),
    ]
    for name in ("to_physical", "pin"):
        yield *method(TABLE, name), {}, dict(parameters=numbers)
    yield *method(TABLE, "take_free"), {}, dict(parameters=arrays_or_floats("parameters", one))
    yield (
        *method(TABLE, "put_free"),
        {},
        dict(
            free=arrays_or_floats("free", one)
            + values("free", one, r"lie in \[0, 1\]", NAN, -1e-5, 1.00001, INF, -INF)
        ),
    )
    yield (
        *method(TABLE, "to_normalized"),
        {},
        dict(
            values=arrays_or_floats("values", one)
            + values(KEYBOARD.name, one, r"lie in \[0, 127\]", NAN, -1.0, 128.0, INF)
        ),
    )
    yield (
        *method(TABLE, "replace"),
        dict(parameters=one, values={KEYBOARD.name: 60.0}),
        dict(parameters=numbers, values=[*BY_NAME, *tensors_by_name(torch.ones(2))]),
    )
    yield (
        *method(TABLE, "to_dict"),
        dict(values=one),
        dict(
            values=arrays_or_floats("values", one),
            names=[
                Bad("word", KEYBOARD.name, TypeError, "^names must be one or more"),
                Bad("none_of_them", [], ValueError, "^names must be one or more"),
                Bad("unknown", [LONG], ValueError, "^no parameter is named"),
                Bad("numbers", [3], TypeError, "^names must be one or more"),
            ],
        ),
    )
    lacks = Bad("lacks", {}, ValueError, "^values are missing for 1")
    yield *method(TABLE, "from_dict"), {}, dict(values=[*BY_NAME, lacks])
    yield (
        *method(TABLE, "from_dict"),
        dict(values={KEYBOARD.name: 60.0}),
        dict(base=[b for b in arrays_or_floats("base", one) if b.label != "none"]),
    )
    tuning = TABLE[KEYBOARD.name]
    for name, given in (("to_physical", "u"), ("to_normalized", "values")):
        beyond = [NAN, INF, -1e9, 1e9]
        yield (
            *method(tuning, name),
            {},
            {
                given: [
                    *[
                        b
                        for b in floats(KEYBOARD.name, one, (0, 1))
                        if b.label not in ("array", "number", "added", "scalar")
                        and not b.label.startswith("empty")
                        and b.label not in ("none", "list", "word", "odd")
                    ],
                    *[
                        Bad(b.label, b.value, TypeError, f"^{KEYBOARD.name} must be a finite")
                        for b in floats(KEYBOARD.name, one)
                        if b.label in ("none", "list", "word", "odd")
                    ],
                    *values(KEYBOARD.name, one, "lie in", *beyond),
                    *[
                        Bad(f"number_{value}", value, ValueError, f"^{KEYBOARD.name} must")
                        for value in beyond
                    ],
                ]
            },
        )
    yield (
        *method(TABLE, "__getitem__"),
        {},
        dict(name=[Bad("unknown", LONG, ValueError, "^no parameter is named")]),
    )
    for name in ("from_torchsynth", "to_torchsynth"):
        yield (
            *method(TABLE, name),
            dict(numbers=one),
            dict(numbers=arrays_or_floats("numbers", one), order=word("order")),
        )
    sounds = arrays_or_floats("sounds", one)
    yield (
        *method(TABLE, "frame"),
        {},
        dict(
            sounds=sounds
            + values("sounds", one, r"lie in \[0, 1\]", NAN, -1e-5, 1.00001)
            + [Bad("deep", one[None], ValueError, r"^sounds must be \[B, P\] in shape")]
        ),
    )
    voice = VOICE.parameter_table
    synthax = parameters.to_synthax(MIDDLE, voice)
    tables = [
        *instance("table"),
        Bad("of_another_synth", TABLE, ValueError, "^table must have SynthAX's parameters"),
    ]
    yield (
        "from_synthax",
        parameters.from_synthax,
        dict(params=synthax, table=voice),
        dict(
            params=[
                *[b for b in instance("params", "must map modules") if b.label != "dict"],
                Bad("none_of_them", {}, ValueError, "^params must be those of SynthAX's Voice"),
                Bad("long_name", {LONG: {LONG: 1}}, ValueError, "^params must be those of SynthAX"),
                Bad("of_numbers", {"params": {LONG: 1}}, TypeError, "^params must map modules"),
                *[
                    Bad(f"holds_{kind}", with_attack(synthax, value), error, words)
                    for kind, value, error, words in (
                        ("words", ["3", "4"], TypeError, "^modules_adsr_1.attack must be an array"),
                        ("none", None, TypeError, "^modules_adsr_1.attack must be an array"),
                        ("one", 0.5, TypeError, "^modules_adsr_1.attack must be an array"),
                        ("ragged", [[1], [1, 2]], TypeError, "^modules_adsr_1.attack must be an"),
                        ("three", [0.5] * 3, ValueError, "^modules_.* must be of shape"),
                        ("nan", [0.5, NAN], ValueError, r"^params must lie in \[0, 1\]"),
                        ("above", [0.5, 1.5], ValueError, r"^params must lie in \[0, 1\]"),
                    )
                ],
            ],
            table=tables,
        ),
    )
    yield (
        "to_synthax",
        parameters.to_synthax,
        dict(parameters=MIDDLE, table=voice),
        dict(
            parameters=[b for b in floats("parameters", MIDDLE, (0,)) if b.label not in EITHER]
            + values("parameters", MIDDLE, r"lie in \[0, 1\]", NAN, -1e-5, 1.00001)
            + [Bad("deep", MIDDLE[None], ValueError, r"^parameters must be \[B, P\] in shape")],
            table=tables,
        ),
    )
    yield (
        "write_nebula",
        parameters.write_nebula,
        dict(path="/nonsense/nowhere/nebula.json", ranges=[KEYBOARD]),
        dict(
            path=[b for b in instance("path") if b.label != "word"]
            + [Bad("folder", "/", OSError, "/ cannot be written")],
            ranges=[b for b in instance("ranges") if b.label in ("none", "number", "nan")]
            + [
                Bad("numbers", [1], TypeError, "^a range must be a ParameterRange, got 1"),
                Bad("no_range", [], ValueError, "^ranges must be one or more, got none"),
            ],
            overwrite=truth("overwrite"),
        ),
    )
    yield "nebula_value", parameters.nebula.nebula_value, {}, dict(nebula=NEBULAE)
    curve = lambda value: {KEYBOARD.name: {"curve": value, "symmetric": False}}  # noqa: E731
    yield (
        "apply_nebula",
        parameters.apply_nebula,
        dict(ranges=[KEYBOARD]),
        dict(
            nebula=[
                *NEBULAE,
                Bad("empty", {}, ValueError, "^nebula must hold an entry or more, it is empty"),
                Bad("unknown", curve(1) | {LONG: 1}, ValueError, "^nebula names parameters"),
                *[
                    Bad(
                        f"entry_{entry!r:.30}",
                        {KEYBOARD.name: entry},
                        ValueError,
                        "must have the fields curve and symmetric, one or both",
                    )
                    for entry in (
                        1,
                        None,
                        {},
                        [LONG],
                        {"curve": 1, "symmetric": True, "": 0},
                    )
                ],
                *[
                    Bad(f"curve_{value}", curve(value), ValueError, "^nebula: curve of")
                    for value in (0, -1, NAN, INF, 1e-320, 1e300)
                ],
                *[
                    Bad(f"curve_{value!r:.9}", curve(value), TypeError, "^nebula: curve of")
                    for value in ("1", True, None, [1])
                ],
            ]
        ),
    )
