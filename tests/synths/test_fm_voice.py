"""FmVoice against the theory of frequency modulation."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import jv

from synth_datamodule import SynthConfig
from synth_datamodule.synths import FmVoice
from synth_datamodule.synths.fm_voice import Ratio

# A4 is 44 bins of half a second at 44,000 Hz apart: every harmonic is a bin.
CONFIG = SynthConfig(sample_rate=44000, buffer_size_seconds=1.0, control_rate=440)
NUM_BINS = 22000
MOD_RATIOS = (1, 2, 3)
TINE_RATIOS = (1.5, 2, 2.5, 3, 3.5, 4, 5, 6, 7)
HELD = {
    f"{name}_adsr.{knob}": value
    for name in ("mod", "body", "tine")
    for knob, value in {"attack": 0.001, "sustain": 1.0}.items()
} | {"keyboard.duration": 4.0}


def render(config=CONFIG, **pinned):
    synth = FmVoice(config, pinned={**HELD, **pinned})
    return synth.synthesize(torch.full((1, len(synth.parameter_names)), 0.5))[0]


def side_bands(carrier, modulator, index):
    """Amplitudes by frequency, those below 0 Hz folded: sin(-x) is -sin(x)."""
    folded = {}
    for order in range(-30, 31):
        frequency = carrier + order * modulator
        height = math.copysign(1, frequency) * jv(order, index) if frequency else 0.0
        folded[abs(frequency)] = folded.get(abs(frequency), 0.0) + height
    return {frequency: abs(height) for frequency, height in folded.items() if abs(height) > 1e-9}


@pytest.mark.parametrize("mod", MOD_RATIOS)
@pytest.mark.parametrize("depth", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("carrier", [1, *TINE_RATIOS])
def test_side_bands_are_bessel_functions_of_the_index(carrier, mod, depth):
    name = "body" if carrier == 1 else "tine"
    audio = render(
        **{
            "keyboard.midi_f0": 69.0,
            "mod_ratio.choice": MOD_RATIOS.index(mod) + 0.5,
            "tine_ratio.choice": TINE_RATIOS.index(carrier) + 0.5 if carrier != 1 else 0.0,
            f"{name}.mod_depth": depth,
            "mixer.body": float(name == "body"),
            "mixer.tine": float(name == "tine"),
        }
    )
    amplitudes = torch.fft.rfft(audio[-NUM_BINS:]).abs() * 2 / NUM_BINS
    half_step = math.pi * mod * 440 / CONFIG.sample_rate
    index = depth * carrier / mod * half_step / math.sin(half_step)  # a sum, not an integral
    expected = side_bands(carrier, mod, index)
    assert amplitudes[0] < 1e-3
    for frequency, height in expected.items():
        assert amplitudes[round(220 * frequency)].item() == pytest.approx(height, abs=1e-3)
    # Nothing else: all of the power is theirs.
    power = sum(height**2 for height in expected.values()) / 2
    assert power == pytest.approx(audio[-NUM_BINS:].square().mean().item(), abs=1e-3)


@given(st.floats(33.0, 88.0), st.sampled_from(MOD_RATIOS), st.floats(0.0, 1.0))
@settings(max_examples=25, deadline=None)
def test_the_strongest_partial_of_the_body_is_the_note(midi_f0, mod, depth):
    config = SynthConfig(sample_rate=8000, buffer_size_seconds=1.0, control_rate=400)
    pinned = {
        "keyboard.midi_f0": midi_f0,
        "mod_ratio.choice": mod - 0.5,
        "body.mod_depth": depth,
        "mixer.tine": 0.0,
        "mixer.body": 1.0,
    }
    audio = render(config, **pinned)[400:]
    window = torch.hann_window(len(audio), dtype=audio.dtype)
    spectrum = torch.fft.rfft(audio * window, 8 * len(audio)).abs()
    hertz = int(spectrum.argmax()) * 8000 / (8 * len(audio))
    # A bin is 0.13 Hz.
    assert hertz == pytest.approx(440 * 2 ** ((midi_f0 - 69) / 12), abs=0.14)


def test_the_index_follows_its_envelope():
    audio = render(
        **{
            "keyboard.midi_f0": 69.0,
            "mod_adsr.sustain": 0.0,
            "mod_adsr.decay": 0.5,
            "mod_adsr.alpha": 1.0,
            "tine_ratio.choice": 8.5,
            "tine.mod_depth": 1.0,
            "mod_ratio.choice": 0.5,
            "mixer.body": 0.0,
        }
    )
    windows = audio.unflatten(0, (10, -1))
    spectra = torch.fft.rfft(windows).abs().square()
    at_carrier = spectra[:, 7 * 44 - 2 : 7 * 44 + 3].sum(1) / spectra.sum(1)
    # At first its power is spread over the side bands, in the end it is a sine.
    assert at_carrier[0] < 0.4
    assert (at_carrier[5:] > 0.999).all()


def test_a_note_starts_from_silence_and_is_damped():
    synth = FmVoice(CONFIG)
    audio = synth.render_sounds(range(64)).audio
    hop = 100  # audio samples of a control sample: no envelope rises faster than over one
    ramp = 2 * torch.arange(1, hop + 1) / hop
    assert (audio[:, :hop].abs() <= ramp).all()
    assert audio[:, 0].abs().max() < 1e-5
    pinned = {f"{name}_adsr.release": 0.1 for name in ("mod", "body", "tine")}
    damped = FmVoice(CONFIG, pinned={"keyboard.duration": 0.5, **pinned})
    assert damped.render_sounds(range(8)).audio[:, 27000:].abs().max() < 1e-4


@pytest.mark.parametrize("ratios", [MOD_RATIOS, TINE_RATIOS], ids=["mod", "tine"])
def test_a_ratio_is_an_interval_and_all_of_them_are_drawn_alike(ratios):
    ratio = Ratio(CONFIG, ratios)
    choice = torch.linspace(0, len(ratios), 1001, dtype=torch.float64)
    found = ratio({"choice": choice})
    intervals, counts = found.unique(return_counts=True)
    expected = [12 * math.log2(one) for one in ratios]
    assert intervals.tolist() == pytest.approx(expected)
    assert counts.max() - counts.min() <= 2
    assert (found.diff() >= 0).all()


@pytest.mark.parametrize(
    ("ratios", "error", "message"),
    [
        ((1, 0), ValueError, "ratio must be a finite number > 0, got 0"),
        ((1, "2"), TypeError, "ratio must be a finite number, got '2'"),
        ((), ValueError, "ratios must be one or more numbers"),
    ],
    ids=["zero", "word", "none"],
)
def test_ratios_that_are_none_are_refused(ratios, error, message):
    with pytest.raises(error, match=message):
        Ratio(CONFIG, ratios)
