"""Inversion: from a sound back to parameters, by gradient descent on how far off a guess sounds."""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple, cast

import torch
from torch import Tensor

from synth_datamodule import checks
from synth_datamodule.features.base import LONGEST_WINDOW
from synth_datamodule.matching.metrics import PITCH
from synth_datamodule.matching.spectral import STFTDistance
from synth_datamodule.patching.synth import AbstractSynth

WINDOWS = (64, 128, 256, 512, 1024, 2048)
"""Lengths of the loss's windows, in samples. Short ones blur a pitch, so that a guess further off
still overlaps it."""

NUM_VALUES = 128
"""How many values a search tries of a parameter: of ``keyboard.midi_f0`` every note, 0 to 127."""

_HIGHEST_RATE = 1e3
_MOST_STEPS = 10**6
_MOST_VALUES = 2**14

# Samples that a search renders and compares at a time; on other devices as many as on a CPU.
_SEARCH_SAMPLES = {"cpu": 2**21, "cuda": 2**25}

Loss = Callable[[Tensor, Tensor], Tensor]
"""From audio guessed and heard, each ``[B, N]``, to one number per sound, ``[B]``."""


class Inversion(NamedTuple):
    """What a descent found.

    Args:
        parameters: The best parameters seen of each sound, in [0, 1]. Shape ``[B, P]``.
        losses: Losses before the first step (after the search) and after each step. Shape
            ``[S + 1, B]``.
    """

    parameters: Tensor
    losses: Tensor


def invert(
    voice: AbstractSynth,
    audio: Tensor,
    start: Tensor,
    *,
    num_steps: int = 300,
    learning_rate: float = 0.01,
    loss: Loss | None = None,
    noise_rows: Tensor | None = None,
    search: Sequence[str] = (PITCH,),
) -> Inversion:
    """Recover parameters from audio: a search along a few of them, then projected Adam on all.

    ``u <- clip(u - r_s w Adam(dL/du), 0, 1)``, the rate r falling along half a cosine to 0, w 1 or,
    where the unit is semitones, one semitone's share of the range: a gradient tells only of pitches
    that nearly overlap, and the steps must not jump over them. The search before it is for all that
    lie further off. Each sound has a loss and an Adam of its own: its neighbours do not matter.

    Kingma and Ba, "Adam: A Method for Stochastic Optimization", ICLR 2015,
    https://arxiv.org/abs/1412.6980.

    Args:
        voice: Synth that renders the guesses, made with ``no_grad=False``.
        audio: The sounds heard, in [-1, 1]. Shape ``[B, N]``.
        start: A first guess in [0, 1], such as a SoundMatcher's. Shape ``[B, P]``.
        num_steps: Steps of the descent, S.
        learning_rate: Highest rate: the share of a range, or of a semitone, that a step covers.
        loss: Function from guessed and heard audio, each ``[B, N]``, to ``[B]`` numbers; None is
            ``multi_resolution_stft()``.
        noise_rows: Row of noise that each guess is rendered over; None is row 0 for all, since a
            listener does not know the target's. Shape ``[B]``.
        search: Parameters to go through before the descent, in this order; ``()`` for none.

    Raises:
        TypeError: If an argument is of another type.
        ValueError: If the voice has no gradient, a shape differs, a number is out of range, a name
            is unknown, or the loss gives not one number per sound.

    Example:
        >>> from synth_datamodule import SynthConfig, Voice
        >>> voice = Voice(SynthConfig(buffer_size_seconds=0.1, no_grad=False))
        >>> heard = voice.render_sounds([0])
        >>> squares = lambda guess, target: (guess - target).square().mean(1)
        >>> start = (heard.parameters + 0.01).clamp(max=1.0)
        >>> found = invert(voice, heard.audio, start, num_steps=5, loss=squares, search=())
        >>> bool(found.losses.min() < found.losses[0])
        True
    """
    u = _check(voice, audio, start)
    if not torch.is_grad_enabled():
        raise ValueError("a descent needs gradients: call invert outside torch.no_grad()")
    if search:
        search = checks.names("search", search)
    if voice.synthconfig.no_grad:
        raise ValueError("voice must have a gradient: make it with SynthConfig(no_grad=False)")
    num_steps = checks.whole_number("num_steps", num_steps, 1, _MOST_STEPS)
    if checks.positive_number("learning_rate", learning_rate) > _HIGHEST_RATE:
        raise ValueError(f"learning_rate must be at most {_HIGHEST_RATE:g}, got {learning_rate:g}")
    loss = _loss(loss)
    if search:
        u, _ = search_along(voice, audio, u, search, loss=loss, noise_rows=noise_rows)
    u = u.clone()
    # Adam's steps are as long whatever the size of a slope, so w lies outside it.
    moved = torch.zeros_like(u, requires_grad=True)
    adam = torch.optim.Adam([moved], lr=learning_rate)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(adam, num_steps)
    ranges = voice.parameter_table.ranges
    # A range of one value has no width, and nothing to move.
    widths = [
        one.maximum - one.minimum if one.unit == "semitones" and not one.is_fixed else 1.0
        for one in ranges
    ]
    weights = (1 / torch.tensor(widths, dtype=torch.float32, device="cpu")).to(u)
    best, lowest = u.clone(), torch.full_like(u[:, 0], torch.inf)
    losses = []
    for step in range(num_steps + 1):
        u.requires_grad_(step < num_steps)
        found = _per_sound(loss, voice.render(u, noise_rows), audio)
        losses.append(found.detach())
        better = losses[-1] < lowest
        best = torch.where(better[:, None], u.detach(), best)
        lowest = torch.where(better, losses[-1], lowest)
        if step < num_steps:
            if not found.requires_grad:
                raise ValueError("loss must be differentiable by the guess, and gives no gradient")
            (moved.grad,) = torch.autograd.grad(found.sum(), u)
            with torch.no_grad():
                moved.zero_()
            adam.step()
            schedule.step()
            u = (u.detach() + weights * moved.detach()).clamp(0, 1)
    return Inversion(voice.parameter_table.pin(best), torch.stack(losses))


def search_along(
    voice: AbstractSynth,
    audio: Tensor,
    start: Tensor,
    names: Sequence[str] = (PITCH,),
    *,
    num_values: int = NUM_VALUES,
    loss: Loss | None = None,
    noise_rows: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """Try evenly spaced values of one parameter after another, and keep each sound's best.

    Args:
        voice: Synth that renders the guesses.
        audio: The sounds heard, in [-1, 1]. Shape ``[B, N]``.
        start: A first guess in [0, 1]; it stays where no value is better. Shape ``[B, P]``.
        names: Names of the parameters, in the order of the search.
        num_values: Number of values tried of each parameter, from its minimum to its maximum.
        loss: Function from guessed and heard audio, each ``[B, N]``, to ``[B]`` numbers; None is
            ``multi_resolution_stft()``.
        noise_rows: Row of noise that each guess is rendered over; None is row 0. Shape ``[B]``.

    Returns:
        Parameters in [0, 1], ``[B, P]``, and their losses, ``[B]``.

    Raises:
        TypeError: If an argument is of another type.
        ValueError: If a shape differs, a number is out of range or a name unknown.
    """
    start = _check(voice, audio, start)
    num_values = checks.whole_number("num_values", num_values, 2, _MOST_VALUES)
    columns = [voice.parameter_table.column(name) for name in checks.names("names", names)]
    loss = _loss(loss)
    num_sounds, device = len(start), start.device
    values = torch.linspace(0, 1, num_values, dtype=torch.float32, device=device)
    each = torch.arange(num_sounds, dtype=torch.int64, device=device)
    rows = torch.zeros_like(each) if noise_rows is None else noise_rows
    size = max(_SEARCH_SAMPLES.get(device.type, _SEARCH_SAMPLES["cpu"]) // audio.shape[1], 1)

    def heard(candidates: Tensor, sounds: Tensor) -> Tensor:
        found = []
        for first in range(0, len(sounds), size):
            u, s = candidates[first : first + size], sounds[first : first + size]
            found.append(_per_sound(loss, voice.render(u, rows[s]), audio[s]))
        return torch.cat(found)

    with torch.no_grad():
        best = start.clone()
        lowest = heard(best, each)
        for column in columns:
            candidates = best.repeat_interleave(num_values, 0)
            candidates[:, column] = values.repeat(num_sounds)
            found = heard(candidates, each.repeat_interleave(num_values)).view(num_sounds, -1)
            at_best, place = found.min(1)
            better = at_best < lowest
            best[:, column] = torch.where(better, values[place], best[:, column])
            lowest = torch.where(better, at_best, lowest)
    return best, lowest


def multi_resolution_stft(windows: Sequence[int] = WINDOWS, floor: float = -60.0) -> Loss:
    """Return the loss of a descent: both parts of ``spectral.STFTDistance``, added.

    Windows from 64 samples on are those of Engel, Hantrakul, Gu and Roberts, "DDSP: Differentiable
    Digital Signal Processing", ICLR 2020, https://arxiv.org/abs/2001.04643.

    Args:
        windows: Lengths of the STFTs' windows, in samples.
        floor: Level in decibels of a full scale sine's below which all is silence to the loss:
            what nobody hears must not weigh as much as the sound.

    Raises:
        TypeError: If an argument is of another type.
        ValueError: If one is out of range.

    Example:
        >>> loss = multi_resolution_stft((128, 256))
        >>> sound = torch.sin(torch.arange(8000) * 0.1)[None]
        >>> loss(sound, sound)
        tensor([0.])
    """
    if isinstance(windows, (str, bytes)) or not isinstance(windows, Iterable):
        raise TypeError(f"windows must be one or more lengths, got {checks.shown(windows)}")
    sizes = [checks.whole_number("window", size, 4, LONGEST_WINDOW) for size in windows]
    if not sizes:
        raise ValueError("windows must be one or more lengths, got none")
    gain = 10 ** (checks.real_number("floor", floor) / 20)
    # A sine of 1 under a Hann window has a peak of a quarter of the window's length.
    distance = STFTDistance(sizes, [(gain * size / 4) ** 2 for size in sizes])

    def loss(guess: Tensor, target: Tensor) -> Tensor:
        convergence, log_magnitude = distance.to(guess.device)(guess, target)
        return cast(Tensor, convergence + log_magnitude)

    return loss


def _check(voice: AbstractSynth, audio: Tensor, start: Tensor) -> Tensor:
    checks.instance("voice", voice, AbstractSynth)
    num_parameters, num_samples = len(voice.parameter_table), voice.synthconfig.buffer_size
    checks.float_tensor("audio", audio, "[B, N]", (None, num_samples))
    checks.within("audio", audio, always=True)
    checks.float_tensor("start", start, "[B, P]", (len(audio), num_parameters))
    if audio.device != start.device:
        raise ValueError(f"start must be where audio is, {audio.device}, got {start.device}")
    return checks.normalized("start", start, always=True).detach().float()


def _loss(given: Loss | None) -> Loss:
    if given is not None and not callable(given):
        raise TypeError(
            "loss must be a function from guessed and heard audio to a number per sound, got "
            f"{checks.shown(given)}"
        )
    return multi_resolution_stft() if given is None else given


def _per_sound(loss: Loss, guess: Tensor, target: Tensor) -> Tensor:
    found = loss(guess, target)
    checks.float_tensor("loss(guess, target)", found, "[B]", (len(target),))
    checks.within("loss(guess, target)", found)
    return found
