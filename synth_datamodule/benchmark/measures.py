"""How good guesses are: of their parameters, and of how they sound when rendered again."""

import hashlib
from dataclasses import dataclass

import torch
from torch import Tensor

from synth_datamodule import checks
from synth_datamodule.benchmark.candidates import unseen
from synth_datamodule.corpus.draws import noise_rows
from synth_datamodule.datamodule import SynthDataModule
from synth_datamodule.matching.metrics import PITCH, error_rows
from synth_datamodule.matching.spectral import Distances, SpectralDistance
from synth_datamodule.reporting import Advance

QUARTER_TONE = 0.5
"""A quarter tone in semitones."""

_CHUNK = {"cpu": 8, "cuda": 128}  # sounds; on two cores spectra of 32 take half as long again


@dataclass(frozen=True)
class Metrics:
    """Means over the test sounds, and medians by name.

    Errors are of parameters in [0, 1], overall, and of the pitch alone and each module; of the
    pitch in semitones. Distances are of the guesses rendered again: ``log_mel`` in decibels,
    ``log_magnitude`` in nepers, ``stft`` its sum with ``spectral_convergence``.
    """

    parameter_error: float
    parameter_error_of: dict[str, float]
    pitch_error: float
    pitch_within_quarter_tone: float
    log_mel: float
    spectral_convergence: float
    log_magnitude: float
    stft: float
    medians: dict[str, float]


def measure(
    guess: Tensor, data: SynthDataModule, device: torch.device, advance: Advance = unseen
) -> tuple[Metrics, dict[str, Tensor], str]:
    """Hold guesses, ``[T, P]`` in [0, 1], against the test sounds.

    Each guess is rendered again over the noise of its target, so a guess that is right in every
    parameter is the same sound to the bit. ``advance`` is told the test sounds measured.

    Returns:
        Means over the sounds; errors and distances of each sound, ``[T]`` in float64 on the CPU, by
        name; SHA-256 of the guesses as float32, which tells two runs apart to the bit.

    Raises:
        TypeError: If ``guess`` is not a float tensor.
        ValueError: If its shape is another, or a value lies outside [0, 1].
    """
    sounds = data.sounds("test")
    num_sounds = 0 if sounds is None else len(sounds)
    checks.float_tensor("guesses", guess, "[T, P]", (num_sounds, data.num_parameters))
    checks.normalized("guesses", guess, always=True)
    guess = guess.detach().to("cpu", torch.float32).contiguous()
    targets, distances = _rendered_again(guess, data, device, advance)
    errors = (guess.double() - targets.double()).abs()
    middle = (0.5 - targets.double()).abs()
    rows = error_rows(data.parameter_names, errors.mean(0), middle.mean(0))
    pitches = [
        data.parameter_table.to_physical(u)[:, data.parameter_names.index(PITCH)]
        for u in (guess, targets)
    ]
    per_sound = {
        "parameter_error": errors.mean(1),
        "pitch_error": (pitches[0] - pitches[1]).abs(),
        **dict(zip(Distances._fields, distances, strict=True)),
    }
    means = {name: values.mean().item() for name, values in per_sound.items()}
    metrics = Metrics(
        **means,
        parameter_error_of={row.name: row.error for row in rows if row.name != "all"},
        pitch_within_quarter_tone=(per_sound["pitch_error"] <= QUARTER_TONE).double().mean().item(),
        stft=means["spectral_convergence"] + means["log_magnitude"],
        medians={name: values.quantile(0.5).item() for name, values in per_sound.items()},
    )
    return metrics, per_sound, hashlib.sha256(guess.numpy().tobytes()).hexdigest()


def _rendered_again(
    guess: Tensor, data: SynthDataModule, device: torch.device, advance: Advance
) -> tuple[Tensor, Tensor]:
    """Return the targets' parameters ``[T, P]``, and the distances ``[3, T]`` in float64."""
    data.setup()
    distance = SpectralDistance(data.sample_rate).to(device)
    sounds = data.sounds("test")
    assert sounds is not None, "there is at least one test sound"
    size = _CHUNK[device.type]
    targets, distances = [], []
    with torch.no_grad():
        for start in range(0, len(guess), size):
            part = guess[start : start + size]
            numbers = torch.from_numpy(sounds.numbers(0, start, start + len(part)))
            batch = data.voice.render_sounds(numbers, device)
            audio = data.voice.render(part.to(device), noise_rows(batch.index))
            targets.append(batch.parameters.cpu())
            distances.append(torch.stack(distance(audio, batch.audio)).double().cpu())
            advance(len(part))
    return torch.cat(targets), torch.cat(distances, 1)
