"""What version 2 measures of guesses beside their spectra: what is heard of parameters."""

from typing import Any

import torch
from torch import Tensor

from synth_datamodule import checks
from synth_datamodule.benchmark.canonical import canonical_errors, medians, over_sounds
from synth_datamodule.benchmark.heard import heard, heard_errors
from synth_datamodule.corpus.draws import noise_rows
from synth_datamodule.datamodule import SynthDataModule
from synth_datamodule.matching.metrics import error_rows
from synth_datamodule.voice import Voice

CHANNELS = ("vco_1", "vco_2", "noise")


def heard_measures(
    guess: Tensor, targets: Tensor, data: SynthDataModule, device: torch.device
) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """Return means that are not over sounds alone, and the errors of each sound, by name.

    Args:
        guess: Guesses in [0, 1]. Shape ``[T, P]``.
        targets: Parameters of the test sounds. Shape ``[T, P]``.
        data: Sounds that are tested.
        device: Device to render on.
    """
    voice = checks.instance("the benchmark's synth", data.voice, Voice)
    sounds = data.sounds("test")
    assert sounds is not None, "there is at least one test sound"
    rows = noise_rows(torch.from_numpy(sounds.numbers(0, 0, len(guess))))
    ours, theirs = (heard(voice, each, rows, device) for each in (guess, targets))
    errors = canonical_errors(voice, guess, targets)
    per_sound = heard_errors(ours, theirs, voice.synthconfig.control_rate) | over_sounds(errors)
    per_sound["still"] = theirs.is_still.double()
    of_curve = (ours.gains - theirs.gains).abs().mean((0, 2)).tolist()
    parts = errors["canonical_error"].mean(0)
    means = {
        "gain_error_of": dict(zip(CHANNELS, of_curve, strict=True)),
        "canonical_error_of": {
            row.name: row.error
            for row in error_rows(data.parameter_names, parts, parts)
            if row.name != "all"
        },
        "of_median": errors_of_median(voice, targets, theirs.gains, device),
    }
    return means, per_sound


def errors_of_median(
    voice: Voice, targets: Tensor, gains: Tensor, device: torch.device
) -> dict[str, float]:
    """Return the mean errors of always guessing the train median: of each number, of each gain.

    The medians are numbers, not a sound: what they are held against is in canonical form, they stay
    as they are.

    Args:
        voice: Voice that renders.
        targets: Parameters of the test sounds. Shape ``[T, P]``.
        gains: Gains of the test sounds. Shape ``[T, 3, C]``.
        device: Device to render on.
    """
    median, wanted = medians(voice, device), voice.canonical(targets.double())
    always = over_sounds(
        {
            "canonical_error": (median.canonical - wanted).abs(),
            "unmasked": (~voice.inert(wanted)).double(),
        }
    )
    return {
        "parameter_error": (median.parameters - targets.double()).abs().mean().item(),
        **{name: value.mean().item() for name, value in always.items()},
        "gain_error": (median.gains - gains).abs().mean().item(),
    }
