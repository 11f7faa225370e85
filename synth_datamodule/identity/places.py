"""The sounds of a split that are hashed, and the values of each that a manifest keeps."""

import numpy as np

from synth_datamodule import checks
from synth_datamodule.config import N_BATCHSIZE_FOR_TRAIN_TEST_REPRODUCIBILITY
from synth_datamodule.corpus.splits import Split
from synth_datamodule.loading import SoundSet
from synth_datamodule.numerics.hashing import Integers, uniform

MOST_SOUNDS = 10_240
"""Number of sounds up to which a split is hashed whole."""

WINDOW = 4
"""Number of audio samples in a stored window."""

LEAST_WINDOWS = 64
"""Number of windows stored of a split at least; one of each sound or more."""

PARAMETERS_KEPT = 2
"""Number of parameter values stored of each sound."""

_BLOCK = N_BATCHSIZE_FOR_TRAIN_TEST_REPRODUCIBILITY
_WINDOWS = 3  # tells this hash from those of the crops and pairs of loading.rendering


def sample_ranges(sounds: SoundSet, most_sounds: int = MOST_SOUNDS) -> tuple[tuple[int, int], ...]:
    """Return the blocks of a split that stand for it: all, or evenly spaced ones.

    Args:
        sounds: Sounds of the split; their order plays no part.
        most_sounds: Number of sounds up to which all blocks are taken; of a larger split they are
            ``most_sounds // 1024``, its first and its last among them.

    Returns:
        First sound number of each block and the one after its last, ascending.

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
    offset = int(sounds.start) % _BLOCK
    num_sounds = int(sounds.num_sounds)
    count = -(-(offset + num_sounds) // _BLOCK)
    keep = count if num_sounds <= most_sounds else most_sounds // _BLOCK
    ranges = []
    for block in spaced(count, min(keep, count)):
        start = max(block * _BLOCK - offset, 0)
        stop = min((block + 1) * _BLOCK - offset, num_sounds)
        first = _number(sounds, start)
        ranges.append((first, first + stop - start))
    return tuple(ranges)


def spaced(count: int, keep: int) -> tuple[int, ...]:
    """Return ``keep`` of the numbers ``0 ... count - 1``, evenly spaced, with both ends.

    Example:
        >>> spaced(97, 5)
        (0, 24, 48, 72, 96)
    """
    if keep == 1:
        return (0,)
    return tuple(place * (count - 1) // (keep - 1) for place in range(keep))


def windows_per_sound(num_sounds: int) -> int:
    """Return how many windows are stored of each sound: at least one, and at least 64 in all.

    Args:
        num_sounds: Number of sounds that are hashed.

    Example:
        >>> windows_per_sound(10), windows_per_sound(1024)
        (7, 1)
    """
    return max(-(-LEAST_WINDOWS // num_sounds), 1)


def window_places(numbers: Integers, num_windows: int, num_samples: int) -> Integers:
    """Return the places of the samples of each sound that are stored, by its number alone.

    A window begins at ``floor(u**2 (N - 3))``, where u in [0, 1) is a hash of the sound's number:
    early rather than late, because most sounds end before their buffer does.

    Args:
        numbers: Sound numbers. Shape ``[B]``.
        num_windows: Number of windows of each sound, W.
        num_samples: Number of samples of a sound, N.

    Returns:
        Places of the samples in W windows of 4, or of N where that is fewer. Shape ``[B, W * 4]``.

    Example:
        >>> window_places(np.array([9216]), num_windows=1, num_samples=176400).shape
        (1, 4)
    """
    width = min(WINDOW, num_samples)
    share = uniform((_WINDOWS,), numbers, num_windows).astype(np.float64)
    first = (share * share * (num_samples - width + 1)).astype(np.int64)
    places: Integers = first[:, :, None] + np.arange(width)
    return places.reshape(len(numbers), -1)


def parameter_columns(numbers: Integers, num_parameters: int) -> Integers:
    """Return the columns of the two parameters of each sound that are stored.

    They move on from sound to sound, so a block of 1,024 has every parameter many times.

    Args:
        numbers: Sound numbers. Shape ``[B]``.
        num_parameters: Number of parameters of a sound, P.

    Returns:
        Columns in [0, P). Shape ``[B, 2]``.

    Example:
        >>> parameter_columns(np.array([9216]), num_parameters=78)
        array([[24, 25]])
    """
    pairs: Integers = numbers[:, None] * PARAMETERS_KEPT + np.arange(PARAMETERS_KEPT)
    return pairs % num_parameters


def _number(sounds: SoundSet, place: int) -> int:
    if sounds.split is Split.predict:
        return int(sounds.start) + place
    return sounds.split.sounds(place)
