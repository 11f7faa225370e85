"""A synth's recipe as a manifest has it: what of it is hashed and written."""

from collections.abc import Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from synth_datamodule.parameters.nebula import shipped_nebulae
from synth_datamodule.patching.naming import public_name
from synth_datamodule.patching.recipe import SynthRecipe
from synth_datamodule.patching.synth import AbstractSynth

COVERED = (
    "synth",
    "backend",
    "sample_rate",
    "buffer_size_seconds",
    "control_rate",
    "eps",
    "pinned",
)
"""Fields of a recipe that every fingerprint covers; later ones count only off their default."""


def recipe_of(synth: AbstractSynth) -> SynthRecipe:
    """Return a synth's recipe by names that hold on any machine: no class, no folder.

    Args:
        synth: The synth.
    """
    recipe = SynthRecipe.of(synth)
    shipped = recipe.nebula in shipped_nebulae()
    nebula = recipe.nebula if shipped else Path(recipe.nebula).name
    return replace(recipe, synth=public_name(type(synth)), nebula=nebula)


def settings_of(recipe: SynthRecipe) -> dict[str, Any]:
    """Return a recipe as it is hashed and written, in JSON's types.

    A field that recipes did not have at first is left out where it is at its default, so no
    fingerprint moves when one is added.

    Args:
        recipe: The recipe.
    """
    names = {*COVERED, "nebula", *recipe.changed()}
    settings = {each.name: getattr(recipe, each.name) for each in fields(recipe)}
    if isinstance(recipe.synth, type):
        settings["synth"] = public_name(recipe.synth)
    return {
        name: dict(value) if isinstance(value, Mapping) else value
        for name, value in settings.items()
        if name in names
    }
