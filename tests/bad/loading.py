"""Calls of loading."""

# ruff: noqa: C408, RUF005

import torch
from bad.common import (
    BATCH,
    CURRICULA,
    FEATURES,
    LABELS,
    LONG,
    MIDDLE,
    NUMBERS,
    ROWS,
    SET,
    VOICE,
    levels,
    method,
    no_functions,
    split_words,
)
from bad.values import (
    NAN,
    SOUNDS,
    Bad,
    above,
    device,
    floats,
    instance,
    int_tensor,
    positive,
    truth,
    values,
    whole,
    word,
)

from synth_datamodule import (
    Split,
    features,
    loading,
)
from synth_datamodule.batch import PairedBatch
from synth_datamodule.loading.position import Position


def made_for(name):
    """A module for sounds of another rate."""
    words = f"^{name}: LogMel is made for 16000"
    return [Bad("rate", features.LogMel(16000), ValueError, words)]


def table():
    yield (
        "Handed",
        loading.Handed,
        dict(crop_seconds=0.01),
        dict(
            crop_seconds=positive("crop_seconds", optional=True),
            random_crop=truth("random_crop"),
            paired_delta=positive("paired_delta", optional=True)
            + above("paired_delta", "at most 1", 1.01, 1e300),
            seed=whole("seed", 0, 2**64 - 1),
            labels=LABELS,
            notes_per_sound=whole("notes_per_sound", 1, 2**24),
            normalize=[b for b in levels("normalize") if b.label != "none"],
            curriculum=CURRICULA,
        ),
    )
    yield (
        "Rendering",
        loading.Rendering,
        dict(synth=VOICE),
        dict(
            synth=instance("synth"),
            handed=instance("handed")
            + [
                Bad(
                    f"crop_{crop}",
                    loading.Handed(crop_seconds=crop),
                    ValueError,
                    "^crop_seconds must",
                )
                for crop in (1e-9, 0.0501, 1e300)
            ],
            chunk=whole("render_chunk", 1, optional=True),
            transform=no_functions("transform") + made_for("transform"),
            train_transform=no_functions("train_transform") + made_for("train_transform"),
            features=FEATURES
            + [b._replace(value={"mel": b.value}) for b in made_for(r"features\['mel'\]")],
        ),
    )
    index = int_tensor("^index must be int64 sound numbers", ROWS)
    index = (
        [b._replace(error=b.error) for b in index]
        + [
            Bad(f"holds_{n}", torch.tensor([0, n]), ValueError, "sound numbers must be")
            for n in (-1, SOUNDS, 2**62)
        ]
        + [Bad("table", ROWS[None], ValueError, "sound numbers must be")]
    )
    yield (
        "Rendering()",
        loading.Rendering(VOICE),
        dict(index=ROWS, device=torch.device("cpu"), dtype=torch.float32),
        dict(index=index),
    )
    yield (
        *method(loading.Rendering(VOICE), "begin"),
        dict(index=ROWS, device=torch.device("cpu"), dtype=torch.float32),
        dict(index=index),
    )
    yield (
        "moved_parameters",
        loading.moved_parameters,
        dict(parameters=MIDDLE, index=ROWS, delta=0.1),
        dict(
            parameters=floats("parameters", MIDDLE, (0, 1))
            + values("parameters", MIDDLE, "lie in", NAN, -1.0, 2.0),
            index=index,
            delta=positive("delta") + above("delta", "at most 1", 1.01, 1e300),
            seed=whole("seed", 0, 2**64 - 1),
            view=whole("view", 0, 2**64 - 1),
        ),
    )
    yield (
        "SoundSet",
        loading.SoundSet,
        dict(split=Split.val, num_sounds=8),
        dict(
            split=split_words(),
            num_sounds=whole("val_sounds", 1, Split.val.num_sounds(SOUNDS)),
            start=whole("start", 0, 0),
            roster=instance("roster"),
            sounds_per_epoch=whole("sounds_per_epoch", 1, 8, optional=True),
            shuffle=truth("shuffle"),
            seed=whole("seed", 0, 2**64 - 1),
            fresh_epochs=truth("fresh_epochs"),
        ),
    )
    yield (
        *method(SET, "numbers"),
        dict(epoch=0, start=0, stop=8),
        dict(epoch=whole("epoch", 0), start=whole("start", 0, 8), stop=whole("stop", 0, 8)),
    )
    yield (
        *method(SET, "places"),
        dict(epoch=0, start=0, stop=8),
        dict(epoch=whole("epoch", 0), start=whole("start", 0, 8), stop=whole("stop", 0, 8)),
    )
    yield *method(SET, "number"), {}, dict(place=whole("place", 0, 7))
    yield *method(SET, "check_epoch"), {}, dict(epoch=whole("epoch", 0))
    yield (
        "split_set",
        loading.split_set,
        dict(split=Split.val, corpus="synth1K1", num_sounds=8),
        dict(
            split=split_words(),
            corpus=word("corpus")[-4:]
            + [b for b in whole("corpus", 1, SOUNDS) if b.label != "word"],
            num_sounds=whole("val_sounds", 1, optional=True),
            sounds_per_epoch=whole("sounds_per_epoch", 1, 8, optional=True),
            shuffle=truth("shuffle"),
            seed=whole("seed", 0, 2**64 - 1),
            fresh_epochs=truth("fresh_epochs"),
        ),
    )
    pair = [
        *[
            b
            for b in instance("predict_sounds")
            if b.label not in ("word", "list", "array", "tensor")
        ],
        *[
            Bad(f"pair_{pair!r:.20}", pair, ValueError, "^predict_sounds")
            for pair in ((), (1,), (1, 2, 3), (5, 5), (9, 3), (-1, 3), (0, 1001), (0, 10**30))
        ],
        *[b._replace(words=f"^predict_sounds.* {b.words}") for b in NUMBERS],
        Bad("beyond", [5, 9, 1000], ValueError, "^predict_sounds must lie below 1000"),
        Bad("range", range(10**9), ValueError, "^predict_sounds must end at"),
        Bad(
            "range_of_odd", range(1, 10**9, 2), ValueError, r"^predict_sounds must be \(start, stop"
        ),
        Bad("list_of_two", [0, 4], ValueError, "^predict_sounds must say whether two numbers"),
        Bad("two_bytes", b"\0\4", TypeError, r"^predict_sounds must be \(start, stop\)"),
        Bad("words", ("0", "4"), TypeError, "^predict_sounds start must be a whole number"),
        Bad("halves_of_a_pair", (0, 4.5), TypeError, "^predict_sounds stop must be a whole number"),
    ]
    yield (
        "predict_set",
        loading.predict_set,
        dict(corpus="synth1K1", sounds=(0, 4)),
        dict(sounds=pair, corpus=word("corpus")[-4:]),
    )
    yield (
        "Shards",
        loading.Shards,
        dict(num_sounds=8, batch_size=2),
        dict(
            num_sounds=whole("num_sounds", 0) + [Bad("none_left", 0, ValueError, "too few")],
            batch_size=whole("batch_size", 1),
            world_size=whole("world_size", 1)
            + [Bad("more", 9, ValueError, "too few for 9 devices")],
            drop_last=truth("drop_last"),
        ),
    )
    yield (
        *method(loading.Shards(8, 2), "places"),
        dict(step=0, rank=0),
        dict(step=whole("step", 0, 3), rank=whole("rank", 0, 0)),
    )
    yield (
        "Position",
        Position,
        {},
        {
            name: whole(name, 0)
            for name in ("epoch", "sounds_done", "steps_done", "dealt_sounds", "dealt_steps")
        },
    )
    yield (
        "SoundLoader",
        loading.SoundLoader,
        dict(sounds=SET, rendering=VOICE, batch_size=2),
        dict(
            sounds=instance("sounds"),
            rendering=[b._replace(words="^synth must be an AbstractSynth") for b in instance("")],
            batch_size=whole("batch_size", 1),
            drop_last=truth("drop_last"),
            render_ahead=truth("render_ahead"),
            place=[b._replace(words="^place must be a function") for b in no_functions("")],
        ),
    )
    loader = loading.SoundLoader(SET, VOICE, 2)
    dataset = loader.dataset
    rendering = loading.Rendering(VOICE)
    yield (
        "SoundDataset",
        loading.SoundDataset,
        dict(sounds=SET, rendering=rendering),
        dict(sounds=instance("sounds"), rendering=instance("rendering")),
    )
    places = [b for b in whole("place", -(2**63) + 1, 2**63 - 1) if b.error is TypeError]
    beyond = [Bad(f"at_{n}", n, IndexError, "^place must lie in") for n in (8, -9, 2**62)]
    yield *method(dataset, "__getitem__"), {}, dict(place=places + beyond)
    yield (
        "SoundSampler",
        loading.SoundSampler,
        dict(dataset=dataset, loader=loader),
        dict(dataset=instance("dataset"), loader=instance("loader")),
    )
    yield (
        *method(loader.sampler, "set_epoch"),
        {},
        dict(epoch=whole("epoch", 0, 2**63 - 1)),
    )
    yield *method(loader, "set_epoch"), {}, dict(epoch=whole("epoch", 0, 2**63 - 1))
    state = loader.state_dict()
    changed = [
        Bad(f"{name}_{b.label}", {**state, name: b.value}, b.error, f"^{name} must be")
        for name in ("epoch", "sounds_done", "steps_done", "batch_size", "devices")
        for b in whole(name, 0)
        if b.label not in ("numpy_below",)
    ]
    yield (
        *method(loader, "load_state_dict"),
        {},
        dict(
            state=[b for b in instance("state") if b.label != "dict"]
            + [Bad("empty", {}, ValueError, "^state must have the keys")]
            + [Bad("long_name", {LONG: 1, **state}, ValueError, "^state must have the keys")]
            + changed
        ),
    )
    numbers_of = next(iter(loader))
    yield *method(numbers_of, "to"), {}, dict(device=device("device"))
    yield (
        *method(BATCH, "to"),
        {},
        dict(
            device=device("device", optional=True, meta=True),
            dtype=[
                Bad(f"dtype_{kind!r:.20}", kind, TypeError, "^dtype must be a floating point dtype")
                for kind in (torch.int64, torch.bool, torch.complex64, "float32", float, 3, LONG)
            ],
        ),
    )
    yield (
        *method(PairedBatch(BATCH, BATCH), "to"),
        {},
        dict(device=device("device", optional=True, meta=True)),
    )
