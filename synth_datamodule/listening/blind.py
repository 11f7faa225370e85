"""Blind listening tests: A/B/X, and ratings with a hidden reference and an anchor."""

import base64
import hashlib
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from synth_datamodule.listening.comparing import Comparison
from synth_datamodule.listening.encoding import encoded
from synth_datamodule.listening.entries import digest
from synth_datamodule.listening.page import page
from synth_datamodule.numerics.cores import a_sound_on_each_core
from synth_datamodule.reporting import Advance

MOST_SIGNALS = 12
"""Signals of a trial of ratings, at most, by ITU-R BS.1534-3."""
MOST_TRIALS = 200
"""Trials of a test, at most: an hour and more."""

_CUTOFF, _STOP = 3500.0, 4000.0  # hertz


def blind_page(comparison: Comparison, test: str, title: str, kind: str, advance: Advance) -> str:
    """Return the page of a blind test as HTML.

    Args:
        comparison: Candidates beside each other.
        test: ``"abx"``, or ``"mushra"`` for ratings.
        title: Words above the page.
        kind: Format of the audio, ``"ogg"`` or ``"flac"``.
        advance: Function to call with the number of targets added.

    Raises:
        ValueError: If a trial would have more than 12 signals, or the test more than 200 trials.
    """
    candidates = comparison.systems[1:]
    trials = comparison.total * (len(candidates) if test == "abx" else 1)
    if trials > MOST_TRIALS:
        raise ValueError(
            f"a blind test must have at most {MOST_TRIALS} trials, got {trials}: --sounds has fewer"
        )
    if test == "mushra" and len(candidates) + 2 > MOST_SIGNALS:
        raise ValueError(
            f"a trial of ratings must have at most {MOST_SIGNALS} signals (ITU-R BS.1534-3), its "
            f"hidden reference and anchor among them, got {len(candidates)} candidates"
        )
    rows: list[dict[str, Any]] = []
    blocks = []
    identity = hashlib.sha256("\n".join((test, *comparison.systems)).encode())
    with a_sound_on_each_core() as over:
        for place, row in enumerate(comparison.rows()):
            audio, rate = row.sounds.audio, row.sounds.sample_rate
            if test == "mushra":
                audio = with_anchor(audio, rate)
            files = over(lambda k, of=audio, at=rate: encoded(of[k], at, kind), len(audio))  # type: ignore[misc]
            for k, (sound, file) in enumerate(zip(audio, files, strict=True)):
                identity.update(digest(sound).encode())
                # No picture: what is seen is not heard blindly.
                blocks.append((f"s{place}_{k}", f"{{}}\n{base64.b64encode(file).decode()}"))
            rows.append({"name": row.sounds.names[0], "seconds": round(audio.shape[1] / rate, 4)})
            advance()
    about: Mapping[str, Any] = {
        "subtitle": comparison.about,
        "format": kind,
        "test": test,
        "page": identity.hexdigest()[:16],
        "candidates": list(candidates),
        "rows": rows,
    }
    return page(test, title, about, blocks)


def with_anchor(audio: Tensor, sample_rate: int) -> Tensor:
    """Return sounds and, last, the anchor: the first of them without what lies above 3.5 kHz.

    Where the anchor would reach beyond full scale, all of them are softer by the same gain, so that
    they are heard at their own levels beside each other.

    Args:
        audio: Target, then each candidate's sound. Shape ``[1 + C, N]``.
        sample_rate: Sample rate in hertz, above 8000.

    Returns:
        Sounds in [-1, 1]. Shape ``[2 + C, N]``.

    Raises:
        ValueError: If the sample rate is too low for an anchor.

    Example:
        >>> with_anchor(torch.zeros(2, 100), 16000).shape
        torch.Size([3, 100])
    """
    if sample_rate <= 2 * _STOP:
        raise ValueError(
            f"sample_rate must be above {2 * _STOP:g} Hz for an anchor of {_CUTOFF:g} Hz, got "
            f"{sample_rate}"
        )
    every = torch.cat([audio, low_passed(audio[0], sample_rate)[None]])
    return every / every.abs().max().clamp(min=1.0)


def low_passed(sound: Tensor, sample_rate: int) -> Tensor:
    """Return a sound without what lies above 3.5 kHz.

    It passes up to 3.5 kHz as it is, nothing from 4 kHz on, and falls as half a cosine between:
    within ITU-R BS.1534-3's low-range anchor (0.1 dB, 25 dB at 4 kHz, 50 dB at 4.5 kHz).

    Args:
        sound: Sound. Shape ``[N]``.
        sample_rate: Sample rate in hertz.
    """
    length = 2 * len(sound)  # or its end would come round to its beginning
    spectrum = torch.fft.rfft(sound.double(), length)
    hertz = torch.arange(len(spectrum), dtype=torch.float64, device=sound.device)
    hertz = hertz * (sample_rate / length)
    share = ((hertz - _CUTOFF) / (_STOP - _CUTOFF)).clamp(0, 1)
    gain = 0.5 + 0.5 * torch.cos(torch.pi * share)
    passed: Tensor = torch.fft.irfft(spectrum * gain, length)[: len(sound)]
    return passed.to(sound.dtype)
