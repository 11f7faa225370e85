"""The loaders of a data module, stage by stage, and the position of the run that it is in."""

from typing import Any, cast

from pytorch_lightning import Trainer

from synth_datamodule import checks
from synth_datamodule.both_lightnings import loads_checkpoint
from synth_datamodule.corpus.splits import Split
from synth_datamodule.datamodule.sets import Sets
from synth_datamodule.loading import SoundLoader, SoundSet
from synth_datamodule.loading.run import STAGES, TrainPosition, is_at_it
from synth_datamodule.loading.training import num_epochs


class Loaders(Sets):
    """A data module as a Trainer calls it: a stage is set up, its loaders are asked for."""

    render_ahead: bool | None
    _position: TrainPosition

    def setup(self, stage: str | None = None) -> None:
        """Create ``synthconfig`` and ``voice``; once more only where a setting has changed.

        Args:
            stage: Lightning's stage, whose sounds are sought where there is a filter, ``"fit"``,
                ``"validate"``, ``"test"`` or ``"predict"``; with None each split's are sought when
                its loader is made.

        Raises:
            TypeError: If ``stage`` is no word.
            ValueError: If it is not one of Lightning's, fewer of its sounds pass than are asked
                for, or there are no train sounds to fit.
        """
        if stage is not None:
            stage = checks.one_of("stage", getattr(stage, "value", stage), tuple(STAGES))
        for split in STAGES.get(stage or "", ()):
            self.sounds(split)
        if stage == "fit":
            self._check_fit()
            # A run begins; what is left of another is not its own.
            self._position = TrainPosition()
        self._make_voice()
        self._try_transform()

    def _check_fit(self) -> None:
        sounds, trainer = self._train_sounds(), self.trainer
        if trainer is None or _overfits(trainer) or trainer.max_steps != -1:
            return
        if trainer.training:
            sounds.check_epoch(num_epochs(trainer) - 1)

    def _train_sounds(self) -> SoundSet:
        sounds = self.sounds(Split.train)
        if sounds is None:
            raise ValueError(
                f"fit needs train sounds, and {self._chosen.lack(Split.train)}; validate, test and "
                "predict need none"
            )
        return sounds

    def train_dataloader(self) -> SoundLoader:
        """Return the train loader, at the position of the run that goes on, else at the beginning.

        To look at one changes no position.

        Raises:
            ValueError: If no row of ``parameters``, or none of ``sounds``, is a train sound.
        """
        loader = self._train_loader(self._renders_ahead())
        self._position.hand_out(loader, self.trainer)
        return loader

    def val_dataloader(self) -> SoundLoader:
        """Return the validation loader: the same sounds in the same order, always."""
        return self._loader(Split.val)

    def test_dataloader(self) -> SoundLoader:
        """Return the test loader: the same sounds in the same order, always."""
        return self._loader(Split.test)

    def predict_dataloader(self) -> SoundLoader:
        """Return the predict loader, ascending."""
        return self._loader(Split.predict)

    def _train_loader(self, render_ahead: bool = False) -> SoundLoader:
        self._train_sounds()
        return self._loader(Split.train, self.drop_last, render_ahead)

    def _loader(
        self, split: Split, drop_last: bool = False, render_ahead: bool = False
    ) -> SoundLoader:
        sounds = self.sounds(split)
        if sounds is None:
            # What Lightning takes for "no loader"; whoever asked for no sounds expects none.
            return cast(SoundLoader, [])
        self._make_voice()
        return SoundLoader(
            sounds,
            self._rendering(self.voice, split),
            self.batch_size,
            drop_last,
            render_ahead=render_ahead,
            place=self._place,
        )

    def _renders_ahead(self) -> bool:
        if self.render_ahead is not None or self.trainer is None:
            return bool(self.render_ahead)
        return self.trainer.strategy.root_device.type == "cuda"

    def state_dict(self) -> dict[str, Any]:
        """Return the position in the train sounds, and the sounds and order it is a position in.

        It is the position of the loader that is trained on, in a Trainer or in a plain loop.

        Returns:
            Plain ints, ``"train"``, and plain values by setting, ``"order"``; the same on every
            device. Nothing where no training has begun.
        """
        state = self._position.state(self.trainer)
        if state is None and is_at_it(self.trainer):
            state = self._train_loader().state_dict()
        if state is None:
            return {}
        train = dict(state)
        return {"train": train, "order": train.pop("order")}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from a position: for ``fit(ckpt_path=...)``, and for a plain loop's next loader.

        Evaluation takes no position from a checkpoint, nor does the next fit: a run begins at the
        beginning unless it is given a checkpoint.

        Raises:
            TypeError: If ``state_dict`` is not what ``state_dict()`` returned.
            ValueError: If there is no such position, or it is one in other sounds or another order;
                it names the setting and both values.
        """
        no_run = self.trainer is not None and not is_at_it(self.trainer)
        if loads_checkpoint() or no_run:
            return
        loader = self._train_loader()
        self._position = TrainPosition.resumed(loader, state_dict)

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_voice": None, "_position": TrainPosition(), "trainer": None}


def _overfits(trainer: Trainer) -> bool:
    batches: float = getattr(trainer, "overfit_batches", 0)
    return batches > 0
