"""Transform and features tried once: do they make of a sound what they make of it alone?"""

import copy
import warnings

import torch
from torch import Tensor, nn

from synth_datamodule.batch import PairedBatch, all_tensors, audio_of
from synth_datamodule.loading.rendering import Rendering
from synth_datamodule.loading.treatment import Step, Treatment, check_audio, name_of
from synth_datamodule.numerics.ambient import untouched_random_states


def samples_made(transform: Step, num_samples: int) -> int:
    """Return how many samples a transform makes of a sound, tried on silence.

    Args:
        transform: Module or function; a copy is tried, on the CPU.
        num_samples: Samples of the sound.

    Raises:
        ValueError: If it makes something else than audio ``[B, N]``.

    Example:
        >>> samples_made(lambda audio: audio[:, ::2], 100)
        50
    """
    silence = torch.zeros(2, num_samples, dtype=torch.float32, device="cpu")
    with untouched_random_states(), torch.no_grad():
        made = _copied(transform)(silence)
    if not isinstance(made, Tensor) or made.ndim != 2:
        kind = list(made.shape) if isinstance(made, Tensor) else type(made).__name__
        raise ValueError(
            f"num_samples is of audio, and {name_of(transform)} makes {kind} of 2 sounds: take the "
            "sizes from a batch"
        )
    return made.shape[1]


def warn_of_dependence(treatment: Treatment, rendering: Rendering) -> None:
    """Warn where a sound comes otherwise out of a transform or a feature in a batch than alone.

    They are tried on sounds that are loud, quiet and silent. One that differs between two equal
    calls is random, and is not held to it; no more is a ``train_transform``, which may be.

    Args:
        treatment: Transform and features; copies are tried, on the CPU.
        rendering: Rendering of the sounds that they are given, without either.

    Raises:
        ValueError: If the transform makes no audio that features can be made of.
    """
    numbers = torch.arange(3, dtype=torch.int64, device="cpu")
    batch = rendering(numbers, torch.device("cpu"), torch.float32)
    batch = batch.first if isinstance(batch, PairedBatch) else batch
    audio = audio_of(batch.audio).clone()
    audio[1] *= 1e-3
    audio[2] = 0
    if treatment.transform is not None:
        _warn_of("transform", treatment.transform, audio)
    if treatment.features and treatment.transform is not None:
        with untouched_random_states(), torch.no_grad():
            audio = _copied(treatment.transform)(audio)
        check_audio(audio, "transform")
    for name, feature in treatment.features.items():
        _warn_of(f"features[{name!r}]", feature, audio)


def _warn_of(name: str, transform: Step, audio: Tensor) -> None:
    tried = _copied(transform)

    def made(sounds: Tensor) -> list[Tensor]:
        return all_tensors(tried(sounds.clone()))

    with untouched_random_states(), torch.no_grad():
        whole = made(audio)
        if not _same(whole, made(audio)):
            return
        try:
            alone = [made(sound) for sound in torch.split(audio, 1)]
            apart = [torch.cat(parts) for parts in zip(*alone, strict=True)]
        except Exception:  # such as a batch norm's, which refuses a sound alone
            apart = []
    if not _same(whole, apart):
        warnings.warn(
            f"{name}: what {name_of(transform)} makes of a sound depends on the other sounds of "
            "its batch, so batches of another size train on other data; treat each sound by itself",
            stacklevel=5,
        )


def _copied(transform: Step) -> Step:
    """A copy, whose state may change; functions are not copied, and have none as a rule."""
    copied = copy.deepcopy(transform)
    return copied.to("cpu") if isinstance(copied, nn.Module) else copied


def _same(found: list[Tensor], expected: list[Tensor]) -> bool:
    return len(found) == len(expected) and all(
        torch.equal(one, other) or _both_nan(one, other)
        for one, other in zip(found, expected, strict=True)
    )


def _both_nan(one: Tensor, other: Tensor) -> bool:
    return one.shape == other.shape and torch.allclose(one, other, 0, 0, equal_nan=True)
