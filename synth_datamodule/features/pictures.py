"""Sounds as a picture, for whoever looks at a batch; matplotlib is optional."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from synth_datamodule import reporting

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_WINDOW = 1024  # samples at most
_FLOOR = 1e-4  # of a full sine: 80 dB below


def plot_sounds(rows: Mapping[str, Tensor], titles: Sequence[str], sample_rate: float) -> "Figure":
    r"""Return spectrograms of sounds, a column for each.

    Colours are decibels below a full sine, down to -80.

    Args:
        rows: Audio ``[B, N]`` of each row by its name, as of the views of a pair.
        titles: Name of each sound.
        sample_rate: Sample rate in hertz.

    Returns:
        A figure of matplotlib's, which knows no window: ``figure.savefig(path)`` writes it, and a
        notebook shows it.

    Raises:
        ImportError: If matplotlib is not installed.
    """
    figure: Figure = reporting.new_figure((2.6 * len(titles) + 0.6, 2.3 * len(rows) + 0.4))
    axes = figure.subplots(len(rows), len(titles), squeeze=False, sharex=True, sharey=True)
    for across, (kind, audio) in zip(axes, rows.items(), strict=True):
        extent = (0, audio.shape[1] / sample_rate, 0, sample_rate / 2)
        for axis, title, frames in zip(across, titles, _decibels(audio).numpy(), strict=True):
            axis.imshow(frames, origin="lower", aspect="auto", vmin=-80, vmax=0, extent=extent)
            axis.set_title(f"{title} {kind}".strip())
    figure.supxlabel("seconds")
    figure.supylabel("hertz")
    return figure


def _decibels(audio: Tensor) -> Tensor:
    """Magnitudes of the short-time Fourier transform ``[B, F, T]``."""
    sounds = audio.detach().cpu().float()
    # A power of two, no longer than a sound.
    window = min(_WINDOW, 1 << max(sounds.shape[1].bit_length() - 1, 1))
    sounds = torch.nn.functional.pad(sounds, (0, max(window - sounds.shape[1], 0)))
    weights = torch.hann_window(window, dtype=torch.float32, device="cpu")
    spectrum = torch.stft(sounds, window, max(window // 4, 1), window=weights, return_complex=True)
    return 20 * torch.log10((spectrum.abs() * 2 / weights.sum()).clamp(min=_FLOOR))
