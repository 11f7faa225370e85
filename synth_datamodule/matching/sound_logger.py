"""SoundLogger: targets and guesses of a run, heard and seen in its log."""

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor

from synth_datamodule import checks, reporting
from synth_datamodule.both_lightnings import Callback
from synth_datamodule.corpus.splits import Split
from synth_datamodule.datamodule import SynthDataModule
from synth_datamodule.loading import SoundNumbers
from synth_datamodule.matching.loggers import FOLDER, Calls, calls_of
from synth_datamodule.matching.metrics import ParameterErrors, error_rows
from synth_datamodule.plotting.rows import rows_figure

MOST = 16
"""Sounds that are logged at most."""


class SoundLogger(Callback):
    """Logs the first validation sounds and what a model makes of them, as sound and as pictures.

    After an epoch each logger of the Trainer gets the guesses as audio, a picture of targets above
    guesses, and the mean absolute error of each module, ``error/adsr_1``; the targets once. It
    takes what has the calls: TensorBoard, Weights & Biases, MLflow, Trackio; a CSV log gets files
    in a folder ``sounds`` beside it. Only the first device logs, and training draws the same random
    numbers as without.

    Args:
        num_sounds: Number of sounds, the first of the validation set, at most 16.
        every_n_epochs: Number of epochs from one time to the next.
        pictures: Whether pictures are drawn, which needs matplotlib.
        guess: Function of model and batch that returns parameters in [0, 1], ``[B, P]`` or the free
            ones; None is ``model(batch.audio)``.

    The errors are those of all validation sounds where the model keeps ``ParameterErrors`` as
    ``errors``, as ``SoundMatcher`` does, else those of the sounds that are logged. Guesses beyond
    [0, 1] are heard at its ends, which a warning says once; no numbers (NaN) are not heard.

    Raises:
        ImportError: If pictures are asked for and matplotlib is not installed.
        TypeError: If an argument is of another type.
        ValueError: If a number is out of bounds.

    Example:
        >>> from pytorch_lightning import Callback
        >>> isinstance(SoundLogger(num_sounds=2, pictures=False), Callback)
        True
    """

    def __init__(
        self,
        num_sounds: int = 4,
        every_n_epochs: int = 1,
        pictures: bool = True,
        guess: Callable[[Any, Any], Tensor] | None = None,
    ) -> None:
        super().__init__()
        self.num_sounds = checks.whole_number("num_sounds", num_sounds, 1, MOST)
        self.every_n_epochs = checks.whole_number("every_n_epochs", every_n_epochs, 1)
        self.pictures = checks.truth_value("pictures", pictures)
        if guess is not None and not callable(guess):
            raise TypeError(f"guess must be a function or None, got {checks.shown(guess)}")
        if self.pictures:
            reporting.new_figure((1, 1))  # or the error that says what to install
        self.guess = guess
        self._begin()

    def _begin(self) -> None:
        self._errors: tuple[Tensor, Tensor] | None = None
        self._has_targets = False
        self._warned: set[str] = set()

    def setup(self, trainer: Any, pl_module: Any, stage: str) -> None:  # noqa: ANN401
        """Refuse data that is no single sounds of SynthDataModule, and a run without a log."""
        if getattr(stage, "value", stage) != "fit":
            return
        self._begin()
        data = _data_of(trainer)
        if data.paired_delta is not None:
            raise ValueError(
                "SoundLogger hears one sound at a time: paired_delta must be left out, got "
                f"{checks.shown(data.paired_delta)}"
            )
        if data.sounds(Split.val) is None:
            raise ValueError("SoundLogger needs validation sounds, and the data has none")
        if not trainer.loggers:
            raise ValueError("SoundLogger needs a logger, and the Trainer has none")

    def on_validation_epoch_end(self, trainer: Any, pl_module: Any) -> None:  # noqa: ANN401
        """Keep the errors that the model has counted; all devices take part."""
        errors = getattr(pl_module, "errors", None)
        if isinstance(errors, ParameterErrors) and errors.update_called:
            self._errors = None if trainer.sanity_checking else errors.compute()

    def on_train_epoch_end(self, trainer: Any, pl_module: Any) -> None:  # noqa: ANN401
        """Log an epoch whose turn it is."""
        if trainer.fast_dev_run or (trainer.current_epoch + 1) % self.every_n_epochs:
            return
        data, index = _data_of(trainer), self._index(trainer)
        # On each device, for of a model that lies on several none can be left out.
        targets, guess = self._guessed(trainer, pl_module, index)
        if trainer.is_global_zero:
            self._log(trainer, data, targets, guess)

    def _index(self, trainer: Any) -> Tensor:  # noqa: ANN401
        sounds = _data_of(trainer).sounds(Split.val)
        assert sounds is not None, "setup() has asked"
        numbers = sounds.numbers(0, 0, min(self.num_sounds, len(sounds)))
        return torch.as_tensor(numbers, dtype=torch.int64, device="cpu")

    def _guessed(self, trainer: Any, model: Any, index: Tensor) -> tuple[Any, Tensor]:  # noqa: ANN401
        """Return the sounds in full precision, and what the model takes them for."""
        rendering = _data_of(trainer).val_dataloader().rendering.of_one_note()
        precision = torch.zeros((), dtype=torch.float32, device="cpu")
        numbers = SoundNumbers(index, precision, rendering)
        with _looking_on(model):
            # As the loop that validates does it, hooks included.
            given = trainer.precision_plugin.convert_input(numbers)
            batch = trainer.strategy.batch_to_device(given)
            with trainer.precision_plugin.forward_context():
                guess = model(batch.audio) if self.guess is None else self.guess(model, batch)
        return numbers.to(batch.parameters.device), guess

    def _log(self, trainer: Any, data: SynthDataModule, targets: Any, guess: Tensor) -> None:  # noqa: ANN401
        checks.float_tensor("guess", guess, "[B, P]", (len(targets.index), None))
        step, names = trainer.global_step, data.parameter_names
        guess = guess.detach().to(targets.parameters)
        off = (guess - targets.parameters).abs().mean(0)
        middle = (0.5 - targets.parameters).abs().mean(0)
        errors = (off, middle) if self._errors is None else self._errors
        rows = error_rows(names, *(error.detach().cpu() for error in errors))
        metrics = {f"error/{row.name}": row.error for row in rows}
        metrics["epoch"] = trainer.current_epoch
        if not bool(guess.isfinite().all()):
            self._warn("a guess has no numbers (NaN or infinity), and is not heard")
            sounds = {}
        else:
            sounds = self._heard(data, targets, guess)
        figure = self._figure(data, targets, sounds) if self.pictures and sounds else None
        for logger in trainer.loggers:
            logger.log_metrics(metrics, step=step)
            calls = calls_of(logger)
            if calls is None:
                self._warn(f"{type(logger).__name__} has no call that takes sounds or pictures")
                continue
            self._hand_over(calls, data, targets.index.tolist(), sounds, step)
            if figure is not None:
                calls.picture(f"{FOLDER}/spectrograms", figure, step)
        self._has_targets = self._has_targets or bool(sounds)

    def _heard(self, data: SynthDataModule, targets: Any, guess: Tensor) -> dict[str, Tensor]:  # noqa: ANN401
        """Return the audio of targets and of guesses over the same noise, whole, on the CPU."""
        inside = guess.clamp(0, 1)
        if bool((inside - guess).abs().max() > 1e-6):
            self._warn("a guess lies outside [0, 1], and is heard at the end of its range")
        with torch.no_grad():
            return {
                "target": data.voice.rerender(targets).cpu(),
                "guess": data.voice.rerender(targets._replace(parameters=inside)).cpu(),
            }

    def _figure(self, data: SynthDataModule, targets: Any, sounds: dict[str, Tensor]) -> Any:  # noqa: ANN401
        titles = [f"sound {number}" for number in targets.index.tolist()]
        return rows_figure(sounds, titles, data.sample_rate)

    def _hand_over(
        self,
        calls: Calls,
        data: SynthDataModule,
        numbers: list[int],
        sounds: dict[str, Tensor],
        step: int,
    ) -> None:
        for kind, audio in sounds.items():
            if kind == "target" and self._has_targets:
                continue
            for number, one in zip(numbers, audio, strict=True):
                calls.sound(f"{FOLDER}/{number}_{kind}", one, data.sample_rate, step)

    def _warn(self, words: str) -> None:
        if words not in self._warned:
            self._warned.add(words)
            warnings.warn(f"SoundLogger: {words}", stacklevel=2)


def _data_of(trainer: Any) -> SynthDataModule:  # noqa: ANN401
    data = getattr(trainer, "datamodule", None)
    if not isinstance(data, SynthDataModule):
        raise TypeError(f"SoundLogger needs a SynthDataModule, got {checks.shown(data)}")
    return data


@contextmanager
def _looking_on(model: Any) -> Iterator[None]:  # noqa: ANN401
    """Let a model guess as in validation, and leave it and the random numbers as they were."""
    modes = [(module, module.training) for module in model.modules()]
    gpus = [model.device] if model.device.type == "cuda" else []
    model.eval()
    try:
        with torch.random.fork_rng(gpus), torch.no_grad():
            yield
    finally:
        for module, training in modes:
            module.training = training
