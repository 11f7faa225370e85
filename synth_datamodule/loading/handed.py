"""Handed: what is handed out of each sound, and how."""

from dataclasses import dataclass, fields
from typing import Any

from synth_datamodule import checks
from synth_datamodule.config import MOST_SAMPLES, SynthConfig
from synth_datamodule.features.normalizing import checked_level
from synth_datamodule.loading.curriculum import Curriculum


@dataclass(frozen=True)
class Handed:
    """What is handed out of each sound, and how; compared and hashed by value.

    A crop and a pair are functions of a sound's number and the seed, whatever else is in the batch.

    Args:
        crop_seconds: Length handed out of each sound, in seconds; None is all of it.
        random_crop: Whether a crop begins where the sound's number says, not at the start.
        paired_delta: Most that each parameter of a second view is moved by, as a share of its
            range; None hands out no second view.
        seed: Seed of crops and moves; 0 where there are none, for then it decides on nothing.
        labels: Parameters handed out, ``"all"`` or the ``"free"`` ones, without pinned columns.
        notes_per_sound: Rows of each sound, at as many notes.
        curriculum: Ranges of train sounds by the first epoch that they hold in; None is one stage.

        normalize: Level that each sound, or its crop, is brought to by ``features.Normalize``:
            ``"peak"``, ``"rms"``, or a loudness in LUFS as a number; None leaves it as it sounds.

    Raises:
        TypeError: If an argument is of another type.
        ValueError: If a number is out of bounds, a word unknown, or a random crop has no length.
    """

    crop_seconds: float | None = None
    random_crop: bool = False
    paired_delta: float | None = None
    seed: int = 0
    labels: str = "all"
    notes_per_sound: int = 1
    curriculum: Curriculum | None = None
    normalize: str | float | None = None

    def __post_init__(self) -> None:
        if self.crop_seconds is not None:
            seconds = checks.positive_number("crop_seconds", self.crop_seconds)
            object.__setattr__(self, "crop_seconds", seconds)
        checks.truth_value("random_crop", self.random_crop)
        if self.random_crop and self.crop_seconds is None:
            raise ValueError("random_crop needs the length of a crop: crop_seconds")
        delta = self.paired_delta
        if delta is not None and checks.positive_number("paired_delta", delta) > 1:
            raise ValueError(f"paired_delta must be at most 1, a whole range, got {delta}")
        if delta is not None:
            object.__setattr__(self, "paired_delta", float(delta))
        object.__setattr__(self, "seed", checks.whole_number("seed", self.seed, 0, 2**64 - 1))
        if not self.random_crop and delta is None:
            object.__setattr__(self, "seed", 0)
        object.__setattr__(self, "labels", checks.one_of("labels", self.labels, ("all", "free")))
        k = checks.whole_number("notes_per_sound", self.notes_per_sound, 1, 2**24)
        object.__setattr__(self, "notes_per_sound", k)
        if self.curriculum is not None:
            object.__setattr__(self, "curriculum", Curriculum.of(self.curriculum))
        if self.normalize is not None:
            level = checked_level("normalize", self.normalize)
            object.__setattr__(self, "normalize", level)

    def plain(self) -> dict[str, Any]:
        """Return the fields by name as a checkpoint takes them."""
        plain = {setting.name: getattr(self, setting.name) for setting in fields(self)}
        return plain | {"curriculum": self.curriculum and self.curriculum.plain()}

    def crop_samples(self, synthconfig: SynthConfig) -> int | None:
        """Return the samples handed out of each sound; None is all of them.

        Args:
            synthconfig: Rates and length of the sounds.

        Raises:
            ValueError: If a crop is longer than a sound, or shorter than a sample.
        """
        if self.crop_seconds is None:
            return None
        samples = round(min(self.crop_seconds * synthconfig.sample_rate, MOST_SAMPLES + 1))
        if not 1 <= samples <= synthconfig.buffer_size:
            raise ValueError(
                f"crop_seconds must be at least one sample, 1/{synthconfig.sample_rate}, and at "
                f"most a sound's length, {synthconfig.buffer_size_seconds:g}, got "
                f"{self.crop_seconds:g}"
            )
        return samples
