"""What a budget of renders is spent on."""

from dataclasses import dataclass

from synth_datamodule import checks

_MOST = 2**20


@dataclass(frozen=True)
class Shares:
    """Split of a target's renders: some for retrieval, a share for the descent, the rest to breed.

    Args:
        retrieved: Number of sounds of an index that are rendered.
        descent: Share of the renders that the descent takes, in [0, 1].
        brood: Number of children bred at a time; 0 breeds none.
        parents: Number of candidates that are bred from.

    Raises:
        TypeError: If a value is of another type.
        ValueError: If one is out of range.

    Example:
        >>> Shares(descent=0.0).descent
        0.0
    """

    retrieved: int = 32
    descent: float = 0.4
    brood: int = 16
    parents: int = 8

    def __post_init__(self) -> None:
        checks.whole_number("retrieved", self.retrieved, 1, _MOST)
        if not 0 <= checks.real_number("descent", self.descent) <= 1:
            raise ValueError(f"descent must lie in [0, 1], got {self.descent:g}")
        checks.whole_number("brood", self.brood, 0, _MOST)
        checks.whole_number("parents", self.parents, 1, _MOST)
