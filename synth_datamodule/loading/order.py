"""Which sounds a run hears, and in which order: what it cannot go on without."""

from collections.abc import Mapping
from typing import Any

from synth_datamodule import checks
from synth_datamodule.loading.rendering import Rendering
from synth_datamodule.loading.sets import SoundSet
from synth_datamodule.parameters.nebula import nebula_name
from synth_datamodule.patching.recipe import SynthRecipe

# Settings that checkpoints of before they were there do not name, and what then held.
_ADDED: dict[str, Any] = {
    **{"synth_arguments": {}, "ranges": {}, "values": {}, "parameters": None, "sampler": None},
    **{"labels": "all", "notes_per_sound": 1, "curriculum": None, "chosen sounds": {}},
    "normalize": None,
}


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
    recipe, handed = SynthRecipe.of(rendering.synth), rendering.handed.plain()
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
        **recipe.plain(),
        "nebula": nebula_name(recipe.nebula),
        "chosen sounds": sounds.roster.settings,
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
        raise ValueError(f"order must hold settings of a run, got {checks.shown(unknown[0])}")
    for name, now in order.items():
        before = saved.get(name, _ADDED.get(name, now))
        kinds = {type(before), type(now)}
        # A length of 2 is one of 2.0; True is no 1.
        if (len(kinds) > 1 and kinds != {int, float}) or before != now:
            raise ValueError(
                f"{name} was {checks.shown(before)} in the checkpoint and is {checks.shown(now)} "
                "now: set it as it was, or fit its weights without ckpt_path"
            )
