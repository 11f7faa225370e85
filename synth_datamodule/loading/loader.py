"""SoundLoader: batches of sound numbers, sized, resumable, dealt over devices."""

import functools
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, replace
from types import SimpleNamespace
from typing import Any

import torch
from lightning_utilities.core import rank_zero
from torch import Tensor

from synth_datamodule import checks
from synth_datamodule.loading.ahead import RenderAhead
from synth_datamodule.loading.numbers import SoundNumbers
from synth_datamodule.loading.order import check_order, order_of
from synth_datamodule.loading.position import Position
from synth_datamodule.loading.rendering import Rendering
from synth_datamodule.loading.sets import SoundSet
from synth_datamodule.loading.shards import Shards, current_place
from synth_datamodule.loading.training import Training, asking_trainer
from synth_datamodule.patching.synth import AbstractSynth


class SoundLoader:
    """Hands out the numbers of a set, batch by batch, an epoch at each iteration.

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
        self.render_ahead = checks.truth_value("render_ahead", render_ahead)
        self._place = current_place if place is None else place
        self._start = self._at = Position()
        self._taken = self._cycles = self._comes_again = 0
        self._training: Training | None = None
        self._loaded = False
        self._rest_of(self._start)

    def _where(self) -> tuple[int, int]:
        """Return this process's share: its device's, or a part of it in a DataLoader's worker."""
        rank, world_size = self._place()
        worker = torch.utils.data.get_worker_info()
        if worker is None:
            return rank, world_size
        return rank * worker.num_workers + worker.id, world_size * worker.num_workers

    def _whole(self) -> Shards:
        return Shards(len(self.sounds), self.batch_size, self._where()[1], self.drop_last)

    def _rest_of(self, position: Position) -> tuple[Shards, int] | None:
        return position.rest(self._whole())

    def __len__(self) -> int:
        """Return the batches in an epoch, the same on every device.

        Batches done before a resume count. A resumed epoch that is dealt anew may have fewer
        batches than the epochs after it; a trainer asks only once, so this is the larger number.
        """
        whole, rest = len(self._whole()), self._rest_of(self._start)
        return whole if rest is None else max(whole, self._start.dealt_steps + len(rest[0]))

    def __iter__(self) -> Iterator[SoundNumbers]:
        """Yield an epoch's batches; the next epoch's once all of them were handed out.

        In a plain loop an epoch that is left early begins again; to go on after the last batch
        instead, load the loader's own state: ``loader.load_state_dict(loader.state_dict())``. A
        Trainer says where its epochs end.

        Raises:
            ValueError: With ``fresh_epochs``, before a sound would come twice: where an epoch left
                after more than a first batch would begin again, or the sounds have run out.
        """
        # A generator: nothing happens before the first batch is asked for, and by whom is known.
        asked = asking_trainer()
        if asked is not None:
            trainer, in_step = asked
            training = self._follow(trainer, trainer.fit_loop.epoch_progress.current.processed)
            training.in_step = in_step
            if not training.repeats:
                self._cycles = self._start.epoch - training.epoch
            yield from self._batches(self._start, functools.partial(self._hand_out, training))
        elif self._training is not None and self._training.goes_on:
            # Somebody looks at the loader that a run trains on; its position is not theirs to move.
            ended = not self.sounds.has_epoch(self._start.epoch)
            yield from self._batches(Position() if ended else self._start, lambda *_: None)
        else:
            if self._training is not None:
                self._set(Position())
            if self.sounds.fresh_epochs and self._taken > 1:
                raise ValueError(
                    f"epoch {self._start.epoch} was left after {self._taken} batches, and with "
                    "fresh_epochs no sound comes twice: load_state_dict(state_dict()) goes on "
                    "after them, set_epoch() or a new loader begins a new run"
                )
            self._taken = 0
            yield from self._batches(self._start, functools.partial(self._hand_out, None))

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
        ahead = RenderAhead(self.rendering) if self.render_ahead else None

        def index_at(step: int) -> Tensor:
            start, stop = (position.dealt_sounds + place for place in shards.places(step, rank))
            return torch.from_numpy(self.sounds.numbers(position.epoch, start, stop))

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
                yield SoundNumbers(index, precision, ahead or self.rendering)
        finally:
            if ahead is not None:
                ahead.close()

    def _hand_out(
        self, training: Training | None, position: Position, following: Position | None
    ) -> None:
        if training is not None:
            training.hand_out(position)
        self._taken += 1
        if following is None:
            repeats = training is not None and training.repeats
            following = self._start = Position(position.epoch + (not repeats))
            self._taken = 0
        # Last, and at once: a signal's handler may ask for the state at any moment.
        self._at = following

    def _follow(self, trainer: Any, epoch: int) -> Training:  # noqa: ANN401  # of either namespace
        """Return the run of a Trainer, which is in that epoch, as this loader sees it."""
        training = self._training
        if training is None or training.trainer is not trainer or training.is_of_before:
            if not self._loaded:
                self._set(Position())
            training = self._training = Training(trainer)
            if self._comes_again:
                training.take_back(self._comes_again)
            self._loaded, self._comes_again = False, 0
        if training.epoch != epoch:
            if training.repeats:
                self._start = Position(self._start.epoch) if training.epoch >= 0 else self._start
            elif self._start.epoch != epoch + self._cycles:
                self._start = Position(epoch + self._cycles)
            training.begin(epoch)
            self._at = self._start
        return training

    def set_epoch(self, epoch: int) -> None:
        """Set the next epoch; if it is the current one, keep the position in it.

        A Trainer counts its own epochs. Where it cycles this loader beside a longer one, each of
        them is more than one epoch here, and none comes again.

        Raises:
            TypeError: If ``epoch`` is not an integer.
            ValueError: If it is negative.
        """
        epoch = checks.whole_number("epoch", epoch, minimum=0)
        asked = asking_trainer()
        if asked is not None:
            self._follow(asked[0], epoch)
        elif epoch != self._start.epoch:
            self._set(Position(epoch))
        else:
            self._taken = 0

    def _set(self, position: Position) -> None:
        self._start = self._at = position
        self._training, self._loaded = None, False
        self._cycles = self._comes_again = self._taken = 0

    @property
    def batch_sampler(self) -> SimpleNamespace:
        """An object whose ``sampler`` is this loader: Lightning calls ``set_epoch`` on it.

        Lightning restores a loader's state only within an epoch. At an epoch's end, a loader
        without its data module learns from ``set_epoch`` where a resumed run goes on.
        """
        return SimpleNamespace(sampler=self)

    @functools.cached_property
    def order(self) -> dict[str, Any]:
        """The settings that decide on the sounds and their order, by name, as plain values."""
        return order_of(self.sounds, self.rendering, self.drop_last)

    def state_dict(self) -> dict[str, Any]:
        """Return the position, and the sounds and the order that it is a position in.

        In a Trainer's run it is the position after the optimiser's last whole step: batches beyond
        come again. At the end of an epoch it is the beginning of the next.

        Returns:
            Plain ints, and a dict of plain values, ``order``; the same on every device.
        """
        position, training = self._at, self._training
        cycles = comes_again = 0
        if training is not None:
            over = training.is_over
            if not over:
                position, comes_again = training.undone(position)
            elif position.sounds_done:
                position = Position(position.epoch + (not training.repeats))
            if not training.repeats:
                cycles = position.epoch - training.epoch - over
        more = {"cycles": cycles, "comes_again": comes_again}
        return {
            **position.state(),
            "batch_size": self.batch_size,
            "devices": self._where()[1],
            **{name: value for name, value in more.items() if value},
            "order": dict(self.order),
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from a position; the next iteration begins there, whatever batches it was taken in.

        Args:
            state: Dict that ``state_dict`` returned, with this batch size and number of devices or
                others.

        Raises:
            TypeError: If ``state`` is not a mapping, or a number in it is not an integer.
            ValueError: If a key is unknown or missing, there is no such position, or it is one in
                other sounds or another order; it names the setting and both values.
        """
        if not isinstance(state, Mapping):
            raise TypeError(f"state must be what state_dict() returned, got {type(state).__name__}")
        place = self._where()[1]
        given = {"batch_size": self.batch_size, "devices": place, "cycles": 0, "comes_again": 0}
        needed, known = Position().state().keys(), {field.name for field in fields(Position)}
        wrong = [*(needed - state.keys()), *(state.keys() - known - given.keys() - {"order"})]
        if wrong:
            raise ValueError(
                f"state must have the keys {[*needed]} and what else state_dict() returns, got "
                f"{[*state]}"
            )
        if "order" in state:
            check_order(state["order"], self.order)
        for name in given:
            minimum = 0 if name in ("cycles", "comes_again") else 1
            given[name] = checks.whole_number(name, state.get(name, given[name]), minimum)
        numbers = {name: state[name] for name in known & state.keys()}
        dealt = Shards(len(self.sounds), given["batch_size"], given["devices"], self.drop_last)
        position = Position.of(numbers, dealt)
        self.sounds.check_epoch(max(position.epoch - 1, 0))
        if (given["batch_size"], given["devices"]) != (self.batch_size, place):
            if self._where()[0] == 0:
                rank_zero.log.info(  # where Lightning speaks
                    f"The run goes on with batches of {self.batch_size} on {place} devices; it "
                    f"had {given['batch_size']} on {given['devices']}. The sounds and their order "
                    "stay."
                )
            position = position.dealt_anew()
        self._set(position)
        self._loaded, self._cycles = True, given["cycles"]
        self._comes_again = given["comes_again"]

    @property
    def trainer(self) -> Any:  # noqa: ANN401  # of either namespace
        """The Trainer whose run trains on this loader; None where none does."""
        return None if self._training is None else self._training.trainer

    @property
    def begun(self) -> bool:
        """Whether a batch was handed out from where it began."""
        return self._at != self._start or self._start.epoch > 0

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_training": None}


@functools.cache
def _warn_of_uneven_shares(split: str, num_sounds: int, world_size: int) -> None:
    warnings.warn(
        f"{num_sounds} {split} sounds do not divide evenly among {world_size} devices: each comes "
        "exactly once, but a mean that Lightning logs with sync_dist=True weighs devices, not "
        "sounds; torchmetrics is exact",
        stacklevel=3,
    )
