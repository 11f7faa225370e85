"""What a run leaves behind: a table, sounds to listen to, a picture."""

from collections.abc import Sequence
from pathlib import Path

import torch
from rich.console import Console
from rich.table import Table
from torch import Tensor

from synth_datamodule.batch import SynthBatch
from synth_datamodule.corpus.draws import noise_rows
from synth_datamodule.features import LogMel
from synth_datamodule.matching.metrics import ErrorRow
from synth_datamodule.patching.synth import AbstractSynth


def print_table(rows: Sequence[ErrorRow], title: str, console: Console | None = None) -> None:
    """Print errors beside those of the middle; a row that does not beat it says so.

    Args:
        rows: One per line.
        title: Above them.
        console: Where to; None is standard output.
    """
    table = Table(title=title, title_justify="left")
    table.add_column("parameters of")
    for heading in ("error", "middle's", "ratio"):
        table.add_column(heading, justify="right")
    table.add_column("")
    for row in rows:
        ratio = f"{row.error / row.middle:.2f}" if row.middle else "-"
        verdict = "" if row.beats_middle else "no better"
        style = None if row.beats_middle else "dim"
        table.add_row(
            row.name, f"{row.error:.4f}", f"{row.middle:.4f}", ratio, verdict, style=style
        )
    (console or Console()).print(table)


def write_examples(
    batch: SynthBatch, guess: Tensor, synth: AbstractSynth, folder: Path
) -> list[Path]:
    """Write targets and re-rendered guesses as WAV files, and a picture of their spectrograms.

    Args:
        batch: The targets, on the CPU.
        guess: The parameters guessed, in [0, 1], on the CPU. Shape ``[B, P]``.
        synth: Renders the guesses, each over the noise of its target.
        folder: Made where it does not exist.

    Returns:
        The files written; the picture is among them where matplotlib is installed.
    """
    import soundfile

    folder.mkdir(parents=True, exist_ok=True)
    sample_rate = synth.synthconfig.sample_rate
    audio = {
        "target": batch.audio.float(),
        "guess": synth.render(guess, noise_rows(batch.index)),
    }
    written = []
    for place, number in enumerate(batch.index.tolist()):
        for name, sounds in audio.items():
            path = folder / f"sound_{number}_{name}.wav"
            soundfile.write(path, sounds[place].numpy(), sample_rate, subtype="FLOAT")
            written.append(path)
    picture = folder / "spectrograms.png"
    if _draw_spectrograms(batch.index.tolist(), audio, sample_rate, picture):
        written.append(picture)
    return written


def _draw_spectrograms(
    numbers: Sequence[int], audio: dict[str, Tensor], sample_rate: int, path: Path
) -> bool:
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError:
        return False
    figure = Figure(figsize=(2.6 * len(numbers), 5), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(len(audio), len(numbers), squeeze=False, sharex=True, sharey=True)
    log_mel = LogMel(sample_rate)
    for row, (name, sounds) in enumerate(audio.items()):
        seconds = sounds.shape[1] / sample_rate
        with torch.inference_mode():
            frames = log_mel(sounds)
        for column, number in enumerate(numbers):
            axis = axes[row][column]
            axis.imshow(
                frames[column].numpy(),
                origin="lower",
                aspect="auto",
                vmin=0,
                vmax=1,
                extent=(0, seconds, 0, frames.shape[1]),
            )
            axis.set_title(f"{name} {number}")
    figure.supxlabel("seconds")
    figure.supylabel("mel band")
    figure.savefig(path, dpi=100)
    return True
