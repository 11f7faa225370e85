"""TrainPosition: the position in the train sounds of the run that a data module is in."""

import weakref
from collections.abc import Mapping
from typing import Any

from synth_datamodule import checks
from synth_datamodule.corpus.splits import Split
from synth_datamodule.loading.loader import SoundLoader

STAGES = {
    "fit": (Split.train, Split.val),
    "validate": (Split.val,),
    "test": (Split.test,),
    "predict": (Split.predict,),
}
"""Splits that each of Lightning's stages goes through, the one it cannot do without first."""


def is_at_it(trainer: Any) -> bool:  # noqa: ANN401  # of either namespace
    """Return whether a Trainer is at a run of training.

    Args:
        trainer: The Trainer, or None.
    """
    return trainer is not None and trainer.state.fn == "fit" and not trainer.state.stopped


class TrainPosition:
    """The position of one run; the next run has one of its own."""

    def __init__(self) -> None:
        self._loaders: list[weakref.ref[SoundLoader]] = []
        self._resumed: dict[str, Any] | None = None

    @staticmethod
    def resumed(loader: SoundLoader, state: object) -> "TrainPosition":
        """Return the position of a run that goes on.

        Args:
            loader: Loader of the sounds that it goes on with; it is left at the position.
            state: Dict that a data module's ``state_dict`` returned.

        Raises:
            TypeError: If ``state`` is none.
            ValueError: If there is no such position in the loader's sounds and their order.
        """
        rule = "state_dict must be what state_dict() returned"
        if not isinstance(state, Mapping):
            raise TypeError(f"{rule}, got {checks.shown(state)}")
        if not isinstance(state.get("train"), Mapping):
            raise TypeError(f"{rule}, train a mapping, got {checks.shown(state.get('train'))}")
        train = dict(state["train"])
        unknown = [name for name in state if name not in ("train", "order")]
        if "order" in state:
            unknown += ["order in train"] if "order" in train else []
            train["order"] = state["order"]
        if unknown:
            raise ValueError(
                f"state_dict must hold train and order, got {checks.shown(unknown[0])} too"
            )
        loader.load_state_dict(train)
        position = TrainPosition()
        position._resumed = train
        return position

    def state(self, trainer: Any) -> dict[str, Any] | None:  # noqa: ANN401
        """Return the state of the loader that is trained on; None where no training has begun.

        Args:
            trainer: The Trainer of the run; None is a plain loop.
        """
        loaders = [loader for known in self._loaders if (loader := known()) is not None]
        if trainer is None:
            loaders = [loader for loader in loaders if loader.begun]
        else:
            loaders = [loader for loader in loaders if loader.trainer is trainer]
        return loaders[-1].state_dict() if loaders else self._resumed

    def hand_out(self, loader: SoundLoader, trainer: Any) -> None:  # noqa: ANN401
        """Take a new loader to where the run is.

        Args:
            loader: The loader, at its beginning.
            trainer: The Trainer of the run; None is a plain loop.
        """
        # After a run, and beside an evaluation, whoever asks is no part of the run.
        state = self.state(trainer) if trainer is None or is_at_it(trainer) else None
        # One who looks at a loader when all sounds are heard is shown the beginning.
        if state is not None and loader.sounds.has_epoch(state["epoch"]):
            loader.load_state_dict(state)
        living = [known for known in self._loaders if known() is not None]
        self._loaders = [*living, weakref.ref(loader)]

    def __getstate__(self) -> dict[str, Any]:
        return {"_loaders": [], "_resumed": self._resumed}
