"""SoundLoader: batches of sound numbers, sized, resumable, dealt over devices."""

import functools
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from lightning_utilities.core import rank_zero

from synth_datamodule import checks
from synth_datamodule.loading.dealing import Dealing
from synth_datamodule.loading.notes import sounds_per_batch
from synth_datamodule.loading.numbers import SoundNumbers
from synth_datamodule.loading.order import order_of
from synth_datamodule.loading.position import MOST, Position
from synth_datamodule.loading.rendering import Rendering
from synth_datamodule.loading.saved import read_state
from synth_datamodule.loading.sets import SoundSet
from synth_datamodule.loading.shards import current_place
from synth_datamodule.loading.training import Training, asking_trainer
from synth_datamodule.patching.synth import AbstractSynth


class SoundLoader(Dealing):
    """Hands out the numbers of a set, batch by batch, an epoch at each iteration.

    Not a ``torch.utils.data.DataLoader``: torch's samplers list every index (2.2 GiB at 5e7), and
    Lightning would put a sampler of its own in its place, which shuffles and pads.

    The position counts the sounds that all devices together have gone through, so ``state_dict()``
    is the same on every device, and a run can be resumed on another number of devices.

    Args:
        sounds: The set of sounds, and their order.
        rendering: Rendering of a batch that moves to its device; a synth stands for its plain
            rendering.
        batch_size: Rows per device and batch, a multiple of the rendering's ``notes_per_sound``.
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
        self.sounds = checks.instance("sounds", sounds, SoundSet)
        self.rendering = rendering if isinstance(rendering, Rendering) else Rendering(rendering)
        self.sounds_per_batch = sounds_per_batch(batch_size, self._notes_per_sound)
        self.batch_size = self.sounds_per_batch * self._notes_per_sound
        self.drop_last = checks.truth_value("drop_last", drop_last)
        self.render_ahead = checks.truth_value("render_ahead", render_ahead)
        if place is not None and not callable(place):
            raise TypeError(f"place must be a function or None, got {checks.shown(place)}")
        self._place = current_place if place is None else place
        self._set(Position())
        self._rest_of(self._start)

    def _set(self, position: Position) -> None:
        self._start = self._at = position
        self._training: Training | None = None
        self._loaded = False
        self._cycles = self._comes_again = self._taken = 0

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

    def _hand_out(
        self, training: Training | None, position: Position, following: Position | None
    ) -> None:
        if training is not None:
            training.hand_out(position)
        else:
            self._cycles = self._comes_again = 0
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
            if self._loaded and not self._start.sounds_done:
                training.end_epoch()
            self._loaded = False
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
            ValueError: If it is negative, or above 2**63 - 1.
        """
        epoch = checks.whole_number("epoch", epoch, 0, MOST)
        asked = asking_trainer()
        if asked is not None:
            self._follow(asked[0], epoch)
        elif epoch != self._start.epoch:
            self._set(Position(epoch))
        else:
            self._taken = 0

    @property
    def next_epoch(self) -> int:
        """Number of the epoch that an iteration goes through which begins now."""
        epoch, training = self._start.epoch, self._training
        looks = training is not None and training.goes_on
        return 0 if looks and not self.sounds.has_epoch(epoch) else epoch

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
        elif self._loaded:  # for a run that has not asked yet
            cycles, comes_again = self._cycles, self._comes_again
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
        here = {"batch_size": self.batch_size, "devices": self._where()[1]}
        position, given = read_state(
            state, here, len(self.sounds), self._notes_per_sound, self.drop_last, self.order
        )
        # Before the first sound of an epoch that there is not, all sounds are heard.
        self.sounds.check_epoch(max(position.epoch - (position.sounds_done == 0), 0))
        if any(given[name] != here[name] for name in here):
            if self._where()[0] == 0:
                rank_zero.log.info(  # where Lightning speaks
                    f"The run goes on with batches of {self.batch_size} on {here['devices']} "
                    "devices; it "
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
