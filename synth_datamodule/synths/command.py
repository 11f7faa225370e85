"""``synth-datamodule render``: sounds to listen to, with what made them."""

from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from itertools import islice
from pathlib import Path
from typing import Any, ClassVar, Literal

import torch

from synth_datamodule import checks, reporting
from synth_datamodule.batch import SynthBatch
from synth_datamodule.config import BASE_REPRODUCIBLE_BATCH_SIZE
from synth_datamodule.corpus.splits import NUM_SOUNDS, Split, sound_number
from synth_datamodule.patching.recipe import SynthRecipe
from synth_datamodule.patching.synth import AbstractSynth


@dataclass(frozen=True)
class Render:
    """Write sounds to WAV files (float32), each with a JSON file of its parameters.

    Args:
        names: Sound numbers, or names such as synth1B1-312-6.
        split: Split whose first sounds are written, with --sounds, instead of sounds by name.
        sounds: Number of sounds of the split.
        out: Folder of the files.
        overwrite: Whether files with other contents may be replaced.
        recipe: Synth that renders.
    """

    POSITIONAL: ClassVar[str] = "names"
    METAVAR: ClassVar[str] = "SOUND"

    names: tuple[str, ...] = ()
    split: Literal["train", "val", "test"] | None = None
    sounds: int | None = None
    out: Path = Path("sounds")
    overwrite: bool = False
    recipe: SynthRecipe = field(default_factory=SynthRecipe)

    def __call__(self) -> int:
        """Write the files and name them; return 0.

        Raises:
            OSError: If a file cannot be written, or exists with other contents.
            TypeError: If the recipe makes no synth.
            ValueError: If no sounds are named, or a name or the recipe is wrong.
        """
        numbers = self._numbers()
        synth = self.recipe.make()
        waves = [self.out / f"sound_{number}.wav" for number in numbers]
        # All lie in one folder. Whether a file in the way has other bytes shows when its own are
        # known.
        first = (waves[0], waves[0].with_suffix(".json"))
        reporting.check_outputs(*first, overwrite=self.overwrite, same_bytes_are_fine=True)
        with reporting.progress("rendering", total=len(numbers)) as advance:
            for wave, sound in zip(waves, _rendered(synth, numbers), strict=True):
                rate, told = synth.synthconfig.sample_rate, _described(sound, synth)
                reporting.write_wave(wave, sound.audio, rate, overwrite=self.overwrite)
                reporting.write_json(wave.with_suffix(".json"), told, overwrite=self.overwrite)
                reporting.say(str(wave))
                advance()
        return 0

    def _numbers(self) -> list[int]:
        if self.names and (self.split is not None or self.sounds is not None):
            raise ValueError("sounds are given by name or by --split and --sounds, not by both")
        if self.names:
            return list(dict.fromkeys(sound_number(name) for name in self.names))
        if self.split is None or self.sounds is None:
            raise ValueError("there is nothing to render: give SOUND ..., or --split and --sounds")
        split = Split(self.split)
        checks.whole_number("sounds", self.sounds, 1, split.num_sounds(NUM_SOUNDS))
        return [split.sounds(place) for place in range(self.sounds)]


def _rendered(synth: AbstractSynth, numbers: list[int]) -> Iterator[SynthBatch]:
    """Render sounds a batch at a time, which changes none of them."""
    rest = iter(numbers)
    while batch := list(islice(rest, BASE_REPRODUCIBLE_BATCH_SIZE)):
        sounds = synth.render_sounds(batch)
        for place in range(len(batch)):
            yield SynthBatch(*(column[place] for column in sounds))


def _described(sound: SynthBatch, synth: AbstractSynth) -> dict[str, Any]:
    number, recipe, table = int(sound.index), SynthRecipe.of(synth), synth.parameter_table
    with torch.inference_mode():
        values = table.to_dict(table.to_physical(sound.parameters))
    return {
        "sound": number,
        "split": Split.of(number).value,
        "is_train": bool(sound.is_train),
        **{setting.name: getattr(recipe, setting.name) for setting in fields(recipe)},
        "synth": str(recipe.synth),
        "pinned": dict(recipe.pinned),
        "parameters": values,
        "units": {parameter.name: parameter.unit for parameter in table.ranges if parameter.unit},
    }
