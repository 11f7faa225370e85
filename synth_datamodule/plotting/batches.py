"""plot_batch: sounds side by side."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from torch import Tensor

from synth_datamodule import checks, reporting
from synth_datamodule.batch import SynthBatch, audio_of
from synth_datamodule.plotting.drawing import draw_log_mel, draw_wave, log_mel

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST = 64
"""Sounds that a picture has at most."""
_ACROSS = 4


def plot_batch(batch: SynthBatch, sample_rate: float = 44100, most: int = 8) -> "Figure":
    """Return a figure of a batch's first sounds, waveform and log-mel of each by its number.

    Args:
        batch: Rendered sounds, their audio still audio.
        sample_rate: Sample rate in hertz.
        most: Number of sounds drawn at most, up to 64.

    Returns:
        A figure of matplotlib's, four sounds a row; ``figure.savefig(path)`` writes it.

    Raises:
        ImportError: If matplotlib is not installed: ``pip install 'synth_datamodule[plots]'``.
        TypeError: If ``batch`` is no SynthBatch, or its audio no longer audio.
        ValueError: If a number is out of bounds.

    Example:
        >>> from synth_datamodule import SynthConfig, Voice
        >>> voice = Voice(SynthConfig(buffer_size_seconds=0.5))
        >>> figure = plot_batch(voice.render_sounds([0, 1]))
        >>> [axis.get_title() for axis in figure.axes if axis.get_title()]
        ['sound 0', 'sound 1']
    """
    most = checks.whole_number("most", most, 1, MOST)
    rate = checks.positive_number("sample_rate", sample_rate)
    audio = audio_of(checks.instance("batch", batch, SynthBatch).audio)
    checks.float_tensor("audio", audio, "[B, N]", (None, None))
    numbers: list[int] = batch.index[:most].tolist()
    return sounds_figure(audio[:most], [f"sound {number}" for number in numbers], rate)


def sounds_figure(
    audio: Tensor, titles: Sequence[str], sample_rate: float, across: int = _ACROSS
) -> "Figure":
    """Return a figure of sounds, waveform above log-mel.

    Args:
        audio: Audio ``[B, N]``.
        titles: Title of each sound.
        sample_rate: Sample rate in hertz.
        across: Number of sounds in a row.

    Raises:
        ImportError: If matplotlib is not installed.
    """
    across = min(across, max(len(titles), 1))
    down = -(-len(titles) // across) or 1
    width, height = 2.6 * across + 1.5, 2.4 * down + 0.45
    figure: Figure = reporting.new_figure((width, height), layout=None)
    # By hand: to let matplotlib find the places takes as long as all the drawing.
    grid = figure.add_gridspec(
        3 * down,
        across,
        height_ratios=[1, 1.6, 0.45] * down,
        left=0.75 / width,
        right=1 - 0.85 / width,
        top=1 - 0.3 / height,
        bottom=0.1 / height,
        wspace=0.1,
        hspace=0.08,
    )
    seconds, image = audio.shape[1] / sample_rate, None
    sounds = audio.detach().cpu().float()
    for place, (title, frames) in enumerate(zip(titles, log_mel(audio, sample_rate), strict=True)):
        row, column = divmod(place, across)
        upper = figure.add_subplot(grid[3 * row, column])
        lower = figure.add_subplot(grid[3 * row + 1, column], sharex=upper)
        draw_wave(upper, sounds[place], sample_rate)
        image = draw_log_mel(lower, frames, seconds, sample_rate)
        upper.set_title(title, fontsize="medium")
        upper.tick_params(labelbottom=False, labelleft=column == 0)
        lower.tick_params(labelleft=column == 0)
        # The last second's word would run into the next picture's first.
        lower.locator_params(axis="x", nbins=4, prune="upper" if column + 1 < across else None)
        if column == 0:
            upper.set_ylabel("level\n(full scale 1)", fontsize="small")
            lower.set_ylabel("frequency (Hz)", fontsize="small")
        if place + across >= len(titles):
            lower.set_xlabel("time (s)", fontsize="small")
    if image is not None:
        bar = figure.add_axes((1 - 0.7 / width, 0.45 / height, 0.1 / width, 1.3 / height))
        figure.colorbar(image, cax=bar).set_label("level (dB of full scale)", fontsize="small")
        bar.tick_params(labelsize="small")
    return figure
