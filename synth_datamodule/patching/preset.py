"""Preset: all that one sound is made of, in a file that people can read and change."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from synth_datamodule import checks, reporting
from synth_datamodule.batch import SynthBatch
from synth_datamodule.config import BASE_REPRODUCIBLE_BATCH_SIZE
from synth_datamodule.corpus.splits import sound_number
from synth_datamodule.patching.preset_document import from_text, to_document
from synth_datamodule.patching.preset_values import completed
from synth_datamodule.patching.recipe import SynthRecipe
from synth_datamodule.patching.rerendering import made_of
from synth_datamodule.patching.synth import AbstractSynth


class Preset:
    """One sound to keep: its synth, the value of each parameter, and its row of noise.

    A parameter has a value in its unit, which is for people, and a float32 number in [0, 1], which
    has the sound's bits. Either is enough. What is given of neither is the sound's that ``sound``
    names.

    Args:
        recipe: Synth, rates and lengths; None is the Voice's at 44.1 kHz.
        values: Values in the parameters' units, by name.
        normalized: Numbers in [0, 1], by name, beside their values or instead of them.
        sound: Number or name of the sound that the preset began as; None began as none.
        noise_row: Row of the noise table, in [0, 32); None is ``sound mod 32``, without a sound 0.
        name: Words for people.

    Raises:
        TypeError: If an argument is of another type.
        ValueError: If a name is unknown, a parameter has no value, one is out of range, or value
            and number of one parameter contradict each other.

    Example:
        >>> preset = Preset(sound=312, values={"keyboard.midi_f0": 60.0}, name="low")
        >>> preset.render().shape, preset.noise_row
        (torch.Size([176400]), 24)
        >>> higher = preset.changed({"keyboard.midi_f0": 72.0})
        >>> higher.values["keyboard.midi_f0"]
        72.0
    """

    def __init__(
        self,
        recipe: SynthRecipe | None = None,
        values: Mapping[str, float] | None = None,
        normalized: Mapping[str, float] | None = None,
        *,
        sound: int | str | None = None,
        noise_row: int | None = None,
        name: str = "",
    ) -> None:
        made_by = SynthRecipe() if recipe is None else recipe
        checks.instance("recipe", made_by, SynthRecipe)
        self.sound = None if sound is None else sound_number(sound)
        self.noise_row = _row(noise_row, self.sound)
        self.name = checks.instance("name", name, str)
        values = _by_name("values", {} if values is None else values)
        normalized = _by_name("normalized", {} if normalized is None else normalized)
        synth = made_by.make()
        self.recipe = SynthRecipe.of(synth).without_source()  # the backend by its name
        start = None if self.sound is None else synth.draw([self.sound])[0]
        if synth.source is not None:
            self.sound = None  # that number of torchsynth's draws is another sound
        self._keep(synth, *completed(synth.parameter_table, values, normalized, start))

    def _keep(self, synth: AbstractSynth, values: Tensor, numbers: Tensor) -> None:
        self._synth: AbstractSynth | None = synth
        self._values = dict(zip(synth.parameter_names, values.tolist(), strict=True))
        self._numbers = tuple(numbers.tolist())

    @classmethod
    def of(
        cls,
        synth: AbstractSynth,
        sound: SynthBatch | Tensor,
        *,
        noise_row: int | None = None,
        name: str = "",
    ) -> "Preset":
        """Return the preset of a sound, or of parameters.

        Args:
            synth: Synth that renders it.
            sound: One sound as ``synth.sound()`` returns it; or parameters in [0, 1], which are
                kept in float32. Shape ``[P]``.
            noise_row: Row of the noise table, in [0, 32); None is that of the sound's number, of
                parameters 0.
            name: Words for people.

        Raises:
            TypeError: If an argument is of another type, or the sound was cast to 16 bits.
            ValueError: If a shape differs, or a value is out of range.

        Example:
            >>> from synth_datamodule import SynthConfig, Voice
            >>> voice = Voice(SynthConfig(buffer_size_seconds=0.5))
            >>> sound = voice.sound(7)
            >>> torch.equal(Preset.of(voice, sound, name="seven").render(), sound.audio)
            True
        """
        table = checks.instance("synth", synth, AbstractSynth).parameter_table
        preset = cls.__new__(cls)
        preset.recipe = SynthRecipe.of(synth).without_source()
        preset.sound = None
        if isinstance(sound, SynthBatch):
            parameters, _ = made_of(sound, table)
            if sound.index.ndim:
                raise ValueError(
                    "sound must be one sound without the axis B, as synth.sound() returns it, got "
                    f"a batch of {len(parameters)}"
                )
            parameters, preset.sound = parameters[0], int(sound.index)
        else:
            parameters = checks.float_tensor("sound", sound, "[P]", (len(table),))
            parameters = checks.normalized("sound", parameters, always=True)
        preset.noise_row = _row(noise_row, preset.sound)
        if synth.source is not None:
            preset.sound = None
        preset.name = checks.instance("name", name, str)
        numbers = table.pin(parameters.detach().cpu().float())
        preset._keep(synth, table.to_physical(numbers), numbers)
        return preset

    @classmethod
    def load(
        cls, path: str | os.PathLike[str], synth: str | type[AbstractSynth] | None = None
    ) -> "Preset":
        """Return the preset that a JSON file holds.

        Nothing is imported or opened because the file names it, only what comes with the package or
        is imported already.

        Args:
            path: Path of the file: what ``save`` and ``synth-datamodule render`` write, or values
                written by hand.
            synth: Synth's class, or its import path, in place of the file's.

        Raises:
            OSError: If the file cannot be read.
            TypeError: If an argument, or a value in the file, is of another type.
            ValueError: If the file is no preset; it names the file and what is wrong.
        """
        source = f"preset {os.fspath(_path(path))}"
        text = reporting.read_text(path, source)
        try:
            made = from_text(text, synth)
            preset = cls(**made.arguments)
            made.check(preset._made().parameter_table)
        except (TypeError, ValueError) as error:
            kind = TypeError if isinstance(error, TypeError) else ValueError
            raise kind(f"{source:.100}: {' '.join(str(error).split())}"[:300]) from error
        return preset

    def save(self, path: str | os.PathLike[str], *, overwrite: bool = False) -> Path:
        """Write the preset to a JSON file whole, or leave everything as it was; return its path.

        Args:
            path: Path of the file; its folder is made.
            overwrite: Whether a file with other contents may be replaced.

        Raises:
            OSError: If the file cannot be written, or exists with other contents.
            TypeError: If ``path`` is no path.
        """
        return reporting.write_json(_path(path), self.document(), overwrite=overwrite)

    def document(self) -> dict[str, Any]:
        """Return what ``save`` writes, in JSON's types."""
        return to_document(
            self.recipe,
            self._made().parameter_table,
            self._values,
            self._numbers,
            sound=self.sound,
            noise_row=self.noise_row,
            name=self.name,
        )

    @property
    def parameters(self) -> Tensor:
        """Parameters in [0, 1], float32, in the order of ``synth.parameter_names``, ``[P]``."""
        return torch.tensor(self._numbers, dtype=torch.float32, device="cpu")

    @property
    def values(self) -> dict[str, float]:
        """Values in the parameters' units, by name."""
        return dict(self._values)

    def changed(self, values: Mapping[str, float]) -> "Preset":
        """Return another preset, with other values of some parameters.

        Args:
            values: Values in the parameters' units, by name.

        Raises:
            TypeError: If it is no mapping, or a value not a number.
            ValueError: If a name is unknown or pinned, or a value out of range.
        """
        values = _by_name("values", values)
        synth = self._made()
        old = {name: value for name, value in self._values.items() if name not in values}
        numbers = dict(zip(self._values, self._numbers, strict=True))
        same = {name: numbers[name] for name in old}
        preset = type(self).__new__(type(self))
        preset.__dict__.update(self.__dict__)
        preset._keep(synth, *completed(synth.parameter_table, {**old, **values}, same, None))
        return preset

    def render(self) -> Tensor:
        """Return the sound, float32 in [-1, 1], on the CPU. Shape ``[N]``."""
        rows = torch.tensor([self.noise_row], dtype=torch.int64, device="cpu")
        return self._made().render(self.parameters[None], rows)[0]

    def _made(self) -> AbstractSynth:
        if self._synth is None:  # after a pickle
            self._synth = self.recipe.make()
        return self._synth

    def __getstate__(self) -> dict[str, object]:
        return {**self.__dict__, "_synth": None}

    def _compared(self) -> tuple[object, ...]:
        values = tuple(self._values.items())
        return self.recipe, self.sound, self.noise_row, self.name, values, self._numbers

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Preset):
            return NotImplemented
        return self._compared() == other._compared()

    def __hash__(self) -> int:
        return hash(self._compared())

    def __repr__(self) -> str:
        sound = "" if self.sound is None else f", sound={self.sound}"
        name = f", name={checks.shown(self.name)}" if self.name else ""
        parameters = f"{len(self._values)} parameters"
        return f"Preset({self.recipe.synth}, {parameters}{sound}, noise_row={self.noise_row}{name})"


def _row(noise_row: int | None, sound: int | None) -> int:
    if noise_row is None:
        return 0 if sound is None else sound % BASE_REPRODUCIBLE_BATCH_SIZE
    return checks.whole_number("noise_row", noise_row, 0, BASE_REPRODUCIBLE_BATCH_SIZE - 1)


def _by_name(word: str, named: object) -> Mapping[str, float]:
    if not isinstance(named, Mapping):
        raise TypeError(
            f"{word} must map parameter names to numbers, got {checks.shown(named)} "
            f"({type(named).__name__})"
        )
    return named


def _path(path: object) -> str | os.PathLike[str]:
    if not isinstance(path, (str, os.PathLike)):
        raise TypeError(
            f"path must be the path of a file, got {checks.shown(path)} ({type(path).__name__})"
        )
    return path
