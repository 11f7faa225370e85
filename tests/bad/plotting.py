"""Calls of plotting."""

# ruff: noqa: C408

from bad.common import BATCH, LONG, ROWS
from bad.values import Bad, instance, positive, whole

from synth_datamodule import SynthConfig, Voice, plotting
from synth_datamodule.patching.recipe import SynthRecipe


def table():
    drawn = Voice(SynthConfig(sample_rate=8000, buffer_size_seconds=0.05, control_rate=100))
    yield (
        "plot_batch",
        plotting.plot_batch,
        dict(batch=BATCH),
        dict(
            batch=[
                *instance("batch"),
                Bad("frames", BATCH._replace(audio=ROWS.float()), ValueError, r"^audio must be a"),
                Bad("a_dict", BATCH._replace(audio={}), TypeError, "^audio must be a tensor, or a"),
            ],
            sample_rate=positive("sample_rate"),
            most=whole("most", 1, 64),
        ),
    )
    names = "^names must be one or more different names"
    yield (
        "plot_sound",
        plotting.plot_sound,
        dict(synth=drawn, sound=7, names=["lfo_1"]),
        dict(
            synth=instance("synth"),
            sound=[Bad("a_batch", BATCH, ValueError, "^sound must be one sound")],
            names=[
                *[
                    b._replace(words=names)
                    for b in instance("")
                    if b.label not in ("none", "dict", "set", "generator")
                ],
                Bad("twice", ["lfo_1", "lfo_1"], ValueError, names),
                Bad("unknown", ["lfo"], ValueError, "^names must be control signals"),
                Bad("audio", ["vco_1"], ValueError, "^names must be control signals"),
                Bad("long_name", [LONG], ValueError, "^names must be control signals"),
            ],
        ),
    )
    yield (
        "plot_parameters",
        plotting.plot_parameters,
        dict(recipe=SynthRecipe(), num_sounds=4),
        dict(recipe=instance("recipe"), num_sounds=whole("num_sounds", 1, 2**16)),
    )
