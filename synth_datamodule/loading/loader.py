"""SoundLoader: batches of sound numbers, sized, resumable, dealt over devices."""

import functools
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from types import SimpleNamespace

import torch
from torch import Tensor

from synth_datamodule import checks
from synth_datamodule.loading.ahead import RenderAhead
from synth_datamodule.loading.numbers import SoundNumbers
from synth_datamodule.loading.rendering import Rendering
from synth_datamodule.loading.sets import SoundSet
from synth_datamodule.loading.shards import Shards, current_place
from synth_datamodule.patching.synth import AbstractSynth


class SoundLoader:
    """Hands out the numbers of a set, batch by batch; each iteration is the next epoch.

    Not a ``torch.utils.data.DataLoader``: torch's samplers list every index (2.2 GiB at 5e7), and
    Lightning would put a sampler of its own in its place, which shuffles and pads.

    The position counts the sounds that all devices together have gone through, so ``state_dict()``
    is the same on every device, and a run can be resumed on another number of devices.

    Args:
        sounds: The set of sounds, and their order.
        rendering: Rendering of a batch that moves to its device; a synth stands for its plain
            rendering.
        batch_size: Sounds per device and batch.
        drop_last: Whether to leave out a last, partial batch.
        render_ahead: Whether to render the next batch while the model works on this one.
        place: Function that returns this device's rank and the number of devices, called when an
            iteration begins; None asks torch.distributed, and is rank 0 of 1 where that has no
            processes.

    Raises:
        TypeError: If an argument is of another type.
        ValueError: If a number is out of bounds.

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
        rendering: Rendering | AbstractSynth,
        batch_size: int,
        drop_last: bool = False,
        *,
        render_ahead: bool = False,
        place: Callable[[], tuple[int, int]] | None = None,
    ) -> None:
        if not isinstance(sounds, SoundSet):
            raise TypeError(f"sounds must be a SoundSet, got {type(sounds).__name__}")
        self.sounds = sounds
        self.rendering = rendering if isinstance(rendering, Rendering) else Rendering(rendering)
        self.batch_size = checks.whole_number("batch_size", batch_size, minimum=1)
        self.drop_last = checks.truth_value("drop_last", drop_last)
        self.epoch = 0
        self._repeat = False
        self._most_steps: Callable[[], float] | None = None
        self.render_ahead = checks.truth_value("render_ahead", render_ahead)
        self._place = current_place if place is None else place
        self._sounds_done = 0
        self._steps_done = 0
        self._begun = False
        self._rest()

    def _whole(self) -> Shards:
        return Shards(len(self.sounds), self.batch_size, self._place()[1], self.drop_last)

    def _rest(self) -> tuple[Shards, int, int] | None:
        """Return the rest of the epoch: its shards, their next step and their first place."""
        whole = self._whole()
        in_step = self._steps_done <= len(whole)
        if in_step and whole.start(self._steps_done) == self._sounds_done:
            return (whole, self._steps_done, 0) if self._steps_done < len(whole) else None
        # Another global batch size than before a resume: the rest is dealt anew.
        left = len(self.sounds) - self._sounds_done
        # Fewer than one for each device, after a resume on more of them, cannot be dealt out.
        world_size = whole.world_size
        if left < world_size or (self.drop_last and left < self.batch_size * world_size):
            return None
        return replace(whole, num_sounds=left), 0, self._sounds_done

    def __len__(self) -> int:
        """Return the batches in an epoch, the same on every device.

        Batches done before a resume count. A resumed epoch that is dealt anew may have fewer
        batches than the epochs after it; a trainer asks only once, so this is the larger number.
        """
        whole = len(self._whole())
        rest = self._rest()
        return whole if rest is None else max(whole, self._steps_done + len(rest[0]) - rest[1])

    def __iter__(self) -> Iterator[SoundNumbers]:
        """Yield the next epoch's batches; after ``load_state_dict()``, the rest of that epoch's.

        An iteration moves on to its epoch when it hands out its first batch; one that hands out
        none changes nothing.
        """
        if self._begun:
            self._begin(self.epoch if self._repeat else self.epoch + 1)
        rest = self._rest()
        if rest is None:
            self._begun = True
            return
        shards, first, base = rest
        epoch, (rank, world_size) = self.epoch, self._place()
        if len(self.sounds) % world_size and not self.drop_last:
            _warn_of_uneven_shares(self.sounds.split.value, len(self.sounds), world_size)
        precision = torch.zeros(())
        done_before = self._steps_done - first
        ahead = RenderAhead(self.rendering) if self.render_ahead else None

        def index_at(step: int) -> Tensor:
            start, stop = shards.places(step, rank)
            return torch.from_numpy(self.sounds.numbers(epoch, base + start, base + stop))

        try:
            following = index_at(first)
            for step in range(first, len(shards)):
                index = following
                last = step + 1 == len(shards)
                if not last:
                    following = index_at(step + 1)
                if ahead is not None:
                    ahead.following = None if last else following
                # Counted before it is handed out: a checkpoint is taken once a step is through.
                self._begun = True
                self._sounds_done = base + shards.start(step + 1)
                self._steps_done = done_before + step + 1
                yield SoundNumbers(index, precision, ahead or self.rendering)
        finally:
            if ahead is not None:
                ahead.close()

    def _begin(self, epoch: int) -> None:
        self.epoch, self._sounds_done, self._steps_done, self._begun = epoch, 0, 0, False

    def follow(self, most_steps: Callable[[], float], *, repeat: bool) -> None:
        """Let a training loop decide where an epoch ends.

        Args:
            most_steps: Function that returns how many batches the training loop takes in an epoch.
            repeat: Whether every iteration is the same epoch, as in overfitting on purpose.
        """
        self._most_steps = most_steps
        self._repeat = checks.truth_value("repeat", repeat)

    def set_epoch(self, epoch: int) -> None:
        """Set the next epoch; if it is the current one, keep the position in it.

        Raises:
            TypeError: If ``epoch`` is not an integer.
            ValueError: If it is negative.
        """
        epoch = checks.whole_number("epoch", epoch, minimum=0)
        if epoch != self.epoch and not self._repeat:
            self._begin(epoch)

    @property
    def batch_sampler(self) -> SimpleNamespace:
        """An object whose ``sampler`` is this loader: Lightning calls ``set_epoch`` on it.

        Lightning restores a loader's state only within an epoch. At an epoch's end, a loader
        without its data module learns from ``set_epoch`` where a resumed run goes on.
        """
        return SimpleNamespace(sampler=self)

    def state_dict(self) -> dict[str, int]:
        """Return the position: the epoch, and the sounds and steps done in it, as plain ints.

        At the end of an epoch it is the beginning of the next.
        """
        cut = self._most_steps is not None and self._steps_done >= self._most_steps()
        if self._begun and (cut or self._rest() is None):
            over = self.epoch if self._repeat else self.epoch + 1
            return {"epoch": over, "sounds_done": 0, "steps_done": 0}
        return {
            "epoch": self.epoch,
            "sounds_done": self._sounds_done,
            "steps_done": self._steps_done,
        }

    def load_state_dict(self, state: Mapping[str, int]) -> None:
        """Go on from a position; the next iteration begins there.

        Raises:
            ValueError: If ``state`` is not a position in this loader's sounds.
        """
        if state.keys() != self.state_dict().keys():
            raise ValueError(f"state must have the keys {[*self.state_dict()]}, got {[*state]}")
        self.epoch = checks.whole_number("epoch", state["epoch"], minimum=0)
        most = len(self.sounds)
        self._sounds_done = checks.whole_number("sounds_done", state["sounds_done"], 0, most)
        self._steps_done = checks.whole_number("steps_done", state["steps_done"], minimum=0)
        self._begun = False


@functools.cache
def _warn_of_uneven_shares(split: str, num_sounds: int, world_size: int) -> None:
    warnings.warn(
        f"{num_sounds} {split} sounds do not divide evenly among {world_size} devices: each comes "
        "exactly once, but a mean that Lightning logs with sync_dist=True weighs devices, not "
        "sounds; torchmetrics is exact",
        stacklevel=3,
    )
