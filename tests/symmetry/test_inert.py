"""Inert parameters: those marked move nothing, and each reason is met."""

import pytest
import torch

from synth_datamodule import SynthConfig, Voice

CONFIG = SynthConfig(sample_rate=8000, buffer_size_seconds=1.0, control_rate=400)
NUMBERS = torch.arange(24)
ROWS = NUMBERS % 32


@pytest.fixture(scope="module", params=["default", "drum"])
def voice(request):
    return Voice(CONFIG, request.param)


def test_no_marked_parameter_moves_a_sample_wherever_it_is_moved(voice):
    drawn, generator = voice.draw(NUMBERS).double(), torch.Generator().manual_seed(0)
    audio, inert = voice.render(drawn, ROWS), voice.inert(drawn)
    assert inert.sum() > 100
    for place in range(4):
        anywhere = torch.rand(drawn.shape, generator=generator, dtype=torch.float64)
        anywhere = anywhere.round() if place == 0 else anywhere  # an end of the range
        for column in inert.any(0).nonzero()[:, 0].tolist():
            moved = drawn.clone()
            moved[inert[:, column], column] = anywhere[inert[:, column], column]
            assert (voice.render(moved, ROWS) - audio).abs().max() <= 1e-6


def test_most_parameters_that_are_not_marked_do_move_their_sound(voice):
    drawn = voice.draw(NUMBERS).double()
    audio, inert = voice.render(drawn, ROWS), voice.inert(drawn)
    still = torch.zeros_like(inert)
    for column in range(78):
        farthest = torch.zeros(len(drawn))
        for number in (0.0, 0.4, 1.0):
            moved = drawn.clone()
            moved[:, column] = number
            change = (voice.render(moved, ROWS) - audio).abs().amax(1)
            farthest = torch.maximum(farthest, change)
        still[:, column] = farthest <= 1e-6
    assert (still & ~inert).sum() < 0.05 * (~inert).sum()


def made(voice, **values):
    """Return the reasons of a sound that nothing is silent in, but for what is given."""
    loud = {"mixer.vco_1": 0.5, "mixer.vco_2": 0.5, "mixer.noise": 0.5, "keyboard.midi_f0": 60.0}
    loud |= {"vco_1.mod_depth": 12.0, "vco_2.mod_depth": 12.0, "keyboard.duration": 4.0}
    loud |= {"vco_1.tuning": 0.0, "vco_2.tuning": 0.0}
    sources, targets = ("adsr_1", "adsr_2", "lfo_1", "lfo_2"), ("vco_1", "vco_2")
    loud |= {f"mod_matrix.{s}->{t}_amp": 0.5 for s in sources for t in (*targets, "noise")}
    loud |= {f"mod_matrix.{s}->{t}_pitch": 0.5 for s in sources for t in targets}
    table = voice.parameter_table
    middle = torch.full((1, 78), 0.5, dtype=torch.float64)
    given = {name.replace("__", ".").replace("_to_", "->"): v for name, v in values.items()}
    found = voice.inert_reasons(table.replace(middle, {**loud, **given}))
    return {
        reason: {table.names[column] for column in mask[0].nonzero()[:, 0].tolist()}
        for reason, mask in found.items()
    }


WEIGHTS = [f"mod_matrix.{s}" for s in ("adsr_1", "adsr_2", "lfo_1", "lfo_2")]


def test_nothing_is_inert_where_all_is_heard():
    assert made(Voice(CONFIG)) == {}


def test_a_silent_channel_has_inert_weights_and_oscillator():
    found = made(Voice(CONFIG), mixer__vco_1=0.0)
    assert found["the level of vco_1 is 0"] == {f"{one}->vco_1_amp" for one in WEIGHTS}
    assert found["vco_1 is silent"] == {
        *("vco_1.tuning", "vco_1.mod_depth", "vco_1.initial_phase"),
        *(f"{one}->vco_1_pitch" for one in WEIGHTS),
    }


def test_a_channel_that_nothing_opens_has_an_inert_level():
    voice = Voice(CONFIG)
    closed = {f"mod_matrix__{one}_to_noise_amp": 0.0 for one in ("adsr_1", "adsr_2", "lfo_1")}
    found = made(voice, **closed, mod_matrix__lfo_2_to_noise_amp=0.0)
    assert found == {"no modulator opens noise": {"mixer.noise"}}


def test_a_depth_of_0_has_inert_weights_and_no_weights_an_inert_depth():
    voice = Voice(CONFIG)
    found = made(voice, vco_1__mod_depth=0.0)
    assert found["the depth of vco_1 is 0"] == {f"{one}->vco_1_pitch" for one in WEIGHTS}
    unbent = {
        f"mod_matrix__{s}_to_vco_{k}_pitch": 0.0
        for s in ("adsr_1", "adsr_2", "lfo_1", "lfo_2")
        for k in (1, 2)
    }
    # An upward depth of vco_2 is heard in its edges.
    assert made(voice, **unbent) == {"nothing bends vco_1": {"vco_1.mod_depth"}}


def test_a_pitch_beyond_the_last_that_is_bent_on_has_inert_weights():
    high = {"keyboard__midi_f0": 120.0, "vco_1__tuning": 10.0}
    found = made(Voice(CONFIG), **high)
    assert found == {"vco_1 is bent beyond the last pitch": {f"{w}->vco_1_pitch" for w in WEIGHTS}}
    assert made(Voice(CONFIG), **high, vco_1__mod_depth=-12.0) == {}


def test_a_modulator_that_nothing_takes_is_inert_with_what_modulates_it():
    targets = ("vco_1_amp", "vco_2_amp", "noise_amp", "vco_1_pitch", "vco_2_pitch")
    found = made(Voice(CONFIG), **{f"mod_matrix__lfo_2_to_{one}": 0.0 for one in targets})
    parts = {name.partition(".")[0] for name in found["nothing takes lfo_2"]}
    assert parts == {"lfo_2", "lfo_2_amp_adsr", "lfo_2_rate_adsr"}
    assert len(found["nothing takes lfo_2"]) == 18


def test_a_note_that_ends_within_an_attack_leaves_decay_and_sustain_unheard():
    voice = Voice(CONFIG)
    found = made(voice, keyboard__duration=0.3, adsr_1__attack=0.5)
    assert found["the note ends within the attack of adsr_1"] == {"adsr_1.decay"}
    assert found["adsr_1 never comes near its sustain"] == {"adsr_1.sustain"}
    # A decay of exactly 0 means never.
    found = made(voice, adsr_2__decay=0.0)
    assert found == {"adsr_2 never comes near its sustain": {"adsr_2.sustain"}}


def test_an_lfo_whose_rate_rests_has_an_inert_envelope():
    found = made(Voice(CONFIG), lfo_1__mod_depth=0.0)
    names = [f"lfo_1_rate_adsr.{one}" for one in ("attack", "decay", "sustain", "release", "alpha")]
    assert found == {"the depth of lfo_1 is 0": {*names}}


def test_silence_has_an_inert_note_and_duration():
    silent = {"mixer__vco_1": 0.0, "mixer__vco_2": 0.0}
    found = made(Voice(CONFIG), **silent)
    assert found["both oscillators are silent"] == {"keyboard.midi_f0"}
    assert "the sound is silent" not in found
    found = made(Voice(CONFIG), **silent, mixer__noise=0.0)
    assert found["the sound is silent"] == {"keyboard.duration"}


def test_what_is_pinned_is_inert():
    voice = Voice(CONFIG, pinned={"vco_2.shape": 0.5})
    reasons = voice.inert_reasons(voice.draw([0, 1]))
    assert reasons["it is pinned"].sum(0).nonzero().tolist() == [
        [voice.parameter_table.column("vco_2.shape")]
    ]
