"""How good guesses are: of their parameters, and of how they sound when rendered again."""

import hashlib
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor

from synth_datamodule import checks
from synth_datamodule.benchmark.candidates import unseen
from synth_datamodule.benchmark.hearing import heard_measures
from synth_datamodule.benchmark.intervals import bootstrap
from synth_datamodule.corpus.draws import noise_rows
from synth_datamodule.datamodule import SynthDataModule
from synth_datamodule.matching.metrics import PITCH, error_rows
from synth_datamodule.matching.spectral import Distances, SpectralDistance
from synth_datamodule.metrics import SoundDistances, SoundMetrics
from synth_datamodule.numerics.cores import a_sound_on_each_core
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


@dataclass(frozen=True)
class HeardMetrics(Metrics):
    """What version 2 measures beside that, means over the test sounds.

    ``mss``, ``wmfcc``, ``sot`` and ``rms`` are those of ``SoundMetrics``; ``heard_pitch_error`` to
    ``end_error`` those of ``heard_errors``. ``heard_pitch_within`` is the share of sounds whose
    ``heard_pitch_error`` is half a semitone at most, ``heard_pitch_within_still`` that among
    targets whose louder oscillator stands still, whose share is ``still``. ``canonical_error`` and
    ``heard_parameter_error`` are of parameters in canonical form: all, and those that are not inert
    in the target; ``of_median`` has the errors of the train median beside both, and of the median
    gain curves. ``intervals``: ends of intervals of 95 % over sounds, by bootstrap.
    """

    mss: float
    wmfcc: float
    sot: float
    rms: float
    heard_pitch_error: float
    heard_pitch_within: float
    heard_pitch_within_still: float
    still: float
    pitch_over_time: float
    gain_error: float
    gain_error_of: dict[str, float]
    end_error: float
    canonical_error: float
    canonical_error_of: dict[str, float]
    heard_parameter_error: float
    of_median: dict[str, float]
    intervals: dict[str, list[float]]


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
    guess = _checked(guess, data)
    targets, distances = _rendered_again(guess, data, device, advance)
    metrics, per_sound = _metrics(guess, targets, distances, data)
    return metrics, per_sound, digest(guess)


def measure_heard(
    guess: Tensor, data: SynthDataModule, device: torch.device, advance: Advance = unseen
) -> tuple[HeardMetrics, dict[str, Tensor], str]:
    """Hold guesses, ``[T, P]`` in [0, 1], against the test sounds as version 2 of the task does.

    Returns:
        Means, errors and distances, and SHA-256, as of ``measure``, and more of each.

    Raises:
        TypeError: If ``guess`` is not a float tensor.
        ValueError: If its shape is another, or a value lies outside [0, 1].
    """
    guess = _checked(guess, data)
    targets, distances = _rendered_again(guess, data, device, advance, field=True)
    first = list(Distances._fields)
    metrics, per_sound = _metrics(guess, targets, {name: distances[name] for name in first}, data)
    more, more_per_sound = heard_measures(guess, targets, data, device)
    per_sound |= {name: value for name, value in distances.items() if name not in first}
    per_sound |= more_per_sound
    means = {name: values.mean().item() for name, values in per_sound.items()}
    shares = {
        "pitch_within_quarter_tone": per_sound["pitch_error"] <= QUARTER_TONE,
        "heard_pitch_within": per_sound["heard_pitch_error"] <= QUARTER_TONE,
    }
    stft = per_sound["spectral_convergence"] + per_sound["log_magnitude"]
    still = per_sound["still"]
    within_still = shares["heard_pitch_within"].double() * still
    intervals = {
        name: list(bootstrap(values))
        for name, values in {**per_sound, **shares, "stft": stft}.items()
    }
    intervals["heard_pitch_within_still"] = list(bootstrap(within_still, still))
    own = asdict(metrics)
    own["medians"] = {name: values.quantile(0.5).item() for name, values in per_sound.items()}
    added: dict[str, Any] = {name: means[name] for name in per_sound if name not in own}
    heard_metrics = HeardMetrics(
        **own,
        **added,
        **more,
        heard_pitch_within=shares["heard_pitch_within"].double().mean().item(),
        heard_pitch_within_still=within_still.sum().item() / max(still.sum().item(), 1.0),
        intervals=intervals,
    )
    return heard_metrics, per_sound, digest(guess)


def digest(guess: Tensor) -> str:
    """Return the SHA-256 of guesses, float32 ``[T, P]``, which tells two runs apart to the bit."""
    return hashlib.sha256(guess.numpy().astype("<f4", copy=False).tobytes()).hexdigest()


def _checked(guess: Tensor, data: SynthDataModule) -> Tensor:
    sounds = data.sounds("test")
    num_sounds = 0 if sounds is None else len(sounds)
    checks.float_tensor("guesses", guess, "[T, P]", (num_sounds, data.num_parameters))
    checks.normalized("guesses", guess, always=True)
    return guess.detach().to("cpu", torch.float32).contiguous()


def _metrics(
    guess: Tensor, targets: Tensor, distances: dict[str, Tensor], data: SynthDataModule
) -> tuple[Metrics, dict[str, Tensor]]:
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
        **distances,
    }
    means = {name: values.mean().item() for name, values in per_sound.items()}
    metrics = Metrics(
        **means,
        parameter_error_of={row.name: row.error for row in rows if row.name != "all"},
        pitch_within_quarter_tone=(per_sound["pitch_error"] <= QUARTER_TONE).double().mean().item(),
        stft=means["spectral_convergence"] + means["log_magnitude"],
        medians={name: values.quantile(0.5).item() for name, values in per_sound.items()},
    )
    return metrics, per_sound


def _rendered_again(
    guess: Tensor,
    data: SynthDataModule,
    device: torch.device,
    advance: Advance,
    *,
    field: bool = False,
) -> tuple[Tensor, dict[str, Tensor]]:
    """Return the targets' parameters ``[T, P]``, and distances by name, ``[T]`` in float64.

    ``field`` adds the field's own metrics to the spectral ones, sound by sound.
    """
    data.setup()
    distance = SpectralDistance(data.sample_rate).to(device)
    metrics = SoundMetrics(data.sample_rate).to(device) if field else None
    sounds = data.sounds("test")
    assert sounds is not None, "there is at least one test sound"
    size = 32 if field else _CHUNK[device.type]
    targets: list[Tensor] = []
    distances: list[dict[str, Tensor]] = []
    with torch.no_grad():
        for start in range(0, len(guess), size):
            part = guess[start : start + size]
            numbers = torch.from_numpy(sounds.numbers(0, start, start + len(part)))
            batch = data.voice.render_sounds(numbers, device)
            audio = data.voice.render(part.to(device), noise_rows(batch.index))
            targets.append(batch.parameters.cpu())
            found = (
                distance(audio, batch.audio)._asdict()
                if metrics is None
                else _of_sounds(audio, batch.audio, distance, metrics)
            )
            distances.append(found)
            advance(len(part))
    return torch.cat(targets), {
        name: torch.cat([found[name].double().cpu() for found in distances])
        for name in distances[0]
    }


def _of_sounds(
    guess: Tensor, target: Tensor, distance: SpectralDistance, metrics: SoundMetrics
) -> dict[str, Tensor]:
    """Return the distances of guesses from their targets, audio ``[B, N]``, a sound on each core.

    Batches on all of torch's threads take twice the processor time, and more beside other work.
    """

    def one(place: int) -> list[float]:
        with torch.no_grad():  # each thread has its own
            spectral = distance(guess[place : place + 1], target[place : place + 1])
        own = metrics.pair(guess[place].float(), target[place].float())
        return [*(value.item() for value in spectral), *own]

    with a_sound_on_each_core() as over:
        rows = over(one, len(target))
    columns = torch.tensor(rows, dtype=torch.float64, device="cpu").unbind(1)
    names = (*Distances._fields, *SoundDistances._fields)
    return dict(zip(names, columns, strict=True))
