"""Dealing: the batches of an epoch, cut and shared out over devices."""

import functools
import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace

import torch
from torch import Tensor

from synth_datamodule.loading.ahead import RenderAhead
from synth_datamodule.loading.dataset import LikeDataLoader
from synth_datamodule.loading.numbers import SoundNumbers
from synth_datamodule.loading.position import Position
from synth_datamodule.loading.shards import Shards


class Dealing(LikeDataLoader):
    """A loader that deals the sounds of an epoch out, from a position on."""

    render_ahead: bool
    sounds_per_batch: int
    _place: Callable[[], tuple[int, int]]

    def _where(self) -> tuple[int, int]:
        """Return this process's share: its device's, or a part of it in a DataLoader's worker."""
        rank, world_size = self._place()
        worker = torch.utils.data.get_worker_info()
        if worker is None:
            return rank, world_size
        return rank * worker.num_workers + worker.id, world_size * worker.num_workers

    def _whole(self) -> Shards:
        return Shards(len(self.sounds), self.sounds_per_batch, self._where()[1], self.drop_last)

    @property
    def _notes_per_sound(self) -> int:
        return self.rendering.handed.notes_per_sound

    def _rest_of(self, position: Position) -> tuple[Shards, int] | None:
        return position.rest(self._whole())

    def _batches(
        self, position: Position, hand_out: Callable[[Position, Position | None], None]
    ) -> Iterator[SoundNumbers]:
        """Yield the batches of an epoch from a position on, and note each before it is gone."""
        rest = self._rest_of(position)
        if rest is None:
            # Fewer sounds than devices were left: nothing of this epoch can be dealt out.
            hand_out(position, None)
            return
        shards, first = rest
        rank, world_size = self._where()
        if len(self.sounds) % world_size and not self.drop_last:
            _warn_of_uneven_shares(self.sounds.split.value, len(self.sounds), world_size)
        precision = torch.zeros((), dtype=torch.float32, device="cpu")
        rendering = self.rendering_of(position.epoch)
        ahead = RenderAhead(rendering) if self.render_ahead else None

        def index_at(step: int) -> Tensor:
            start, stop = (position.dealt_sounds + place for place in shards.places(step, rank))
            numbers = torch.from_numpy(self.sounds.numbers(position.epoch, start, stop))
            return numbers.repeat_interleave(self._notes_per_sound)

        try:
            following = index_at(first)
            for step in range(first, len(shards)):
                index = following
                last = step + 1 == len(shards)
                if not last:
                    following = index_at(step + 1)
                if ahead is not None:
                    ahead.following = None if last else following
                after = replace(
                    position,
                    sounds_done=position.dealt_sounds + shards.start(step + 1),
                    steps_done=position.dealt_steps + step + 1,
                )
                hand_out(position, None if last else after)
                position = after
                yield SoundNumbers(index, precision, ahead or rendering)
        finally:
            if ahead is not None:
                ahead.close()


@functools.cache
def _warn_of_uneven_shares(split: str, num_sounds: int, world_size: int) -> None:
    warnings.warn(
        f"{num_sounds} {split} sounds do not divide evenly among {world_size} devices: each comes "
        "exactly once, but a mean that Lightning logs with sync_dist=True weighs devices, not "
        "sounds; torchmetrics is exact",
        stacklevel=4,
    )
