"""SynthAX's parameters, by its names and in its shapes, to a table's columns and back.

SynthAX's ``Voice`` has the 78 parameters of torchsynth's. Its numbers in [0, 1] are those of its
own ranges and curves, which are torchsynth's default; a table of other ones gets the same values
in units. Names, shapes and ranges are those of SynthAX 0.2.2 (``synthax/synth.py``,
``synthax/modules``): flax calls a part ``modules_adsr_1``, ``mod`` of its mixer of modulations is
``[B, outputs, inputs]`` and ``level`` of its mixer of audio ``[B, inputs]``.
"""

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from synth_datamodule import checks
from synth_datamodule.numerics.constants import MIDI_MAX
from synth_datamodule.parameters.ranges import ParameterRange
from synth_datamodule.parameters.table import ParameterTable

Nested = dict[str, dict[str, dict[str, npt.NDArray[np.float32]]]]
"""``{"params": {"modules_adsr_1": {"attack": array}}}``"""

_KEYBOARD = (
    ParameterRange("midi_f0", 0.0, MIDI_MAX),
    ParameterRange("duration", 0.01, 4.0, curve=0.5),
)
_ADSR = (
    ParameterRange("attack", 0.0, 2.0, curve=0.5),
    ParameterRange("decay", 0.0, 2.0, curve=0.5),
    ParameterRange("sustain", 0.0, 1.0),
    ParameterRange("release", 0.0, 5.0, curve=0.5),
    ParameterRange("alpha", 0.1, 6.0),
)
_LFO = (
    ParameterRange("frequency", 0.0, 20.0, curve=0.25),
    ParameterRange("mod_depth", -10.0, 20.0, curve=0.5, symmetric=True),
    ParameterRange("initial_phase", -math.pi, math.pi),
    *(ParameterRange(shape, 0.0, 1.0) for shape in ("sin", "tri", "saw", "rsaw", "sqr")),
)
_SINE = (
    ParameterRange("tuning", -24.0, 24.0),
    ParameterRange("mod_depth", -96.0, 96.0, curve=0.2, symmetric=True),
    ParameterRange("initial_phase", -math.pi, math.pi),
)
_MODULES = {
    "keyboard": _KEYBOARD,
    **dict.fromkeys(("adsr_1", "adsr_2"), _ADSR),
    **dict.fromkeys(("lfo_1", "lfo_2"), _LFO),
    **dict.fromkeys(
        ("lfo_1_amp_adsr", "lfo_2_amp_adsr", "lfo_1_rate_adsr", "lfo_2_rate_adsr"), _ADSR
    ),
    "vco_1": _SINE,
    "vco_2": (*_SINE, ParameterRange("shape", 0.0, 1.0)),
}
_INPUTS = ("adsr_1", "adsr_2", "lfo_1", "lfo_2")
_OUTPUTS = ("vco_1_pitch", "vco_1_amp", "vco_2_pitch", "vco_2_amp", "noise_amp")
_LEVELS = {"vco_1": 1.0, "vco_2": 1.0, "noise": 0.025}  # the curves


def _ours() -> Iterator[tuple[str, str, Any, ParameterRange]]:
    """Yield SynthAX's module and name, the index into its array, and the parameter by our name."""
    for module, ranges in _MODULES.items():
        for one in ranges:
            name = f"{module}.{one.name}"
            yield module, one.name, ..., ParameterRange(name, *_spread(one))
    for row, output in enumerate(_OUTPUTS):
        for column, source in enumerate(_INPUTS):
            name = f"mod_matrix.{source}->{output}"
            yield "mod_matrix", "mod", (..., row, column), ParameterRange(name, 0.0, 1.0, curve=0.5)
    for place, (source, curve) in enumerate(_LEVELS.items()):
        yield "mixer", "level", (..., place), ParameterRange(f"mixer.{source}", 0.0, 1.0, curve)


def _spread(one: ParameterRange) -> tuple[float, float, float, bool]:
    return one.minimum, one.maximum, one.curve, one.symmetric


_PLACES = tuple(_ours())
_SHAPES = {
    ("mod_matrix", "mod"): (len(_OUTPUTS), len(_INPUTS)),
    ("mixer", "level"): (len(_LEVELS),),
}
_THEIRS = ParameterTable(one for *_, one in _PLACES)


def from_synthax(params: Mapping[str, Any], table: ParameterTable) -> Tensor:
    """Return parameters for SynthAX's, the same values in units.

    Args:
        params: SynthAX's parameters in [0, 1] by module and name, arrays of floats, as
            ``voice.init(key)`` gives them or ``write_synthspec`` writes them, with ``"params"``
            around them or without.
        table: Table of the synth that is to have them, such as ``voice.parameter_table``.

    Returns:
        Numbers in [0, 1] of the table's ranges, those of equal ranges and curves bit for bit;
        float32. Shape ``[B, P]``.

    Raises:
        TypeError: If ``params`` are no mapping of mappings, or a value no numbers.
        ValueError: If SynthAX has a parameter that the table lacks, or the reverse, a shape
            differs, or a value is out of range; it names the parameter.

    Example:
        >>> from synth_datamodule import Voice
        >>> voice = Voice()
        >>> params = to_synthax(voice.draw([0, 1]), voice.parameter_table)
        >>> torch.equal(from_synthax(params, voice.parameter_table), voice.draw([0, 1]))
        True
    """
    ours = _in_their_order(table)
    arrays = _arrays(params)
    stacked = [arrays[module, name][place] for module, name, place, _ in _PLACES]
    numbers = torch.tensor(np.stack(stacked, -1), dtype=torch.float32, device="cpu")
    numbers = checks.normalized("params", numbers, always=True)
    numbers = _spread_anew(numbers, _THEIRS, ours)
    return numbers[:, [ours.column(name) for name in table.names]]


def to_synthax(parameters: Tensor | npt.NDArray[Any], table: ParameterTable) -> Nested:
    """Return SynthAX's parameters for a table's, the same values in units.

    Args:
        parameters: Numbers in [0, 1]. Shape ``[B, P]``.
        table: Table of the synth that they are of.

    Returns:
        Numbers in [0, 1] of SynthAX's ranges, float32 arrays: ``{"params": {"modules_adsr_1":
        {"attack": array}}}``, for ``voice.apply``.

    Raises:
        TypeError: If ``parameters`` are no floats.
        ValueError: If the table has a parameter that SynthAX lacks, or the reverse, the shape is
            not ``[B, P]``, or a value lies outside SynthAX's range; it names the parameter.

    Example:
        >>> from synth_datamodule import Voice
        >>> voice = Voice()
        >>> params = to_synthax(voice.draw([0, 1]), voice.parameter_table)["params"]
        >>> params["modules_mod_matrix"]["mod"].shape
        (2, 5, 4)
    """
    ours = _in_their_order(table)
    given = table.pin(table._given("parameters", parameters).detach().cpu())
    if given.ndim != 2:
        raise ValueError(f"parameters must be [B, P] in shape, got {list(given.shape)}")
    given = given[:, [table.column(name) for name in ours.names]]
    numbers = _spread_anew(given.float(), ours, _THEIRS).numpy()
    found: dict[str, dict[str, npt.NDArray[np.float32]]] = {}
    for column, (module, name, place, _) in enumerate(_PLACES):
        arrays = found.setdefault(f"modules_{module}", {})
        shape = (len(numbers), *_SHAPES.get((module, name), ()))
        array = arrays.setdefault(name, np.empty(shape, np.float32))
        array[place] = numbers[:, column]
    return {"params": found}


def _in_their_order(table: ParameterTable) -> ParameterTable:
    """Return the table of the same ranges in SynthAX's order."""
    checks.instance("table", table, ParameterTable)
    for name in _THEIRS.names:
        if name not in table:
            raise ValueError(f"table must have SynthAX's parameters, it lacks {name}")
    for name in table:
        if name not in _THEIRS:
            raise ValueError(f"table must have SynthAX's parameters alone, got {name:.60} too")
    return ParameterTable(table[name].range for name in _THEIRS.names)


def _arrays(params: object) -> dict[tuple[str, str], npt.NDArray[np.float32]]:
    """Return SynthAX's arrays by module and name: all of its Voice's, and none besides."""
    if isinstance(params, Mapping):
        params = params.get("params", params)
    if not isinstance(params, Mapping) or not all(isinstance(v, Mapping) for v in params.values()):
        raise TypeError(f"params must map modules to parameters, got {checks.shown(params)}")
    found = {
        (str(module).removeprefix("modules_"), str(name)): value
        for module, values in params.items()
        for name, value in values.items()
    }
    wanted = {(module, name) for module, name, *_ in _PLACES}
    for module, name in sorted(found.keys() ^ wanted):
        verb = "lack" if (module, name) in wanted else "hold"
        raise ValueError(
            f"params must be those of SynthAX's Voice, they {verb} modules_{module:.60}.{name:.60}"
        )
    arrays = {place: _array(place, value) for place, value in found.items()}
    num_sounds = len(next(iter(arrays.values())))
    for (module, name), array in arrays.items():
        shape = (num_sounds, *_SHAPES.get((module, name), ()))
        if array.shape != shape:
            raise ValueError(
                f"modules_{module}.{name} must be of shape {list(shape)}, got {list(array.shape)}"
            )
    return arrays


def _array(place: tuple[str, str], value: object) -> npt.NDArray[np.float32]:
    rule = f"modules_{'.'.join(place)} must be an array of numbers [B, ..]"
    try:
        array = np.asarray(value)
    except (RuntimeError, TypeError, ValueError) as error:  # a ragged list, a tensor of a GPU
        raise TypeError(f"{rule}, got {checks.shown(value)}") from error
    if array.dtype.kind not in "fiu" or not array.ndim or not array.size:
        raise TypeError(f"{rule}, got {checks.shown(value)}")
    return array.astype(np.float32)


def _spread_anew(numbers: Tensor, here: ParameterTable, there: ParameterTable) -> Tensor:
    """Return numbers of the same values in another table's ranges; bit for bit in equal ones."""
    pairs = zip(here.ranges, there.ranges, strict=True)
    same = torch.tensor(
        [_spread(one) == _spread(other) for one, other in pairs], dtype=torch.bool, device="cpu"
    )
    if bool(same.all()):
        return numbers
    values = here.to_physical(numbers)
    kept = torch.where(same, there.to_physical(torch.zeros_like(numbers)), values)
    return torch.where(same, numbers, there.to_normalized(kept).to(numbers.dtype))
