"""What a Trainer has done with the batches that its training loop was handed."""

import math
import sys
import weakref
from collections import deque
from types import FrameType
from typing import Any

import torch

from synth_datamodule.loading.position import Position

_LOOPS = ("fit_loop", "training_epoch_loop")


def asking_trainer() -> tuple[Any, bool] | None:
    """Return the Trainer whose training loop asks for a batch just now, None where none does.

    Lightning tells a loader nothing of who iterates it, and a callback that looks at a loader must
    not be taken for the run; the call stack tells them apart. Between a training loop and its
    loader stand only Lightning's fetcher and other loaders; between it and a hook stands
    ``trainer.call``.

    Returns:
        The Trainer, of either namespace, and whether it is a training step that asks, one with a
        ``dataloader_iter``.
    """
    frame: FrameType | None = sys._getframe(1)
    fetched = in_step = False
    while frame is not None:
        module = frame.f_globals.get("__name__", "")
        package, _, room = module.rpartition(".")
        if room == "fetchers" or module.endswith("fabric.utilities.data"):
            fetched = True
        elif room == "call" and package.endswith(".trainer"):
            if not fetched:
                return None
            in_step = True
        elif package.endswith(".loops") and room.endswith("_loop"):
            if not fetched or room not in _LOOPS:
                return None
            return frame.f_locals["self"].trainer, in_step
        frame = frame.f_back
    return None


def num_epochs(trainer: Any) -> int:  # noqa: ANN401  # of either namespace
    """Return how many epochs a Trainer's run goes through the train sounds.

    StochasticWeightAveraging adds one to a model with batch norms, which hear all sounds anew.

    Args:
        trainer: The Trainer, its model known.
    """
    averages = any(
        type(callback).__name__ == "StochasticWeightAveraging" for callback in trainer.callbacks
    )
    # Lightning's test for batch norms.
    norms = torch.nn.modules.batchnorm._BatchNorm
    has_norms = averages and any(isinstance(m, norms) for m in trainer.lightning_module.modules())
    return max(trainer.max_epochs or 0, 1) + has_norms


class Training:
    """A run of a Trainer, from the side of a loader that it trains on.

    Args:
        trainer: The Trainer.
    """

    def __init__(self, trainer: Any) -> None:  # noqa: ANN401  # of either namespace, or none here
        self._trainer = weakref.ref(trainer)
        self._progress = trainer.fit_loop.epoch_loop.batch_progress
        self.in_step = False
        self.epoch = -1
        self._before: deque[tuple[int, Position]] = deque()
        self._next: int | None = None
        self._latest = self._progress.total.processed

    @property
    def trainer(self) -> Any:  # noqa: ANN401
        """The Trainer; None where it is gone."""
        return self._trainer()

    @property
    def goes_on(self) -> bool:
        """Whether the Trainer is at it."""
        trainer = self.trainer
        return trainer is not None and trainer.state.fn == "fit" and not trainer.state.stopped

    @property
    def repeats(self) -> bool:
        """Whether every epoch is the same one, as in overfitting on purpose."""
        trainer = self.trainer
        return trainer is not None and trainer.overfit_batches > 0

    @property
    def is_of_before(self) -> bool:
        """Whether the Trainer has begun again since, as a Tuner makes it."""
        return bool(self._progress.total.processed < self._latest)

    def begin(self, epoch: int) -> None:
        """Begin an epoch of the Trainer's."""
        self.epoch, self._next = epoch, None
        self._before.clear()

    def hand_out(self, position: Position) -> None:
        """Note that the batch at a position is handed out now."""
        done = self._progress.total.processed
        if self._next is None:
            self._next = done
        # Batches that are fetched ahead of their steps come one for each step; those that a step
        # fetches by itself come as it likes.
        number = done if self.in_step else self._next
        self._next += 1
        self._latest = max(done, self._latest)
        while len(self._before) > 1 and self._before[0][0] <= done - self._window():
            self._before.popleft()
        self._before.append((number, position))

    def _window(self) -> int:
        """Batches to an optimiser's step."""
        trainer = self.trainer
        return 1 if trainer is None else int(trainer.accumulate_grad_batches)

    @property
    def is_over(self) -> bool:
        """Whether the last batch of the Trainer's epoch has been trained on."""
        current, trainer = self._progress.current, self.trainer
        if trainer is None or self._next is None or current.ready != current.processed:
            return False
        last = current.processed >= trainer.num_training_batches
        return bool(last or self._progress.is_last_batch)

    def undone(self, position: Position) -> tuple[Position, int]:
        """Return from where on batches must come once more if the run goes on from here.

        A batch that was handed out, and whose optimiser's step is not through, has left nothing
        behind: gradients are in no checkpoint.

        Args:
            position: Position of the loader.

        Returns:
            Position after the last whole step, and number of batches that the Trainer takes for
            done and that come again.
        """
        open_batches = self._progress.current.processed % self._window()
        done = self._progress.total.processed - open_batches
        places = (before for number, before in self._before if number >= done)
        return next(places, position), open_batches

    def end_epoch(self) -> None:
        """Let the Trainer, which goes on from a checkpoint of an epoch's end, see that it is over.

        It compares the batches that it had with those of an epoch now, of which there may be more:
        the batches are smaller, or fewer devices share them.
        """
        current = self._progress.current
        missing: float = self.trainer.num_training_batches - current.processed
        over = self._progress.is_last_batch and current.ready == current.processed
        if over and 0 < missing < math.inf:
            current.ready += missing
            current.started += missing
            current.processed += missing
            current.completed += missing

    def take_back(self, batches: int) -> None:
        """Let the Trainer, which goes on from a checkpoint, count its last batches as not done."""
        loop = self.trainer.fit_loop.epoch_loop
        for count in (self._progress.total, self._progress.current):
            done = max(count.processed - batches, 0)
            count.ready = count.started = count.processed = count.completed = done
        self._latest = self._progress.total.processed
        if hasattr(loop, "update_restart_stage"):  # not before Lightning 2.5.1
            loop.update_restart_stage()
