"""Training by ear: the guess is rendered, and the loss is how far off it sounds."""

from functools import cache

from torch import Tensor

from synth_datamodule import checks
from synth_datamodule.batch import SynthBatch, audio_of
from synth_datamodule.corpus.draws import noise_rows
from synth_datamodule.matching.canonical import canonical_targets, heard_error
from synth_datamodule.matching.inversion import Loss, multi_resolution_stft
from synth_datamodule.matching.model import SoundMatcher

_HEAVIEST = 1e6


class EarMatcher(SoundMatcher):
    """SoundMatcher that learns from the sound of its guesses, through the renderer's gradient.

    The loss is ``multi_resolution_stft()`` between the target and the guess rendered over the same
    row of noise, plus ``anchor`` times the error of the canonical parameters that are heard. To the
    distance alone silence is nearer than most wrong guesses, and its gradient tells nothing of a
    pitch that is far off: without an anchor a network learns to be silent.

    Engel, Hantrakul, Gu and Roberts, "DDSP: Differentiable Digital Signal Processing", ICLR 2020,
    https://arxiv.org/abs/2001.04643.

    Args:
        num_parameters: Number of parameters to name, P.
        sample_rate: Audio rate in hertz.
        width: Channels of the first convolution.
        learning_rate: Highest rate of a one-cycle schedule.
        anchor: Weight of the error of canonical parameters beside the distance, at least 0.

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
        anchor: float = 10.0,
    ) -> None:
        anchor = checks.real_number("anchor", anchor)
        if not 0 <= anchor <= _HEAVIEST:
            raise ValueError(f"anchor must lie in [0, {_HEAVIEST:g}], got {anchor:g}")
        super().__init__(num_parameters, sample_rate, width, learning_rate)
        self.anchor = anchor
        self.save_hyperparameters()

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
        """Return how far off the guesses sound and are, a mean over the batch."""
        synth = self.data.voice
        rendered = synth.render(guess.float(), noise_rows(batch.index))
        distance = _distance()(rendered, audio_of(batch.audio).float()).mean()
        if not self.anchor:
            return distance
        targets = canonical_targets(synth, batch.parameters)
        return distance + self.anchor * heard_error(guess, targets)


@cache
def _distance() -> Loss:
    return multi_resolution_stft()  # no part of the model, which is pickled without it
