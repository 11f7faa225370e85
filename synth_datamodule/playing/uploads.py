"""A preset that a page hands over: contents, never a path, and nothing is opened by them."""

from dataclasses import replace

from torch import Tensor

from synth_datamodule import checks
from synth_datamodule.patching.preset import Preset
from synth_datamodule.patching.preset_document import from_text
from synth_datamodule.patching.recipe import SynthRecipe
from synth_datamodule.patching.synth import AbstractSynth

_RATES = {
    "sample_rate": "{} Hz",
    "buffer_size_seconds": "{} s",
    "control_rate": "control signals at {} Hz",
}


def preset_of(text: str, synth: AbstractSynth) -> tuple[Preset, Tensor, str]:
    """Return a preset, its numbers in a synth's own table, and what is other about the two.

    The preset's synth must be this one; its rates, length, curves and ranges may be others, for its
    values are in units. Where ranges and curves are the same, the numbers have the same bits.

    Args:
        text: Contents of the preset's file.
        synth: Synth that plays it.

    Returns:
        The preset; numbers in [0, 1], float32, ``[P]``; and a sentence, "" where nothing is other.

    Raises:
        TypeError: If something in it is of another type.
        ValueError: If it is no preset, of another synth, or a value is out of this synth's range.
    """
    own = SynthRecipe.of(synth).without_source()
    try:
        told = from_text(text)
        recipe: SynthRecipe = told.arguments["recipe"]
        ours, theirs = own.plain(), recipe.plain()
        for name in ("synth", "synth_arguments"):
            # Also because a constructor may open what its arguments name.
            if ours[name] != theirs[name]:
                raise ValueError(
                    f"its {name} must be {checks.shown(ours[name])}, as is played here, got "
                    f"{checks.shown(theirs[name])}"
                )
        read = from_text(text, type(synth))
        # What its values mean depends on its ranges and curves alone.
        rates = {name: getattr(own, name) for name in (*_RATES, "eps", "backend")}
        made_by = replace(read.arguments["recipe"], **rates)
        preset = Preset(**{**read.arguments, "recipe": made_by})
        read.check(synth.parameter_table)
    except (TypeError, ValueError) as error:
        kind = TypeError if isinstance(error, TypeError) else ValueError
        raise kind(f"the preset cannot be loaded: {' '.join(str(error).split())}"[:300]) from error
    table = synth.parameter_table
    same = preset._made().parameter_table == table
    parameters = preset.parameters
    if not same:
        values = table.from_dict(preset.values)
        parameters = table.to_normalized(values).float()
    other = [
        words.format(f"{theirs[name]:g}")
        for name, words in _RATES.items()
        if theirs[name] != ours[name]
    ]
    remark = f"saved with {', '.join(other)}; played with this instrument's" if other else ""
    return preset, table.pin(parameters), remark
