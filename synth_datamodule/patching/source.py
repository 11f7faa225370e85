"""What parameters sounds have by number, else than torchsynth's draws."""

from typing import Any, Protocol

from torch import Tensor

from synth_datamodule.parameters.own import OwnParameters
from synth_datamodule.parameters.table import ParameterTable
from synth_datamodule.patching.sampler import Function, Sampler, find_sampler


class Source(Protocol):
    """A pure function from sound numbers to parameters and labels."""

    def draw(self, numbers: Tensor) -> Tensor:
        """Return parameters in [0, 1], where the numbers lie. Float32, shape ``[B, P]``."""
        ...

    def is_train(self, numbers: Tensor) -> Tensor:
        """Return whether sounds lie in another split than test. Bool, shape ``[B]``."""
        ...


def source_of(
    parameters: OwnParameters | None, sampler: str | Function | None, table: ParameterTable
) -> Source | None:
    """Return the source that a recipe names; None is torchsynth's draws.

    Args:
        parameters: Rows of one's own.
        sampler: Function of one's own, or its import path.
        table: Parameters of the synth.

    Raises:
        TypeError: If the sampler's path leads to no function, or it returns something else.
        ValueError: If there are both, or one does not fit the synth.
    """
    if parameters is not None and sampler is not None:
        raise ValueError("parameters and sampler must not be given both: each says what sounds are")
    if parameters is not None:
        return parameters.of(table)
    return None if sampler is None else Sampler(find_sampler(sampler), len(table))


def made_of(source: Source | None) -> dict[str, Any]:
    """Return the settings of a recipe that name a source."""
    return {
        "parameters": source if isinstance(source, OwnParameters) else None,
        "sampler": source.function if isinstance(source, Sampler) else None,
    }
