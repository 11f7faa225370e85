"""Calls of sweeps."""

# ruff: noqa: C408

from bad.common import (
    LONG,
)
from bad.values import (
    INF,
    NAN,
    Bad,
    device,
    instance,
    whole,
    word,
)

from synth_datamodule import (
    sweeps,
)
from synth_datamodule.benchmark import entries, results
from synth_datamodule.benchmark.task import Run


def table():
    yield (
        "search_space",
        sweeps.search_space,
        {},
        dict(
            described=[
                *[b for b in instance("a space", "must name") if b.label != "dict"],
                Bad("empty", {}, ValueError, "^a space must name at least one setting"),
                Bad("no_name", {"": [1]}, ValueError, "^a setting"),
                Bad("a_number", {3: [1]}, TypeError, "^a setting"),
                *[
                    Bad(f"values_{given!r:.40}", {"model.width": given}, error, "model.width")
                    for given, error in (
                        ([], TypeError),
                        ("8", TypeError),
                        (8, TypeError),
                        (None, TypeError),
                        ([[object()]], TypeError),
                        ([{8: {1}}], TypeError),
                        ([NAN], ValueError),
                        ([INF], ValueError),
                        ([2, 2], ValueError),
                        ([1, 1.0], ValueError),
                        ([True, 1], ValueError),
                        ({}, ValueError),
                        ({"low": 1}, ValueError),
                        ({"low": 1, "high": 1}, ValueError),
                        ({"low": 2, "high": 1}, ValueError),
                        ({"low": 0, "high": 10**30}, ValueError),
                        ({"low": 0.0, "high": NAN}, ValueError),
                        ({"low": "1", "high": 2}, TypeError),
                        ({"low": True, "high": 2}, TypeError),
                        ({"low": 1, "high": 2, "log": 1}, TypeError),
                        ({"low": 0, "high": 2, "log": True}, ValueError),
                        ({"low": 0, "high": 2, "x": 1}, ValueError),
                    )
                ],
            ]
        ),
    )
    yield (
        "Experiment",
        sweeps.Experiment,
        {},
        dict(
            settings=[b for b in instance("settings") if b.label != "dict"]
            + [
                Bad(f"name_{name[:20]}", {name: 1}, ValueError, "setting")
                for name in (
                    "nonsense",
                    "data.nonsense",
                    "data",
                    "data.",
                    ".",
                    "",
                    LONG,
                    "model.trainer.x",
                )
            ],
            model=instance("model"),
            monitor=[b for b in instance("monitor") if b.label != "word"],
            across=[
                Bad("word", "data.seed", TypeError, "^across must be"),
                Bad("none", None, TypeError, "^across must be"),
                Bad("unknown", ("nonsense",), ValueError, "setting"),
            ],
        ),
    )
    space = {"model.width": sweeps.Choice((8,))}
    good = dict(experiment=sweeps.Experiment(), space=space, trials=1)
    yield (
        "sweep",
        sweeps.sweep,
        good,
        dict(
            experiment=instance("experiment"),
            space=[b for b in instance("a space", "must name") if b.label != "dict"]
            + [Bad("empty", {}, ValueError, "^a space must name at least one setting")],
            trials=whole("trials", 1, 10**6),
            storage=[
                Bad(f"storage_{name[:20]}", name, ValueError, "^storage must be an SQLite file")
                for name in ("nonsense", "", "sqlite://", "mysql://a/b", LONG)
            ]
            + [Bad("number", 3, TypeError, "^storage must be")],
            name=[b for b in instance("name") if b.label not in ("word",)],
            direction=word("direction"),
            seed=whole("seed", 0, 2**64 - 1),
        ),
    )
    yield (
        "entry",
        entries.entry,
        {},
        dict(
            name=[b for b in instance("a candidate") if b.label != "word"]
            + [
                Bad(f"path_{path[:20]}_{len(path)}", path, ValueError, "^a candidate must be")
                for path in (
                    "nonsense",
                    "",
                    ".",
                    "..x",
                    "a.b",
                    "torch.nonsense",
                    LONG,
                    f"{LONG}.x",
                    "a\0.b",
                )
            ]
        ),
    )
    yield (
        "Run",
        Run,
        dict(candidate="cnn"),
        dict(
            candidate=[b for b in instance("candidate") if b.label != "word"],
            budget=word("budget"),
            seed=whole("seed", 0, 2**32 - 1),
            device=device("device", optional=True),
            train_sounds=whole("train_sounds", 1, 2**14, optional=True),
            test_sounds=whole("test_sounds", 1, 1024, optional=True),
        ),
    )
    yield "read", results.read, {}, dict(path=[b for b in instance("path") if b.label != "word"])
