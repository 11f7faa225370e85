"""``synth-datamodule render``: sounds to listen to, with what made them."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, islice
from pathlib import Path
from typing import Any, ClassVar, Literal, NamedTuple

from torch import Tensor

from synth_datamodule import checks, reporting
from synth_datamodule.batch import SynthBatch, audio_of, sound_at
from synth_datamodule.config import BASE_REPRODUCIBLE_BATCH_SIZE
from synth_datamodule.corpus.splits import Split
from synth_datamodule.patching.preset import Preset
from synth_datamodule.patching.recipe import SynthRecipe
from synth_datamodule.patching.synth import AbstractSynth
from synth_datamodule.synths.parameter_rows import Row, columns, preset_rows, sound_rows
from synth_datamodule.synths.selection import Selection, first_sounds, named_sounds

_WRITERS = {"wav": "write_wave", "flac": "write_flac"}
# What a preset's values mean the same with, whatever it is.
_OPEN = ("synth", "backend", "sample_rate", "buffer_size_seconds", "control_rate", "eps")


class _Made(NamedTuple):
    """Sounds to write: how many, each with its path, and the rows and names of their table."""

    total: int
    sounds: Iterable[tuple[Path, Preset, Tensor]]
    names: Sequence[str]
    rows: Callable[[], Iterable[Row]]
    given: Sequence[Path] = ()


@dataclass(frozen=True)
class Render:
    """Write sounds to WAV or FLAC files, each with a JSON file of its parameters, its preset.

    WAV holds every bit (float32), FLAC the nearest of 24 bits. What stands there of the same run
    stays: one that was cut short goes on when the same words are typed again.

    Args:
        names: Sound numbers, names such as synth1B1-312-6, ranges such as 0-99 (both ends count),
            corpora such as synth1K1; or presets, by their JSON files.
        split: Split whose first sounds are written, instead of sounds by name.
        corpus: Corpus whose sounds are written, with --split those of the split; its name or size.
        sounds: Number of sounds of the split or corpus; where it is left out all of the corpus.
        out: Folder of the files.
        format: Format of the sounds, wav or flac.
        table: File .csv or .parquet of all sounds' parameters, in their units, a row for each.
        overwrite: Whether files with other contents may be replaced.
        recipe: Synth that renders; of a preset, what is other than the preset says.
    """

    POSITIONAL: ClassVar[str] = "names"
    METAVAR: ClassVar[str] = "SOUND"

    names: tuple[str, ...] = ()
    split: Literal["train", "val", "test"] | None = None
    corpus: str | None = None
    sounds: int | None = None
    out: Path = Path("sounds")
    format: Literal["wav", "flac"] = "wav"
    table: Path | None = None
    overwrite: bool = False
    recipe: SynthRecipe = field(default_factory=SynthRecipe)
    changes: Mapping[str, Any] = field(default_factory=dict)  # what of the recipe was typed

    def __call__(self) -> int:
        """Write the files and name them; return 0.

        Raises:
            ImportError: If the table is Parquet, and pyarrow is not installed.
            OSError: If a file cannot be written, or exists with other contents.
            TypeError: If the recipe makes no synth.
            ValueError: If no sounds are named, or a name or the recipe is wrong.
        """
        checks.one_of("format", self.format, _WRITERS)
        if self.table is not None:
            reporting.check_table("table", self.table)
        presets = [name for name in self.names if name.endswith(".json")]
        if presets and len(presets) < len(self.names):
            raise ValueError("sounds are given by name or by presets' files, not by both")
        selected = self._selected(by_file=bool(presets))
        made = self._of_presets(presets) if selected is None else self._of_sounds(selected)
        # A table that stands there is known to be another's before any work, which needs no audio.
        table_first = self.table is not None and self.table.exists() and not self.overwrite
        if table_first:
            self._write_table(made)
        with reporting.progress("rendering", total=made.total) as advance:
            for file, preset, audio in made.sounds:
                self._write(file, preset, audio, made.given)
                reporting.say(str(file))
                advance()
        if not table_first:
            self._write_table(made)
        return 0

    def _write(self, file: Path, preset: Preset, audio: Tensor, given: Sequence[Path]) -> None:
        """Write a sound and its preset; where another's file is in the way, neither."""
        beside = file.with_suffix(".json")

        def write_audio() -> None:
            write = getattr(reporting, _WRITERS[self.format])
            write(file, audio, preset.recipe.sample_rate, overwrite=self.overwrite)

        def write_preset() -> None:
            if not (beside.exists() and any(beside.samefile(one) for one in given)):
                reporting.write_json(beside, preset.document(), overwrite=self.overwrite)

        # What stands there comes first: its other bytes are an error before anything is written.
        writers = [write_audio, write_preset]
        for write in reversed(writers) if beside.exists() and not file.exists() else writers:
            write()

    def _selected(self, by_file: bool) -> Selection | None:
        if self.names and (self.split, self.corpus, self.sounds) != (None, None, None):
            raise ValueError(
                "sounds are given by name or by --split, --corpus and --sounds, not by both"
            )
        if self.names:
            return None if by_file else named_sounds(self.names)
        if self.corpus is None and (self.split is None or self.sounds is None):
            raise ValueError(
                "there is nothing to render: give SOUND ..., --corpus, or --split and --sounds"
            )
        corpus: str | int | None = self.corpus
        if self.corpus is not None and self.corpus.isdecimal() and len(self.corpus) < 20:
            corpus = int(self.corpus)
        return first_sounds(None if self.split is None else Split(self.split), corpus, self.sounds)

    def _file(self, name: str | int) -> Path:
        return self.out / f"{name}.{self.format}"

    def _of_sounds(self, selected: Selection) -> _Made:
        synth = self.recipe.make()

        def file(number: int) -> Path:
            return self._file(f"sound_{number}")

        numbers = iter(selected)
        # All lie in one folder. Whether a file in the way has other bytes shows when its own are
        # known.
        first = next(numbers)
        self._check_outputs([file(first)], [synth.sample_rate])
        sounds = (
            (file(int(sound.index)), Preset.of(synth, sound), audio_of(sound.audio))
            for sound in _rendered(synth, chain([first], numbers))
        )
        names = synth.parameter_names
        return _Made(len(selected), sounds, names, lambda: sound_rows(synth, selected, file))

    def _of_presets(self, given: Sequence[str]) -> _Made:
        presets = [self._preset(name) for name in given]
        files = [self._file(Path(name).stem) for name in given]
        names = [tuple(preset.values) for preset in presets]
        for name, other in zip(given, names, strict=True):
            if self.table is not None and other != names[0]:
                raise ValueError(
                    f"table must be of one synth's parameters, {name} has others than {given[0]}"
                )
        self._check_outputs(files, [preset.recipe.sample_rate for preset in presets])
        sounds = ((*pair, pair[1].render()) for pair in zip(files, presets, strict=True))
        # A preset that is rendered as it says stays as it was written; else its file is the old.
        paths = [] if self._changes else [Path(name) for name in given]
        for file in files:
            beside = file.with_suffix(".json")
            if self._changes and any(beside.exists() and beside.samefile(one) for one in given):
                reporting.check_outputs(beside, overwrite=self.overwrite)
        return _Made(len(given), sounds, names[0], lambda: preset_rows(presets, files), paths)

    @property
    def _changes(self) -> dict[str, Any]:
        return {**self.recipe.changed(), **self.changes}

    def _preset(self, name: str) -> Preset:
        changes = self._changes
        if held := [setting for setting in changes if setting not in _OPEN]:
            raise ValueError(
                f"--{held[0]} must not be given beside a preset, whose values hold, got {name:.100}"
            )
        preset = Preset.load(name, changes.pop("synth", None))
        if not changes:
            return preset
        numbers = dict(zip(preset.values, preset.parameters.tolist(), strict=True))
        return Preset(
            replace(preset.recipe, **changes),
            preset.values,
            numbers,
            sound=preset.sound,
            noise_row=preset.noise_row,
            name=preset.name,
        )

    def _check_outputs(self, files: Sequence[Path], rates: Sequence[int]) -> None:
        if self.format == "flac":
            for rate in rates:
                reporting.check_flac_rate(rate)
        paths = [path for file in files for path in (file, file.with_suffix(".json"))]
        table = [] if self.table is None else [self.table]
        reporting.check_outputs(*paths, *table, overwrite=self.overwrite, same_bytes_are_fine=True)

    def _write_table(self, made: _Made) -> None:
        if self.table is None:
            return
        named = columns(made.names)
        with reporting.new_table(self.table, named, overwrite=self.overwrite) as add:
            add(made.rows())
        reporting.say(str(self.table))


def _rendered(synth: AbstractSynth, numbers: Iterator[int]) -> Iterator[SynthBatch]:
    """Render sounds a batch at a time, which changes none of them."""
    while batch := list(islice(numbers, BASE_REPRODUCIBLE_BATCH_SIZE)):
        sounds = synth.render_sounds(batch)
        for place in range(len(batch)):
            yield sound_at(sounds, place)
