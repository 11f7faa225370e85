"""What a run leaves behind: a table, sounds to listen to, a picture."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from synth_datamodule import reporting
from synth_datamodule.batch import SynthBatch, audio_of
from synth_datamodule.features import LogMel
from synth_datamodule.matching.metrics import ErrorRow
from synth_datamodule.patching.synth import AbstractSynth

_WINDOW = 1024  # samples of the picture's


def print_table(rows: Sequence[ErrorRow], title: str) -> None:
    """Print errors beside those of the middle; a row that does not beat it says so."""
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
    targets: SynthBatch,
    guess: Tensor,
    synth: AbstractSynth,
    folder: Path,
    others: Mapping[str, Tensor] | None = None,
) -> list[Path]:
    """Write targets and re-rendered guesses as WAV files, and a picture of their spectrograms.

    Each guess, in [0, 1], of all parameters ``[B, P]`` or of the free ones ``[B, F]``, is rendered
    over the noise of its target, on the CPU; so are the others, by their names.

    Returns:
        The files written; the picture is among them where matplotlib is installed.

    Raises:
        OSError: If a file with other bytes exists, or cannot be written.
    """
    numbers: list[int] = targets.index.tolist()
    guesses = {"guess": guess, **(others or {})}
    kinds = ("target", *guesses)
    places = [(place, kind) for place in range(len(numbers)) for kind in kinds]
    waves = [folder / f"sound_{numbers[place]}_{kind}.wav" for place, kind in places]
    spectrograms = folder / "spectrograms.png"
    reporting.check_outputs(*waves, spectrograms, same_bytes_are_fine=True)
    rate = synth.synthconfig.sample_rate
    audio = {"target": audio_of(targets.audio).float()}
    for kind, parameters in guesses.items():
        audio[kind] = synth.rerender(targets._replace(parameters=parameters))
    for path, (place, kind) in zip(waves, places, strict=True):
        reporting.write_wave(path, audio[kind][place], rate)
    return waves + reporting.picture(
        spectrograms,
        lambda figure: _draw_spectrograms(figure, numbers, audio, rate),
        figsize=(2.6 * len(numbers), 2.5 * len(audio)),
    )


def _draw_spectrograms(
    figure: Any,  # noqa: ANN401  # matplotlib's, which has no types
    numbers: Sequence[int],
    audio: Mapping[str, Tensor],
    sample_rate: int,
) -> None:
    axes = figure.subplots(len(audio), len(numbers), squeeze=False, sharex=True, sharey=True)
    log_mel = LogMel(sample_rate, n_fft=_WINDOW)
    for row, (kind, whole) in enumerate(audio.items()):
        # Silence behind what is shorter than half a window.
        more = max(_WINDOW // 2 + 1 - whole.shape[1], 0)
        sounds = torch.nn.functional.pad(whole, (0, more))
        with torch.inference_mode():
            frames = log_mel(sounds)
        extent = (0, sounds.shape[1] / sample_rate, 0, frames.shape[1])
        for axis, number, picture in zip(axes[row], numbers, frames.numpy(), strict=True):
            axis.imshow(picture, origin="lower", aspect="auto", vmin=0, vmax=1, extent=extent)
            axis.set_title(f"{kind} {number}")
    figure.supxlabel("seconds")
    figure.supylabel("mel band")
