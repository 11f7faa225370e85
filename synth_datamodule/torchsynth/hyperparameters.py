"""Curves of a synth to a file and back, in torchsynth's own form."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from synth_datamodule import checks
from synth_datamodule.parameters import ParameterRange, apply_nebula, shipped_nebulae
from synth_datamodule.parameters.hyperparameters import Hyperparameter, hyperparameters_of
from synth_datamodule.reporting import is_file, json_of, read_text, write_text


def write(path: str | Path, values: Mapping[Hyperparameter, Any], *, indent: bool) -> None:
    """Write hyperparameters as a JSON list of names and values.

    Raises:
        OSError: If the file cannot be written, or holds something else already.
    """
    entries = [{"name": list(name), "value": value} for name, value in values.items()]
    text = json.dumps(entries, indent=1 if indent else None)
    write_text(path, text)


def read(nebula: str | Path, ranges: list[ParameterRange]) -> dict[Hyperparameter, Any]:
    """Return the hyperparameters of a nebula.

    Args:
        nebula: Name of a shipped nebula, or path of a file, in torchsynth's form or in this
            package's.
        ranges: Ranges of the synth, named ``module.parameter``.

    Raises:
        TypeError: If ``nebula`` is neither a string nor a path.
        ValueError: If there is no such nebula, or the file is of neither form.
    """
    if not isinstance(nebula, str | Path):
        raise TypeError(f"nebula must be a name or a path, got {checks.shown(nebula)}")
    if str(nebula) not in shipped_nebulae() and is_file(nebula):
        source = f"nebula file {checks.shown(str(nebula))}"
        entries = json_of(read_text(nebula, source), source)
        if isinstance(entries, list):
            return hyperparameters_of(entries, source)
    return {
        (*one.name.split(".", 1), field): getattr(one, field)  # type: ignore[misc]  # two and one
        for one in apply_nebula(nebula, ranges)
        for field in ("curve", "symmetric")
    }
