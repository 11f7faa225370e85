"""Rows of sounds to compare, cheap enough to be drawn while a model trains."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from synth_datamodule import reporting
from synth_datamodule.plotting.drawing import draw_log_mel, log_mel

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_FRAMES, _GAP = 150, 4  # of a sound, and between two


def rows_figure(rows: Mapping[str, Tensor], titles: Sequence[str], sample_rate: float) -> "Figure":
    r"""Return a figure of log-mel spectrograms, one above the other what belongs together.

    A row is one image, however many sounds it has: axes are what takes matplotlib's time.

    Args:
        rows: Audio ``[B, N]`` of each row by its name.
        titles: Title of each sound.
        sample_rate: Sample rate in hertz.

    Raises:
        ImportError: If matplotlib is not installed.

    Example:
        >>> figure = rows_figure({"target": torch.zeros(2, 8000)}, ["5", "6"], 8000)
        >>> [axis.get_ylabel() for axis in figure.axes]
        ['target\nfrequency (Hz)']
    """
    num_sounds, num_samples = next(iter(rows.values())).shape
    width, height = 1.9 * num_sounds + 1.2, 1.5 * len(rows) + 0.9
    figure: Figure = reporting.new_figure((width, height), layout=None)
    axes = figure.subplots(len(rows), 1, squeeze=False, sharex=True)[:, 0]
    figure.subplots_adjust(
        left=0.8 / width,
        right=1 - 0.1 / width,
        top=1 - 0.3 / height,
        bottom=0.6 / height,
        hspace=0.1,
    )
    for axis, (name, audio) in zip(axes, rows.items(), strict=True):
        frames = log_mel(audio, sample_rate, _FRAMES)
        gap = torch.full(
            (frames.shape[1], _GAP), float("nan"), dtype=frames.dtype, device=frames.device
        )
        image = torch.cat([part for sound in frames for part in (sound, gap)], 1)[:, :-_GAP]
        each = frames.shape[2] + _GAP
        draw_log_mel(axis, image, image.shape[1], sample_rate)
        axis.set_ylabel(f"{name}\nfrequency (Hz)", fontsize="small")
        axis.tick_params(labelsize="small")
    middles = [place * each + (each - _GAP) / 2 for place in range(num_sounds)]
    axes[-1].set_xticks(middles, labels=titles)
    seconds = num_samples / sample_rate
    figure.supxlabel(
        f"sounds of {seconds:g} s each; colours from -80 to 0 dB of full scale", fontsize="small"
    )
    return figure
