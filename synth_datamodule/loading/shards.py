"""Which places of an epoch each device takes at each step."""

from dataclasses import dataclass

import torch

from synth_datamodule import checks


def current_place() -> tuple[int, int]:
    """Return this process's rank and the number of processes, as torch.distributed knows them.

    Example:
        >>> current_place()
        (0, 1)
    """
    if torch.distributed.is_available() and torch.distributed.is_initialized():
        return torch.distributed.get_rank(), torch.distributed.get_world_size()
    return 0, 1


@dataclass(frozen=True)
class Shards:
    """Places ``[0, num_sounds)`` dealt over devices in steps of ``world_size`` batches.

    Full global batches are cut regularly: step t covers the same places for any number of devices
    of one global batch size. The r places of a last, partial step go to the devices in runs whose
    lengths differ by at most one; where r < world_size, the last two steps share their places that
    way instead, so that every device has as many batches as the others and none is empty. (Unequal
    numbers of batches hang a collective, an empty batch gives NaN.)

    Args:
        num_sounds: Places in the epoch.
        batch_size: Sounds per device and step.
        world_size: Number of devices.
        drop_last: Whether to leave out the places of a last, partial step.

    Raises:
        TypeError: If a number is not an integer.
        ValueError: If a number is out of bounds, there are fewer sounds than devices, or
            ``drop_last`` leaves nothing.

    Example:
        >>> shards = Shards(num_sounds=10, batch_size=4, world_size=1)
        >>> [shards.places(step, rank=0) for step in range(len(shards))]
        [(0, 4), (4, 8), (8, 10)]
    """

    num_sounds: int
    batch_size: int
    world_size: int = 1
    drop_last: bool = False

    def __post_init__(self) -> None:
        checks.whole_number("num_sounds", self.num_sounds, minimum=0)
        checks.whole_number("batch_size", self.batch_size, minimum=1)
        checks.whole_number("world_size", self.world_size, minimum=1)
        checks.truth_value("drop_last", self.drop_last)
        if self.num_sounds < self.world_size:
            raise ValueError(
                f"{self.num_sounds} sounds are too few for {self.world_size} devices: each needs "
                "at least one"
            )
        if len(self) == 0:
            raise ValueError(
                f"drop_last leaves no batch: {self.num_sounds} sounds are fewer than one step of "
                f"{self.world_size} devices, batch_size {self.batch_size} on each"
            )

    @property
    def _global_batch(self) -> int:
        return self.batch_size * self.world_size

    @property
    def _tail(self) -> tuple[int, int]:
        """The steps at the end that share their places evenly: the first of them, how many."""
        full, rest = divmod(self.num_sounds, self._global_batch)
        if rest == 0 or self.drop_last:
            return full, 0
        if rest >= self.world_size:
            return full, 1
        # One sound per device cannot fill two steps: the rest joins the last full one.
        return (full - 1, 2) if self.batch_size > 1 else (full - 1, 1)

    def __len__(self) -> int:
        """Steps, the same for every device."""
        first, num_steps = self._tail
        return first + num_steps

    def start(self, step: int) -> int:
        """Return the place at which a step begins; one past the last is where the epoch ends.

        Args:
            step: Number of the step, from 0.
        """
        if step < len(self):
            return self.places(step, rank=0)[0]
        return self.places(len(self) - 1, rank=self.world_size - 1)[1]

    def places(self, step: int, rank: int) -> tuple[int, int]:
        """Return the places ``[start, stop)`` of a device at a step.

        Args:
            step: Number of the step, from 0.
            rank: Number of the device, from 0.

        Raises:
            ValueError: If there is no such step or device.
        """
        checks.whole_number("step", step, 0, len(self) - 1)
        checks.whole_number("rank", rank, 0, self.world_size - 1)
        first, num_steps = self._tail
        if step < first:
            start = step * self._global_batch + rank * self.batch_size
            return start, start + self.batch_size
        base = first * self._global_batch
        shared, num_shards = self.num_sounds - base, num_steps * self.world_size
        shard = (step - first) * self.world_size + rank
        return base + shared * shard // num_shards, base + shared * (shard + 1) // num_shards
