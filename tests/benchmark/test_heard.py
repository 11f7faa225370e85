import pytest
import torch

from synth_datamodule import SynthConfig, Voice
from synth_datamodule.benchmark.heard import Heard, heard, heard_errors

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def voice():
    return Voice(SynthConfig(sample_rate=16000, buffer_size_seconds=1.0, control_rate=400))


def rows(numbers):
    return torch.tensor(numbers) % 32


def patched(voice, **values):
    """Return parameters of a plain note, with some values in units changed."""
    table = voice.parameter_table
    plain = {one.name: max(one.minimum, min(0.0, one.maximum)) for one in table.ranges}
    plain |= {
        "keyboard.midi_f0": 60.0,
        "keyboard.duration": 1.0,
        "vco_1.tuning": 0.0,
        "vco_2.tuning": 7.0,
        "vco_1.mod_depth": 0.0,
        "vco_2.mod_depth": 0.0,
        "adsr_1.sustain": 1.0,
        "mixer.vco_1": 0.5,
        "mixer.vco_2": 0.25,
        "mod_matrix.adsr_1->vco_1_amp": 1.0,
        "mod_matrix.adsr_1->vco_2_amp": 1.0,
    }
    plain |= values
    return table.to_normalized(
        torch.tensor([[plain[name] for name in table.names]], dtype=torch.float64)
    )


def test_the_pitch_is_that_of_the_oscillator_with_the_larger_gain(voice):
    first = heard(voice, patched(voice), rows([0]), CPU)
    assert first.pitch.item() == pytest.approx(60, abs=1e-5)
    assert first.is_still.item()
    other = heard(voice, patched(voice, **{"mixer.vco_2": 0.75}), rows([0]), CPU)
    assert other.pitch.item() == pytest.approx(67, abs=1e-5)


def test_a_gain_is_what_is_left_of_it_where_the_sound_clips(voice):
    levels = {"mixer.vco_1": 1.0, "mixer.vco_2": 1.0}
    found = heard(voice, patched(voice, **levels), rows([0]), CPU)
    ratio = found.gains[0, 0].max() / found.gains[0, 1].max()
    assert ratio.item() == pytest.approx(1)
    assert found.gains.max() < 0.9
    soft = {name: level / 4 for name, level in levels.items()}
    quiet = heard(voice, patched(voice, **soft), rows([0]), CPU)
    assert quiet.gains.max().item() == pytest.approx(0.25, abs=1e-3)


def test_a_bent_pitch_does_not_stand_still(voice):
    bend = {"vco_1.mod_depth": 12.0, "mod_matrix.adsr_2->vco_1_pitch": 1.0, "adsr_2.attack": 1.0}
    found = heard(voice, patched(voice, **bend), rows([0]), CPU)
    assert not found.is_still.item()
    assert 60.5 < found.pitch.item() < 72


def test_the_end_is_that_of_the_last_gain_that_sounds(voice):
    short = patched(voice, **{"keyboard.duration": 0.25, "adsr_1.release": 0.1, "adsr_1.alpha": 3})
    found = heard(voice, short, rows([0]), CPU)
    assert found.end(400).item() == pytest.approx(0.34, abs=0.01)


def test_a_sound_does_not_depend_on_the_others(voice):
    numbers = list(range(40))
    parameters = voice.draw(numbers)
    together = heard(voice, parameters, rows(numbers), CPU)
    for place in (0, 17, 39):
        one = slice(place, place + 1)
        alone = heard(voice, parameters[one], rows(numbers)[one], CPU)
        for ours, theirs in zip(alone, together, strict=True):
            assert torch.equal(ours[0], theirs[place])


def test_a_guess_that_is_right_has_no_error_and_a_silent_one_no_pitch(voice):
    sound = heard(voice, patched(voice), rows([0]), CPU)
    silent = heard(
        voice, patched(voice, **{"mixer.vco_1": 0.0, "mixer.vco_2": 0.0}), rows([0]), CPU
    )
    for one in (sound, silent):
        assert not any(error.any() for error in heard_errors(one, one, 400).values())
    for pair in ((sound, silent), (silent, sound)):
        errors = heard_errors(*pair, 400)
        assert errors["heard_pitch_error"].item() == errors["pitch_over_time"].item() == 127
        assert errors["end_error"] > 0.5
        assert errors["gain_error"] > 0.1


def test_errors_over_time_weigh_by_the_targets_gain():
    gains = torch.tensor([[[1.0, 0.5, 0.0, 0.0]] + [[0.0] * 4] * 2]).double()
    weights = gains[:, 0]
    target = Heard(gains, torch.tensor([[60.0, 60, 60, 60]]).double(), weights)
    guess = Heard(gains / 2, torch.tensor([[61.0, 64, 90, 90]]).double(), weights)
    errors = heard_errors(guess, target, 2)
    assert errors["pitch_over_time"].item() == pytest.approx((1 * 1 + 0.5 * 4) / 1.5)
    assert errors["heard_pitch_error"].item() == pytest.approx((1 * 1 + 0.5 * 4) / 1.5)
    assert errors["gain_error"].item() == pytest.approx(0.75 / 12)
    assert errors["end_error"].item() == 0
