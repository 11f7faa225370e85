"""A synth's class, by itself or by its import path."""

from synth_datamodule import checks
from synth_datamodule.patching.naming import find
from synth_datamodule.patching.synth import AbstractSynth


def find_synth(synth: str | type[AbstractSynth]) -> type[AbstractSynth]:
    """Return a synth's class.

    Args:
        synth: The class, or its import path.

    Raises:
        TypeError: If it is something else.
        ValueError: If nothing can be imported from the path.

    Example:
        >>> find_synth("synth_datamodule.Voice").__name__
        'Voice'
    """
    rule = "synth must be an AbstractSynth, by its class or its import path"
    found: object = synth
    if isinstance(synth, str):
        try:
            found = find(synth)
        except ValueError as error:
            raise ValueError(f"{rule}; {error}") from error
    if not (isinstance(found, type) and issubclass(found, AbstractSynth)) or (
        found is AbstractSynth
    ):
        raise TypeError(f"{rule}, got {checks.shown(synth)}")
    return found
