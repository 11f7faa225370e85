"""How a recording is heard: its first loud moment, its level, the synth's rate and length."""

from fractions import Fraction
from typing import NamedTuple

from torch import Tensor
from torch.nn import functional

from synth_datamodule import checks
from synth_datamodule.features import Resample

LOOKED_AT = 60.0
"""Seconds of a recording in which its first sound is looked for; what is behind is not read."""
PEAK = 0.75
"""Peak that a recording is brought to: the median of synth1B1's sounds."""
LOWEST_RATE, HIGHEST_RATE = 1000, 2**22
"""Sample rates that a recording may have, in hertz."""
MOST_CHANNELS = 256
"""Channels that a recording has at most."""

_ONSET = 0.01  # of the peak: 40 dB below it
_SILENCE = 1e-7  # 1 in 24 bits: what is softer is silence
_SHORTEST = 0.005  # seconds
_CANCELLED = 0.01  # of the loudest channel's energy: what is left where channels cancel out
_MOST_PLACES = 1000  # between two samples, for a rate that has little in common with the synth's


class Heard(NamedTuple):
    """A recording as it is matched.

    Args:
        audio: The sound from its onset on, silence behind it where it is shorter. Shape ``[N]``.
        onset: Seconds of the recording before the sound, which were left out.
        seconds: Seconds of the recording that were used.
        gain: Factor that the recording was multiplied by.
    """

    audio: Tensor
    onset: float
    seconds: float
    gain: float


def mono(audio: Tensor) -> Tensor:
    """Return the mean of channels ``[C, N]``, or where they cancel out the loudest of them.

    Example:
        >>> import torch
    >>> mono(torch.tensor([[0.5, -0.5], [-0.5, 0.5]]))
        tensor([ 0.5000, -0.5000])
    """
    mixed = audio.mean(0)
    energies = audio.double().square().sum(1)
    loudest = energies.argmax()
    cancelled = mixed.double().square().sum() < _CANCELLED * energies[loudest]
    return audio[loudest] if bool(cancelled) else mixed


def check(audio: Tensor, sample_rate: int) -> tuple[Tensor, int]:
    """Return the first minute of a recording in one channel, and where its sound begins.

    Args:
        audio: Recording, one channel or several. Shape ``[N]`` or ``[C, N]``.
        sample_rate: Sample rate of the recording in hertz.

    Returns:
        Float64 audio whose mean is 0, ``[N]``; the first sample that is within 40 dB of the peak.

    Raises:
        TypeError: If an argument is of another type.
        ValueError: If the recording is empty, shorter than 5 ms, silent for its first minute, has a
            sample that is no number, or a rate outside [1000, 4194304].
    """
    sample_rate = checks.whole_number("sample_rate", sample_rate, LOWEST_RATE, HIGHEST_RATE)
    if isinstance(audio, Tensor) and audio.ndim == 1:
        audio = audio[None]
    checks.float_tensor("audio", audio, "[N] or [C, N]", (None, None))
    if not 1 <= len(audio) <= MOST_CHANNELS:
        raise ValueError(f"audio must have 1 to {MOST_CHANNELS} channels, got {len(audio)}")
    least = round(_SHORTEST * sample_rate)
    if audio.shape[1] < least:
        raise ValueError(
            f"audio must last {1000 * _SHORTEST:g} ms, {least} samples at {sample_rate} Hz, got "
            f"{audio.shape[1]}"
        )
    part = audio[:, : round(LOOKED_AT * sample_rate)].detach().cpu()
    if not bool(part.isfinite().all()):
        raise ValueError("audio must be finite, it has a sample that is no number (NaN, infinity)")
    # In float64 no sample of float32 is too large to be added.
    sound = mono(part.double())
    sound = sound - sound.mean()
    peak = float(sound.abs().max())
    if peak < _SILENCE:
        raise ValueError(f"audio must not be silent, its first {LOOKED_AT:g} s are")
    start = int((sound.abs() >= _ONSET * peak).int().argmax())
    return sound, start


def hear(audio: Tensor, sample_rate: int, new_sample_rate: int, num_samples: int) -> Heard:
    """Return a recording from its onset on, at another rate, length and level.

    The onset is the first sample that reaches a hundredth of the peak (-40 dB), the mean being
    taken away. A rate without a small common ratio to the new one is taken for the nearest that has
    one, less than a hundredth of a semitone away.

    Args:
        audio: Recording, one channel or several. Shape ``[N]`` or ``[C, N]``.
        sample_rate: Sample rate of the recording in hertz.
        new_sample_rate: Sample rate of the result in hertz.
        num_samples: Samples of the result.

    Raises:
        TypeError: If an argument is of another type.
        ValueError: If the recording is empty, shorter than 5 ms, silent for its first minute, has a
            sample that is no number, or a rate outside [1000, 4194304].
    """
    sound, start = check(audio, sample_rate)
    used = sound[start : start + -(-num_samples * sample_rate // new_sample_rate)]
    loudest = float(used.abs().max())
    made = _resampled((used / loudest).float(), sample_rate, new_sample_rate)[:num_samples]
    gain = PEAK / float(made.abs().max())
    whole = functional.pad(made * gain, (0, num_samples - len(made))).clamp(-1, 1)
    return Heard(whole, start / sample_rate, len(used) / sample_rate, gain / loudest)


def _resampled(audio: Tensor, sample_rate: int, new_sample_rate: int) -> Tensor:
    ratio = Fraction(new_sample_rate, sample_rate)
    if ratio.numerator * ratio.denominator > _MOST_PLACES**2:
        ratio = ratio.limit_denominator(_MOST_PLACES)
    if ratio == 1:
        return audio
    made: Tensor = Resample(ratio.denominator, ratio.numerator)(audio[None])[0]
    return made
