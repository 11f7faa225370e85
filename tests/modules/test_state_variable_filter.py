"""The filter: against a loop over samples, scipy and theory; under modulation; its gradients."""

import math
import shutil

import numpy as np
import pytest
import scipy.signal
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from synth_datamodule import AbstractSynth, SynthConfig
from synth_datamodule.modules import (
    AudioMixer,
    MonophonicKeyboard,
    Noise,
    SineVCO,
    StateVariableFilter,
    resonance_to_q,
    state_variable_filter,
)
from synth_datamodule.parameters.table import ParameterTable
from synth_datamodule.patching.patch import part

RATE = 44100
CONFIG = SynthConfig(sample_rate=16000, buffer_size_seconds=0.25, control_rate=400)
NUM_SAMPLES = 4000
MODES = ["lowpass", "bandpass", "highpass"]
LOWEST, HIGHEST = 16.0, 136.0  # of the knob, in semitones
BUTTERWORTH = 1 / 12  # the resonance whose Q is the square root of 1/2

# Noise of up to 4 leaves a filter of Q 32 up to 60 high; scipy's own form of a filter at 100 Hz,
# whose coefficients differ from 1 and 2 by 2e-4, loses most of these digits.
SCIPY_TOLERANCE = 1e-9
LOOP_TOLERANCE = 1e-11

laws = settings(derandomize=True, deadline=None, max_examples=40)
pitches = st.floats(LOWEST, HIGHEST)
resonances = st.floats(0, 1)


def tensor(values):
    return torch.tensor(values, dtype=torch.float64)


def column(value):
    return tensor([[value]])


def midi(hertz):
    return 69 + 12 * math.log2(hertz / 440)


def noise(num_samples, seed=0, num_sounds=1):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(num_sounds, num_samples, generator=generator, dtype=torch.float64)


def knobs(cutoff=69.0, resonance=0.5, tracking=0.0, mod_depth=0.0):
    values = {
        "cutoff": cutoff,
        "resonance": resonance,
        "tracking": tracking,
        "mod_depth": mod_depth,
    }
    return {name: tensor([value]) for name, value in values.items()}


def sample_by_sample(audio, cutoff, resonance, sample_rate):
    """Zavalishin's own steps: solve the loop without delay for the high-pass, then integrate."""
    outputs, state_1, state_2 = [], 0.0, 0.0
    for x, pitch, r in zip(audio, cutoff, resonance, strict=True):
        hertz = min(440 * 2 ** ((pitch - 69) / 12), 0.49 * sample_rate)
        g, damping = math.tan(math.pi * hertz / sample_rate), 2 / 64**r
        high = (x - (damping + g) * state_1 - state_2) / (1 + damping * g + g * g)
        band, state_1 = g * high + state_1, g * high + (g * high + state_1)
        low, state_2 = g * band + state_2, g * band + (g * band + state_2)
        outputs.append((low, damping * band, high))
    return np.array(outputs).T


def analog(mode, q):
    """Numerator and denominator of the filter whose cutoff is 1 rad/s."""
    numerators = {"lowpass": [1.0], "bandpass": [1 / q, 0.0], "highpass": [1.0, 0.0, 0.0]}
    return numerators[mode], [1.0, 1 / q, 1.0]


def impulse_responses(hertz, resonance, sample_rate=RATE, num_samples=2**17):
    impulse = torch.zeros(1, num_samples, dtype=torch.float64)
    impulse[0, 0] = 1
    given = impulse, column(midi(hertz)), column(resonance)
    responses = state_variable_filter(*given, sample_rate=sample_rate)
    return dict(zip(MODES, responses, strict=True))


@laws
@given(st.lists(st.tuples(pitches, resonances), min_size=1, max_size=80), st.integers(0, 99))
def test_a_cutoff_and_resonance_that_jump_every_sample_give_what_a_loop_gives(jumps, seed):
    cutoff, resonance = np.array(jumps).T
    audio = noise(len(cutoff), seed)
    expected = sample_by_sample(audio[0].tolist(), cutoff, resonance, RATE)
    given = audio, tensor([cutoff.tolist()]), tensor([resonance.tolist()])
    found = torch.cat(state_variable_filter(*given, sample_rate=RATE)).numpy()
    np.testing.assert_allclose(found, expected, rtol=0, atol=LOOP_TOLERANCE)


@pytest.mark.parametrize("num_samples", [1, 2, 3, 4, 5, 255, 256, 257, 4095, 4096, 4097])
def test_every_length_gives_what_a_loop_gives(num_samples):
    generator = torch.Generator().manual_seed(1)
    share = torch.rand(2, 1, num_samples, generator=generator, dtype=torch.float64)
    cutoff, resonance = LOWEST + (HIGHEST - LOWEST) * share[0], share[1]
    audio = noise(num_samples)
    given = (signal[0].tolist() for signal in (audio, cutoff, resonance))
    expected = sample_by_sample(*given, RATE)
    found = torch.cat(state_variable_filter(audio, cutoff, resonance, sample_rate=RATE))
    np.testing.assert_allclose(found.numpy(), expected, rtol=0, atol=LOOP_TOLERANCE)


@laws
@given(pitches, resonances, st.sampled_from([RATE, 48000, 192000]))
def test_held_still_it_is_the_bilinear_transform_of_the_analog_filter(pitch, resonance, rate):
    hertz, q = 440 * 2 ** ((pitch - 69) / 12), 64**resonance / 2
    # scipy's rate of 1/2 makes of s just (z - 1)/(z + 1), and a cutoff of 1 rad/s has to come out
    # at that of hertz: tan(pi hertz / rate).
    warped = math.tan(math.pi * min(hertz, 0.49 * rate) / rate)
    audio = noise(3000)
    given = audio, column(pitch), column(resonance)
    for mode, found in zip(MODES, state_variable_filter(*given, sample_rate=rate), strict=True):
        moved = scipy.signal.lp2lp(*analog(mode, q), warped)
        expected = scipy.signal.lfilter(*scipy.signal.bilinear(*moved, fs=0.5), audio[0].numpy())
        np.testing.assert_allclose(found[0].numpy(), expected, rtol=0, atol=SCIPY_TOLERANCE)


@pytest.mark.parametrize("resonance", [0.0, BUTTERWORTH, 0.5, 1.0])
@pytest.mark.parametrize("hertz", [100.0, 1000.0, 5000.0, 15000.0])
def test_its_response_is_the_analog_filters_with_frequencies_warped(hertz, resonance):
    q = 64**resonance / 2
    num_samples = 2**17
    frequencies = np.fft.rfftfreq(num_samples, 1 / RATE)[1:-1]
    warped = np.tan(np.pi * frequencies / RATE) / np.tan(np.pi * hertz / RATE)
    for mode, response in impulse_responses(hertz, resonance).items():
        _, expected = scipy.signal.freqs(*analog(mode, q), worN=warped)
        found = torch.fft.rfft(response[0])[1:-1].numpy()
        # What is left of an echo after 2.97 s is exp(-pi 100 Hz / 32 * 2.97 s), 2e-13 of Q.
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-10)


@pytest.mark.parametrize(
    ("mode", "at_0", "at_nyquist"), [("lowpass", 1, 0), ("bandpass", 0, 0), ("highpass", 0, 1)]
)
@pytest.mark.parametrize("resonance", [0.0, 0.4])
def test_what_it_lets_through_keeps_its_level(mode, at_0, at_nyquist, resonance):
    gains = torch.fft.rfft(impulse_responses(1000.0, resonance)[mode][0]).abs()
    assert gains[0].item() == pytest.approx(at_0, abs=1e-11)
    assert gains[-1].item() == pytest.approx(at_nyquist, abs=1e-11)


@pytest.mark.parametrize(("resonance", "decibels"), [(0.0, -6.02), (0.5, 12.04), (1.0, 30.1)])
def test_at_the_cutoff_low_and_high_pass_have_a_gain_of_q_and_band_pass_of_1(resonance, decibels):
    # 5000 Hz of 40,000 is bin 2**14 of 2**17 samples.
    for mode, response in impulse_responses(5000.0, resonance, sample_rate=40000).items():
        gain = torch.fft.rfft(response[0])[2**14].abs()
        expected = 0.0 if mode == "bandpass" else decibels
        assert 20 * math.log10(gain) == pytest.approx(expected, abs=0.01)


def test_the_flattest_pass_band_is_3_decibels_down_at_the_cutoff():
    responses = impulse_responses(5000.0, BUTTERWORTH, sample_rate=40000)
    for mode in ("lowpass", "highpass"):
        gains = torch.fft.rfft(responses[mode][0]).abs()
        assert 20 * math.log10(gains[2**14]) == pytest.approx(-3.0103, abs=1e-4)
        assert gains.max() < 1 + 1e-9


def test_two_octaves_beyond_the_cutoff_each_octave_takes_12_decibels():
    # At 1.4 MHz, so that nothing is warped to speak of.
    hertz = 1000.0
    responses = impulse_responses(hertz, 0.0, sample_rate=2**17 * 10)
    for mode, octaves in {"lowpass": [4, 5], "highpass": [-5, -4]}.items():
        gains = torch.fft.rfft(responses[mode][0]).abs()
        near, far = (gains[round(hertz * 2.0**octave / 10)].item() for octave in octaves)
        assert abs(20 * math.log10(far / near)) == pytest.approx(12, abs=0.1)


def test_a_resonance_of_a_twelfth_doubles_q_every_second_time():
    found = resonance_to_q(tensor([0, 1 / 12, 1 / 6, 1 / 2, 5 / 6, 1])).tolist()
    assert found == pytest.approx([0.5, 0.5**0.5, 1, 4, 16, 32], rel=1e-14)


@pytest.mark.parametrize("resonance", [0.0, 1.0])
def test_the_three_responses_add_up_to_what_went_in(resonance):
    audio, cutoff = noise(1000), LOWEST + 120 * noise(1000, seed=1).abs().clamp(max=1)
    low, band, high = state_variable_filter(audio, cutoff, column(resonance), sample_rate=RATE)
    torch.testing.assert_close(low + band + high, audio, rtol=0, atol=1e-13)


def test_it_is_linear_in_the_sound_and_silent_for_silence():
    cutoff, resonance = LOWEST + 120 * noise(1000).abs().clamp(max=1), column(1.0)
    one, other = noise(1000, seed=1), noise(1000, seed=2)

    def low(audio):
        return state_variable_filter(audio, cutoff, resonance, sample_rate=RATE)[0]

    torch.testing.assert_close(low(one + 3 * other), low(one) + 3 * low(other), rtol=0, atol=1e-12)
    assert torch.equal(low(torch.zeros_like(one)), torch.zeros_like(one))


MODULATIONS = {
    "extremes-every-sample": lambda n: (-1.0) ** n,
    "extremes-by-chance": lambda n: torch.sign(noise(len(n))[0]),
    "a-square-of-1-kHz": lambda n: torch.sign(torch.sin(2 * math.pi * 1000 * (n + 0.5) / RATE)),
    "a-sine-of-its-own-pitch": lambda n: torch.sin(2 * math.pi * 440 * n / RATE),
    "noise": lambda n: noise(len(n))[0].clamp(-1, 1),
    "up": torch.ones_like,
    "down": lambda n: -torch.ones_like(n),
}


@pytest.mark.parametrize("rate", [RATE, 8000])
@pytest.mark.parametrize("name", MODULATIONS)
def test_under_any_modulation_its_energy_is_at_most_what_went_in(name, rate):
    # Each sample adds at most g Q x**2 to the energy of the states, and takes nothing for granted
    # of what g and Q were before; the outputs are means of neighbouring states.
    time = torch.arange(RATE, dtype=torch.float64)
    mod, audio = MODULATIONS[name](time)[None], noise(RATE, seed=3)
    audio[:, 4410:] = 0  # a burst, and what it leaves
    cutoff, resonance = 69 + 96 * mod, (1 + mod.roll(1)) / 2
    low, band, high = state_variable_filter(audio, cutoff, resonance, sample_rate=rate)
    q = resonance_to_q(resonance)
    gain = torch.tan(math.pi * (440 * torch.exp2(8 * mod)).clamp(max=0.49 * rate) / rate)
    energy = (gain * q * audio.square()).cumsum(-1)
    found = low.square() + (q * band).square()
    assert (found <= energy * (1 + 1e-12)).all()
    assert torch.equal(high, audio - band - low)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("depth", [-96.0, 96.0])
def test_extremes_of_every_knob_at_audio_rate_stay_finite_and_die_away(mode, depth):
    second = SynthConfig(buffer_size_seconds=1.0)
    audio = noise(RATE)
    audio[:, RATE // 2 :] = 0
    mod = torch.sign(noise(RATE, seed=1))
    filtered = StateVariableFilter(second, mode)(
        knobs(cutoff=76.0, resonance=1.0, mod_depth=depth), audio, mod=mod
    )
    assert filtered.isfinite().all()
    # Half a second of silence, of which every other sample, on average, all but stops the filter.
    loudest, left = filtered.abs().max(), filtered[:, -4410:].abs().max()
    assert 1 < loudest < 200
    assert left < 1e-3 * loudest


def test_a_cutoff_at_which_nothing_moves_holds_the_states():
    audio = noise(400)
    cutoff = torch.full((1, 400), -1e5, dtype=torch.float64)
    cutoff[:, :200] = 80.0
    low = state_variable_filter(audio, cutoff, column(0.5), sample_rate=RATE)[0]
    held = low[:, 201:]
    assert torch.equal(held, held[:, :1].expand_as(held))
    assert held[0, 0] != 0


@pytest.mark.parametrize("mode", MODES)
def test_the_mode_selects_the_response(mode):
    audio = noise(NUM_SAMPLES)
    responses = state_variable_filter(audio, column(80.0), column(0.25), sample_rate=16000)
    found = StateVariableFilter(CONFIG, mode)(knobs(cutoff=80.0, resonance=0.25), audio)
    assert torch.equal(found, responses[MODES.index(mode)])


def test_it_is_a_low_pass_unless_told_otherwise():
    assert StateVariableFilter(CONFIG).mode == "lowpass"


def test_the_cutoff_follows_the_note_by_the_share_that_it_tracks():
    filtered, audio = StateVariableFilter(CONFIG), noise(NUM_SAMPLES)
    for tracking, semitones in ((1.0, 12.0), (0.5, 6.0), (0.0, 0.0)):
        tracked = filtered(knobs(cutoff=70.0, tracking=tracking), audio, tensor([72.0]))
        assert torch.equal(tracked, filtered(knobs(cutoff=70.0 + semitones), audio))
        assert torch.equal(
            filtered(knobs(70.0, tracking=tracking), audio), filtered(knobs(70.0), audio)
        )


def test_a_constant_modulation_turns_the_knob():
    filtered, audio = StateVariableFilter(CONFIG), noise(NUM_SAMPLES)
    bent = filtered(knobs(cutoff=70.0, mod_depth=-24.0), audio, mod=torch.full_like(audio, 0.5))
    assert torch.equal(bent, filtered(knobs(cutoff=58.0), audio))
    still = filtered(knobs(cutoff=70.0, mod_depth=-24.0), audio, mod=torch.zeros_like(audio))
    assert torch.equal(still, filtered(knobs(cutoff=70.0), audio))


def test_a_cutoff_beyond_049_of_the_sample_rate_is_that_and_has_no_slope():
    audio, limit = noise(200), midi(0.49 * 16000)

    def heard(pitch):
        pitch = column(pitch).requires_grad_()
        low = state_variable_filter(audio, pitch, column(0.5), sample_rate=16000)[0]
        return low, torch.autograd.grad(low.square().sum(), pitch)[0].item()

    low, slope = heard(limit + 1e-9)
    for pitch in (limit + 1, HIGHEST, 1e6):
        beyond, none = heard(pitch)
        assert torch.equal(beyond, low)
        assert none == slope == 0
    assert heard(limit - 1e-9)[1] != 0
    assert not torch.equal(heard(limit - 1)[0], low)


def test_no_setting_of_the_knobs_has_a_slope_that_is_not_finite():
    table = ParameterTable(StateVariableFilter.parameter_ranges)
    corners = torch.cartesian_prod(*[tensor([0, 0.5, 1])] * len(table))
    inside = torch.rand(20, len(table), generator=torch.Generator().manual_seed(0))
    u = torch.cat((corners, inside.double())).requires_grad_()
    short = SynthConfig(sample_rate=16000, buffer_size_seconds=0.02, control_rate=400)
    values = dict(zip(table.names, table.to_physical(u).unbind(-1), strict=True))
    audio = noise(short.buffer_size, num_sounds=len(u)).requires_grad_()
    mod = torch.sign(noise(short.buffer_size, 1, len(u))).requires_grad_()
    midi_f0 = (127 * noise(len(u), 2)[0].abs().clamp(max=1)).requires_grad_()
    for mode in MODES:
        filtered = StateVariableFilter(short, mode)(values, audio, midi_f0, mod)
        slopes = torch.autograd.grad(
            filtered.square().sum(), [u, audio, mod, midi_f0], retain_graph=True
        )
        assert all(slope.isfinite().all() for slope in slopes)
        assert (slopes[0][-20:].abs().sum(0) > 0).all()


@pytest.mark.parametrize("mode", MODES)
def test_gradients_are_right(mode):
    # All below the limit, where the cutoff has a slope.
    module = StateVariableFilter(few_samples(12), mode)
    names = [parameter.name for parameter in module.parameter_ranges]

    def filtered(audio, midi_f0, mod, *values):
        return module(dict(zip(names, values, strict=True)), audio, midi_f0, mod)

    values = [tensor(pair) for pair in ([90.0, 110.0], [0.3, 0.9], [0.5, 0.9], [-12.0, 9.0])]
    given = [noise(12, 0, 2), tensor([55.0, 64.0]), noise(12, 1, 2).clamp(-1, 1), *values]
    assert torch.autograd.gradcheck(filtered, [part.requires_grad_() for part in given])


# torch's own: it scripts its rules for forward mode when they are first asked for.
@pytest.mark.filterwarnings("ignore:.*torch.jit.script.*is deprecated:FutureWarning")
def test_forward_and_reverse_mode_agree_on_every_knob():
    module = StateVariableFilter(few_samples(40))
    table = ParameterTable(module.parameter_ranges)
    given = noise(40), tensor([50.0]), noise(40, 1)

    def filtered(u):
        values = dict(zip(table.names, table.to_physical(u[None]).unbind(-1), strict=True))
        return module(values, *given)[0]

    u = tensor([0.6, 0.7, 0.4, 0.8])
    forward, reverse = torch.func.jacfwd(filtered)(u), torch.func.jacrev(filtered)(u)
    torch.testing.assert_close(forward, reverse, rtol=0, atol=1e-11)
    assert (forward.abs().amax(0) > 1e-3).all()


def test_a_sounds_bits_do_not_depend_on_its_batch():
    second = SynthConfig(buffer_size_seconds=1.0)
    module, rng = StateVariableFilter(second), np.random.default_rng(0)
    values = {
        parameter.name: tensor(rng.uniform(parameter.minimum, parameter.maximum, 5))
        for parameter in module.parameter_ranges
    }
    midi_f0, audio, mod = tensor(rng.uniform(0, 127, 5)), noise(RATE, 0, 5), noise(RATE, 1, 5)
    together = module(values, audio, midi_f0, mod)
    unmodulated = module(values, audio, midi_f0)
    for sounds in (slice(0, 1), slice(3, 4), slice(1, 5)):
        some = {name: value[sounds] for name, value in values.items()}
        assert torch.equal(
            module(some, audio[sounds], midi_f0[sounds], mod[sounds]), together[sounds]
        )
        assert torch.equal(module(some, audio[sounds], midi_f0[sounds]), unmodulated[sounds])


@pytest.mark.parametrize("resonance", [0.0, 1.0])
@pytest.mark.parametrize("semitones", [0.0, 24.0], ids=["still", "modulated"])
@pytest.mark.parametrize("hertz", [50.0, 1000.0, 15000.0])
def test_float32_is_close_to_float64_over_4_seconds(hertz, semitones, resonance):
    audio = noise(4 * RATE)
    cutoff = midi(hertz) + semitones * torch.sin(torch.arange(4 * RATE).double() / 100)[None]
    given = audio, cutoff, column(resonance)
    exact = torch.cat(state_variable_filter(*given, sample_rate=RATE))
    single = (signal.float() for signal in given)
    found = torch.cat(state_variable_filter(*single, sample_rate=RATE))
    assert found.dtype == torch.float32
    # The pitch, rounded to 4e-6 semitones, is off by 2e-7, and a Q of 32 makes 60 times that of it.
    loudest = exact.abs().amax(-1, keepdim=True)
    assert ((found - exact) / loudest).abs().max() < 1e-4


def knobs_sound_and_slopes(filtered, num_samples):
    values = {name: value.requires_grad_() for name, value in knobs(mod_depth=30.0).items()}
    audio = filtered(values, noise(num_samples), tensor([50.0]), noise(num_samples, 1))
    return audio, torch.autograd.grad(audio.square().sum(), list(values.values()))


def few_samples(num_samples):
    return SynthConfig(buffer_size_seconds=num_samples / RATE, control_rate=RATE)


@pytest.mark.parametrize("backend", ["eager", "aot_eager"])
def test_compiled_in_one_graph_it_gives_the_same_sound_and_slopes(backend):
    module = StateVariableFilter(few_samples(100), "bandpass")
    compiled = torch.compile(module, backend=backend, fullgraph=True)
    found, slopes = knobs_sound_and_slopes(compiled, 100)
    expected, expected_slopes = knobs_sound_and_slopes(module, 100)
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-12)
    for one, other in zip(slopes, expected_slopes, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-12, atol=0)


@pytest.mark.skipif(not (shutil.which("g++") or shutil.which("clang++")), reason="needs a compiler")
def test_compiled_to_machine_code_it_gives_the_same_sound():
    module = StateVariableFilter(few_samples(9), "highpass")
    given = knobs(mod_depth=30.0), noise(9), tensor([50.0]), noise(9, 1)
    found = torch.compile(module, fullgraph=True)(*given)
    torch.testing.assert_close(found, module(*given), rtol=0, atol=1e-10)


@pytest.mark.gpu
def test_a_gpu_gives_the_same_sound_and_there_no_bit_depends_on_the_batch_either():
    second = SynthConfig(buffer_size_seconds=1.0)
    module = StateVariableFilter(second)
    values = {name: value.repeat(3) for name, value in knobs(80.0, 1.0, 0.5, 30.0).items()}
    given = tensor([40.0, 60.0, 80.0]), noise(RATE, 0, 3), noise(RATE, 1, 3)

    def on_gpu(sounds):
        some = {name: value[sounds].cuda() for name, value in values.items()}
        midi_f0, audio, mod = (signal[sounds].cuda() for signal in given)
        return module(some, audio, midi_f0, mod)

    together = on_gpu(slice(None))
    expected = module(values, given[1], given[0], given[2])
    torch.testing.assert_close(together.cpu(), expected, rtol=0, atol=SCIPY_TOLERANCE)
    for number in range(3):
        some = slice(number, number + 1)
        assert torch.equal(on_gpu(some), together[some])


@pytest.mark.gpu
def test_compiled_for_a_gpu_it_gives_the_same_sound():
    module = StateVariableFilter(few_samples(1000))
    values = {name: value.cuda() for name, value in knobs(mod_depth=30.0).items()}
    given = values, noise(1000).cuda(), tensor([50.0]).cuda(), noise(1000, 1).cuda()
    found = torch.compile(module, fullgraph=True)(*given)
    torch.testing.assert_close(found, module(*given), rtol=0, atol=1e-10)


class Wind(AbstractSynth):
    """Noise through a filter that a sine moves."""

    keyboard = part(MonophonicKeyboard)
    vco = part(SineVCO)
    noise = part(Noise)
    filter = part(StateVariableFilter, mode="bandpass")
    mixer = part(AudioMixer, inputs=("noise",))

    def output(self, p, noise_rows):
        midi_f0, _ = self.keyboard(p.keyboard)
        mod = self.vco(p.vco, midi_f0)
        noise = self.noise(noise_rows, midi_f0.dtype)
        return self.mixer(p.mixer, self.filter(p.filter, noise, midi_f0, mod))


def test_a_synth_draws_its_knobs_like_any_other_modules():
    synth = Wind(CONFIG)
    assert [name for name in synth.parameter_names if name.startswith("filter.")] == [
        "filter.cutoff",
        "filter.resonance",
        "filter.tracking",
        "filter.mod_depth",
    ]
    sounds = synth.render_sounds(range(20))
    assert sounds.audio.isfinite().all()
    assert (sounds.audio.abs().amax(-1) > 0).all()
    assert torch.equal(sounds.audio[7], synth.sound(7).audio)


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        (
            {"audio": torch.zeros(1, 100)},
            ValueError,
            r"audio must be a float tensor \[B, N\] of sizes \[1, 4000\], got shape \[1, 100\]",
        ),
        (
            {"mod": torch.zeros(1, 100)},
            ValueError,
            r"mod must be a float tensor \[B, N\] of sizes \[1, 4000\], got shape \[1, 100\]",
        ),
        (
            {"midi_f0": torch.zeros(2)},
            ValueError,
            r"midi_f0 must be a float tensor \[B\] of sizes \[1\], got shape \[2\]",
        ),
        (
            {"values": knobs(resonance=1.5)},
            ValueError,
            r"resonance of StateVariableFilter must lie in \[0, 1\], got 1.5 at \[0\]",
        ),
        (
            {"values": knobs(cutoff=5.0)},
            ValueError,
            r"cutoff of StateVariableFilter must lie in \[16, 136\], got 5.0 at \[0\]",
        ),
    ],
    ids=["a-control-signal", "mod-too-short", "two-notes", "resonance", "cutoff"],
)
def test_wrong_inputs_are_refused(given, error, message):
    given = {"values": knobs(), "audio": torch.zeros(1, NUM_SAMPLES)} | given
    with pytest.raises(error, match=message):
        StateVariableFilter(CONFIG)(**given)


@pytest.mark.parametrize(("mode", "error"), [("notch", ValueError), (None, TypeError)])
def test_another_mode_is_refused(mode, error):
    with pytest.raises(error, match="mode must be one of 'lowpass', 'bandpass', 'highpass', got"):
        StateVariableFilter(CONFIG, mode)


@pytest.mark.parametrize(
    ("changed", "error", "message"),
    [
        (
            {"cutoff": torch.zeros(1, 3)},
            ValueError,
            r"cutoff must be a float tensor \[B, N\] or \[B, 1\] of sizes \[1, 4\], "
            r"got shape \[1, 3\]",
        ),
        (
            {"resonance": torch.zeros(1)},
            ValueError,
            r"resonance must be a float tensor \[B, N\] or \[B, 1\] of sizes \[1, 4\], "
            r"got shape \[1\]",
        ),
        (
            {"resonance": torch.zeros(2, 1)},
            ValueError,
            r"resonance must be a float tensor \[B, N\] or \[B, 1\] of sizes \[1, 1\], "
            r"got shape \[2, 1\]",
        ),
        ({"cutoff": 69.0}, TypeError, r"cutoff must be a float tensor .*, got float"),
        ({"audio": torch.zeros(4)}, ValueError, r"audio must be a float tensor \[B, N\]"),
        (
            {"sample_rate": 0},
            ValueError,
            "sample_rate must be a whole number >= 1 and <= .*, got 0",
        ),
    ],
    ids=["too-short", "no-time-axis", "two-sounds", "a-number", "no-batch-axis", "no-rate"],
)
def test_the_function_refuses_wrong_inputs_too(changed, error, message):
    given = {
        "audio": torch.zeros(1, 4),
        "cutoff": torch.zeros(1, 1),
        "resonance": torch.zeros(1, 1),
        "sample_rate": 44100,
    }
    with pytest.raises(error, match=message):
        state_variable_filter(**given | changed)
