"""Calls of identity."""

# ruff: noqa: C408

from bad.common import (
    LONG,
    MANIFEST,
    MOST,
    SET,
    VOICE,
)
from bad.values import (
    Bad,
    device,
    instance,
    whole,
    word,
)

from synth_datamodule import (
    identity,
)


def table():
    split = identity.SplitDefinition.of("synth1M1", SET)
    yield (
        "describe",
        identity.describe,
        dict(synth=VOICE, split=split),
        dict(
            synth=instance("synth"),
            split=instance("split"),
            device=device("device"),
            batch_size=whole("batch_size", 1, MOST),
            windows=whole("windows", 1, 64, optional=True),
        ),
    )
    yield (
        "verify",
        identity.verify,
        dict(expected=MANIFEST),
        dict(
            expected=instance("expected"),
            device=device("device"),
            synth=[b for b in instance("synth") if b.label != "none"],
            most_sounds=whole("most_sounds", 1, optional=True),
            batch_size=whole("batch_size", 1, MOST),
        ),
    )
    yield (
        "compare",
        identity.compare,
        dict(expected=MANIFEST, found=MANIFEST),
        dict(expected=instance("expected"), found=instance("found")),
    )
    yield "to_json", identity.to_json, {}, dict(manifest=instance("manifest"))
    yield (
        "write_manifest",
        identity.write_manifest,
        dict(path="no such folder/x.json"),
        dict(manifest=instance("manifest")),
    )
    yield (
        "from_json",
        identity.from_json,
        {},
        dict(
            text=[b for b in instance("text") if b.label not in ("word",)]
            + [
                Bad(f"text_{text[:9]}_{len(text)}", text, ValueError, "^the manifest")
                for text in (
                    "",
                    "{",
                    "[]",
                    "{}",
                    "null",
                    "NaN",
                    "[" * 10**5,
                    LONG,
                    '{"a": 1, "a": 2}',
                )
            ]
        ),
    )
    yield (
        "find_manifest",
        identity.find_manifest,
        {},
        dict(
            name=[b for b in instance("manifest") if b.label != "word"]
            + [
                Bad(
                    f"name_{name[:20]}_{len(name)}",
                    name,
                    (ValueError, FileNotFoundError),
                    "manifest|corpus",
                )
                for name in (
                    "nonsense",
                    "",
                    "a\0b",
                    LONG,
                    "no/such.json",
                    "synth1M1/test/0000000000000000",
                    "nope/test/896e9208c0471735",
                    "..",
                    "/",
                )
            ]
        ),
    )
    yield (
        "SplitDefinition.of",
        identity.SplitDefinition.of,
        dict(corpus="synth1M1", sounds=SET),
        dict(
            corpus=word("corpus")[-4:],
            sounds=instance("sounds"),
            most_sounds=whole("most_sounds", 1024),
        ),
    )
