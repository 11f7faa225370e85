"""Bounds: how quiet and how loud a sound may be to be heard at all."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from synth_datamodule import checks


@dataclass(frozen=True)
class Bounds:
    """Least RMS and highest peak of a sound; compared and hashed by value.

    ``rms = sqrt(sum_n x[n]**2 / N)``, over the whole sound. The squares are exact in float64 and
    are added one after another, so the same sound passes on every machine.

    Args:
        minimum_rms: Least RMS of a sound, linear, in [0, 1]; None is any.
        loudest: Highest peak of a sound, in (0, 1]; None is any. The mixer normalises what clips,
            so such a sound has a peak of 1.

    Raises:
        TypeError: If a bound is not a number.
        ValueError: If one is out of range.

    Example:
        >>> Bounds(minimum_rms=0.1).passes(np.array([[0.0, 0.0], [0.0, 0.5]], np.float32))
        array([False,  True])
    """

    minimum_rms: float | None = None
    loudest: float | None = None

    def __post_init__(self) -> None:
        for name, value in (("minimum_rms", self.minimum_rms), ("loudest", self.loudest)):
            if value is None:
                continue
            number = checks.real_number(name, value)
            least = "[0" if name == "minimum_rms" else "(0"
            if not (0 <= number <= 1) or (number == 0 and name == "loudest"):
                raise ValueError(f"{name} must lie in {least}, 1], got {checks.shown(value)}")
            object.__setattr__(self, name, number)

    @property
    def settings(self) -> dict[str, Any]:
        """The bounds that there are, by name."""
        both = {"minimum_rms": self.minimum_rms, "loudest": self.loudest}
        return {name: value for name, value in both.items() if value is not None}

    def passes(self, audio: npt.NDArray[np.float32]) -> npt.NDArray[np.bool_]:
        """Return whether each sound lies within; one with a sample that is NaN does not.

        Args:
            audio: Sounds. Shape ``[B, N]``.

        Returns:
            Shape ``[B]``.
        """
        return np.array([self._passes(sound) for sound in audio], dtype=bool)

    def _passes(self, sound: npt.NDArray[np.float32]) -> bool:
        wide = sound.astype(np.float64)
        if self.loudest is not None and not np.abs(wide).max() <= self.loudest:
            return False
        if self.minimum_rms is None:
            return bool(np.isfinite(wide).all())
        # One after another, which np.sum leaves open.
        total = np.add.accumulate(wide * wide)[-1]
        return bool(np.sqrt(total / len(wide)) >= self.minimum_rms)
