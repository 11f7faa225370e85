"""What the filter costs beside torchaudio's of constant coefficients, and how true its response is.

Run ``python tests/bench/filter.py``. Sounds of 4 s at 44.1 kHz in float64, 3 at a time as a synth
renders them. Times are medians of rounds in which the candidates take turns. With ``--out`` the
response is drawn into a PNG file, and nothing is timed. The response is that of the modules, with
``--backend program`` that of the filter as a program.
"""

import math
import statistics
import sys
from functools import partial
from pathlib import Path

import numpy as np
import torch
import torchaudio.functional
from options import options, read

from synth_datamodule import SynthConfig
from synth_datamodule.measure.memory import peak_bytes
from synth_datamodule.measure.timing import take_turns
from synth_datamodule.modules import StateVariableFilter, linear_recurrence, state_variable_filter
from synth_datamodule.modules.recurrence import _solve
from synth_datamodule.reporting import picture, say_written

sys.path.append(str(Path(__file__).parents[1]))
from parts_alone import filtered

CONFIG = SynthConfig()
SECONDS, RATE, NUM_SAMPLES = CONFIG.buffer_size_seconds, CONFIG.sample_rate, CONFIG.buffer_size
AT_A_TIME = 3
MODES = ("lowpass", "bandpass", "highpass")
CUTOFFS = (100.0, 200.0, 500.0, 1000.0, 2000.0, 5000.0, 10000.0, 15000.0)


def magnitudes(hertz, resonance, backend, sample_rate=RATE, num_samples=NUM_SAMPLES):
    """Return frequencies in hertz, and by mode the gain there as measured and by theory.

    Measured on the impulse response; by theory ``|H(j w)|`` of the analog filter, with
    ``w = tan(pi f / r) / tan(pi f_cutoff / r)``. Without the first and the last frequency, where
    gains are 0 or 1.
    """
    impulse = torch.zeros(1, num_samples, dtype=torch.float64)
    impulse[0, 0] = 1
    pitch = 69 + 12 * math.log2(hertz / 440)
    if backend == "program":
        responses = filtered(impulse, pitch, resonance, sample_rate)[:, None]
    else:
        knobs = (torch.full((1, 1), one, dtype=torch.float64) for one in (pitch, resonance))
        responses = state_variable_filter(impulse, *knobs, sample_rate=sample_rate)
    frequencies = np.fft.rfftfreq(num_samples, 1 / sample_rate)[1:-1]
    w = np.tan(np.pi * frequencies / sample_rate) / math.tan(math.pi * hertz / sample_rate)
    q = 64**resonance / 2
    below = np.abs(1 - w**2 + 1j * w / q)
    theory = dict(zip(MODES, (1 / below, w / q / below, w**2 / below), strict=True))
    measured = {
        mode: np.abs(np.fft.rfft(response[0].numpy()))[1:-1]
        for mode, response in zip(MODES, responses, strict=True)
    }
    return frequencies, {mode: (measured[mode], theory[mode]) for mode in MODES}


def largest_deviation(floor, backend):
    """Return the most that measured and theory differ by where theory is above ``floor``, in dB."""
    largest = 0.0
    for hertz in CUTOFFS:
        for resonance in (0.0, 0.5, 1.0):
            for measured, theory in magnitudes(hertz, resonance, backend)[1].values():
                heard = 20 * np.log10(theory) > floor
                ratio = np.abs(20 * np.log10(measured[heard] / theory[heard])).max()
                largest = max(largest, float(ratio))
    return largest


def draw(figure, backend):
    """Draw measured gains over the theory's, three modes at three resonances."""
    for mode, axis in zip(MODES, figure.subplots(1, 3, sharey=True), strict=True):
        for colour, resonance in zip(("C0", "C1", "C2"), (0.0, 0.5, 1.0), strict=True):
            for hertz in (200.0, 1000.0, 10000.0):
                frequencies, gains = magnitudes(hertz, resonance, backend)
                measured, theory = (20 * np.log10(gain) for gain in gains[mode])
                label = f"resonance {resonance:g}" if hertz == 1000.0 else None
                axis.plot(frequencies, measured, color=colour, alpha=0.5, lw=3, label=label)
                axis.plot(frequencies, theory, color="k", ls="--", lw=0.7)
        axis.set(title=mode, xscale="log", xlim=(20, RATE / 2), ylim=(-60, 35), xlabel="hertz")
        axis.grid(alpha=0.3)
    figure.axes[0].set_ylabel("gain, dB; theory dashed")
    figure.axes[0].legend(loc="lower center")


def sounds(num_sounds):
    """Return the knobs, audio and modulation of as many sounds."""
    generator = torch.Generator().manual_seed(0)
    audio = torch.randn(2, num_sounds, NUM_SAMPLES, generator=generator, dtype=torch.float64)
    values = {"cutoff": 80.0, "resonance": 0.5, "tracking": 0.0, "mod_depth": 24.0}
    knobs = {
        name: torch.full((num_sounds,), value, dtype=torch.float64)
        for name, value in values.items()
    }
    return knobs, audio[0], audio[1].clamp(-1, 1)


def in_chunks(filtered, backward, num_sounds):
    """Return a call that filters so many sounds, 3 at a time, and goes back if asked to."""
    knobs, audio, mod = sounds(num_sounds)
    knobs = {name: value.requires_grad_(backward) for name, value in knobs.items()}

    def run(_):
        for start in range(0, num_sounds, AT_A_TIME):
            some = slice(start, start + AT_A_TIME)
            chunk = {name: value[some] for name, value in knobs.items()}
            given = audio[some].clone().requires_grad_(backward)
            out = filtered(chunk, given, mod[some])
            if backward:
                torch.autograd.grad(out.sum(), [given, *knobs.values()], allow_unused=True)

    return run


def constant(knobs, audio, mod):
    """torchaudio's filter, of the same cutoff and resonance held still."""
    g = torch.tan(math.pi / RATE * 440 * torch.exp((knobs["cutoff"] - 69) * math.log(2) / 12))
    damping = 2 / torch.exp(knobs["resonance"] * math.log(64))
    a = torch.stack((1 + g * (g + damping), 2 * (g * g - 1), 1 + g * (g - damping)), -1)
    b = torch.stack((g * g, 2 * g * g, g * g), -1)
    return torchaudio.functional.lfilter(audio, a / a[:, :1], b / a[:, :1], clamp=False)


def speed(most, num_rounds):
    """Print the time of a sound, forward and there and back, alone and ``most`` in chunks."""
    module = StateVariableFilter(CONFIG)
    filters = {
        "modulated at audio rate": lambda knobs, audio, mod: module(knobs, audio, mod=mod),
        "held still": lambda knobs, audio, mod: module(knobs, audio),
        "torchaudio lfilter, constant": constant,
    }
    for backward in (False, True):
        for num_sounds in sorted({1, most}):
            calls = {name: in_chunks(call, backward, num_sounds) for name, call in filters.items()}
            for name, taken in take_turns(calls, num_rounds).items():
                each = statistics.median(taken) / num_sounds
                kind = "forward and backward" if backward else "forward"
                print(
                    f"{kind}, {num_sounds} sounds, {name}: {each * 1e3:.2f} ms a sound, "
                    f"{SECONDS / each:.0f} times real time"
                )


def backward_pass(num_rounds):
    """Print what the recurrence's own backward pass gains over autograd through its levels."""
    _, audio, mod = sounds(AT_A_TIME)
    angle = 0.1 * mod
    transition = 0.99 * torch.stack((angle.cos(), -angle.sin(), angle.sin(), angle.cos()))
    given = [
        transition.view(2, 2, AT_A_TIME, -1).requires_grad_(),
        torch.stack((audio, audio)).requires_grad_(),
    ]

    def there_and_back(solve):
        states = solve(*given)
        torch.autograd.grad(states, given, torch.ones_like(states))

    solvers = {"its own": linear_recurrence, "autograd's": _solve}
    calls = {name: lambda _, solve=solve: there_and_back(solve) for name, solve in solvers.items()}
    for name, taken in take_turns(calls, num_rounds).items():
        peak = peak_bytes(lambda name=name: there_and_back(solvers[name]), torch.device("cpu"))
        print(
            f"recurrence of {AT_A_TIME} sounds and back, backward pass {name}: "
            f"{statistics.median(taken) * 1e3:.0f} ms, peak {peak / 1e6:.0f} MB"
        )


def parser():
    return options(__doc__, sounds=32, rounds=9, backend="reference", out=None, overwrite=False)


def main():
    given = read(parser(), lambda given: [given.out] if given.out else ())
    if given.out:
        drawn = partial(draw, backend=given.backend)
        say_written(picture(given.out, drawn, overwrite=given.overwrite, figsize=(12, 4)))
        return
    for floor in (-120.0, -60.0):
        deviation = largest_deviation(floor, given.backend)
        print(f"response against theory above {floor:g} dB: {deviation:.1e} dB at most")
    backward_pass(given.rounds)
    speed(given.sounds, given.rounds)


if __name__ == "__main__":
    main()
