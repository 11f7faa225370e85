"""``synth-datamodule listen``: a page to hear sounds, comparisons and blind tests by."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from synth_datamodule import checks, reporting
from synth_datamodule.corpus.splits import Split
from synth_datamodule.listening import sounds as heard
from synth_datamodule.listening.browsing import sounds_page
from synth_datamodule.listening.encoding import FLAC, VORBIS
from synth_datamodule.listening.scoring import TESTS, read_answers, score
from synth_datamodule.patching.preset import Preset
from synth_datamodule.patching.recipe import SynthRecipe
from synth_datamodule.synths.selection import Selection, first_sounds, named_sounds

if TYPE_CHECKING:
    from synth_datamodule.listening.comparing import Comparison

MOST_SOUNDS = 4096
"""Sounds of a page, at most: 220 MB, which a browser still opens."""


@dataclass(frozen=True)
class Listen:
    """Write one HTML file to hear sounds by: it opens from the disk and needs no network.

    Args:
        names: Sound numbers, names such as synth1B1-312-6, ranges such as 0-99 (both ends count);
            or presets, by their JSON files; or folders of WAV and FLAC files.
        split: Split whose first sounds are heard, instead of sounds by name.
        sounds: Number of sounds, the first of the split or of what is compared.
        compare: Benchmark results, each with its guesses beside it, as NAME.npz; or folders of
            sound files of the same names, the targets' first.
        blind: Blind test of what is compared: abx, whether a candidate is told from its target, or
            mushra, ratings beside a reference, hidden reference and anchor.
        score: Files of answers to a blind test, whose results are printed with intervals.
        out: HTML file.
        title: Words above the page.
        lossless: Whether the audio inside is FLAC of 24 bits, nine times as large as Ogg Vorbis.
        overwrite: Whether a file with other contents may be replaced.
        recipe: Synth that renders sounds by number.
    """

    POSITIONAL: ClassVar[str] = "names"
    METAVAR: ClassVar[str] = "SOUND"

    names: tuple[str, ...] = ()
    split: Literal["train", "val", "test"] | None = None
    sounds: int | None = None
    compare: tuple[Path, ...] = ()
    blind: Literal["abx", "mushra"] | None = None
    score: tuple[Path, ...] = ()
    out: Path = Path("sounds.html")
    title: str | None = None
    lossless: bool = False
    overwrite: bool = False
    recipe: SynthRecipe = field(default_factory=SynthRecipe)
    changes: Mapping[str, Any] = field(default_factory=dict)  # what of the recipe was typed

    def __call__(self) -> int:
        """Write the page and name it; return 0.

        Raises:
            OSError: If a file cannot be read or written, or the page exists.
            TypeError: If the recipe makes no synth.
            ValueError: If no sounds are named, or a name or the recipe is wrong.
        """
        if self.score:
            return self._score()
        if self.blind and not self.compare:
            checks.one_of("blind", self.blind, TESTS)
            raise ValueError("blind must be given with --compare, whose sounds it tests")
        reporting.check_outputs(self.out, overwrite=self.overwrite)
        if self.compare:
            return self._compare()
        total, sounds, subtitle = self._sounds()
        if total > MOST_SOUNDS:
            raise ValueError(f"a page must have at most {MOST_SOUNDS} sounds, got {total}")
        with reporting.progress("listening", total) as advance:
            text = sounds_page(sounds, self.title or "Sounds", subtitle, self._kind, advance)
        self._write(text)
        return 0

    def _compare(self) -> int:
        # Late: with the benchmark comes Lightning, which a list of sounds does not wait for.
        from synth_datamodule.listening.blind import blind_page
        from synth_datamodule.listening.comparison_page import comparison_page

        comparison = self._comparison()
        with reporting.progress("comparing", comparison.total, "targets") as advance:
            if self.blind:
                title = self.title or "Listening test"
                text = blind_page(comparison, self.blind, title, self._kind, advance)
            else:
                text = comparison_page(comparison, self.title or "Comparison", self._kind, advance)
        self._write(text)
        return 0

    def _score(self) -> int:
        others = [self.names, self.split, self.sounds, self.compare, self.blind, self.changes]
        if any(others):
            raise ValueError("score stands alone: its files say which test they are of")
        found = score([read_answers(path) for path in self.score])
        reporting.print_table(found.header, found.rows, align="l" + "r" * (len(found.header) - 1))
        for note in found.notes:
            reporting.say(note)
        return 0

    def _comparison(self) -> "Comparison":
        if self.names or self.split or self.recipe.changed() or self.changes:
            raise ValueError("compare stands alone: its files say which sounds are heard")
        from synth_datamodule.listening.comparing import of_folders, of_results

        folders = [path for path in self.compare if path.is_dir()]
        if len(folders) not in (0, len(self.compare)):
            raise ValueError("compare must have results or folders, not both")
        make = of_folders if folders else of_results
        comparison = make(self.compare, self.sounds)
        if comparison.total * len(comparison.systems) > MOST_SOUNDS:
            raise ValueError(
                f"a page must have at most {MOST_SOUNDS} sounds, got {comparison.total} targets of "
                f"{len(comparison.systems)} systems: --sounds has fewer"
            )
        return comparison

    @property
    def _kind(self) -> str:
        return FLAC if self.lossless else VORBIS

    def _write(self, text: str) -> None:
        reporting.write_text(self.out, text, overwrite=self.overwrite)
        reporting.say(f"{self.out}: {len(text) / 1e6:.1f} MB")

    def _sounds(self) -> tuple[int, Iterable[heard.Sounds], str]:
        """Return how many sounds there are, the sounds, and words about them."""
        if self.names and (self.split, self.sounds) != (None, None):
            raise ValueError("sounds are given by name or by --split and --sounds, not by both")
        if not self.names:
            if self.split is None or self.sounds is None:
                raise ValueError(
                    "there is nothing to hear: give SOUND ..., or --split and --sounds"
                )
            selected = first_sounds(Split(self.split), None, self.sounds)
            return self._of_numbers(selected, f"first {len(selected)} {self.split} sounds")
        presets = [name for name in self.names if name.endswith(".json")]
        folders = [Path(name) for name in self.names if Path(name).is_dir()]
        if len(presets) not in (0, len(self.names)) or len(folders) not in (0, len(self.names)):
            raise ValueError("sounds are numbers, or presets' files, or folders, not several")
        if presets:
            return self._of_presets(presets)
        if folders:
            files = [path for folder in folders for path in heard.sound_files(folder)]
            return len(files), heard.of_files(files), ", ".join(folder.name for folder in folders)
        return self._of_numbers(named_sounds(self.names), "sounds by number")

    def _of_numbers(
        self, selected: Selection, words: str
    ) -> tuple[int, Iterable[heard.Sounds], str]:
        synth = self.recipe.make()
        what = f"{words} · {type(synth).__name__}, {synth.sample_rate / 1000:g} kHz"
        return len(selected), heard.of_numbers(synth, selected), what

    def _of_presets(self, names: list[str]) -> tuple[int, Iterable[heard.Sounds], str]:
        if changed := [*self.recipe.changed(), *self.changes]:
            raise ValueError(
                f"--{changed[0]} must not be given beside presets, which say it themselves"
            )
        presets = [Preset.load(name) for name in names]
        stems = [Path(name).stem for name in names]
        return len(presets), heard.of_presets(presets, stems), "presets"
