"""Whether the sounds of a filtered split are those that pass, and no others between them."""

from collections.abc import Iterator

import numpy as np

from synth_datamodule.corpus.rosters import CODED, CORPUS
from synth_datamodule.identity.compare import Difference
from synth_datamodule.identity.definition import SplitDefinition
from synth_datamodule.loading.bounds import Bounds
from synth_datamodule.loading.filtered import decide
from synth_datamodule.numerics.hashing import Integers
from synth_datamodule.parameters.own import OwnParameters
from synth_datamodule.patching.synth import AbstractSynth


def other_members(split: SplitDefinition, synth: AbstractSynth) -> Iterator[Difference]:
    """Decide again which sounds pass, as if nothing was ever kept, and compare.

    Those between the checked sounds are decided too, but of a list, whose other numbers a manifest
    does not hold.

    Args:
        split: Split of a manifest.
        synth: Synth that renders.

    Returns:
        One difference, which names the first sound, or none.
    """
    chosen = dict(split.chosen)
    bounds = Bounds(chosen.get("minimum_rms"), chosen.get("loudest"))
    if not bounds.settings:
        return
    for place, numbers in enumerate(_gone_through(split, synth)):
        passes = decide(synth, bounds, numbers)
        expected = np.isin(numbers, split.numbers(place))
        if not np.array_equal(passes, expected):
            first = int((passes != expected).argmax())
            words = ["fails", "passes"]
            text = (
                f"sound {numbers[first]} {words[int(expected[first])]} the filter as the manifest "
                f"has it, and {words[int(passes[first])]} here"
            )
            yield Difference("split", None, int(numbers[first]), f"split: {text}")
            return


def _gone_through(split: SplitDefinition, synth: AbstractSynth) -> Iterator[Integers]:
    """Yield the numbers that were decided for each of the checked blocks."""
    own = synth.source
    roster = own.roster if isinstance(own, OwnParameters) else CORPUS
    whole, start = split.num_checked == split.num_sounds, 0
    for place, (first, stop) in enumerate(split.checked):
        members = split.numbers(place)
        if "listed" in dict(split.chosen):
            yield members
            continue
        between = np.arange(start if whole else first, stop)
        yield between[roster.codes(between) == CODED.index(split.split)]
        start = stop
