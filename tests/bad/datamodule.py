"""Calls of the data module and its recipe."""

# ruff: noqa: C408, RUF005

from bad.common import (
    ARGUMENTS,
    BATCH,
    CURRICULA,
    DATA,
    FEATURES,
    LABELS,
    LISTS,
    LONG,
    MAY_BE_NONE,
    MOST,
    NEBULAE,
    NO_ROWS,
    NUMBERS,
    OWN,
    PINNED,
    RANGES,
    ROWS,
    SAMPLERS,
    SPLITS,
    levels,
    method,
    no_functions,
    small,
    split_words,
)
from bad.values import (
    SOUNDS,
    Bad,
    above,
    device,
    instance,
    positive,
    real,
    truth,
    whole,
    word,
)

from synth_datamodule.batch import PairedBatch
from synth_datamodule.patching.recipe import SynthRecipe


def table():
    corpora = [b for b in whole("corpus", 1, SOUNDS) if b.label != "word"] + word("corpus")[-4:]
    paths = ("nonsense", "", ".", "..Voice", "a.b", "torch.nonsense", LONG, f"{LONG}.x", "a\0.b")
    synth = [
        Bad(f"path_{path[:20]}_{len(path)}", path, ValueError, "^synth must") for path in paths
    ] + [b for b in instance("synth") if b.label != "word"]
    settings = dict(
        batch_size=whole("batch_size", 1, MOST),
        corpus=corpora,
        train_sounds=whole("train_sounds", 1, optional=True)
        + above("train_sounds", "at most", 801345),
        val_sounds=whole("val_sounds", 0, optional=True) + above("val_sounds", "", SOUNDS),
        test_sounds=whole("test_sounds", 0, optional=True) + above("test_sounds", "", SOUNDS),
        sounds=[b._replace(words=f"^sounds.* {b.words}") for b in NUMBERS],
        parameters=OWN,
        split=[Bad("alone", ["val"], ValueError, "^split must be left out without parameters")],
        sampler=SAMPLERS,
        minimum_rms=[b for b in real("minimum_rms") if b.label != "none"]
        + above("minimum_rms", "in", 1.1, -0.1),
        loudest=[b for b in real("loudest") if b.label != "none"]
        + above("loudest", "in", 1.1, 0, -0.1),
        predict_sounds=[
            *[b._replace(words=f"^predict_sounds.* {b.words}") for b in NUMBERS],
            Bad("range", range(10**9), ValueError, "^predict_sounds must end at"),
        Bad("range_of_odd", range(1, 10**9, 2), ValueError, "^predict_sounds must be"),
        Bad("list_of_two", [0, 4], ValueError, "^predict_sounds must say whether two numbers"),
            Bad("generator", (x for x in (0, 4)), TypeError, "^predict_sounds must be"),
            Bad("text", b"\0\4", TypeError, "^predict_sounds must be"),
            Bad("many", [0] * 10**6, ValueError, "^predict_sounds must be"),
            Bad("backwards", (9, 3), ValueError, "^predict_sounds stop must be"),
        ],
        sounds_per_epoch=whole("sounds_per_epoch", 1, 801344, optional=True),
        seed=whole("seed", 0, 2**64 - 1),
        nebula=NEBULAE,
        pinned=PINNED,
        ranges=RANGES,
        values=LISTS,
        notes=[
            Bad(label, value, error, "^notes must be 1 to 65536 numbers")
            for label, value, error in (
                ("number", 60, TypeError),
                ("word", "60", TypeError),
                ("set", {60}, TypeError),
                ("dict", {60: 61}, TypeError),
                ("generator", (x for x in (60, 61)), TypeError),
                ("empty", [], ValueError),
                ("many", range(65537), ValueError),
            )
        ]
        + [Bad(f"holds_{b.label}", [60, b.value], b.error, b.words) for b in real("a note")]
        + [
            Bad("above", [60, 127.1], ValueError, r"must lie in \[0, 127\] semitones, got 127.1"),
            Bad("below", [-1], ValueError, r"must lie in \[0, 127\] semitones, got -1"),
        ],
        backend=[b._replace(words="^backend must be") for b in word("backend")],
        synth=synth,
        synth_arguments=ARGUMENTS,
        transform=no_functions("transform"),
        train_transform=no_functions("train_transform"),
        features=FEATURES,
        normalize=[b for b in levels("normalize") if b.label != "none"],
        crop_seconds=positive("crop_seconds", optional=True)
        + above("crop_seconds", "", 0.051, 1e308, 1e-9),
        paired_delta=positive("paired_delta", optional=True) + above("paired_delta", "", 1.1),
        labels=LABELS,
        notes_per_sound=whole("notes_per_sound", 1, 2**24)
        + [Bad("no_divisor", 3, ValueError, "^batch_size must be a multiple of notes_per_sound")],
        curriculum=CURRICULA
        + [
            Bad("unknown", {0: {"nonsense": (0, 1)}}, ValueError, "^no parameter is named"),
            Bad("above", {0: {"keyboard.midi_f0": (0, 128)}}, ValueError, r"lie in \[0, 127\]"),
        ],
        render_chunk=whole("render_chunk", 1, optional=True),
        sample_rate=whole("sample_rate", 1, MOST),
        buffer_size_seconds=positive("buffer_size_seconds"),
        control_rate=whole("control_rate", 1, MOST),
        eps=positive("eps"),
        **{
            name: [b for b in truth(name) if b.label != "none" or name not in MAY_BE_NONE]
            for name in (
                "fresh_epochs", "shuffle", "drop_last", "random_crop", "render_ahead",
                "reproducible", "no_grad", "debug",
            )
        },
    )  # fmt: skip
    yield "SynthDataModule", small, {}, settings
    yield "SynthDataModule", small, dict(parameters=NO_ROWS), dict(split=SPLITS)
    recipe = {
        name: settings[name]
        for name in ("synth", "sample_rate", "buffer_size_seconds", "control_rate", "eps", "nebula")
    }
    recipe["synth_arguments"] = [
        b for b in ARGUMENTS if b.label not in ("none", "unknown", "taken")
    ]
    late = ("path_", "word_", "half_of_json", "deep", "twice_in_json")  # told by make()
    recipe["synth"] = [b for b in recipe["synth"] if not b.label.startswith(late)]
    recipe["nebula"] = [b for b in recipe["nebula"] if not b.label.startswith(late)]
    yield "SynthRecipe", SynthRecipe, {}, recipe
    for name in ("sounds", "num_batches", "fingerprint", "manifest"):
        yield *method(DATA, name), {}, dict(split=split_words())
    yield (
        *method(DATA, "manifest"),
        dict(split="val"),
        dict(most_sounds=whole("most_sounds", 1024), device=device("device")),
    )
    yield (
        *method(DATA, "setup"),
        {},
        dict(stage=word("stage", optional=True)),
    )
    yield (
        *method(DATA, "levels"),
        {},
        dict(
            batch=instance("batch")
            + [
                Bad("a_tuple", tuple(BATCH), TypeError, "^batch must be a SynthBatch"),
                Bad("a_pair", PairedBatch(BATCH, BATCH), TypeError, "^batch must be a SynthBatch"),
                Bad(
                    "codes", BATCH._replace(audio=ROWS), TypeError, "^audio must be a float tensor"
                ),
                Bad("a_dict", BATCH._replace(audio={}), TypeError, "^audio must be a tensor, or a"),
            ]
        ),
    )
    yield (
        *method(DATA, "plot"),
        dict(batch=BATCH),
        dict(
            batch=[
                *instance("batch"),
                Bad("numbers", next(iter(DATA.val_dataloader())), TypeError, "^batch must be"),
                Bad("frames", BATCH._replace(audio=ROWS.float()), ValueError, r"^audio must be a"),
            ],
            most=whole("most", 1, 64),
        ),
    )
    yield (
        *method(DATA, "show_batch"),
        dict(batch=BATCH),
        dict(
            batch=[
                *(b for b in instance("batch") if b.label != "none"),
                Bad("numbers", next(iter(DATA.val_dataloader())), TypeError, "^batch must be"),
                Bad("frames", BATCH._replace(audio=ROWS.float()), ValueError, r"^audio must be a"),
            ],
            most=whole("most", 1, 64),
        ),
    )
    yield *method(DATA, "show_batch"), {}, dict(split=split_words())
    yield (
        *method(DATA, "load_state_dict"),
        {},
        dict(
            state_dict=[b for b in instance("state_dict") if b.label != "none"]
            + [
                Bad("no_train", {"train": None}, TypeError, "^state_dict must be"),
                Bad("other", {"trian": {}}, TypeError, "^state_dict must be"),
                Bad(
                    "more",
                    {"train": {}, LONG: 1},
                    ValueError,
                    "^state_dict must hold train and order",
                ),
            ]
        ),
    )
