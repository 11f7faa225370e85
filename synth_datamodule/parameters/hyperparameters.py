"""Hyperparameters: curves of a synth as torchsynth names and stores them.

torchsynth's ``save_hyperparameters`` writes a list of ``{"name": [module, parameter, field],
"value": ...}``, where the field is ``curve`` or ``symmetric`` and nothing else; its nebulae are
such files (``torchsynth/synth.py`` and ``torchsynth/nebulae`` of torchsynth 1.0.2).
"""

from collections.abc import Mapping, Sequence
from typing import Any

from synth_datamodule import checks

Hyperparameter = tuple[str, str, str]
"""Module, parameter, and ``"curve"`` or ``"symmetric"``."""


def hyperparameters_of(entries: Sequence[object], source: str) -> dict[Hyperparameter, Any]:
    """Return the hyperparameters that a file of torchsynth's holds.

    Args:
        entries: List that the file holds.
        source: Name of the file, for the message.

    Raises:
        ValueError: If an entry is of another form, or a name occurs twice.

    Example:
        >>> hyperparameters_of([{"name": ["lfo_1", "sin", "curve"], "value": 0.5}], "a nebula")
        {('lfo_1', 'sin', 'curve'): 0.5}
    """
    found: dict[Hyperparameter, Any] = {}
    for entry in entries:
        name = entry.get("name") if isinstance(entry, dict) and len(entry) == 2 else None
        if not (
            isinstance(name, (list, tuple))
            and len(name) == 3
            and all(isinstance(word, str) for word in name)
            and isinstance(entry, dict)
            and "value" in entry
        ):
            raise ValueError(
                f'{source} must hold entries {{"name": [module, parameter, field], "value": ...}}, '
                f"got {checks.shown(entry)}"
            )
        key = (name[0], name[1], name[2])
        if key in found:
            raise ValueError(f"{source}: these names occur twice: {'.'.join(key):.100}")
        found[key] = entry["value"]
    return found


def entries_from(
    hyperparameters: Mapping[Hyperparameter, Any], source: str
) -> dict[str, dict[str, Any]]:
    """Return hyperparameters as the entries of a nebula.

    Args:
        hyperparameters: Values by module, parameter and field.
        source: Name of where they come from, for the message.

    Raises:
        ValueError: If a field is neither a curve nor a symmetry.

    Example:
        >>> entries_from({("lfo_1", "sin", "curve"): 0.5}, "a nebula")
        {'lfo_1.sin': {'curve': 0.5}}
    """
    entries: dict[str, dict[str, Any]] = {}
    for (module, parameter, field), value in hyperparameters.items():
        if field not in ("curve", "symmetric"):
            raise ValueError(
                f"{source}: {module}.{parameter} must have the fields curve and symmetric, one or "
                f"both, got {checks.shown(field)}; ranges= sets where values lie"
            )
        entries.setdefault(f"{module}.{parameter}", {})[field] = value
    return entries
