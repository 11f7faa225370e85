"""``synth-datamodule match``: the nearest presets to recordings, with what there is to hear."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from synth_datamodule import checks, reporting
from synth_datamodule.recordings.reading import read, recordings

if TYPE_CHECKING:
    from torch import Tensor

    from synth_datamodule.recordings.match import Match

FOLDERS = ("target", "nearest", "guess")
"""Folders of sounds with the same names, as ``synth-datamodule listen --compare`` takes them."""

_FAR = 1  # the exit status
_MOST_RECORDINGS = 4096
_MOST_RENDERS = 10**6


@dataclass(frozen=True)
class RecordingMatch:
    """Find the preset whose sound is nearest to each recording, and write both to hear and see.

    A recording is heard from its first loud moment on, for 4 s, at a peak of 0.75. In the folder
    lie target/NAME.wav as it was heard, guess/NAME.wav beside its preset guess/NAME.json,
    nearest/NAME.wav, the nearest sound of the corpus, a picture NAME.png, and matches.json with all
    figures. The exit status is 1 where nothing near was found to a recording.

    Args:
        names: Recordings, in any format that libsndfile reads, or folders of them.
        out: Folder of the files.
        page: Whether a page to hear targets beside guesses is written, matches.html.
        renders: Renders of the search for each recording; 0 takes the nearest sound of the corpus.
        indexed: Sounds of the corpus that are looked among; their index is made once.
        seed: Seed of what the search draws.
        overwrite: Whether files with other contents may be replaced.
    """

    POSITIONAL: ClassVar[str] = "names"
    METAVAR: ClassVar[str] = "FILE"

    names: tuple[str, ...] = ()
    out: Path = Path("matched")
    page: bool = False
    renders: int = 1000
    indexed: int = 2**14
    seed: int = 0
    overwrite: bool = False

    def __call__(self) -> int:
        """Write the files and say what was found; return 0, or 1 where something is not near.

        Raises:
            OSError: If a recording cannot be read, or a file not written or exists otherwise.
            ValueError: If no recording is named, one is none or is silent, or an option is wrong.
        """
        checks.whole_number("renders", self.renders, 0, _MOST_RENDERS)
        checks.whole_number("indexed", self.indexed, 1, 2**20)
        checks.whole_number("seed", self.seed, 0, 2**32 - 1)
        if not self.names:
            raise ValueError("there is nothing to match: give FILE ..., recordings or folders")
        paths = recordings(map(Path, self.names))
        checks.whole_number("the number of recordings", len(paths), 1, _MOST_RECORDINGS)
        self._check_outputs(paths)
        # What cannot be heard is said before the first search.
        for path in paths:
            _read(path)
        found: list[Match] = []
        rows: list[dict[str, Any]] = []
        for path in paths:
            found.append(self._matched(path))
            rows.append(_row(path, found[-1]))
            self._write(path, found[-1])
            reporting.say(_line(path, found[-1]))
        about = {"renders": self.renders, "indexed": self.indexed, "seed": self.seed}
        table = {**about, "matches": rows}
        written = [reporting.write_json(self._table, table, overwrite=self.overwrite)]
        if self.page:
            written.append(self._write_page(paths))
        pictures = [self._picture(path) for path in paths if self._picture(path).exists()]
        reporting.say_written([self.out / folder for folder in FOLDERS] + pictures + written)
        far = sum(not match.is_near for match in found)
        if far:
            reporting.say(f"nothing near was found to {far} of {len(found)}")
        return _FAR if far else 0

    @property
    def _table(self) -> Path:
        return self.out / "matches.json"

    @property
    def _page(self) -> Path:
        return self.out / "matches.html"

    def _picture(self, path: Path) -> Path:
        return self.out / f"{path.stem}.png"

    def _check_outputs(self, paths: Sequence[Path]) -> None:
        sounds = [self.out / folder / f"{path.stem}.wav" for path in paths for folder in FOLDERS]
        presets = [self.out / FOLDERS[2] / f"{path.stem}.json" for path in paths]
        others = [self._table, *([self._page] if self.page else []), *map(self._picture, paths)]
        reporting.check_outputs(*sounds, *presets, *others, overwrite=self.overwrite)

    def _matched(self, path: Path) -> "Match":
        from synth_datamodule.recordings.match import match  # with torch, after the first words

        audio, rate = _read(path)
        return match(
            audio,
            rate,
            num_indexed=self.indexed,
            renders=self.renders,
            seed=self.seed,
            name=path.stem,
        )

    def _write(self, path: Path, match: "Match") -> None:
        from synth_datamodule.plotting.rows import rows_figure

        sounds = (match.heard.audio, match.nearest.audio, match.guess.audio)
        for folder, audio in zip(FOLDERS, sounds, strict=True):
            file = self.out / folder / f"{path.stem}.wav"
            reporting.write_wave(file, audio, match.sample_rate, overwrite=self.overwrite)
        match.preset.save(self.out / FOLDERS[2] / f"{path.stem}.json", overwrite=self.overwrite)
        rows = {name: audio[None] for name, audio in zip(FOLDERS, sounds, strict=True)}
        try:
            figure = rows_figure(rows, [path.stem], match.sample_rate)
        except ImportError:
            return
        reporting.write_figure(self._picture(path), figure, overwrite=self.overwrite)

    def _write_page(self, paths: Sequence[Path]) -> Path:
        from synth_datamodule.listening.comparing import DISTANCES, Comparison
        from synth_datamodule.listening.comparison_page import comparison_page
        from synth_datamodule.listening.encoding import VORBIS

        files = tuple(
            tuple(self.out / folder / f"{path.stem}.wav" for folder in FOLDERS) for path in paths
        )
        about = f"{len(files)} recordings, the nearest sound of the corpus, and the match"
        comparison = Comparison(FOLDERS, DISTANCES, len(files), about, folders=files)
        with reporting.progress("writing the page", len(files)) as advance:
            text = comparison_page(comparison, "Recordings and their matches", VORBIS, advance)
        return reporting.write_text(self._page, text, overwrite=self.overwrite)


def _read(path: Path) -> "tuple[Tensor, int]":
    """Return a recording that can be heard, with its rate; an error names the file."""
    from synth_datamodule.recordings.hearing import check

    audio, rate = read(path)
    try:
        check(audio, rate)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error
    return audio, rate


def _row(path: Path, match: "Match") -> dict[str, Any]:
    """Return all figures of a match, as JSON takes them."""
    figures: dict[str, Any] = {
        "name": path.stem,
        "near": match.is_near,
        "onset": match.heard.onset,
        "used": match.heard.seconds,
        "gain": match.heard.gain,
    }
    for name, sound in (("nearest", match.nearest), ("guess", match.guess)):
        distances = ("decibels", "log_mel", "stft")
        figures[name] = {one: getattr(sound, one) for one in distances}
    return figures | {"seconds": match.seconds}


def _line(path: Path, match: "Match") -> str:
    guess, nearest, heard = match.guess, match.nearest, match.heard
    return (
        f"{path.stem}: {guess.words}, {guess.decibels:.1f} dB off while it sounds (nearest of the "
        f"corpus {nearest.decibels:.1f}); log-mel {guess.log_mel:.2f} dB, STFT {guess.stft:.2f}; "
        f"{heard.onset:.2f} to {heard.onset + heard.seconds:.2f} s heard; {match.seconds:.1f} s"
    )
