"""Which validation and test sounds a data module gives."""

import hashlib

from synth_datamodule.corpus.splits import Split
from synth_datamodule.datamodule import SynthDataModule

_SOUNDS_COMPARED = 4  # rendered, of each split; their numbers are compared whole


def sounds_of(data: SynthDataModule) -> str:
    """Return a hash that tells validation and test sounds from others.

    It covers every sound's number, how sounds are cropped and paired, and the first sounds'
    samples. The transform, which is part of how a model hears, and what is about training alone
    change nothing.

    Args:
        data: The data module; it is set up, and torn down again.

    Example:
        >>> short = SynthDataModule(buffer_size_seconds=0.1)
        >>> sounds_of(short) == sounds_of(SynthDataModule(2, seed=5, buffer_size_seconds=0.1))
        True
        >>> sounds_of(short) == sounds_of(SynthDataModule(nebula="drum", buffer_size_seconds=0.1))
        False
    """
    digest = hashlib.sha256(repr((data.sample_rate, _handed(data))).encode())
    data.setup()
    for split in (Split.val, Split.test):
        sounds = data.sounds(split)
        digest.update(repr(sounds).encode())
        if sounds is not None:
            first = sounds.numbers(0, 0, min(_SOUNDS_COMPARED, len(sounds)))
            digest.update(data.voice.render_sounds(first).audio.numpy().tobytes())
    data.teardown()
    return digest.hexdigest()


def _handed(data: SynthDataModule) -> tuple[object, ...]:
    by_seed = data.random_crop or data.paired_delta is not None
    return data.crop_seconds, data.paired_delta, data.seed if by_seed else None
