"""What is made of a batch's audio on its way out: its level, transforms of it, and its features."""

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from synth_datamodule import checks
from synth_datamodule.batch import AUDIO, all_tensors, each_tensor
from synth_datamodule.features import MFCC, LogMel, Normalize, Resample

Step = Callable[[Any], Any]
"""Module or function of what a batch holds as audio."""

_NO_AUDIO = (
    "features are made of audio [B, N], and {name} makes {what}: name it in features instead"
)


class Treatment:
    """Audio normalised, transformed, augmented for training, and its features beside it.

    In this order. Features are those of the audio that is handed out with them. None of it records
    gradients, and all of it computes in the precision of the audio, under autocast too.

    Args:
        sample_rate: Sample rate of the sounds, in hertz.
        normalize: Level of each sound, ``"peak"``, ``"rms"`` or a loudness in LUFS; None is as it
            sounds.
        transform: Module or function of the audio ``[B, N]``. It returns a tensor of any dtype with
            the axis B, or a dict, list or tuple of such.
        train_transform: Another, of what the first makes; it may be random.
        features: Modules or functions of the audio ``[B, N]`` by name, returning as ``transform``
            does. With them the audio of a batch is a dict, with ``"audio"`` and the names.

    Raises:
        TypeError: If an argument is of another type.
        ValueError: If a module is made for another sample rate, a name is no identifier or
            ``"audio"``, or features follow a transform that makes no audio.

    Example:
        >>> treatment = Treatment(8000, normalize="peak", features={"mean": lambda x: x.mean(1)})
        >>> treatment.handed(treatment.by_itself(torch.tensor([[0.25, 0.5]])), {})
        {'audio': tensor([[0.5000, 1.0000]]), 'mean': tensor([0.7500])}
    """

    def __init__(
        self,
        sample_rate: int,
        *,
        normalize: str | float | None = None,
        transform: Step | None = None,
        train_transform: Step | None = None,
        features: Mapping[str, Step] | None = None,
    ) -> None:
        self.normalize = None if normalize is None else Normalize(normalize, sample_rate)
        self.transform = transform
        self.train_transform = train_transform
        self.features = {} if features is None else named_steps(features)
        rate: int | None = sample_rate
        for name in ("transform", "train_transform"):
            step = getattr(self, name)
            if step is None:
                continue
            rate = _rate_after(name, checked_step(name, step), rate)
            if self.features and makes_frames(step):
                what = f"the frames of {name_of(step)}"
                raise ValueError(_NO_AUDIO.format(name=name, what=what))
        for name, step in self.features.items():
            _rate_after(f"features[{name!r}]", step, rate)

    @property
    def is_random(self) -> bool:
        """Whether what is handed out may be another each time."""
        return self.train_transform is not None

    def by_itself(self, audio: Tensor) -> Any:  # noqa: ANN401  # nested tensors
        """Return what a sound's audio decides on alone: at its level, and transformed.

        Args:
            audio: Sounds. Shape ``[B, N]``.
        """
        if self.normalize is not None:
            audio = applied("normalize", self.normalize, audio, len(audio))
        if self.transform is None:
            return audio
        return applied("transform", self.transform, audio, len(audio))

    def handed(self, made: Any, beside: Mapping[str, Tensor]) -> Any:  # noqa: ANN401
        """Return what a batch holds as audio: augmented, with its features and what else there is.

        Args:
            made: Result of ``by_itself``.
            beside: Signals that the patch returns beside its audio, by name.
        """
        if self.train_transform is not None:
            num_sounds = len(all_tensors(made)[0])
            made = applied("train_transform", self.train_transform, made, num_sounds)
        if not self.features:
            return {AUDIO: made, **beside} if beside else made
        check_audio(made, "train_transform" if self.is_random else "transform")
        for name in self.features:
            if name in beside:
                raise ValueError(f"features must not be named as what the patch returns: {name!r}")
        found = {
            name: applied(f"features[{name!r}]", step, made, len(made))
            for name, step in self.features.items()
        }
        return {AUDIO: made, **beside, **found}


def checked_step(name: str, step: object) -> Step:
    """Return a module or function of audio.

    Args:
        name: Name of the argument, for the message.
        step: Module or function.

    Raises:
        TypeError: If it cannot be called.
    """
    if not callable(step):
        raise TypeError(
            f"{name} must be a torch.nn.Module or a function of the audio, got {checks.shown(step)}"
            f" ({type(step).__name__})"
        )
    return step


def named_steps(features: object) -> dict[str, Step]:
    """Return features by name.

    Args:
        features: Mapping of names to modules or functions of audio.

    Raises:
        TypeError: If it is no mapping, a name no string, or a feature cannot be called.
        ValueError: If it is empty, or a name is no identifier or ``"audio"``.

    Example:
        >>> named_steps({"mel mel": abs})
        Traceback (most recent call last):
        ...
        ValueError: features must have names that are identifiers, and not 'audio', got 'mel mel'
    """
    rule = "features must map names to modules or functions of the audio"
    if not isinstance(features, Mapping):
        raise TypeError(f"{rule}, got {checks.shown(features)} ({type(features).__name__})")
    if not features:
        raise ValueError(f"{rule}, got none; None is the bare audio")
    for name in features:
        if not isinstance(name, str):
            raise TypeError(f"{rule}, got the name {checks.shown(name)} ({type(name).__name__})")
        if not name.isidentifier() or name == AUDIO:
            raise ValueError(
                f"features must have names that are identifiers, and not {AUDIO!r}, got "
                f"{checks.shown(name)}"
            )
    return {name: checked_step(f"features[{name!r:.40}]", step) for name, step in features.items()}


def check_audio(made: object, name: str) -> None:
    """Check that features can be made of what a transform made.

    Args:
        made: Result of the transform.
        name: Name of the argument, for the message.

    Raises:
        ValueError: If it is no tensor ``[B, N]``.
    """
    if not isinstance(made, Tensor) or made.ndim != 2:
        kind = list(made.shape) if isinstance(made, Tensor) else f"a {type(made).__name__}"
        raise ValueError(_NO_AUDIO.format(name=name, what=kind))


def applied(name: str, step: Step, audio: Any, num_sounds: int) -> Any:  # noqa: ANN401  # nested
    """Return what a step makes of audio, on its device.

    Args:
        name: Name of the argument, for the message.
        step: Module or function.
        audio: Input of the step: a tensor, or a dict, list or tuple of such.
        num_sounds: Number of sounds, B.

    Raises:
        TypeError: If it makes no tensors.
        ValueError: If one of them has no axis B.
    """
    device = all_tensors(audio)[0].device
    if isinstance(step, nn.Module):
        with torch.inference_mode(False):
            step.to(device)

    def check(tensor: Tensor) -> Tensor:
        if tensor.ndim == 0 or len(tensor) != num_sounds:
            raise ValueError(
                f"{name} must return tensors [{num_sounds}, ...], one entry for each sound, "
                f"{name_of(step)} returned one of shape {list(tensor.shape)}"
            )
        return tensor

    with torch.no_grad(), torch.autocast(device.type, enabled=False):
        made = step(audio)
    try:
        return each_tensor(made, check)
    except TypeError as error:
        raise TypeError(f"what {name_of(step)} returns: {error}") from error


def name_of(step: object) -> str:
    """Return the name of a step: a function's own, or that of its class."""
    return getattr(step, "__name__", type(step).__name__)


def names_of(steps: object) -> object:
    """Return the name of a step, or of steps by name, as a checkpoint has them.

    Example:
        >>> names_of({"size": abs})
        {'size': 'abs'}
    """
    if isinstance(steps, Mapping):
        return {name: name_of(step) for name, step in steps.items()}
    return name_of(steps)


def makes_frames(step: object) -> bool:
    """Return whether a step is known to make frames, no audio."""
    if isinstance(step, nn.Sequential):
        return any(makes_frames(one) for one in step)
    return isinstance(step, (LogMel, MFCC))


def _rate_after(name: str, step: Step, rate: int | None) -> int | None:
    """The sample rate of what a step makes of audio; None where nobody knows."""
    if isinstance(step, nn.Sequential):
        for one in step:
            rate = _rate_after(name, one, rate)
        return rate
    if not isinstance(step, (LogMel, MFCC, Resample, Normalize)):
        return rate if isinstance(step, nn.Identity) else None
    made_for = step.sample_rate
    if None not in (rate, made_for) and made_for != rate:
        raise ValueError(
            f"{name}: {type(step).__name__} is made for {made_for} Hz, and the sounds are at "
            f"{rate} Hz"
        )
    return step.new_sample_rate if isinstance(step, Resample) else rate
