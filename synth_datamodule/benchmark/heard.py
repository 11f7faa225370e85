"""What is heard of parameters, by the control signals: gains and pitches over time, the end."""

from typing import NamedTuple

import torch
from torch import Tensor

from synth_datamodule.kernels.differentiable import control_signals
from synth_datamodule.numerics.constants import MIDI_MAX
from synth_datamodule.numerics.cores import a_sound_on_each_core
from synth_datamodule.patching.synth import AbstractSynth

STILL = 0.5
"""Semitones that the pitch of an oscillator moves by, at most, if it stands still."""
NO_PITCH = float(MIDI_MAX)
"""Error in semitones where only one of guess and target has an oscillator that sounds."""

_AUDIBLE = 1e-3  # 60 dB below the sound's largest gain
_HEADROOM = 2.0**-5  # of the levels: less than what three channels of four modulators add up to
_LEVELS = ("mixer.vco_1", "mixer.vco_2", "mixer.noise")
_CHUNK = 16  # sounds


class Heard(NamedTuple):
    """Control signals of sounds of the Voice, as they are heard; float64 on the CPU.

    Args:
        gains: Magnitudes of the amplitudes of both oscillators and the noise, mixer levels and the
            normalisation of what clips included. Shape ``[B, 3, C]``.
        pitches: Pitch of the louder oscillator in semitones, in [0, 127]; louder is the one whose
            gain has the larger mean. Shape ``[B, C]``.
        weights: Gain of that oscillator where it sounds: within 60 dB of the sound's largest gain;
            0 elsewhere. Shape ``[B, C]``.
    """

    gains: Tensor
    pitches: Tensor
    weights: Tensor

    @property
    def pitch(self) -> Tensor:
        """Mean pitch of the louder oscillator, weighted by its gain, in semitones, ``[B]``."""
        return (self.weights * self.pitches).sum(1) / self.weights.sum(1).clamp(min=1e-30)

    @property
    def has_pitch(self) -> Tensor:
        """Whether an oscillator sounds at all, bool ``[B]``."""
        return self.weights.amax(1) > 0

    @property
    def is_still(self) -> Tensor:
        """Whether the louder oscillator's pitch moves by less than half a semitone, ``[B]``."""
        sounds = self.weights > 0
        most = torch.where(sounds, self.pitches, -torch.inf).amax(1)
        least = torch.where(sounds, self.pitches, torch.inf).amin(1)
        return most - least < STILL

    def end(self, control_rate: int) -> Tensor:
        """Return when the last gain falls 60 dB below the largest, in seconds, ``[B]``."""
        loudest = self.gains.amax(1)
        audible = (loudest >= _AUDIBLE * loudest.amax(1, keepdim=True)) & (loudest > 0)
        frames = torch.arange(1, audible.shape[1] + 1, dtype=torch.float64, device="cpu")
        return (audible * frames).amax(1) / control_rate


def heard(
    synth: AbstractSynth, parameters: Tensor, noise_rows: Tensor, device: torch.device
) -> Heard:
    """Return what is heard of sounds.

    Args:
        synth: Voice that renders.
        parameters: Parameters in [0, 1]. Shape ``[B, P]``.
        noise_rows: Row of the noise table that each sound reads. Shape ``[B]``.
        device: Device to render on, for the peaks of sounds that clip.

    Example:
        >>> from synth_datamodule import SynthConfig, Voice
        >>> voice = Voice(SynthConfig(buffer_size_seconds=1.0))
        >>> batch = voice.render_sounds([7])
        >>> found = heard(voice, batch.parameters, batch.index % 32, torch.device("cpu"))
        >>> found.gains.shape, round(found.pitch.item(), 1)
        (torch.Size([1, 3, 441]), 100.1)
    """
    chunks = [torch.split(one, _CHUNK) for one in (parameters, noise_rows)]
    with a_sound_on_each_core() as over:
        parts = over(lambda k: _of(synth, chunks[0][k], chunks[1][k], device), len(chunks[0]))
    return Heard(*(torch.cat(signals) for signals in zip(*parts, strict=True)))


def _of(
    synth: AbstractSynth, parameters: Tensor, noise_rows: Tensor, device: torch.device
) -> Heard:
    table = synth.parameter_table
    with torch.no_grad():
        values = table.to_physical(parameters.double().cpu())
        controls = control_signals(values, synth.synthconfig)
        lower = values.clone()
        lower[:, [table.column(name) for name in _LEVELS]] *= _HEADROOM
        quiet = synth.render(table.to_normalized(lower).to(device), noise_rows.to(device))
        peak = quiet.abs().amax(1).double().cpu() / _HEADROOM
    gains = controls.gains.abs() / peak.clamp(min=1)[:, None, None]
    louder = gains[:, :2].mean(2).argmax(1)
    rows = torch.arange(len(gains), dtype=torch.int64, device="cpu")
    own = gains[rows, louder]
    sounds = (own >= _AUDIBLE * gains.amax((1, 2))[:, None]) & (own > 0)
    pitches = controls.pitches[rows, louder].clamp(0, MIDI_MAX)
    return Heard(gains, pitches, torch.where(sounds, own, 0.0))


def heard_errors(guess: Heard, target: Heard, control_rate: int) -> dict[str, Tensor]:
    r"""Return how far guesses are from their targets to the ear, each ``[B]`` in float64.

    ``heard_pitch_error``: difference of both mean pitches, in semitones. ``pitch_over_time``:
    :math:`\sum_t w_t |p_t - q_t| / \sum_t w_t` with the target's weights w, in semitones.
    ``gain_error``: mean absolute difference of the three gains, over time. ``end_error``:
    difference of both ends, in seconds. Where neither has a pitch its errors are 0, where one has,
    127.

    Args:
        guess: Guesses.
        target: Targets.
        control_rate: Frames in a second.
    """
    weights = target.weights
    apart = (weights * (guess.pitches - target.pitches).abs()).sum(1)
    errors = {
        "heard_pitch_error": (guess.pitch - target.pitch).abs(),
        "pitch_over_time": apart / weights.sum(1).clamp(min=1e-30),
    }
    alike, both = guess.has_pitch == target.has_pitch, guess.has_pitch & target.has_pitch
    for name, error in errors.items():
        errors[name] = torch.where(both, error, torch.where(alike, 0.0, NO_PITCH))
    errors["gain_error"] = (guess.gains - target.gains).abs().mean((1, 2))
    errors["end_error"] = (guess.end(control_rate) - target.end(control_rate)).abs()
    return errors
