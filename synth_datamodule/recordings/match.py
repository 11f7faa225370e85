"""``match``: the preset whose sound is nearest to a recording."""

import time
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from synth_datamodule import checks
from synth_datamodule.matching.memory import Memory, pictures
from synth_datamodule.matching.spectral import SpectralDistance
from synth_datamodule.patching.preset import Preset
from synth_datamodule.patching.recipe import SynthRecipe
from synth_datamodule.patching.synth import AbstractSynth
from synth_datamodule.recordings.corpus_index import NUM_INDEXED, corpus_index
from synth_datamodule.recordings.hearing import Heard, hear
from synth_datamodule.recordings.nearness import heard_difference, is_near, words
from synth_datamodule.recordings.refining import NUM_NEAREST, one_thread, refined

NUM_RENDERS = 1000
"""Renders of a search, one with its gradient counted as three."""
MOST_RENDERS = 10**6
LARGEST_SEED = 2**32 - 1

_EXACT = 1e-6  # a distance below which there is nothing to be nearer than
_NOISE_ROW = 0  # nobody knows a recording's


@dataclass(frozen=True)
class Sounding:
    """A sound of the synth beside a recording: what makes it, and how far off it is.

    Args:
        preset: Preset that renders it.
        audio: Sound of the preset, float32 in [-1, 1]. Shape ``[N]``.
        decibels: How far off it is while either sounds; see ``recordings.nearness``.
        log_mel: Mean absolute difference of the log-mel spectrograms, in decibels.
        stft: Multi-resolution STFT distance, the sum of spectral convergence and log magnitude.
    """

    preset: Preset
    audio: Tensor = field(repr=False)
    decibels: float
    log_mel: float
    stft: float

    @property
    def is_near(self) -> bool:
        """Whether an ear would take it for a relative of the recording."""
        return is_near(self.decibels)

    @property
    def words(self) -> str:
        """How near it is, in words."""
        return words(self.decibels)


@dataclass(frozen=True)
class Match:
    """What ``match`` found.

    Args:
        heard: The recording as it was matched: its onset, level, length and rate.
        nearest: Nearest sound of the corpus.
        guess: Nearer sound that a search found; the nearest itself where it found none.
        sample_rate: Sample rate of all sounds, in hertz.
        seconds: Seconds that it took, without the index.
    """

    heard: Heard
    nearest: Sounding
    guess: Sounding
    sample_rate: int
    seconds: float

    @property
    def preset(self) -> Preset:
        """The guess's preset."""
        return self.guess.preset

    @property
    def audio(self) -> Tensor:
        """The guess's sound, float32 in [-1, 1]. Shape ``[N]``."""
        return self.guess.audio

    @property
    def parameters(self) -> Tensor:
        """The guess's parameters in [0, 1], float32. Shape ``[P]``."""
        return self.guess.preset.parameters

    @property
    def is_near(self) -> bool:
        """Whether anything near was found."""
        return self.guess.is_near


def match(
    audio: Tensor | npt.NDArray[Any],
    sample_rate: int,
    *,
    voice: AbstractSynth | None = None,
    num_indexed: int = NUM_INDEXED,
    renders: int = NUM_RENDERS,
    seed: int = 0,
    name: str = "",
) -> Match:
    """Return the preset whose sound is nearest to a recording.

    The recording is heard from its onset on, its channels mixed, at the synth's rate and for its
    length, at a peak of 0.75. The nearest sounds of the corpus are looked up by their log-mel
    spectrograms, and a search through the renderer goes on from them.

    Args:
        audio: Recording, a tensor or an array, one channel or several. Shape ``[N]`` or ``[C, N]``.
        sample_rate: Sample rate of the recording in hertz.
        voice: Synth to match with; None is the Voice.
        num_indexed: Sounds of the corpus that are looked among; their index is made once.
        renders: Renders of the search, one with its gradient counted as three; 0 for none.
        seed: Seed of what the search draws.
        name: Words for people, which the presets are named by.

    Returns:
        The match. Same arguments, same match, whatever was matched before.

    Raises:
        TypeError: If an argument is of another type.
        ValueError: If a number is out of range, or the recording empty, silent, shorter than 5 ms
            or not finite.

    Example:
        >>> from synth_datamodule import SynthConfig, Voice
        >>> voice = Voice(SynthConfig(sample_rate=8000, buffer_size_seconds=0.5, control_rate=400))
        >>> recording = voice.sound(9).audio
        >>> found = match(recording, 8000, voice=voice, num_indexed=16, renders=30)
        >>> found.parameters.shape, found.audio.shape
        (torch.Size([78]), torch.Size([4000]))
    """
    if isinstance(audio, np.ndarray):
        if not np.issubdtype(audio.dtype, np.floating):
            raise TypeError(f"audio must be floating point, got an array of {audio.dtype}")
        audio = torch.from_numpy(np.ascontiguousarray(audio))
    with_gradient = _with_gradient(voice)
    renders = checks.whole_number("renders", renders, 0, MOST_RENDERS)
    seed = checks.whole_number("seed", seed, 0, LARGEST_SEED)
    checks.instance("name", name, str)
    config = with_gradient.synthconfig
    heard = hear(audio, sample_rate, config.sample_rate, config.buffer_size)
    memory = corpus_index(with_gradient, num_indexed)
    begun = time.perf_counter()
    with one_thread():
        nearest, guess = _found(with_gradient, heard.audio, memory, renders, seed, name)
    seconds = time.perf_counter() - begun
    return Match(heard, nearest, guess, config.sample_rate, seconds)


def _found(
    voice: AbstractSynth, audio: Tensor, memory: Memory, renders: int, seed: int, name: str
) -> tuple[Sounding, Sounding]:
    starts = _starts(voice, audio, memory)
    nearest = sounding(voice, audio, starts[0], name)
    if renders == 0:
        return nearest, nearest
    with torch.enable_grad():
        found = refined(voice, audio, _NOISE_ROW, starts, renders, seed)
    guess = sounding(voice, audio, found, name)
    return nearest, guess if _ratio(guess, nearest) < 1 else nearest


def _ratio(one: Sounding, other: Sounding) -> float:
    """Return how far one is off, of how far the other is: the mean over all three distances."""
    pairs = (
        (one.decibels, other.decibels),
        (one.log_mel, other.log_mel),
        (one.stft, other.stft),
    )
    return sum(a / max(b, _EXACT) for a, b in pairs) / len(pairs)


def _starts(voice: AbstractSynth, audio: Tensor, memory: Memory) -> Tensor:
    """Return the parameters of the nearest sounds, nearest first while they sound, ``[K, P]``."""
    seen = pictures(audio[None], voice.sample_rate)
    starts = memory.nearest(seen, min(NUM_NEAREST, len(memory))).parameters[0]
    rows = torch.full((len(starts),), _NOISE_ROW, dtype=torch.int64, device="cpu")
    with torch.no_grad():
        made = voice.render(starts, rows)
    off = heard_difference(made, audio.expand_as(made), voice.sample_rate)
    return starts[torch.sort(off, stable=True).indices]


def sounding(voice: AbstractSynth, audio: Tensor, parameters: Tensor, name: str = "") -> Sounding:
    """Return the sound of parameters over noise row 0, beside a recording."""
    preset = Preset.of(voice, parameters, noise_row=_NOISE_ROW, name=name)
    with torch.no_grad():
        rows = torch.full((1,), _NOISE_ROW, dtype=torch.int64, device="cpu")
        made = voice.render(preset.parameters[None], rows)
        measure = SpectralDistance(voice.sample_rate)
        least = max(2048 - made.shape[1], 0)
        guess, target = (
            torch.nn.functional.pad(one, (0, least)) for one in (made, audio[None].to(made))
        )
        found = measure(guess, target)
    stft = found.spectral_convergence + found.log_magnitude
    off = heard_difference(made, audio[None], voice.sample_rate)
    return Sounding(preset, made[0], off.item(), found.log_mel.item(), stft.item())


def _with_gradient(voice: AbstractSynth | None) -> AbstractSynth:
    if voice is None:
        return _default_voice()
    checks.instance("voice", voice, AbstractSynth)
    if not voice.synthconfig.no_grad:
        return voice
    return SynthRecipe.of(voice).make(no_grad=False)


@lru_cache(maxsize=1)
def _default_voice() -> AbstractSynth:
    return SynthRecipe().make(no_grad=False)
