"""What is predicted: a range of sound numbers, or a list of them."""

from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from torch import Tensor

from synth_datamodule import checks
from synth_datamodule.corpus.listing import NumberList, list_text, listed_numbers
from synth_datamodule.corpus.rosters import CORPUS, Listed, Roster
from synth_datamodule.corpus.splits import NUM_SOUNDS, Split, corpus_size
from synth_datamodule.loading.sets import SoundSet

Asked: TypeAlias = tuple[int, int] | NumberList
"""A range or a list; the pair comes first, for a command reads two numbers as what fits first."""

_RULE = (
    "predict_sounds must be (start, stop), range(start, stop), a list of sound numbers, or None "
    "for the test set"
)


def predict_set(corpus: str | int, sounds: object, roster: Roster = CORPUS) -> SoundSet:
    """Return a range of sound numbers, ascending, or a list of them, in its own order.

    Args:
        corpus: A corpus's name, or the number of its sounds.
        sounds: Tuple ``(start, stop)`` of sound numbers, or ``range(start, stop)``, the second
            excluded; or a list, tensor or array of different ones, a JSON text ``"[5, 9]"``, or a
            file of such. A list of two may mean either, and is refused.
        roster: Which numbers there are.

    Raises:
        TypeError: If it is neither.
        ValueError: If it is empty, a number occurs twice, or the corpus ends before it.

    Example:
        >>> predict_set("synth1K1", (10, 13)).numbers(epoch=0, start=0, stop=3)
        array([10, 11, 12])
        >>> predict_set("synth1K1", [77, 5, 9]).numbers(epoch=0, start=0, stop=3)
        array([77,  5,  9])
    """
    sounds = _range_as_pair(sounds)
    if not isinstance(sounds, str | Path | tuple | list | Tensor | np.ndarray):
        raise TypeError(f"{_RULE}, got {checks.shown(sounds)} ({type(sounds).__name__})")
    if (isinstance(sounds, tuple) and len(sounds) != 2) or not len(str(sounds)):
        raise ValueError(f"{_RULE}, got {checks.shown(sounds)}")
    most = roster.num_sounds(Split.predict, corpus_size(corpus))
    if isinstance(sounds, tuple):
        start = checks.whole_number("predict_sounds start", sounds[0], minimum=0)
        stop = checks.whole_number("predict_sounds stop", sounds[1], start + 1)
        if stop > most:
            raise ValueError(
                f"predict_sounds must end at {most}, the size of {corpus}, or before, got {stop}"
            )
        return SoundSet(Split.predict, stop - start, start, roster=roster)
    numbers = listed_numbers("predict_sounds", sounds)
    if isinstance(sounds, list) and len(sounds) == 2:
        pair = ", ".join(map(str, sounds))
        raise ValueError(
            f"predict_sounds must say whether two numbers are the ends of a range, ({pair}) or "
            f'range({pair}), or two sounds, "[{pair}]", got the list [{pair}]'
        )
    if numbers.max() >= most:
        raise ValueError(
            f"predict_sounds must lie below {most}, the size of {corpus}, got {numbers.max()}"
        )
    return SoundSet(Split.predict, len(numbers), roster=Listed(roster, numbers))


def plain_asked(sounds: Any) -> tuple[Any, ...] | str | None:  # noqa: ANN401  # checked here
    """Return a range as a tuple, unchecked, and a list as its JSON text.

    So a checkpoint holds them: no file, and nothing that may mean two things.

    Args:
        sounds: Range or list, as ``predict_set`` takes it, or None.

    Raises:
        TypeError: If it takes no such.
        ValueError: If a list is empty, or a number occurs twice or is none.

    Example:
        >>> plain_asked(range(5, 9)), plain_asked([77, 5, 9])
        ((5, 9), '[77,5,9]')
    """
    sounds = _range_as_pair(sounds)
    if sounds is None or isinstance(sounds, tuple):
        return None if sounds is None else tuple(checks.plain(number) for number in sounds)
    listed = predict_set(NUM_SOUNDS, sounds)
    return list_text(listed.numbers(0, 0, len(listed)))


def _range_as_pair(sounds: Any) -> Any:  # noqa: ANN401  # of any type
    if not isinstance(sounds, range):
        return sounds
    if sounds.step != 1:
        raise ValueError(f"{_RULE}, got {sounds}: list({sounds}) is the list of its numbers")
    return sounds.start, sounds.stop
