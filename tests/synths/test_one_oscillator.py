"""OneOscillator's ten lines."""

import inspect
import math

import pytest
import torch

from synth_datamodule import SynthConfig
from synth_datamodule.synths import OneOscillator

# At 16,000 Hz, one second: a bin of the spectrum is a hertz.
CONFIG = SynthConfig(sample_rate=16000, buffer_size_seconds=1.0, control_rate=400)
HELD = {
    "keyboard.duration": 4.0,
    "adsr.attack": 0.0,
    "adsr.sustain": 1.0,
    "vco.tuning": 0.0,
    "vco.mod_depth": 0.0,
    "vco.initial_phase": 0.0,
    "mixer.vco": 0.5,
}


def render(**pinned):
    synth = OneOscillator(CONFIG, pinned={**HELD, **pinned})
    return synth.synthesize(torch.full((1, len(synth.parameter_names)), 0.5))[0]


def test_it_has_ten_lines():
    source = inspect.getsource(OneOscillator)
    code = source.replace(inspect.getdoc(OneOscillator), "").split('"""')[2:]
    lines = [line for part in code[::2] for line in part.splitlines() if line.strip()]
    assert len(lines) <= 13  # six parts, five of output, its two first ones


@pytest.mark.parametrize(
    ("pinned", "semitones"),
    [
        ({"keyboard.midi_f0": 69.0}, 69.0),
        ({"keyboard.midi_f0": 45.0}, 45.0),
        ({"keyboard.midi_f0": 57.0, "vco.tuning": 12.0}, 69.0),
        ({"keyboard.midi_f0": 57.0, "vco.mod_depth": 12.0}, 69.0),
    ],
    ids=["a4", "a2", "tuned", "bent-by-the-envelope"],
)
def test_the_fundamental_is_the_note(pinned, semitones):
    hertz = 440 * 2 ** ((semitones - 69) / 12)
    audio = render(**pinned, **{"vco.shape": 0.0})
    amplitudes = torch.fft.rfft(audio).abs() * 2 / len(audio)
    assert int(amplitudes.argmax()) == round(hertz)
    # A square wave's odd harmonics fall as 1/n, and it has no even ones.
    third, second = amplitudes[round(3 * hertz)], amplitudes[round(2 * hertz)]
    assert third.item() == pytest.approx(amplitudes.max().item() / 3, rel=0.1)
    assert second < 0.01


def test_shape_1_is_nearly_a_saw():
    audio = render(**{"keyboard.midi_f0": 45.0, "vco.shape": 1.0})
    amplitudes = torch.fft.rfft(audio).abs() * 2 / len(audio)
    harmonics = amplitudes[110 * torch.arange(1, 7)] / amplitudes[110]
    # A square wave times 1 + cos: 1/n where n is odd, the mean of both neighbours where it is even.
    expected = torch.tensor([1, 2 / 3, 1 / 3, 4 / 15, 1 / 5, 6 / 35], dtype=torch.float64)
    torch.testing.assert_close(harmonics, expected, rtol=0.02, atol=0)


def test_the_envelope_opens_and_closes_it():
    audio = render(**{"keyboard.duration": 0.5, "adsr.release": 0.1, "adsr.attack": 0.2})
    loudness = audio.unflatten(0, (20, -1)).square().mean(1).sqrt()
    assert (loudness[:4].diff() > 0).all()
    assert loudness[6].item() == pytest.approx(loudness[9].item(), rel=0.01)
    assert loudness[12:].max() < 1e-5


def test_half_the_level_is_half_the_sound():
    assert torch.equal(render(**{"mixer.vco": 0.25}), render() / 2)
    assert render().abs().max() <= 0.5 * 1.13
    assert math.isclose(render().mean().item(), 0, abs_tol=1e-2)
