"""How good guesses are: of their parameters, and of how they sound when rendered again."""

import hashlib
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from synth_datamodule import checks
from synth_datamodule.batch import SynthBatch
from synth_datamodule.benchmark.candidates import unseen
from synth_datamodule.benchmark.spectral import SpectralDistance
from synth_datamodule.corpus.draws import noise_rows
from synth_datamodule.datamodule import SynthDataModule
from synth_datamodule.matching.metrics import PITCH, error_rows
from synth_datamodule.reporting import Advance

QUARTER_TONE = 0.5
"""A quarter tone in semitones."""

_CHUNK = 8  # sounds; on two cores spectra of 32 at a time take half as long again
_GPU_CHUNK = 128


class SoundMeasures(NamedTuple):
    """Errors and distances of each sound, in float64 on the CPU, each ``[T]``.

    Args:
        parameter_error: Mean absolute error of a sound's parameters in [0, 1].
        pitch_error: Absolute error of ``keyboard.midi_f0``, in semitones.
        log_mel: Log-mel distance of the re-rendered guess, in decibels; see
            ``spectral.Distances``.
        spectral_convergence: Spectral convergence of the re-rendered guess.
        log_magnitude: Log magnitude distance of the re-rendered guess, in nepers.
    """

    parameter_error: Tensor
    pitch_error: Tensor
    log_mel: Tensor
    spectral_convergence: Tensor
    log_magnitude: Tensor


@dataclass(frozen=True)
class Metrics:
    """Means over the test sounds.

    Args:
        parameter_error: Mean absolute error of the parameters in [0, 1].
        parameter_error_of: The same error of the pitch alone, and of each module's parameters.
        pitch_error: Absolute error of the pitch, in semitones.
        pitch_within_quarter_tone: Share of the sounds, in [0, 1].
        log_mel: Log-mel distance, in decibels.
        spectral_convergence: Spectral convergence, a ratio; see ``spectral``.
        log_magnitude: Log magnitude distance, in nepers.
        stft: Multi-resolution STFT distance, the sum of the last two.
        medians: Medians over the sounds, by the names of SoundMeasures.
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


class Measured(NamedTuple):
    """What the guesses of one run measure.

    Args:
        metrics: Means over all sounds.
        per_sound: Errors and distances of each sound.
        guesses_sha256: SHA-256 of the guesses as float32, which tells two runs apart to the bit.
    """

    metrics: Metrics
    per_sound: SoundMeasures
    guesses_sha256: str


def measure(
    guess: Tensor, data: SynthDataModule, device: torch.device, advance: Advance = unseen
) -> Measured:
    """Hold guesses against the test sounds.

    Each guess is rendered again over the noise of its target, so a guess that is right in every
    parameter is the same sound to the bit.

    Args:
        guess: Guessed parameters in [0, 1]. Shape ``[T, P]``.
        data: Sounds, of which the test sounds, ascending, were guessed.
        device: Device that sounds are rendered and compared on.
        advance: Function that is told the number of test sounds measured since its last call.

    Raises:
        TypeError: If ``guess`` is not a float tensor.
        ValueError: If its shape is another, or a value lies outside [0, 1].
    """
    sizes = (data.test_sounds, data.num_parameters)
    checks.float_tensor("guesses", guess, "[T, P]", sizes)
    checks.normalized("guesses", guess, always=True)
    guess = guess.detach().to("cpu", torch.float32).contiguous()
    targets, distances = _rendered_again(guess, data, device, advance)
    errors = (guess.double() - targets.double()).abs()
    physical = data.parameter_table.to_physical
    pitch = data.parameter_names.index(PITCH)
    per_sound = SoundMeasures(
        errors.mean(1),
        (physical(guess) - physical(targets))[:, pitch].abs(),
        *distances,
    )
    middle = (0.5 - targets.double()).abs().mean(0)
    rows = error_rows(data.parameter_names, errors.mean(0), middle)
    measured = per_sound._asdict()
    means = {name: values.mean().item() for name, values in measured.items()}
    metrics = Metrics(
        **means,
        parameter_error_of={row.name: row.error for row in rows if row.name != "all"},
        pitch_within_quarter_tone=((per_sound.pitch_error <= QUARTER_TONE).double().mean().item()),
        stft=means["spectral_convergence"] + means["log_magnitude"],
        medians={name: values.quantile(0.5).item() for name, values in measured.items()},
    )
    return Measured(metrics, per_sound, hashlib.sha256(guess.numpy().tobytes()).hexdigest())


def _rendered_again(
    guess: Tensor, data: SynthDataModule, device: torch.device, advance: Advance
) -> tuple[Tensor, Tensor]:
    """Return the targets' parameters ``[T, P]``, and the distances ``[3, T]`` in float64."""
    data.setup()
    distance = SpectralDistance(data.sample_rate).to(device)
    sounds = data.sounds("test")
    assert sounds is not None, "there is at least one test sound"
    targets, distances = [], []
    size = _CHUNK if device.type == "cpu" else _GPU_CHUNK
    with torch.no_grad():
        for start in range(0, len(sounds), size):
            part = slice(start, min(start + size, len(sounds)))
            batch: SynthBatch = data.voice.render_sounds(
                torch.from_numpy(sounds.numbers(0, part.start, part.stop)), device
            )
            audio = data.voice.render(guess[part].to(device), noise_rows(batch.index))
            targets.append(batch.parameters.cpu())
            distances.append(torch.stack(distance(audio, batch.audio)).double().cpu())
            advance(len(batch.index))
    return torch.cat(targets), torch.cat(distances, 1)
