"""The sounds of a split that are hashed, and the values of each that a manifest keeps."""

import numpy as np

from synth_datamodule import checks
from synth_datamodule.config import N_BATCHSIZE_FOR_TRAIN_TEST_REPRODUCIBILITY as _BLOCK
from synth_datamodule.corpus.splits import Split
from synth_datamodule.loading import SoundSet
from synth_datamodule.numerics.hashing import Integers, uniform

MOST_SOUNDS = 10_240  # of a split that is hashed whole
WINDOW = 4  # audio samples in a stored window
LEAST_WINDOWS = 64  # stored of a split; one of each sound or more
PARAMETERS_KEPT = 2  # values stored of each sound
_WINDOWS = 3  # tells this hash from those of the crops and pairs of loading.rendering


def sample_ranges(sounds: SoundSet, most_sounds: int = MOST_SOUNDS) -> tuple[tuple[int, int], ...]:
    """Return the blocks of a split that stand for it, each as its first sound and its stop.

    Up to ``most_sounds`` these are all, of a larger split ``most_sounds // 1024`` evenly spaced
    ones, its first and its last among them.

    Raises:
        TypeError: If ``most_sounds`` is not an integer.
        ValueError: If it is below a block's 1024.

    Example:
        >>> sample_ranges(SoundSet(Split.test, 1030))
        ((9216, 10240), (19456, 19462))
        >>> sample_ranges(SoundSet(Split.test, 5 * 1024), most_sounds=2048)
        ((9216, 10240), (50176, 51200))
    """
    checks.whole_number("most_sounds", most_sounds, _BLOCK)
    # A predict set may begin anywhere; blocks are the corpus's, for any two sets to share.
    offset, num_sounds = int(sounds.start) % _BLOCK, int(sounds.num_sounds)
    count = -(-(offset + num_sounds) // _BLOCK)
    keep = count if num_sounds <= most_sounds else min(most_sounds // _BLOCK, count)
    ranges = []
    for place in range(keep):
        block = place * (count - 1) // max(keep - 1, 1)
        start = max(block * _BLOCK - offset, 0)
        first = sound_at(sounds, start)
        ranges.append((first, first + min((block + 1) * _BLOCK - offset, num_sounds) - start))
    return tuple(ranges)


def sample_members(sounds: SoundSet, most_sounds: int = MOST_SOUNDS) -> tuple[Integers, ...]:
    """Return the numbers that stand for a set of chosen sounds, in blocks of 1024 of its places.

    Ascending, also where a predict set goes in an order of its own.

    Raises:
        TypeError: If ``most_sounds`` is not an integer.
        ValueError: If it is below a block's 1024.
    """
    checks.whole_number("most_sounds", most_sounds, _BLOCK)
    num_sounds, roster = int(sounds.num_sounds), sounds.roster
    count = -(-num_sounds // _BLOCK)
    keep = count if num_sounds <= most_sounds else most_sounds // _BLOCK
    ascending = None
    if sounds.split is Split.predict:
        ascending = np.sort(roster.sounds(sounds.split, np.arange(num_sounds) + sounds.start))
    blocks = []
    for number in range(keep):
        block = number * (count - 1) // max(keep - 1, 1)
        places = np.arange(block * _BLOCK, min((block + 1) * _BLOCK, num_sounds))
        found = roster.sounds(sounds.split, places) if ascending is None else ascending[places]
        blocks.append(found)
    return tuple(blocks)


def sound_at(sounds: SoundSet, place: int) -> int:
    """Return the number of the sound at a place of an ascending set."""
    predict = sounds.split is Split.predict
    return int(sounds.start) + place if predict else sounds.split.sounds(place)


def window_places(numbers: Integers, num_windows: int, num_samples: int) -> Integers:
    """Return the places of the samples of each sound that are stored, by its number alone.

    Of W windows each begins at ``floor(u**2 (N - 3))``, where u in [0, 1) is a hash of the sound's
    number: early rather than late, because most sounds end before their buffer does. Shape
    ``[B, W * 4]``, or ``[B, W * N]`` where N is fewer.
    """
    width = min(WINDOW, num_samples)
    share = uniform((_WINDOWS,), numbers, num_windows).astype(np.float64)
    first = (share * share * (num_samples - width + 1)).astype(np.int64)
    places: Integers = first[:, :, None] + np.arange(width)
    return places.reshape(len(numbers), -1)


def parameter_columns(numbers: Integers, num_parameters: int) -> Integers:
    """Return the columns of the two parameters of each sound that are stored. Shape ``[B, 2]``.

    They move on from sound to sound, so a block of 1,024 has every parameter many times.

    Example:
        >>> parameter_columns(np.array([9216]), num_parameters=78)
        array([[24, 25]])
    """
    pairs: Integers = numbers[:, None] * PARAMETERS_KEPT + np.arange(PARAMETERS_KEPT)
    return pairs % num_parameters
