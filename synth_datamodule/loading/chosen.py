"""Which sounds a data module is about, where it is not a corpus: rows of one's own, or a list."""

import functools
from dataclasses import dataclass
from typing import Any

from lightning_utilities.core import rank_zero

from synth_datamodule import checks
from synth_datamodule.corpus.listing import list_text, listed_numbers
from synth_datamodule.corpus.rosters import CORPUS, Listed, Roster
from synth_datamodule.corpus.splits import NUM_SOUNDS, Split, corpus_size
from synth_datamodule.loading.bounds import Bounds
from synth_datamodule.loading.filtered import Filtered
from synth_datamodule.loading.predicted import predict_set
from synth_datamodule.loading.sets import AUTO, SoundSet
from synth_datamodule.parameters.own import OwnParameters, own_parameters
from synth_datamodule.patching.recipe import SynthRecipe

_DEFAULT = "synth1M1"


@dataclass(frozen=True)
class Chosen:
    """Sounds that are chosen in place of a corpus.

    Args:
        corpus: Number of the sounds; None where there is a corpus.
        parameters: Rows of one's own.
        base: Roster of the corpus, or of the rows.
        roster: Roster of the list where there is one, else ``base``.
    """

    corpus: int | None
    parameters: OwnParameters | None
    base: Roster
    roster: Roster

    @staticmethod
    def of(corpus: object, sounds: object, parameters: object, split: object) -> "Chosen":
        """Return the sounds that a data module's arguments name.

        Args:
            corpus: Name or number of sounds, the default where others are named.
            sounds: List of sound numbers, or None.
            parameters: Rows of one's own, or None.
            split: Splits of the rows, or None.

        Raises:
            TypeError: If an argument is of another type.
            ValueError: If two of them contradict each other, or one is wrong by itself.
        """
        given = [
            name
            for name, value in (("sounds", sounds), ("parameters", parameters))
            if value is not None
        ]
        if given and corpus != _DEFAULT:
            raise ValueError(
                f"corpus must be left out where {' and '.join(given)} say which sounds there are, "
                f"got {checks.shown(corpus)}"
            )
        if split is not None and parameters is None:
            raise ValueError(
                f"split must be left out without parameters, whose rows it splits, got "
                f"{checks.shown(split)}"
            )
        own = None if parameters is None else own_parameters(parameters, split)
        base = CORPUS if own is None else own.roster
        if sounds is None:
            return Chosen(None if own is None else own.num_rows, own, base, base)
        numbers = listed_numbers("sounds", sounds)
        if own is not None and numbers.max() >= own.num_rows:
            raise ValueError(
                f"sounds must be rows of parameters, below {own.num_rows}, got {numbers.max()}"
            )
        return Chosen(len(numbers), own, base, Listed(base, numbers))

    def heard(self, bounds: Bounds, recipe: SynthRecipe, corpus: str | int) -> Roster:
        """Return the roster of the sounds that lie within bounds.

        Args:
            bounds: Bounds of a sound.
            recipe: Synth that renders.
            corpus: The corpus, or the number of the chosen sounds.
        """
        if not bounds.settings:
            return self.roster
        return Filtered(self.roster, bounds, recipe, corpus_size(corpus))

    def lack(self, split: Split) -> str:
        """Return in words that none of the chosen sounds lies in a split; empty where one does."""
        if self.corpus is None or self.roster.num_sounds(split, self.corpus):
            return ""
        kind = "sound" if self.parameters is None else "row"
        chosen = f"{self.corpus} rows of parameters"
        if self.roster is not self.base:
            chosen = f"{self.corpus} listed {kind}s"
        return f"none of {chosen} is a {split.value} {kind}"

    def check_rows_stay(self, **asked: object) -> None:
        """Check that no argument asks for other values than those of rows.

        Args:
            asked: Arguments by name, None or empty where they ask for nothing.

        Raises:
            ValueError: If there are rows, and one of them asks for something.
        """
        for name, value in asked.items():
            if value and self.parameters is not None:
                raise ValueError(
                    f"{name} must be left out with parameters, which are taken as they are"
                )

    def bent_by(self, recipe: SynthRecipe) -> str:
        """Return in words what says how numbers of rows sound; nothing where they are in units.

        Args:
            recipe: Synth that renders them.

        Returns:
            As ``"nebula='drum'"``; empty where nothing is said of curves and ranges.
        """
        if self.parameters is None or self.parameters.names is not None:
            return ""
        changed, plain = recipe.changed(), recipe.plain()
        said = [name for name in ("nebula", "ranges") if name in changed]
        return " and ".join(f"{name}={checks.shown(plain[name])}" for name in said)

    def tell_of_bent_rows(self, recipe: SynthRecipe) -> None:
        """Say once in a process that numbers in [0, 1] are not those of the default table."""
        if bent := self.bent_by(recipe):
            assert self.parameters is not None, "they are bent"
            _tell_of_bent_rows(self.parameters.num_rows, bent)

    def evaluated(self, num_sounds: Any) -> Any:  # noqa: ANN401  # checked where it is used
        """Return the number of sounds to evaluate on: ``"auto"`` stays where they may be fewer."""
        auto = isinstance(num_sounds, str) and num_sounds == "auto"
        return AUTO if auto and self.corpus is None else num_sounds

    def predicted(self, corpus: str | int, sounds: object) -> SoundSet:
        """Return a predict set: a range or a list of any numbers, whether or not they are listed.

        Args:
            corpus: The corpus, or the number of the chosen sounds.
            sounds: Range or list, as ``predict_set`` takes it.

        Raises:
            TypeError: If it takes no such.
            ValueError: If there are no such sounds.
        """
        ends = self.base is self.roster
        return predict_set(corpus if ends else self._all(), sounds, self.base)

    def _all(self) -> int:
        return NUM_SOUNDS if self.parameters is None else self.parameters.num_rows

    def plain(self) -> dict[str, Any]:
        """Return the arguments as a checkpoint holds them: numbers, but of rows their SHA-256."""
        listed = self.roster if isinstance(self.roster, Listed) else None
        return {
            "sounds": None if listed is None else list_text(listed.numbers),
            "parameters": None if self.parameters is None else self.parameters.plain,
            "split": None,
        }


@functools.cache
def _tell_of_bent_rows(num_rows: int, bent: str) -> None:
    rank_zero.rank_zero_info(  # where Lightning speaks
        f"parameters are {num_rows} rows of numbers in [0, 1], which mean values of the table of "
        f"{bent}: they are other sounds than without. A table with a column for each parameter in "
        "its unit has the same sounds under any."
    )
