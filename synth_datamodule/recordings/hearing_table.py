"""What is heard of guesses beside their targets: pitch, gain, sound."""

import math
from collections.abc import Mapping
from typing import NamedTuple

import torch
from torch import Tensor

from synth_datamodule import reporting
from synth_datamodule.batch import SynthBatch, audio_of
from synth_datamodule.listening.pitch import pitch
from synth_datamodule.patching.synth import AbstractSynth
from synth_datamodule.recordings.nearness import heard_difference

_NEAR_PITCH = 0.5  # semitones
_FRAMES_PER_SECOND = 50
_FLOOR = -60.0  # decibels of full scale; softer is silence


class Hearing(NamedTuple):
    """What is heard of guesses, means over sounds.

    Args:
        pitch: Share of the targets with a pitch whose guess is within half a semitone of it; NaN
            where no target has one.
        gain: Mean absolute difference of the levels over time, in decibels.
        sound: Difference of the spectra while either sounds, in decibels; see ``nearness``.
    """

    pitch: float
    gain: float
    sound: float


def hearing(guess: Tensor, target: Tensor, sample_rate: int) -> Hearing:
    """Return what is heard of guesses beside their targets.

    The pitch is YIN's (``listening.pitch``), the level the root of the mean square of 20 ms, at
    least -60 dB of full scale.

    Args:
        guess: Sounds in [-1, 1]. Shape ``[B, N]``.
        target: Sounds that they are held against. Shape ``[B, N]``.
        sample_rate: Sample rate in hertz.

    Example:
        >>> sound = torch.sin(torch.arange(8000) * 0.4)[None]
        >>> hearing(0.5 * sound, sound, 8000).pitch
        1.0
    """
    heard, wanted = (pitch(audio, sample_rate) for audio in (guess, target))
    pitched = wanted.isfinite()
    off = 12 * (heard / wanted).log2().abs()
    right = (off <= _NEAR_PITCH)[pitched].double()
    gain = (_levels(guess, sample_rate) - _levels(target, sample_rate)).abs().mean()
    sound = heard_difference(guess, target, sample_rate).mean()
    return Hearing(right.mean().item() if len(right) else math.nan, gain.item(), sound.item())


def _levels(audio: Tensor, sample_rate: int) -> Tensor:
    size = max(sample_rate // _FRAMES_PER_SECOND, 1)
    whole = torch.nn.functional.pad(audio, (0, -audio.shape[1] % size))
    power = whole.double().view(len(whole), -1, size).square().mean(2)
    return (10 * power.clamp(min=1e-20).log10()).clamp(min=_FLOOR)


def print_hearing(synth: AbstractSynth, targets: SynthBatch, found: Mapping[str, Tensor]) -> None:
    """Print what is heard of guesses, a row for each kind of them.

    Args:
        synth: Synth that renders them.
        targets: Sounds to be matched, whole, on the CPU.
        found: Parameters in [0, 1] of each kind of guess by its name, ``[B, P]``.
    """
    audio = audio_of(targets.audio).float()
    reporting.say(f"what is heard of the guesses, {len(audio)} val sounds")
    rows = []
    for name, parameters in found.items():
        with torch.no_grad():
            made = synth.rerender(targets._replace(parameters=parameters))
        heard = hearing(made, audio, synth.sample_rate)
        share = "-" if math.isnan(heard.pitch) else f"{heard.pitch:.0%}"
        rows.append((_NAMES[name], share, f"{heard.gain:.1f}", f"{heard.sound:.1f}"))
    header = ("guess", "pitch within half a semitone", "gain, dB off", "sound, dB off")
    reporting.print_table(header, rows, align="lrrr")


_NAMES = {
    "network": "the network's",
    "nearest": "nearest of the sounds just heard",
    "guess": "searched from there",
}
