"""One canonical form for all parameters of a sound, and the same sound in it."""

import pytest
import torch

from synth_datamodule import SynthConfig, Voice
from synth_datamodule.patching.peaks import raw_peaks

CONFIG = SynthConfig(sample_rate=16000, buffer_size_seconds=1.0, control_rate=400)
NUMBERS = torch.arange(96)
ROWS = NUMBERS % 32
SAME = 1e-6
NARROW = {
    "keyboard.midi_f0": (48.0, 72.0),
    "vco_1.tuning": (-12.0, 0.0),
    "vco_1.mod_depth": (2.0, 40.0),
    "vco_2.mod_depth": (-40.0, -2.0),
    "mixer.vco_1": (0.25, 0.75),
    "mod_matrix.adsr_1->vco_2_amp": (0.1, 0.9),
    "lfo_1.sin": (0.2, 0.6),
    "adsr_1.attack": (0.0, 1.0),
}
PINNED = {
    "keyboard.midi_f0": 60.0,
    "mixer.vco_1": 0.5,
    "mod_matrix.adsr_1->vco_2_amp": 0.0,
    "lfo_1.sin": 0.0,
    "lfo_2.sqr": 1.0,
    "adsr_2.attack": 0.1,
}
VOICES = {
    "default": {},
    "drum": {"nebula": "drum"},
    "narrowed": {"ranges": NARROW},
    "pinned": {"pinned": PINNED},
    "pinned drum": {"nebula": "drum", "pinned": PINNED},
}


@pytest.fixture(scope="module", params=VOICES)
def voice(request):
    return Voice(CONFIG, **VOICES[request.param])


@pytest.fixture(scope="module")
def drawn(voice):
    return voice.draw(NUMBERS)


@pytest.fixture(scope="module")
def audio(voice, drawn):
    return voice.render(drawn, ROWS)


def apart(voice, one, two):
    """Return the largest difference in units, over the width of the range."""
    table = voice.parameter_table
    width = torch.tensor([r.maximum - r.minimum for r in table.ranges], dtype=torch.float64)
    return float(((table.to_physical(one) - table.to_physical(two)).abs() / width).max())


def shaken(voice, parameters, seed):
    """Return parameters moved by a random element of each symmetry."""
    generator = torch.Generator().manual_seed(seed)
    moved = parameters
    for symmetry in voice.symmetries:
        moved = symmetry.moved(moved, generator)
    return moved


def test_the_canonical_form_is_the_same_sound_in_float64_within_the_ranges(voice, drawn, audio):
    canonical = voice.canonical(drawn)
    assert canonical.dtype == torch.float64
    assert canonical.min() >= 0
    assert canonical.max() <= 1
    assert (voice.render(canonical, ROWS) - audio).abs().max() <= SAME
    assert torch.equal(voice.parameter_table.pin(canonical), canonical)


def test_the_canonical_form_is_its_own(voice, drawn):
    canonical = voice.canonical(drawn)
    assert apart(voice, voice.canonical(canonical), canonical) <= 1e-9


def test_every_parameters_of_one_orbit_have_one_form(voice, drawn, audio):
    canonical = voice.canonical(drawn)
    for seed in range(2):
        moved = shaken(voice, drawn, seed)
        assert moved.min() >= 0
        assert moved.max() <= 1
        assert (voice.render(moved, ROWS) - audio).abs().max() <= SAME
        assert apart(voice, voice.canonical(moved), canonical) <= 1e-9


def test_each_symmetry_moves_only_what_it_names_and_no_sample(voice, drawn, audio):
    table, generator = voice.parameter_table, torch.Generator().manual_seed(0)
    for symmetry in voice.symmetries:
        moved = symmetry.moved(drawn, generator)
        others = [name for name in table.names if name not in symmetry.parameters]
        columns = [table.column(name) for name in others]
        assert torch.equal(moved[:, columns], table.pin(drawn.double())[:, columns])
        assert (voice.render(moved, ROWS) - audio).abs().max() <= SAME
        assert not set(symmetry.parameters) & set(table.pinned)


@pytest.mark.parametrize("nebula", ["default", "drum"])
def test_most_symmetries_move_most_sounds(nebula):
    voice = Voice(CONFIG, nebula)
    drawn = voice.draw(NUMBERS).double()
    for symmetry in voice.symmetries:
        moved = (symmetry.moved(drawn) != drawn).any(1)
        moves = moved.double().mean()
        if symmetry.name == "vco_2.mod_depth":
            downward = voice.parameter_table.to_physical(drawn)[:, symmetry.columns[0]] < 0
            assert torch.equal(moved, downward)
        elif symmetry.kind in ("shift", "shares", "scale"):
            assert moves > 0.9, symmetry.name
        elif symmetry.kind == "swap":
            assert 0.3 < moves < 0.7, symmetry.name


def test_float32_and_float64_of_the_same_numbers_have_one_form(voice, drawn):
    assert torch.equal(voice.canonical(drawn), voice.canonical(drawn.double()))


def test_the_form_of_a_sound_is_that_in_any_batch(voice, drawn):
    whole = voice.canonical(drawn)
    assert torch.equal(torch.cat([voice.canonical(one[None]) for one in drawn[:40]]), whole[:40])


def test_the_largest_weights_are_at_their_ends_and_levels_carry_the_size():
    voice = Voice(CONFIG)
    table = voice.parameter_table
    values = table.to_physical(voice.canonical(voice.draw(NUMBERS)))
    for symmetry in voice.symmetries:
        columns = [table.column(name) for name in symmetry.parameters]
        if symmetry.kind == "shares":
            assert torch.equal(values[:, columns].amax(1), torch.ones(len(values)).double())
        if symmetry.kind == "scale" and symmetry.name.startswith("mixer"):
            assert torch.equal(values[:, columns[1:]].amax(1), torch.ones(len(values)).double())


def test_the_note_is_in_the_middle_of_the_pitches_where_the_ranges_allow():
    voice = Voice(CONFIG)
    note, one, two = (
        voice.parameter_table.to_physical(voice.canonical(voice.draw(NUMBERS)))[:, column]
        for column in map(
            voice.parameter_table.column, ("keyboard.midi_f0", "vco_1.tuning", "vco_2.tuning")
        )
    )
    inside = (note > 0) & (note < 127)
    assert inside.sum() > 60
    assert (one + two)[inside].abs().max() < 1e-12


def test_silence_has_one_form_whatever_is_silent():
    voice = Voice(CONFIG)
    table = voice.parameter_table
    drawn = voice.draw(NUMBERS[:8]).double()
    weights = {f"mod_matrix.{s}->noise_amp": 0.0 for s in ("adsr_1", "adsr_2", "lfo_1", "lfo_2")}
    one = voice.canonical(table.replace(drawn, {"mixer.noise": 0.0}))
    two = voice.canonical(table.replace(drawn, weights))
    assert torch.equal(one, two)


def test_what_a_note_cuts_off_is_at_its_maximum():
    voice = Voice(CONFIG)
    table = voice.parameter_table
    drawn = voice.draw(NUMBERS[:2]).double()
    short = {"keyboard.duration": 0.5, "adsr_1.attack": 0.7, "adsr_2.attack": 0.1}
    cut = table.replace(drawn, {**short, "adsr_2.decay": 0.41, "adsr_2.sustain": 0.25})
    values = table.to_dict(table.to_physical(voice.canonical(cut)))
    # The order of the two is that of their attacks.
    assert values["adsr_1.attack"].tolist() == pytest.approx([0.1, 0.1])
    assert values["adsr_1.decay"].tolist() == [2.0, 2.0]
    assert values["adsr_1.sustain"].tolist() == pytest.approx([0.25, 0.25])
    assert values["adsr_2.attack"].tolist() == [2.0, 2.0]
    assert values["adsr_2.decay"].tolist() == [2.0, 2.0]
    assert values["adsr_2.sustain"].tolist() == [1.0, 1.0]


def test_a_phase_of_pi_is_that_of_minus_pi():
    voice = Voice(CONFIG)
    table = voice.parameter_table
    drawn = voice.draw(NUMBERS[:8]).double()
    names = ["lfo_1.initial_phase", "lfo_2.initial_phase"]
    names += ["vco_1.initial_phase", "vco_2.initial_phase"]
    low, high = drawn.clone(), drawn.clone()
    columns = [table.column(name) for name in names]
    low[:, columns], high[:, columns] = 0.0, 1.0
    assert torch.equal(voice.canonical(low), voice.canonical(high))
    assert (voice.render(low) - voice.render(high)).abs().max() <= SAME


@pytest.mark.parametrize("nebula", ["default", "drum"])
def test_with_clipping_the_gain_of_what_clips_is_normalised_too(nebula):
    voice = Voice(SynthConfig(sample_rate=8000, buffer_size_seconds=0.5, control_rate=200), nebula)
    table, numbers, rows = voice.parameter_table, NUMBERS[:24], ROWS[:24]
    drawn = voice.draw(numbers).double()
    canonical = voice.canonical(drawn, rows, clipping=True)
    audio = voice.render(drawn, rows)
    clips = audio.abs().amax(1) >= 1
    assert 3 < clips.sum() < 20
    assert (voice.render(canonical, rows) - audio).abs().max() <= SAME
    levels = [table.column(f"mixer.{name}") for name in ("vco_1", "vco_2", "noise")]
    peaks = raw_peaks(voice, table.to_physical(drawn), rows, levels)
    assert torch.equal(peaks > 1, clips)
    # Any gain that still clips, at the levels or at the weights.
    quieter = table.to_physical(drawn)
    quieter[:, levels] /= torch.where(clips, 1 + (peaks - 1) / 2, 1.0)[:, None]
    moved = shaken(voice, table.to_normalized(quieter), 0)
    again = voice.canonical(moved, rows, clipping=True)
    assert apart(voice, again, canonical) <= 1e-9
    assert apart(voice, voice.canonical(canonical, rows, clipping=True), canonical) <= 1e-9
    without = voice.canonical(drawn)
    assert torch.equal(canonical[~clips], without[~clips])
    assert (canonical[clips] != without[clips]).any(1).all()


def test_the_canonical_form_is_differentiable_inside_the_ranges():
    voice = Voice(SynthConfig(**vars(CONFIG) | {"no_grad": False}))
    inside = (0.2 + 0.6 * voice.draw(NUMBERS[:1]).double()).requires_grad_()
    assert torch.autograd.gradcheck(voice.canonical, inside, eps=1e-7, atol=1e-5)


@pytest.mark.parametrize("nebula", ["default", "drum"])
def test_its_gradient_is_finite_at_the_ends_of_the_ranges_too(nebula):
    voice = Voice(CONFIG, nebula)
    for end in (0.0, 0.5, 1.0):
        at = torch.full((1, 78), end, dtype=torch.float64, requires_grad=True)
        slope = torch.autograd.grad(voice.canonical(at).sum(), at)[0]
        assert slope.isfinite().all()


def test_it_leaves_no_random_state_moved(unchanged_random_state):
    voice = Voice(CONFIG)
    voice.canonical(voice.draw([1, 2]), clipping=True)
    voice.symmetries[0].moved(voice.draw([1]), torch.Generator().manual_seed(3))
