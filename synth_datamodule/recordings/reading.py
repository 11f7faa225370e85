"""Recordings in files of any format that libsndfile reads: no more than is needed of each."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from synth_datamodule.recordings.hearing import LOOKED_AT, MOST_CHANNELS, mono

FORMATS = (".wav", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".aif", ".aiff", ".aifc", ".au",
           ".snd", ".caf", ".w64", ".rf64")  # fmt: skip
"""Ends of the names of files that are taken for recordings in a folder."""

_BLOCK = 2**20  # samples of all channels that are read at a time


def recordings(paths: Iterable[Path]) -> list[Path]:
    """Return files, and the recordings that lie in folders, by name.

    Args:
        paths: Files and folders.

    Raises:
        OSError: If a file or folder is not there.
        ValueError: If a folder has no recording, a path leads to a device or pipe, or two
            recordings have one name.
    """
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = sorted(one for one in path.iterdir() if one.suffix.lower() in FORMATS)
            if not inside:
                raise ValueError(f"{path} must hold recordings ({' '.join(FORMATS)}), it has none")
            found += inside
        else:
            path.stat()
            if not path.is_file():
                raise ValueError(f"{path} must be a file, it is a device or a pipe")
            found.append(path)
    by_name: dict[str, Path] = {}
    for path in found:
        if path.stem in by_name:
            raise ValueError(
                f"recordings must have different names, {path} and {by_name[path.stem]} have one"
            )
        by_name[path.stem] = path
    return found


def read(path: Path) -> tuple[Tensor, int]:
    """Return the first minute of a recording, its channels mixed, and its sample rate in hertz.

    Args:
        path: Sound file.

    Returns:
        Audio, float32. Shape ``[N]``.

    Raises:
        OSError: If it cannot be read.
        ValueError: If it is no sound file, is empty, or has more than 256 channels.
    """
    import soundfile

    with path.open("rb") as file:
        try:
            with soundfile.SoundFile(file) as opened:
                rate, channels = opened.samplerate, opened.channels
                if channels > MOST_CHANNELS:
                    raise ValueError(
                        f"{path} must have at most {MOST_CHANNELS} channels, it has {channels}"
                    )
                left, blocks = round(LOOKED_AT * rate), []
                while left > 0:
                    block = opened.read(
                        min(left, _BLOCK // channels), dtype="float32", always_2d=True
                    )
                    if not len(block):
                        break
                    blocks.append(_mixed(block))
                    left -= len(block)
        except (soundfile.SoundFileError, RuntimeError) as error:
            raise ValueError(f"{path} is no sound file: {_reason(error)}") from error
    if not blocks:
        raise ValueError(f"{path} must hold a sound, it is empty")
    return torch.from_numpy(np.concatenate(blocks)), rate


def _mixed(block: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    return np.asarray(mono(torch.from_numpy(np.ascontiguousarray(block.T))).numpy())


def _reason(error: Exception) -> str:
    return str(getattr(error, "error_string", error))
