"""Right arguments to put wrong ones beside, and how a table names a call."""

from functools import partial

import numpy as np
import torch
from bad.values import (
    INF,
    NAN,
    Bad,
    floats,
    instance,
    int_tensor,
    real,
    whole,
    word,
)

from synth_datamodule import (
    Split,
    SynthConfig,
    SynthDataModule,
    Voice,
    identity,
    loading,
    parameters,
)

MOST = 2**31 - 1
CONFIG = SynthConfig(batch_size=2, sample_rate=8000, buffer_size_seconds=0.05, control_rate=100)
N, C = CONFIG.buffer_size, CONFIG.control_buffer_size
VOICE = Voice(CONFIG)
WITH_GRADIENT = Voice(SynthConfig(2, 8000, 0.05, 100, no_grad=False))
P = len(VOICE.parameter_table)
MIDDLE = torch.full((2, P), 0.5)
ROWS = torch.tensor([0, 31])
ONE = torch.ones(2)
AUDIO, CONTROL = torch.zeros(2, N), torch.zeros(2, C)
BATCH = VOICE.render_sounds([0, 1])
SET = loading.SoundSet(Split.val, 8)
MANIFEST = identity.find_manifest("synth1M1-test")
KEYBOARD = parameters.ParameterRange("keyboard.midi_f0", 0.0, 127.0, unit="semitones")
TABLE = parameters.ParameterTable([KEYBOARD])
small = partial(SynthDataModule, sample_rate=8000, buffer_size_seconds=0.05, control_rate=100)
DATA = small(batch_size=2)
DATA.setup()
LONG = "x" * 5000
MAY_BE_NONE = ("render_ahead", "debug")


def method(thing, name):
    """A bound method under the name that the table shows."""
    call = getattr(thing, name)
    shown = thing.__name__ if isinstance(thing, type) else type(thing).__name__
    return f"{shown}.{name}", call


def of_module(module, forward, **good):
    """A module's forward, with its parameters at their middle."""
    middle = {
        one.name: torch.full((2,), (one.minimum + one.maximum) / 2)
        for one in module.parameter_ranges
    }
    given = ({"values": middle} if middle else {}) | good
    name = type(module).__name__
    wrong = dict(forward)
    if middle:
        first = next(iter(middle))
        wrong["values"] = [
            *[bad for bad in instance(name, "takes its parameters by name") if bad.label != "dict"],
            Bad("one_too_many", middle | {LONG: ONE}, ValueError, f"^{name} has the parameters"),
            *[
                Bad(f"a_value_{bad.label}", middle | {first: bad.value}, bad.error, bad.words)
                for bad in floats(first, ONE, any_size=(0,))
                if bad.label not in ("number", "scalar")  # which hold for every sound
                and (bad.label not in ("longer_0", "empty_0") or len(middle) > 1)
            ],
            *[
                Bad(
                    f"holds_{value}",
                    middle | {first: torch.tensor([value, value])},
                    ValueError,
                    f"{first} of {name} must lie in",
                )
                for value in (NAN, INF, -1e9, 1e9)
            ],
            Bad("a_number", middle | {first: 1e9}, ValueError, f"{first} of {name} must lie in"),
            Bad("a_bool", middle | {first: True}, TypeError, f"^{first} must be a float tensor"),
            Bad("no_number", middle | {first: NAN}, ValueError, f"^{first} must be a finite"),
            Bad(
                "near",
                {first[:-1]: 0.5},
                ValueError,
                f"^{name} has the parameters .*, got .*; did you mean",
            ),
        ]
    return f"{name}.forward", module.forward, given, wrong


def split_words():
    # Python's own Enum compares and shows what it is given before it asks.
    return [bad for bad in word("split") if bad.label not in ("array", "odd", "tensor")]


def one_or_many(name, stop):
    given = torch.tensor([0, 3])
    rule = f"^{name} must be a whole number >= 0 and <= {stop - 1}"
    one = [b for b in whole(name, 0, stop - 1) if b.label not in ("tensor", "array")]
    many = int_tensor(rule, given, -1, stop, 2**62, -(2**63))
    many = [b for b in many if b.label not in ("list", "array", "number", "none", "odd")]
    arrays = [
        Bad("array_of_floats", np.array([1.0]), TypeError, rule),
        Bad("masked", np.ma.array([1, 2], mask=[0, 1]), TypeError, rule),
        Bad("array_below", np.array([3, -1]), ValueError, rule),
        Bad("array_above", np.array([[stop]]), ValueError, rule),
    ]
    return [b for b in one if b.label not in {c.label for c in many}] + many + arrays


def no_functions(name):
    """Values that cannot be called, for an argument that may be None."""
    rule = f"^{name} must be a torch.nn.Module or a function"
    none = [b for b in instance("") if not callable(b.value) and b.label != "none"]
    return [b._replace(words=rule) for b in none]


def levels(name):
    """Values that are no level to normalize to."""
    rule = f"^{name} must be 'peak', 'rms' or a loudness in LUFS"
    none = [b for b in word(name, rule="must be") if b.label not in ("number", "half", "nan")]
    outside = {"low": -70, "above": 0.1, "positive": 23, "nan": NAN, "inf": INF, "huge": 10**400}
    return [b._replace(words=rule) for b in none] + [
        Bad(f"loudness_{label}", value, ValueError, rule) for label, value in outside.items()
    ]


FEATURES = [
    *[bad for bad in instance("features", "must map") if bad.label != "none"],
    Bad("empty", {}, ValueError, "^features must map names"),
    *[
        Bad(f"name_{name[:9]}", {name: len}, ValueError, "^features must have names that are")
        for name in ("audio", "", "a b", "1st", "mel-2", LONG + " ")
    ],
    *[
        Bad(f"value_{b.label}", {"mel": b.value}, b.error, r"^features\['mel'\] must be a")
        for b in [*no_functions(""), Bad("none", None, TypeError, "")]
    ],
]

PINNED = [
    *[bad for bad in instance("pinned", "must map") if bad.label not in ("none", "dict")],
    Bad("unknown", {"nonsense": 1.0}, ValueError, "^no parameter is named 'nonsense'"),
    Bad("long_name", {LONG: 1.0}, ValueError, "^no parameter is named"),
    *[
        Bad(f"value_{bad.label}", {KEYBOARD.name: bad.value}, bad.error, bad.words)
        for bad in real(KEYBOARD.name)
    ],
    Bad("above", {KEYBOARD.name: 128}, ValueError, r"must lie in \[0, 127\] semitones, got 128"),
    Bad("below", {KEYBOARD.name: -1e-9}, ValueError, r"must lie in \[0, 127\] semitones"),
]

NO_ROWS = torch.full((4, P), 0.5)
OWN = [
    *[
        b
        for b in instance("parameters", "must be numbers")
        if b.label not in ("word", "dict", "none", "array", "tensor")
    ],
    *[
        Bad(f"file_{name[:9]}_{len(name)}", name, ValueError, "^parameters must be numbers in")
        for name in ("nonsense", "", "no/such.npz", LONG, "/", "a.txt")
    ],
    Bad("a_dict", {}, ValueError, "^parameters must state rows"),
    Bad("an_array_of_one", np.ones(3), ValueError, r"^parameters must be numbers .* got shape"),
    Bad("integers", torch.ones(4, P, dtype=torch.int64), TypeError, "^parameters must be numbers"),
    Bad("rows_of_nan", NO_ROWS * NAN, ValueError, r"^parameters must lie in \[0, 1\], got nan"),
    Bad("above", NO_ROWS * 3, ValueError, r"^parameters must lie in \[0, 1\], got 1.5"),
    Bad("none_of_them", NO_ROWS[:0], ValueError, "^parameters must be numbers .* got shape"),
]
SPLITS = [
    *[
        b
        for b in instance("split", "must be a word")
        if b.label not in ("word", "none", "array", "tensor", "list", "dict")
    ],
    Bad("no_file", "no/such.txt", ValueError, "^split must be a word for each row"),
    Bad("long_path", LONG, ValueError, "^split must be a word for each row"),
    Bad("too_few", ["train"], ValueError, "^split must be a word for each row.* 4, got 1"),
    Bad("unknown", ["train"] * 3 + [LONG], ValueError, "^split must be a word .* for row 3"),
    Bad("numbers", [0, 1, 2, 0], ValueError, "^split must be a word for each row.* got 0"),
]
NUMBERS = [
    Bad("no_file", "no/such.txt", ValueError, "must be different sound numbers"),
    Bad("twice", [5, 9, 5], ValueError, "must be different sound numbers .* got 5 twice"),
    Bad("below", [5, 9, -1], ValueError, "must be different sound numbers"),
    Bad("above", np.array([2**32]), ValueError, "must be different sound numbers"),
    Bad("halves", [0.5, 1.5, 2.5], TypeError, "must be different sound numbers"),
    Bad("floats", torch.ones(3), TypeError, "must be different sound numbers"),
    Bad("no_json", "[5, ", ValueError, "is not JSON"),
    Bad("a_table", np.ones((2, 2), np.int64), ValueError, "must be different sound numbers"),
]
SAMPLERS = [
    *[
        b
        for b in instance("sampler", "must be a function")
        if b.label not in ("word", "none") and not callable(b.value)
    ],
    *[
        Bad(f"path_{path[:9]}_{len(path)}", path, ValueError, "^sampler must be a function")
        for path in ("nonsense", "", "a.b", "torch:nonsense", LONG)
    ],
    Bad("a_class", dict, TypeError, "^sampler must be a function"),
    Bad("a_constant", "torch.pi", TypeError, "^sampler must be a function"),
    Bad("none_back", lambda n: None, TypeError, "^what sampler .* must be a float tensor"),
    Bad("few", lambda n: n[:, None] * 0.0, ValueError, "^what sampler .* must be a float tensor"),
    Bad("far", lambda n: torch.full((len(n), P), 2.0), ValueError, "^what sampler .* must lie in"),
    Bad("chance", lambda n: torch.rand(len(n), P), ValueError, "^sampler must be a pure function"),
]
ARGUMENTS = [
    *[bad for bad in instance("synth_arguments", "must map") if bad.label not in ("none", "dict")],
    Bad("unknown", {"gain": 1.0}, ValueError, "^synth_arguments must be arguments of Voice"),
    Bad("taken", {"nebula": "drum"}, ValueError, "^synth_arguments must be arguments of the synth"),
    Bad("a_number_as_name", {1: 1.0}, TypeError, "^synth_arguments must map names to"),
    Bad("a_set", {"gain": {1}}, TypeError, "^synth_arguments must map names to"),
    Bad("nan_in_list", {"gain": [NAN]}, ValueError, "^synth_arguments must map names to"),
]

PAIR = rf"^the range of {KEYBOARD.name} must be \(minimum, maximum\)"
RANGES = [
    *[bad for bad in instance("ranges", "must map") if bad.label not in ("none", "dict")],
    Bad("number_as_name", {3: (0, 1)}, TypeError, "^ranges must name parameters, got 3"),
    Bad("unknown", {"nonsense": (0, 1)}, ValueError, "^no parameter is named 'nonsense'"),
    Bad("long_name", {LONG: (0, 1)}, ValueError, "^no parameter is named"),
    *[
        Bad(f"value_{label}", {KEYBOARD.name: value}, error, PAIR)
        for label, value, error in (
            ("none", None, TypeError),
            ("number", 60, TypeError),
            ("set", {48, 72}, TypeError),
            ("generator", (x for x in (48, 72)), TypeError),
            ("word", "48", TypeError),
            ("one", [48], ValueError),
            ("three", (48, 60, 72), ValueError),
            ("backwards", (72, 48), ValueError),
            ("empty", (), ValueError),
            ("array_of_none", np.zeros(0), ValueError),
        )
    ],
    *[
        Bad(f"bound_{bad.label}", {KEYBOARD.name: (0, bad.value)}, bad.error, bad.words)
        for bad in real(KEYBOARD.name)
    ],
    Bad("above", {KEYBOARD.name: (0, 128)}, ValueError, r"must lie in \[0, 127\] semitones"),
    Bad("below", {KEYBOARD.name: (-1, 60)}, ValueError, r"must lie in \[0, 127\] semitones"),
]

LIST = f"^the values of {KEYBOARD.name} must be 1 to 65536 numbers"
LISTS = [
    *[bad for bad in instance("values", "must map") if bad.label not in ("none", "dict")],
    Bad("number_as_name", {3: [1]}, TypeError, "^values must name parameters, got 3"),
    Bad("unknown", {"nonsense": [1]}, ValueError, "^no parameter is named 'nonsense'"),
    *[
        Bad(f"value_{label}", {KEYBOARD.name: value}, error, LIST)
        for label, value, error in (
            ("none", None, TypeError),
            ("number", 60, TypeError),
            ("set", {48, 72}, TypeError),
            ("dict", {48: 72}, TypeError),
            ("word", "48", TypeError),
            ("tensor_of_one", torch.tensor(60.0), TypeError),
            ("empty", [], ValueError),
            ("many", range(65537), ValueError),
            ("endless", range(10**18), ValueError),
        )
    ],
    *[
        Bad(f"entry_{bad.label}", {KEYBOARD.name: [60, bad.value]}, bad.error, bad.words)
        for bad in real(KEYBOARD.name)
    ],
    Bad("above", {KEYBOARD.name: [128]}, ValueError, r"must lie in \[0, 127\] semitones, got 128"),
    Bad("below", {KEYBOARD.name: [60, -1e-9]}, ValueError, r"must lie in \[0, 127\] semitones"),
]

LABELS = word("labels")
STAGES = "^curriculum must map first epochs"
CURRICULA = [
    *[bad for bad in instance("curriculum", "must map") if bad.label not in ("none", "dict")],
    Bad("empty", {}, ValueError, STAGES),
    Bad("from_epoch_1", {1: {}}, ValueError, STAGES),
    *[
        Bad(f"epoch_{bad.label}", {bad.value: {}}, bad.error, bad.words)
        for bad in whole("an epoch of curriculum", 0)
        if getattr(bad.value, "__hash__", None) and bad.label not in ("far_above", "odd", "slice")
    ],
    *[
        Bad(f"stage_{bad.label}", {0: bad.value}, bad.error, bad.words)
        for bad in instance("curriculum", "must map")
        if bad.label != "dict"
    ],
    *[
        Bad(f"range_{label}", {0: {KEYBOARD.name: value}}, error, PAIR)
        for label, value, error in (
            ("number", 60, TypeError),
            ("one", [60], ValueError),
            ("backwards", (72, 48), ValueError),
        )
    ],
]

NEBULAE = [
    *[b for b in instance("nebula") if b.label not in ("word", "dict")],
    *[
        Bad(
            f"word_{name[:9].strip()}_{len(name)}",
            name,
            ValueError,
            "^nebula must be 'default'",
        )
        for name in (
            "nonsense",
            "",
            "x" * 300,
            LONG,
            "/",
            "a\0b",
            "no/such/file.json",
        )
    ],
    Bad("half_of_json", "{", ValueError, "^nebula"),
    Bad("twice_in_json", '{"a": 1, "a": 2}', ValueError, "^nebula"),
    Bad("deep", "{" + '"a":{' * 10**5, ValueError, "^nebula"),
    Bad("not_of_json", {"a": {1, 2}}, ValueError, "^nebula must hold entries of JSON's types"),
]
