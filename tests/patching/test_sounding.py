import random
import warnings

import pytest
import torch

from synth_datamodule import AbstractSynth, SynthConfig, part
from synth_datamodule.modules import MonophonicKeyboard, Noise, SineVCO

CONFIG = SynthConfig(sample_rate=8000, buffer_size_seconds=0.25, control_rate=200)


class Tone(AbstractSynth):
    keyboard = part(MonophonicKeyboard)
    vco = part(SineVCO)
    gain = 1.0

    def output(self, p, noise_rows):
        pitch, _ = self.keyboard(p.keyboard)
        return self.bent(self.vco(p.vco, pitch))

    def bent(self, audio):
        return audio * self.gain


class Restless(Tone):
    def bent(self, audio):
        return audio * torch.rand(1)


class Broken(Tone):
    def bent(self, audio):
        return torch.sqrt(audio)


class Loud(Tone):
    gain = 7.0


class TwoNoises(AbstractSynth):
    keyboard = part(MonophonicKeyboard)
    first = part(Noise)
    second = part(Noise)
    other = part(Noise, seed=99)

    def output(self, p, noise_rows):
        pitch, _ = self.keyboard(p.keyboard)
        noises = [noise(noise_rows) for noise in (self.first, self.second, self.other)]
        return sum(noises) / 3 + 0 * pitch[:, None]


def test_a_sound_that_differs_when_rendered_again_is_refused():
    state = torch.get_rng_state(), random.getstate()
    with pytest.raises(ValueError, match=r"Restless.output\(\): sound 0 has other samples when"):
        Restless(CONFIG)
    assert torch.equal(torch.get_rng_state(), state[0])
    assert random.getstate() == state[1]


def test_a_sound_that_is_no_number_is_refused():
    with pytest.raises(ValueError, match=r"Broken.output\(\): sound \d has samples that are NaN"):
        Broken(CONFIG)


def test_a_sound_beyond_full_scale_is_named_once():
    with pytest.warns(UserWarning, match=r"Loud: a sound reaches 7, beyond \[-1, 1\]"):
        Loud(CONFIG)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Loud(CONFIG)
        Tone(CONFIG)


def test_two_noises_of_a_synth_are_two_and_the_first_is_the_voices():
    synth = TwoNoises(CONFIG)
    assert [synth.first.seed, synth.second.seed, synth.other.seed] == [13, 14, 99]
    rows = torch.arange(4)
    first, second, other = (noise(rows) for noise in (synth.first, synth.second, synth.other))
    assert torch.equal(first, Noise(CONFIG)(rows))
    assert torch.equal(second, Noise(CONFIG, seed=14)(rows))
    # Independent of one another: 8,000 pairs of samples, six standard errors.
    for one, two in ((first, second), (first, other), (second, other)):
        both = torch.stack((one.flatten(), two.flatten()))
        assert torch.corrcoef(both)[0, 1].abs() < 6 / 8000**0.5
