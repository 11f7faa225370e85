"""Position: where an epoch is, counted over all devices together."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from operator import sub

from synth_datamodule import checks
from synth_datamodule.loading.shards import Shards

MOST = 2**63 - 1
"""Most that a number of a state may be."""


@dataclass(frozen=True)
class Position:
    """A place between two batches of an epoch, the same on every device.

    Args:
        epoch: Number of the epoch, from 0.
        sounds_done: Sounds of the epoch before this place, on all devices together.
        steps_done: Batches that each device has had in the epoch before this place.
        dealt_sounds: Value of ``sounds_done`` where the rest of the epoch was last dealt anew, over
            other batches or devices; 0 is never.
        dealt_steps: Value of ``steps_done`` there.

    Raises:
        TypeError: If a number is not an integer.
        ValueError: If one is negative, or they contradict each other.
    """

    epoch: int = 0
    sounds_done: int = 0
    steps_done: int = 0
    dealt_sounds: int = 0
    dealt_steps: int = 0

    def __post_init__(self) -> None:
        for field in fields(self):
            checks.whole_number(field.name, getattr(self, field.name), minimum=0)
        done = self.sounds_done, self.steps_done
        dealt = self.dealt_sounds, self.dealt_steps
        for names, sounds, steps in (
            ("sounds_done, steps_done", *done),
            ("dealt_sounds, dealt_steps", *dealt),
            ("sounds_done, steps_done, since dealt_sounds, dealt_steps", *map(sub, done, dealt)),
        ):
            if (sounds == 0) != (steps == 0) or not 0 <= steps <= sounds:
                raise ValueError(
                    f"no epoch has {sounds} sounds done in {steps} steps ({names}): each step has "
                    "one sound or more"
                )

    def state(self) -> dict[str, int]:
        """Return it as plain ints; what is said only of an epoch dealt anew is left out else."""
        always = {"epoch", "sounds_done", "steps_done"}
        return {name: value for name, value in asdict(self).items() if value or name in always}

    @staticmethod
    def of(state: Mapping[str, object], shards: Shards) -> "Position":
        """Return what ``state`` gave.

        Args:
            state: Numbers by the names of the fields; those that it left out are 0.
            shards: How an epoch was dealt out, whole, in the run that the position is of.

        Raises:
            TypeError: If a number is not an integer.
            ValueError: If no such run comes to such a position.
        """
        position = Position(
            **{name: checks.whole_number(name, value, 0, MOST) for name, value in state.items()}
        )
        checks.whole_number("sounds_done", position.sounds_done, 0, shards.num_sounds)
        steps, dealt = position.steps_done - position.dealt_steps, position._dealt(shards)
        # Where nothing was heard since, what is left may be too little to be dealt out.
        if steps and (
            dealt is None
            or steps > len(dealt)
            or position.dealt_sounds + dealt.start(steps) != position.sounds_done
        ):
            raise ValueError(
                f"{position.state()} is no position in an epoch of {shards.num_sounds} sounds, "
                f"{shards.batch_size} a step (batch_size) on each of {shards.world_size} devices"
            )
        return position

    def _dealt(self, shards: Shards) -> Shards | None:
        left = shards.num_sounds - self.dealt_sounds
        least = shards.batch_size if shards.drop_last else 1
        return None if left < least * shards.world_size else replace(shards, num_sounds=left)

    def dealt_anew(self) -> "Position":
        """Return the same place, from where the rest of the epoch is dealt anew."""
        return replace(self, dealt_sounds=self.sounds_done, dealt_steps=self.steps_done)

    def rest(self, shards: Shards) -> tuple[Shards, int] | None:
        """Return how the rest is dealt out, from place ``dealt_sounds`` on, and its next step.

        Args:
            shards: How the whole epoch would be dealt out.

        Returns:
            None where nothing is left, or fewer sounds than devices, which cannot be dealt out.
        """
        dealt, step = self._dealt(shards), self.steps_done - self.dealt_steps
        return (dealt, step) if dealt is not None and step < len(dealt) else None
