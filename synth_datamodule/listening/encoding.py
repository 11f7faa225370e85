"""Sounds and numbers as the text inside a page."""

import base64
import io
import json

import numpy as np
import numpy.typing as npt
from torch import Tensor

from synth_datamodule import checks, reporting

_BLOCK = 2**15  # samples: libsndfile's Vorbis takes a long sound in one call from the stack
_ALPHABET = np.frombuffer(
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", np.uint8
)
VORBIS, FLAC = "ogg", "flac"
"""Formats of the audio in a page."""


def encoded(audio: Tensor, sample_rate: int, kind: str) -> bytes:
    """Return one sound as the bytes of a sound file.

    Args:
        audio: Sound in [-1, 1]. Shape ``[N]``.
        sample_rate: Sample rate in hertz.
        kind: ``"ogg"`` for Vorbis; ``"flac"``, of 24 bits.

    Raises:
        TypeError: If ``audio`` is not a float tensor.
        ValueError: If it is not ``[N]``, goes beyond [-1, 1], or the format has no such rate.

    Example:
        >>> import torch
        >>> encoded(torch.zeros(800), 8000, "flac")[:4]
        b'fLaC'
    """
    import soundfile

    checks.one_of("kind", kind, (VORBIS, FLAC))
    checks.float_tensor("audio", audio, "[N]", (None,))
    if kind == FLAC:
        return reporting.flac_bytes(audio, sample_rate)
    samples = audio.detach().cpu().float().numpy()
    if samples.size and not float(np.abs(samples).max()) <= 1:
        raise ValueError("audio must be samples in [-1, 1], one lies outside")
    file = io.BytesIO()
    # None of Vorbis' settings is for lower rates.
    checks.whole_number("sample_rate of Vorbis", sample_rate, 4000, 200_000)
    with soundfile.SoundFile(file, "w", sample_rate, 1, "VORBIS", format="OGG") as writer:
        for start in range(0, len(samples), _BLOCK):
            writer.write(samples[start : start + _BLOCK])
    return file.getvalue()


def as_bytes(values: Tensor, least: float, most: float) -> str:
    """Return values as base64 of a byte each, from 0 at ``least`` to 255 at ``most``."""
    return base64.b64encode(_levels(values, least, most, 255).tobytes()).decode()


def as_letters(values: Tensor) -> str:
    """Return values in [0, 1] as a letter each, of the 64 of base64, in order.

    A level is 1.25 dB of a spectrogram over 80 dB: finer than can be seen, in 3/4 of the bytes.

    Example:
        >>> import torch
        >>> as_letters(torch.tensor([0.0, 0.5, 1.0]))
        'Ag/'
    """
    return _ALPHABET[_levels(values, 0.0, 1.0, 63)].tobytes().decode()


def _levels(values: Tensor, least: float, most: float, top: int) -> npt.NDArray[np.uint8]:
    width = most - least or 1.0
    scaled = (values.detach().double().cpu().numpy() - least) * (top / width)
    found: npt.NDArray[np.uint8] = np.clip(np.rint(scaled), 0, top).astype(np.uint8)
    return found


def script_json(value: object) -> str:
    r"""Return JSON that may stand in a script of a page: nothing in it ends the script.

    Example:
        >>> script_json("</script>")
        '"\\u003c/script>"'
    """
    text = json.dumps(value, separators=(",", ":"), allow_nan=False)
    # Of "<" alone HTML is made: "</script", "<script", "<!--".
    return text.replace("<", "\\u003c")
