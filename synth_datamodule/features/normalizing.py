"""Sounds brought to one level: peak, rms or loudness."""

import math
from numbers import Real

import torch
from torch import Tensor

from synth_datamodule import checks
from synth_datamodule.config import MOST_SAMPLES
from synth_datamodule.features.base import Feature, in_full
from synth_datamodule.features.bs1770 import LEAST_RATE, gated_power
from synth_datamodule.numerics.sums import pairwise_sum

SILENCE = -70.0
"""Level in decibels at or below which a sound is silence and left as it is; BS.1770's own gate."""

_LEVELS = {"peak": 1.0, "rms": 0.1}  # that sounds are brought to; -20 dB as in broadcasting's K-20
_RULE = "must be 'peak', 'rms' or a loudness in LUFS, above -70 and at most 0"


class Normalize(Feature):
    r"""Audio at one level, each sound by itself.

    .. math:: y = x \cdot \mathrm{level} / L(x)

    L(x) is the peak, the rms, or by ITU-R BS.1770 the loudness of a sound, as an amplitude. A sound
    with ``L(x)`` at or below -70 dB of full scale stays as it is: no noise is amplified, silence is
    no NaN. A peak brought to 1 is 1 exactly. Nothing is clamped: an rms or a loudness may take the
    peak above 1, most of all of a short sound in a long silence. A sound's bits do not depend on
    its batch.

    Args:
        to: Measure, ``"peak"`` or ``"rms"``, or a loudness in LUFS, as -23.0.
        sample_rate: Sample rate in hertz; for a loudness only, which needs it.
        level: Peak or rms to bring sounds to; None is a peak of 1.0, an rms of 0.1, -20 dB.

    Raises:
        TypeError: If an argument is of another type.
        ValueError: If one is out of bounds, a loudness has no rate, or another measure has one.

    Example:
        >>> Normalize("peak")(torch.tensor([[0.1, -0.2], [0.0, 1e-6]]))
        tensor([[ 5.0000e-01, -1.0000e+00],
                [ 0.0000e+00,  1.0000e-06]])
    """

    def __init__(
        self,
        to: str | float = "peak",
        sample_rate: int | None = None,
        level: float | None = None,
    ) -> None:
        super().__init__()
        self.to_level = checked_level("to", to)
        self.sample_rate = sample_rate
        if isinstance(self.to_level, float):
            if level is not None:
                raise ValueError(f"level must be None: to is the level, got {checks.shown(level)}")
            checks.whole_number("sample_rate", sample_rate, LEAST_RATE, MOST_SAMPLES)
            self.level = 10 ** (self.to_level / 20)
        else:
            if sample_rate is not None:
                checks.whole_number("sample_rate", sample_rate, 2, MOST_SAMPLES)
            default = _LEVELS[self.to_level]
            self.level = default if level is None else checks.positive_number("level", level)

    def forward(self, audio: Tensor) -> Tensor:
        """Return the sounds at the level.

        Args:
            audio: Sounds. Shape ``[B, N]``.

        Returns:
            Sounds, of the dtype that ``audio`` is. Shape ``[B, N]``.

        Raises:
            TypeError: If ``audio`` is not a float tensor.
            ValueError: If it is not ``[B, N]``.
        """
        sounds = in_full(self.check(audio))
        if self.to_level == "peak":
            measured = sounds.abs().amax(-1)
            heard = measured > 10 ** (SILENCE / 20)
        else:
            power = self._power(sounds)
            heard = power > 10 ** (SILENCE / 10)
            # The root of a silence has no slope: it is taken of 1.
            measured = torch.where(heard, power, 1.0).sqrt()
        # A quotient, not a product with a gain: of a peak by itself it is 1.
        divisor = torch.where(heard, measured / self.level, 1.0)
        return self.handed(sounds / divisor[:, None], audio)

    def _power(self, sounds: Tensor) -> Tensor:
        if self.to_level == "rms":
            return pairwise_sum(sounds.square()) / sounds.shape[-1]
        assert self.sample_rate is not None, "a loudness has a rate"
        return gated_power(sounds, self.sample_rate)

    def extra_repr(self) -> str:
        """Return the level, as a printed module shows it."""
        return f"{self.to_level!r}, level={self.level:g}"


def checked_level(name: str, to: object) -> str | float:
    """Return what sounds are normalised to, a loudness as a float.

    Args:
        name: Name of the argument, for the message.
        to: Measure, ``"peak"`` or ``"rms"``, or a loudness in LUFS.

    Raises:
        TypeError: If it is neither a string nor a number.
        ValueError: If it is another string, or no loudness above -70 and at most 0 LUFS.

    Example:
        >>> checked_level("normalize", -23)
        -23.0
    """
    if isinstance(to, str) and to in _LEVELS:
        return to
    if isinstance(to, str):
        raise ValueError(f"{name} {_RULE}, got {checks.shown(to)}")
    if isinstance(to, bool) or not isinstance(to, Real):
        raise TypeError(f"{name} {_RULE}, got {checks.shown(to)} ({type(to).__name__})")
    try:
        loudness = float(to)
    except OverflowError:
        loudness = math.inf
    if SILENCE < loudness <= 0:
        return loudness
    raise ValueError(f"{name} {_RULE}, got {checks.shown(to)}")
