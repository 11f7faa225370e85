"""A preset as JSON: format 1, which ``synth-datamodule render`` writes beside each sound."""

import functools
import importlib.metadata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from synth_datamodule import checks
from synth_datamodule.corpus.splits import Split, is_train, sound_number
from synth_datamodule.parameters.table import ParameterTable
from synth_datamodule.patching.recipe import SynthRecipe
from synth_datamodule.patching.synth import AbstractSynth
from synth_datamodule.reporting import FromFile, json_of

FORMAT = 1

# A preset holds its parameters, whatever they were drawn by.
_SOURCE = ("parameters", "sampler")
_SETTINGS = tuple(one.name for one in fields(SynthRecipe) if one.name not in _SOURCE)
_OWN = (
    "format", "package_version", "name", "sound", "split", "is_train", "noise_row", "parameters",
    "normalized", "units",
)  # fmt: skip


def to_document(
    recipe: SynthRecipe,
    table: ParameterTable,
    values: Mapping[str, float],
    numbers: Sequence[float],
    *,
    sound: int | None,
    noise_row: int,
    name: str,
) -> dict[str, Any]:
    """Return a preset in JSON's types.

    Args:
        recipe: Synth that renders.
        table: Parameters of the synth.
        values: Value of each parameter in its unit, by name.
        numbers: Number in [0, 1] of each, in the table's order.
        sound: Number of the sound that it began as, where there is one.
        noise_row: Row of the noise table.
        name: Words for people; "" is left out.
    """
    began: dict[str, Any] = {}
    if sound is not None:
        split = Split.of(sound).value
        began = {"sound": sound, "split": split, "is_train": is_train(sound)}
    return {
        "format": FORMAT,
        "package_version": _version(),
        **({"name": name} if name else {}),
        **began,
        "noise_row": noise_row,
        **{name: value for name, value in recipe.plain().items() if name not in _SOURCE},
        "parameters": dict(values),
        "normalized": dict(zip(table.names, numbers, strict=True)),
        "units": _units(table),
    }


@dataclass(frozen=True)
class Read:
    """What a file says: ``Preset``'s arguments, and the units that its values are in."""

    arguments: dict[str, Any]
    units: Mapping[str, object]

    def check(self, table: ParameterTable) -> None:
        """Check that the values' units are the parameters' own.

        Raises:
            ValueError: If one is another.
        """
        own = _units(table)
        for name, unit in self.units.items():
            table.column(name)
            if unit != own.get(name, ""):
                raise ValueError(
                    f"the unit of {name} must be {own.get(name, '')!r}, got {checks.shown(unit)}"
                )


def from_text(text: str, synth: str | type[AbstractSynth] | None = None) -> Read:
    """Return what a preset's file says.

    Args:
        text: Contents of the file.
        synth: Synth's class, or its import path, in place of the file's.

    Raises:
        TypeError: If something is of another type.
        ValueError: If it is no preset of format 1, or says what no preset does.

    Example:
        >>> from_text('{"sound": 7, "parameters": {"keyboard.midi_f0": 60}}').arguments["sound"]
        7
    """
    document = json_of(text, "it")
    if not isinstance(document, dict) or not {"parameters", "normalized", "sound"} & set(document):
        raise ValueError("it is no preset: it has no parameters, no normalized ones and no sound")
    if document.get("format", FORMAT) != FORMAT or document.get("format") is True:
        raise ValueError(
            f"it must be of format {FORMAT}, got {checks.shown(document['format'])}, written by "
            f"synth_datamodule {document.get('package_version')!s:.40}"
        )
    if unknown := [name for name in document if name not in (*_OWN, *_SETTINGS)]:
        raise ValueError(
            f"{checks.shown(unknown[0])} is no field of a preset; it has {', '.join(_OWN)}, and "
            "the settings of a synth"
        )
    objects = {name: _object(name, document.get(name, {})) for name in _OWN[-3:]}
    sound = document.get("sound")
    told: dict[str, object] = {"split": None, "is_train": None}
    if sound is not None:
        sound = sound_number(sound)
        told = {"split": Split.of(sound).value, "is_train": is_train(sound)}
    for name, found in told.items():
        if name in document and document[name] != found:
            raise ValueError(
                f"{name} of sound {sound} must be {found!r}, got {checks.shown(document[name])}"
            )
    settings = {name: document[name] for name in _SETTINGS if name in document}
    # What a stranger's file names is neither imported nor opened.
    for name in ("synth", "nebula"):
        if name in settings:
            settings[name] = FromFile(checks.instance(name, settings[name], str))
    if synth is not None:
        settings["synth"] = synth
    arguments = {
        "recipe": SynthRecipe(**settings),
        "values": objects["parameters"],
        "normalized": objects["normalized"],
        "sound": sound,
        "noise_row": document.get("noise_row"),
        "name": document.get("name", ""),
    }
    return Read(arguments, objects["units"])


@functools.cache
def _version() -> str:
    return importlib.metadata.version("synth_datamodule")


def _units(table: ParameterTable) -> dict[str, str]:
    return {parameter.name: parameter.unit for parameter in table.ranges if parameter.unit}


def _object(name: str, value: object) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise TypeError(f"{name} must be a JSON object by parameter, got {checks.shown(value)}")
    return value
