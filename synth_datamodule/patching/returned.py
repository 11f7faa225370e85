"""What a patch returns: audio, or audio and more beside it."""

from collections.abc import Mapping
from typing import cast

from torch import Tensor

from synth_datamodule import checks
from synth_datamodule.batch import AUDIO, Audio

Returned = Tensor | tuple[Tensor, Mapping[str, Tensor]]
"""Audio ``[B, N]``, or a tuple of it and of more signals by name, each with the axis B."""


def parted(made: object) -> tuple[object, Mapping[object, object]]:
    """Return the audio that a patch made, and what it returned beside it by name.

    Args:
        made: Audio, or a tuple of audio and a mapping.

    Example:
        >>> parted(("audio", {"mod": "lfo"})), parted("audio")
        (('audio', {'mod': 'lfo'}), ('audio', {}))
    """
    if isinstance(made, tuple) and len(made) == 2 and isinstance(made[1], Mapping):
        return made[0], made[1]
    return made, {}


def wrong_extra(name: object, extra: object, num_sounds: int) -> str | None:
    """Return what is wrong about a signal that a patch returned beside its audio.

    Args:
        name: Name of the signal.
        extra: The signal.
        num_sounds: Number of sounds, B.

    Example:
        >>> import torch
        >>> wrong_extra("audio", torch.zeros(2), 2)
        "what is returned beside the audio must have a name that is not 'audio', got 'audio'"
        >>> wrong_extra("mod", torch.zeros(3), 2)
        'must be a tensor [B, ...] of 2 sounds, got shape [3]'
    """
    if not isinstance(name, str) or not name or name == AUDIO:
        return (
            "what is returned beside the audio must have a name that is not 'audio', got "
            f"{checks.shown(name)}"
        )
    shape = list(extra.shape) if isinstance(extra, Tensor) else type(extra).__name__
    if not isinstance(shape, list) or shape[:1] != [num_sounds]:
        return f"must be a tensor [B, ...] of {num_sounds} sounds, got " + (
            f"shape {shape}" if isinstance(shape, list) else shape
        )
    return None


def checked(synth: str, made: object, sizes: tuple[int, int]) -> Audio:
    """Return what a patch made, as a batch holds it.

    Args:
        synth: Name of the synth, for messages.
        made: Audio, or a tuple of audio and a mapping.
        sizes: Sizes B and N that the audio must have.

    Returns:
        Audio ``[B, N]``, or a dict of it, as ``"audio"``, and what is beside it.

    Raises:
        TypeError: If the audio is not a float tensor.
        ValueError: If a shape or a name is wrong.

    Example:
        >>> import torch
        >>> list(checked("Siren", (torch.zeros(1, 8), {"mod": torch.zeros(1, 2)}), (1, 8)))
        ['audio', 'mod']
    """
    audio, extras = parted(made)
    audio = checks.float_tensor(f"{synth}.output()", audio, "[B, N]", sizes)
    if not extras:
        return audio
    handed: dict[str, Tensor] = {AUDIO: audio}
    for name, extra in extras.items():
        if wrong := wrong_extra(name, extra, sizes[0]):
            raise ValueError(f"{synth}.output(): {checks.shown(name)}: {wrong}")
        handed[str(name)] = cast(Tensor, extra)
    return handed
