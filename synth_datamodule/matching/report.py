"""What a run leaves behind: a table, sounds to listen to, a picture."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from synth_datamodule import reporting
from synth_datamodule.batch import SynthBatch
from synth_datamodule.corpus.draws import noise_rows
from synth_datamodule.features import LogMel
from synth_datamodule.matching.metrics import ErrorRow
from synth_datamodule.patching.synth import AbstractSynth


def print_table(rows: Sequence[ErrorRow], title: str) -> None:
    """Print errors beside those of the middle; a row that does not beat it says so.

    Args:
        rows: Errors of the pitch, of each module's parameters and of all, one per line.
        title: Line above the table.
    """
    reporting.say(title)
    reporting.print_table(
        ("parameters of", "error", "middle's", "ratio", ""),
        [
            (
                row.name,
                f"{row.error:.4f}",
                f"{row.middle:.4f}",
                f"{row.error / row.middle:.2f}" if row.middle else "-",
                "" if row.beats_middle else "no better",
            )
            for row in rows
        ],
        align="lrrrl",
        styles=[None if row.beats_middle else "dim" for row in rows],
    )


def write_examples(
    targets: SynthBatch, guess: Tensor, synth: AbstractSynth, folder: Path, overwrite: bool = False
) -> list[Path]:
    """Write targets and re-rendered guesses as WAV files, and a picture of their spectrograms.

    Args:
        targets: The sounds that were guessed, on the CPU.
        guess: The parameters guessed, in [0, 1], on the CPU. Shape ``[B, P]``.
        synth: Synth that renders the guesses, each over the noise of its target.
        folder: Folder of the files, made where it does not exist.
        overwrite: Whether files of other sounds under these names may be replaced.

    Returns:
        The files written; the picture is among them where matplotlib is installed.

    Raises:
        OSError: If a file exists that may not be replaced, or cannot be written.
    """
    numbers: list[int] = targets.index.tolist()
    places = [(kind, place) for place in range(len(numbers)) for kind in ("target", "guess")]
    waves = [folder / f"sound_{numbers[place]}_{kind}.wav" for kind, place in places]
    spectrograms = folder / "spectrograms.png"
    reporting.check_outputs(*waves, spectrograms, overwrite=overwrite, same_bytes_are_fine=True)
    sample_rate = synth.synthconfig.sample_rate
    audio = {
        "target": targets.audio.float(),
        "guess": synth.render(guess, noise_rows(targets.index)),
    }
    written = [
        reporting.write_wave(path, audio[kind][place], sample_rate, overwrite=overwrite)
        for path, (kind, place) in zip(waves, places, strict=True)
    ]
    return written + reporting.picture(
        spectrograms,
        lambda figure: _draw_spectrograms(figure, numbers, audio, sample_rate),
        overwrite=overwrite,
        figsize=(2.6 * len(numbers), 5),
    )


def _draw_spectrograms(
    figure: Any,  # noqa: ANN401  # matplotlib's, which has no types
    numbers: Sequence[int],
    audio: Mapping[str, Tensor],
    sample_rate: int,
) -> None:
    axes = figure.subplots(len(audio), len(numbers), squeeze=False, sharex=True, sharey=True)
    log_mel = LogMel(sample_rate)
    for row, (kind, sounds) in enumerate(audio.items()):
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
            axis.set_title(f"{kind} {number}")
    figure.supxlabel("seconds")
    figure.supylabel("mel band")
