"""SoundLoader: batches of sound numbers, sized, in order, dealt over devices."""

from collections.abc import Callable, Iterator

import torch

from synth_datamodule import checks
from synth_datamodule.loading.numbers import SoundNumbers
from synth_datamodule.loading.sets import SoundSet
from synth_datamodule.loading.shards import Shards, current_place
from synth_datamodule.synth import AbstractSynth


class SoundLoader:
    """Hands out the numbers of a set, batch by batch; each iteration is the next epoch.

    Not a ``torch.utils.data.DataLoader``: torch's samplers list every index (2.2 GiB at 5e7), and
    Lightning would put a sampler of its own in its place, which shuffles and pads.

    Args:
        sounds: Which sounds, in which order.
        synth: What renders them when a batch moves to its device.
        batch_size: Sounds per device and batch.
        drop_last: Whether to leave out a last, partial batch.
        rank: Of this device; None asks torch.distributed, and is 0 without it.
        world_size: Number of devices; None likewise, and is 1.
        current_epoch: Tells the epoch of the next iteration, as a trainer knows it; None counts
            iterations.

    Raises:
        TypeError: If a number is not an integer.
        ValueError: If one is out of bounds.

    Example:
        >>> from synth_datamodule import Split, SynthConfig, Voice
        >>> voice = Voice(SynthConfig(buffer_size_seconds=0.5))
        >>> loader = SoundLoader(SoundSet(Split.val, num_sounds=5), voice, batch_size=2)
        >>> [numbers.index.tolist() for numbers in loader]
        [[8192, 8193], [8194, 8195], [8196]]
    """

    def __init__(
        self,
        sounds: SoundSet,
        synth: AbstractSynth,
        batch_size: int,
        drop_last: bool = False,
        *,
        rank: int | None = None,
        world_size: int | None = None,
        current_epoch: Callable[[], int] | None = None,
    ) -> None:
        if not isinstance(sounds, SoundSet):
            raise TypeError(f"sounds must be a SoundSet, got {type(sounds).__name__}")
        if not isinstance(synth, AbstractSynth):
            raise TypeError(f"synth must be an AbstractSynth, got {type(synth).__name__}")
        if (rank is None) != (world_size is None):
            raise ValueError(f"rank and world_size go together, got {rank} and {world_size}")
        if world_size is not None:
            checks.whole_number("world_size", world_size, minimum=1)
            checks.whole_number("rank", rank, 0, world_size - 1)
        self.sounds = sounds
        self.synth = synth
        self.batch_size = checks.whole_number("batch_size", batch_size, minimum=1)
        self.drop_last = checks.truth_value("drop_last", drop_last)
        self.epoch = 0
        self._rank = rank
        self._world_size = world_size
        self._current_epoch = current_epoch
        self._shards()

    def _place(self) -> tuple[int, int]:
        if self._rank is not None and self._world_size is not None:
            return self._rank, self._world_size
        return current_place()

    def _shards(self) -> Shards:
        return Shards(len(self.sounds), self.batch_size, self._place()[1], self.drop_last)

    def __len__(self) -> int:
        """Batches in an epoch, the same on every device."""
        return len(self._shards())

    def __iter__(self) -> Iterator[SoundNumbers]:
        """Return the next epoch's batches; ``epoch`` counts on."""
        if self._current_epoch is not None:
            self.epoch = self._current_epoch()
        epoch, self.epoch = self.epoch, self.epoch + 1
        self.sounds.check_epoch(epoch)
        return self._batches(epoch, self._place()[0], self._shards())

    def _batches(self, epoch: int, rank: int, shards: Shards) -> Iterator[SoundNumbers]:
        precision = torch.zeros(())
        for step in range(len(shards)):
            index = torch.from_numpy(self.sounds.numbers(epoch, *shards.places(step, rank)))
            yield SoundNumbers(index, precision, self.synth)
