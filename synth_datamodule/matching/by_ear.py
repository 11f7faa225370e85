"""Training by ear: the guess is rendered, and the loss is how far off it sounds."""

from functools import cache
from typing import Any, cast

from torch import Tensor

from synth_datamodule import checks
from synth_datamodule.batch import SynthBatch, audio_of
from synth_datamodule.corpus.draws import noise_rows
from synth_datamodule.matching.inversion import Loss, multi_resolution_stft
from synth_datamodule.matching.model import SoundMatcher


class EarMatcher(SoundMatcher):
    """SoundMatcher that learns from the sound of its guesses, through the renderer's gradient.

    The loss is ``multi_resolution_stft()`` between the target and the guess rendered over the same
    row of noise. Its gradient tells nothing of a pitch that is far off, so it is a second stage
    after parameters were learned rather than a first.

    Engel, Hantrakul, Gu and Roberts, "DDSP: Differentiable Digital Signal Processing", ICLR 2020,
    https://arxiv.org/abs/2001.04643.

    Args:
        num_parameters: Number of parameters to name, P.
        sample_rate: Audio rate in hertz.
        width: Channels of the first convolution.
        learning_rate: Highest rate of a one-cycle schedule.

    Raises:
        TypeError: If an argument is of another type.
        ValueError: If one is out of bounds; when it is trained, if the data module was not made
            with ``no_grad=False``.

    Example:
        >>> from synth_datamodule import SynthDataModule
        >>> data = SynthDataModule(no_grad=False)
        >>> matcher = EarMatcher(data.num_parameters, data.sample_rate)
        >>> matcher.check_data(data)
    """

    def __init__(
        self,
        num_parameters: int = 78,
        sample_rate: int = 44100,
        width: int = 16,
        learning_rate: float = 1e-3,
    ) -> None:
        super().__init__(num_parameters, sample_rate, width, learning_rate)

    def check_data(self, data: object) -> None:
        """Refuse data whose synth has no gradient too; see ``Matcher``."""
        super().check_data(data)
        no_grad = getattr(data, "no_grad", None)
        if no_grad is not False:
            raise ValueError(
                f"{type(self).__name__} learns through the renderer: data.no_grad must be False, "
                f"got {checks.shown(no_grad)}"
            )

    def loss(self, guess: Tensor, batch: SynthBatch) -> Tensor:
        """Return how far off the guesses sound, a mean over the batch."""
        synth = cast(Any, self.data.voice)
        rendered = synth.render(guess.float(), noise_rows(batch.index))
        return _distance()(rendered, audio_of(batch.audio).float()).mean()


@cache
def _distance() -> Loss:
    return multi_resolution_stft()  # no part of the model, which is pickled without it
