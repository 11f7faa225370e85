"""Which sounds a run hears, and in which order: what it cannot go on without."""

from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any

from synth_datamodule.loading.rendering import Rendering
from synth_datamodule.loading.sets import SoundSet
from synth_datamodule.parameters.nebula import nebula_name
from synth_datamodule.patching.naming import public_name
from synth_datamodule.patching.recipe import SynthRecipe


def order_of(sounds: SoundSet, rendering: Rendering, drop_last: bool) -> dict[str, Any]:
    """Return the settings that decide on the sounds of a run and their order, by name.

    How many sounds make a batch, and on how many devices, is none of them.

    Args:
        sounds: The set of sounds, and their order.
        rendering: Rendering of the sounds.
        drop_last: Whether an epoch leaves out a last, partial batch.

    Returns:
        Plain values, fit for a checkpoint.
    """
    recipe, handed = SynthRecipe.of(rendering.synth), asdict(rendering.handed)
    made_of = {setting.name: getattr(recipe, setting.name) for setting in fields(recipe)}
    return {
        f"{sounds.split.value}_sounds": sounds.num_sounds,
        "start": sounds.start,
        "sounds_per_epoch": len(sounds),
        "fresh_epochs": sounds.fresh_epochs,
        "shuffle": sounds.shuffle,
        "seed": sounds.seed if sounds.shuffle else 0,
        "seed of crops and pairs": handed.pop("seed"),
        "drop_last": drop_last,
        **handed,
        **made_of,
        "synth": public_name(type(rendering.synth)),
        "nebula": nebula_name(recipe.nebula),
        "pinned": dict(recipe.pinned),
    }


def check_order(saved: object, order: Mapping[str, Any]) -> None:
    """Check that a run can go on: with the sounds that it began with, in their order.

    Args:
        saved: The settings of the run that a position was taken in.
        order: The settings now.

    Raises:
        ValueError: If one is another; it names both values, and what to do.
    """
    if not isinstance(saved, Mapping):
        raise ValueError(f"order must map settings to values, got {type(saved).__name__}")
    unknown = [name for name in saved if name not in order]
    if unknown:
        raise ValueError(f"order must hold settings of a run, got {unknown[0]!r}")
    for name, now in order.items():
        before = saved.get(name, now)
        if type(before) is not type(now) or before != now:
            raise ValueError(
                f"{name} was {before!r} when the checkpoint was made and is {now!r} now; a run "
                f"goes on with the sounds that it began with: set {name} as it was, or, to train "
                "on others, load the checkpoint's weights and begin a new fit without ckpt_path"
            )
