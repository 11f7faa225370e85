"""Calls of config and corpus."""

# ruff: noqa: C408, RUF005

import numpy as np
from bad.common import (
    CONFIG,
    LONG,
    MOST,
    VOICE,
    method,
    one_or_many,
    split_words,
)
from bad.values import (
    SOUNDS,
    Bad,
    above,
    device,
    instance,
    numbers,
    positive,
    truth,
    whole,
    word,
)

from synth_datamodule import (
    Split,
    SynthConfig,
    corpus,
)


def table():
    """Each call by name, with arguments that are right and, for each, values that are wrong."""
    yield (
        "SynthConfig", SynthConfig, {},
        dict(
            batch_size=whole("batch_size", 1, MOST) + above("batch_size", "give at most", MOST),
            sample_rate=whole("sample_rate", 1, MOST),
            control_rate=whole("control_rate", 1, MOST) + above("control_rate", "at most", 44101),
            buffer_size_seconds=positive("buffer_size_seconds")
            + above("buffer_size_seconds", "give at", 1e-9, 1e9, 1e300),
            eps=positive("eps") + above("eps", "below 1", 1, 1e300),
            **{name: truth(name) for name in ("reproducible", "no_grad", "debug")},
        ),
    )  # fmt: skip
    yield *method(CONFIG, "to"), {}, dict(device=device("device", meta=True))

    yield (
        "draw_parameters",
        corpus.draw_parameters,
        dict(indices=[3]),
        dict(indices=numbers(), num_parameters=whole("num_parameters", 1, 227)),
    )
    yield "noise_rows", corpus.noise_rows, {}, dict(indices=numbers())
    yield (
        "noise_table",
        corpus.noise_table,
        dict(num_samples=4),
        dict(num_samples=whole("num_samples", 1, MOST), seed=whole("seed", 0, 2**32 - 1)),
    )
    yield (
        "Permutation",
        corpus.Permutation,
        dict(size=9, key=(0,)),
        dict(
            size=whole("size", 1, SOUNDS),
            key=instance("key")
            + [
                Bad("holds_a_word", ("3",), TypeError, "^key must"),
                Bad("holds", (-1,), ValueError, "^key"),
            ],
        ),
    )
    yield (
        "Permutation()",
        corpus.Permutation(9, (0,)),
        {},
        dict(
            places=[
                *[b for b in instance("places") if b.label != "array"],
                Bad("below", np.array([-1]), ValueError, "^places must lie in"),
                Bad("above", np.array([9]), ValueError, "^places must lie in"),
                Bad("floats", np.array([1.0]), TypeError, "^places must be"),
                Bad("masked", np.ma.array([1], mask=[1]), TypeError, "^places must be"),
            ]
        ),
    )
    yield "is_train", corpus.is_train, {}, dict(index=one_or_many("index", SOUNDS))
    for split in (Split.train, Split.val, Split.test):
        stop = split.num_sounds(SOUNDS)
        yield f"{split}.sounds", split.sounds, {}, dict(places=one_or_many("place", stop))
        yield (
            f"{split}.num_sounds",
            split.num_sounds,
            {},
            dict(first_sounds=whole("first_sounds", 0, SOUNDS)),
        )
        yield (
            f"{split}.batch_index",
            split.batch_index,
            dict(place=0, batch_size=32),
            dict(
                place=whole("place", 0, stop // 32 - 1),
                batch_size=whole("batch_size", 1) + above("batch_size", "divide", 3, 2048, 10**30),
            ),
        )
    yield "Split", Split, {}, dict(value=split_words())
    yield "Split.of", Split.of, {}, dict(index=whole("index", 0, SOUNDS - 1))
    yield (
        "corpus_size",
        corpus.corpus_size,
        {},
        dict(
            corpus=[bad for bad in whole("corpus", 1, SOUNDS) if bad.label != "word"]
            + [bad for bad in word("corpus") if bad.label.startswith("word_")]
        ),
    )
    names = ("", "one", "synth1B1", "synth9-0-0", "synth1K1-0-128", "synth1K1-99-0", "1-2-3", "-1",
             "9" * 5000, "٣", "synth1B1-" + "9" * 5000 + "-0", str(SOUNDS), LONG)  # fmt: skip
    for name, call in (("sound_number", corpus.sound_number), ("Voice.sound", VOICE.sound)):
        yield (
            name,
            call,
            {},
            dict(
                name=[bad for bad in whole("sound", 0, SOUNDS - 1) if bad.label != "word"]
                + [
                    Bad(f"name_{other[:9]}_{len(other)}", other, ValueError, "sound")
                    for other in names
                ]
            ),
        )
    yield "sound_numbers", corpus.sound_numbers, {}, dict(indices=numbers())
