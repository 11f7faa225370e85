"""What a patch's cables tell of its symmetries, and what rendering takes back."""

from collections import Counter

import pytest
import torch

from synth_datamodule import AbstractSynth, SynthConfig, Voice, part, synths
from synth_datamodule.modules import (
    ADSR,
    LFO,
    VCA,
    AudioMixer,
    ControlRateUpsample,
    ModulationMixer,
    MonophonicKeyboard,
    Noise,
    SineVCO,
    SquareSawVCO,
)

CONFIG = SynthConfig(sample_rate=8000, buffer_size_seconds=0.5, control_rate=200)
ROWS = torch.arange(32)


def by_kind(synth):
    found = {}
    for one in synth.symmetries:
        found.setdefault(one.kind, []).append(one.name)
    return found


def test_the_voice_has_those_that_the_patch_tells_of():
    assert by_kind(Voice(CONFIG)) == {
        "shift": ["keyboard.midi_f0"],
        "period": [f"{one}.initial_phase" for one in ("lfo_1", "lfo_2", "vco_1", "vco_2")],
        "cut": [
            f"{one}.cut"
            for one in (
                *("adsr_1", "adsr_2", "lfo_1_amp_adsr", "lfo_2_amp_adsr"),
                *("lfo_1_rate_adsr", "lfo_2_rate_adsr"),
            )
        ],
        "shares": ["lfo_1.shares", "lfo_2.shares"],
        "scale": [
            *("mixer.vco_1", "mixer.vco_2", "mixer.noise"),
            *("vco_1.mod_depth", "vco_2.mod_depth"),
        ],
        "gain": ["mixer.gain"],
        "swap": ["adsr_1 and adsr_2", "lfo_1 and lfo_2"],
    }


def test_a_swap_moves_the_parts_what_hangs_on_them_and_their_weights():
    adsrs, lfos = (one for one in Voice(CONFIG).symmetries if one.kind == "swap")
    assert len(adsrs.parameters) == 20
    assert {name.partition(".")[0] for name in lfos.parameters} == {
        *("lfo_1", "lfo_2", "lfo_1_amp_adsr", "lfo_2_amp_adsr"),
        *("lfo_1_rate_adsr", "lfo_2_rate_adsr", "mod_matrix"),
    }
    assert len(lfos.parameters) == 46


@pytest.mark.parametrize(
    ("given", "gone"),
    [
        ({"pinned": {"keyboard.midi_f0": 60.0}}, ["keyboard.midi_f0"]),
        ({"pinned": {"vco_2.tuning": 0.0}}, ["keyboard.midi_f0"]),
        ({"pinned": {"mixer.vco_1": 0.5}}, ["mixer.vco_1", "mixer.gain"]),
        ({"pinned": {"mixer.vco_1": 0.0}}, ["mixer.vco_1"]),
        (
            {"pinned": {"mod_matrix.lfo_1->vco_1_pitch": 0.5}},
            ["vco_1.mod_depth", "lfo_1 and lfo_2"],
        ),
        ({"pinned": {"mod_matrix.lfo_1->vco_1_pitch": 0.0}}, ["lfo_1 and lfo_2"]),
        ({"pinned": {"lfo_1.sin": 0.5}}, ["lfo_1.shares", "lfo_1 and lfo_2"]),
        ({"pinned": {"adsr_1.alpha": 1.0}}, ["adsr_1 and adsr_2"]),
        ({"pinned": {"adsr_1.alpha": 1.0, "adsr_2.alpha": 1.0}}, []),
        ({"ranges": {"adsr_1.attack": (0.0, 1.0)}}, ["adsr_1 and adsr_2"]),
        ({"ranges": {"vco_2.mod_depth": (0.0, 12.0)}}, ["vco_2.mod_depth"]),
        (
            {"ranges": {"lfo_2.initial_phase": (-1.0, 1.0)}},
            ["lfo_2.initial_phase", "lfo_1 and lfo_2"],
        ),
    ],
    ids=str,
)
def test_what_pinned_and_narrowed_parameters_do_not_allow_is_left_out(given, gone):
    names = Counter(one.name for one in Voice(CONFIG).symmetries)
    names.subtract(one.name for one in Voice(CONFIG, **given).symmetries)
    assert sorted(names.elements()) == sorted(gone)


def test_the_filtered_voice_hears_its_note_and_its_gain_in_the_filter():
    missing = set(by_kind(Voice(CONFIG))) - set(by_kind(synths.FilteredVoice(CONFIG)))
    assert missing == {"shift", "gain"}


@pytest.mark.parametrize("kind", [synths.OneOscillator, synths.FmVoice, synths.FilteredVoice])
def test_the_shipped_synths_sound_the_same_when_moved_and_in_canonical_form(kind):
    synth = kind(CONFIG)
    drawn, generator = synth.draw(range(32)), torch.Generator().manual_seed(0)
    audio = synth.render(drawn, ROWS)
    assert synth.symmetries
    moved = drawn
    for one in synth.symmetries:
        moved = one.moved(moved, generator)
    assert (synth.render(moved, ROWS) - audio).abs().max() <= 1e-6
    canonical = synth.canonical(drawn)
    assert (synth.render(canonical, ROWS) - audio).abs().max() <= 1e-6
    assert (synth.canonical(moved) - canonical).abs().max() <= 1e-9


class Choir(AbstractSynth):
    """Three sines and a square, bent by one envelope, added."""

    keyboard, adsr = part(MonophonicKeyboard), part(ADSR)
    one, two, three = part(SineVCO), part(SineVCO), part(SineVCO)
    other = part(SquareSawVCO)
    upsample = part(ControlRateUpsample)
    matrix = part(ModulationMixer, inputs=("adsr",), outputs=("one", "two", "three", "other"))
    mixer = part(AudioMixer, inputs=("one", "two", "three", "other"))

    def note(self, midi_f0):
        return midi_f0

    def output(self, p, noise_rows):
        midi_f0, duration = self.keyboard(p.keyboard)
        bends = self.matrix(p.matrix, self.adsr(p.adsr, duration))
        bend = [self.upsample(one) for one in bends]
        return self.mixer(
            p.mixer,
            self.one(p.one, self.note(midi_f0), bend[0]),
            self.two(p.two, midi_f0, bend[1]),
            self.three(p.three, midi_f0, bend[2]),
            self.other(p.other, midi_f0, bend[3]),
        )


class Stretched(Choir):
    """The same cables, and a note that one oscillator doubles."""

    def note(self, midi_f0):
        return midi_f0 + midi_f0 / 2


class Read(Choir):
    """The same cables, and a level that is heard elsewhere too."""

    def output(self, p, noise_rows):
        return super().output(p, noise_rows) * p.mixer["one"][:, None]


def test_parts_that_are_wired_alike_stand_in_any_order():
    found = by_kind(Choir(CONFIG))
    assert found["swap"] == ["one and two", "one and three", "two and three"]
    assert found["shift"] == ["keyboard.midi_f0"]
    assert found["scale"] == [f"{one}.mod_depth" for one in ("one", "two", "three", "other")]
    shift = Choir(CONFIG).symmetries[0]
    assert shift.parameters[1:] == ("one.tuning", "two.tuning", "three.tuning", "other.tuning")


def test_what_cables_do_not_tell_is_found_by_rendering():
    assert by_kind(Stretched(CONFIG))["swap"] == ["two and three"]
    assert "shift" not in by_kind(Stretched(CONFIG))
    assert by_kind(Read(CONFIG))["swap"] == ["two and three"]
    assert "gain" in by_kind(Choir(CONFIG))
    assert "gain" not in by_kind(Read(CONFIG))


@pytest.mark.parametrize("kind", [Choir, Stretched, Read])
def test_synths_of_ones_own_sound_the_same_in_canonical_form(kind):
    synth = kind(CONFIG)
    drawn, generator = synth.draw(range(32)), torch.Generator().manual_seed(0)
    audio = synth.render(drawn)
    canonical, moved = synth.canonical(drawn), drawn
    for one in synth.symmetries:
        moved = one.moved(moved, generator)
    assert (synth.render(canonical) - audio).abs().max() <= 1e-6
    assert (synth.render(moved) - audio).abs().max() <= 1e-6
    assert (synth.canonical(moved) - canonical).abs().max() <= 1e-9


class Seeds(AbstractSynth):
    """Two noises, which are not alike, and one that a level and a weight open."""

    keyboard, adsr, lfo = part(MonophonicKeyboard), part(ADSR), part(LFO)
    one, two = part(Noise), part(Noise)
    vca, upsample = part(VCA), part(ControlRateUpsample)
    matrix = part(ModulationMixer, inputs=("adsr", "lfo"), outputs=("one", "rate"))
    slow = part(LFO)
    mixer = part(AudioMixer, inputs=("one", "two"))

    def output(self, p, noise_rows):
        _, duration = self.keyboard(p.keyboard)
        envelope = self.adsr(p.adsr, duration)
        opened, rate = self.matrix(p.matrix, envelope, self.lfo(p.lfo))
        one = self.vca(self.one(noise_rows, opened.dtype), self.upsample(opened))
        two = self.two(noise_rows, opened.dtype)
        return self.mixer(p.mixer, one, self.vca(two, self.upsample(self.slow(p.slow, rate))))


def test_noises_of_their_own_seeds_are_not_alike_and_depths_of_lfos_scale():
    found = by_kind(Seeds(CONFIG))
    assert "swap" not in found
    assert found["scale"] == ["mixer.one", "slow.mod_depth"]
