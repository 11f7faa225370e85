import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from synth_datamodule import SynthConfig, Voice
from synth_datamodule.matching import inversion
from synth_datamodule.matching.inversion import invert, multi_resolution_stft, search_along
from synth_datamodule.matching.metrics import PITCH
from synth_datamodule.matching.spectral import SpectralDistance
from synth_datamodule.synths.fm_voice import FmVoice

SHORT = {"sample_rate": 8000, "buffer_size_seconds": 0.5, "control_rate": 400}
OUTPUTS = ["vco_1_pitch", "vco_1_amp", "vco_2_pitch", "vco_2_amp", "noise_amp"]
# A3 and the fifth above, shaped by one envelope: what is moved below is heard.
STEADY = {
    "keyboard.midi_f0": 57.0,
    "keyboard.duration": 0.4,
    "adsr_1.attack": 0.02,
    "adsr_1.decay": 0.1,
    "adsr_1.release": 0.1,
    "adsr_1.alpha": 2.0,
    "vco_1.tuning": 0.0,
    "vco_2.tuning": 7.0,
    "vco_1.mod_depth": 0.0,
    "vco_2.mod_depth": 0.0,
    "mixer.noise": 0.0,
    **{f"mod_matrix.adsr_1->{name}": 1.0 for name in OUTPUTS},
    **{f"mod_matrix.{k}->{name}": 0.0 for k in ("adsr_2", "lfo_1", "lfo_2") for name in OUTPUTS},
}
SMOOTH = ["vco_2.shape", "mixer.vco_1", "mixer.vco_2", "adsr_1.sustain"]


def squares(guess, target):
    return (guess - target).square().mean(1)


def magnitudes(guess, target):
    spectra = [
        torch.stft(x, 256, 64, window=torch.hann_window(256), return_complex=True).abs()
        for x in (guess, target)
    ]
    return (spectra[0] - spectra[1]).square().mean((1, 2))


@pytest.fixture(scope="module")
def voice():
    return Voice(SynthConfig(no_grad=False, **SHORT))


@pytest.fixture(scope="module")
def steady():
    return Voice(SynthConfig(no_grad=False, **SHORT), pinned=STEADY)


@pytest.fixture(scope="module")
def heard(voice):
    return voice.render_sounds([3, 4, 5])


def moved(synth, parameters, names, by):
    """Return parameters moved along some columns, up or down as they have room."""
    start = parameters.clone()
    for name in names:
        column = synth.parameter_table.column(name)
        start[:, column] += by * torch.where(start[:, column] < 0.5, 1, -1)
    return start


@pytest.fixture(scope="module")
def easy(steady):
    """Return parameters of sounds too soft to clip, where each of SMOOTH is heard by itself."""
    truth = torch.full((4, 78), 0.5)
    generator = torch.Generator().manual_seed(0)
    for name in SMOOTH:
        truth[:, steady.parameter_table.column(name)] = 0.2 + 0.25 * torch.rand(
            4, generator=generator
        )
    return truth


def errors(synth, guess, truth):
    columns = [synth.parameter_table.column(name) for name in SMOOTH]
    return (guess - truth)[:, columns].abs().mean(1)


def test_a_sound_a_little_off_comes_back(steady, easy):
    audio, start = steady.render(easy), moved(steady, easy, SMOOTH, 0.15)
    found = invert(steady, audio, start, num_steps=60, loss=magnitudes, search=())
    assert (found.losses.amin(0) < found.losses[0] / 20).all()
    assert (errors(steady, found.parameters, easy) < errors(steady, start, easy) / 2).all()


def test_the_default_loss_brings_it_back_too(steady, easy):
    audio, start = steady.render(easy), moved(steady, easy, SMOOTH, 0.15)
    loss = multi_resolution_stft((128, 256, 512))
    found = invert(steady, audio, start, num_steps=60, loss=loss, search=())
    assert (found.losses.amin(0) < found.losses[0] / 5).all()
    assert (errors(steady, found.parameters, easy) < errors(steady, start, easy) / 3).all()


def test_a_sound_does_not_depend_on_its_neighbours(voice, heard):
    start = torch.full_like(heard.parameters, 0.4)
    options = {"num_steps": 4, "loss": magnitudes}
    together = invert(voice, heard.audio, start, **options)
    for place in range(len(start)):
        one = slice(place, place + 1)
        alone = invert(voice, heard.audio[one], start[one], **options)
        torch.testing.assert_close(alone.parameters, together.parameters[one], rtol=0, atol=1e-5)
        torch.testing.assert_close(alone.losses, together.losses[:, one], rtol=1e-4, atol=0)


def test_a_louder_neighbour_does_not_change_the_default_loss(heard):
    loss = multi_resolution_stft((128, 256))
    guess, target = heard.audio.flip(1), heard.audio
    loud = torch.tensor([1.0, 1.0, 100.0])[:, None]
    before, after = loss(guess, target), loss(loud * guess, loud * target)
    torch.testing.assert_close(before[:2], after[:2])


def test_the_default_loss_is_the_benchmarks_distance_with_other_windows_and_floors():
    guess, target = torch.randn(2, 3, 4000, generator=torch.Generator().manual_seed(0))
    sizes, power = [512, 1024, 2048], 1e-7
    floors = [20 * math.log10(math.sqrt(power) / (size / 4)) for size in sizes]
    by_window = [
        multi_resolution_stft([size], floor)(guess, target)
        for size, floor in zip(sizes, floors, strict=True)
    ]
    distances = SpectralDistance(8000)(guess, target)
    torch.testing.assert_close(
        torch.stack(by_window).mean(0), distances.spectral_convergence + distances.log_magnitude
    )
    together = multi_resolution_stft(sizes, -60.0)(guess, target)
    apart = [multi_resolution_stft([size], -60.0)(guess, target) for size in sizes]
    torch.testing.assert_close(together, torch.stack(apart).mean(0))


def test_what_lies_below_the_floor_weighs_nothing_in_the_default_loss():
    sine = torch.sin(torch.arange(4000) * 0.5)[None]
    loss = multi_resolution_stft([256], floor=-40.0)
    assert loss(10 ** (-41 / 20) * sine, torch.zeros_like(sine)) == 0
    assert loss(10 ** (-39 / 20) * sine, torch.zeros_like(sine)) > 0


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), rate=st.floats(0.001, 1.0), num_steps=st.integers(1, 4))
def test_the_best_is_never_worse_than_the_start_and_stays_in_range(voice, seed, rate, num_steps):
    heard = voice.render_sounds([seed])
    start = torch.rand(1, 78, generator=torch.Generator().manual_seed(seed))
    options = {"num_steps": num_steps, "learning_rate": rate, "loss": magnitudes, "search": ()}
    found = invert(voice, heard.audio, start, **options)
    assert found.losses.shape == (num_steps + 1, 1)
    assert ((found.parameters >= 0) & (found.parameters <= 1)).all()
    reached = magnitudes(voice.render(found.parameters), heard.audio)
    torch.testing.assert_close(reached, found.losses.amin(0))
    torch.testing.assert_close(found.losses[0], magnitudes(voice.render(start), heard.audio))


def test_a_step_moves_a_pitch_by_no_more_than_its_share_of_a_semitone(voice, heard):
    start = torch.full_like(heard.parameters, 0.4)
    found = invert(
        voice, heard.audio, start, num_steps=1, learning_rate=0.05, loss=magnitudes, search=()
    )
    values = [voice.parameter_table.to_physical(u) for u in (start, found.parameters)]
    steps = (found.parameters - start).abs().amax(0)
    for name in (PITCH, "vco_1.tuning", "vco_2.tuning"):
        column = voice.parameter_table.column(name)
        assert (values[0] - values[1])[:, column].abs().max() <= 0.05 * 1.001
    assert steps.max() == pytest.approx(0.05, rel=1e-3)


def test_a_search_finds_the_note(steady):
    voice = Voice(
        SynthConfig(no_grad=False, **SHORT), pinned={k: v for k, v in STEADY.items() if k != PITCH}
    )
    heard = voice.render_sounds([0, 1, 2])
    column = voice.parameter_table.column(PITCH)
    notes = torch.tensor([40.0, 57.0, 71.0])
    target = heard.parameters.clone()
    target[:, column] = notes / 127
    start = target.clone()
    start[:, column] = 0.9
    audio = voice.render(target)
    found, losses = search_along(voice, audio, start, loss=magnitudes)
    torch.testing.assert_close(127 * found[:, column], notes)
    torch.testing.assert_close(found, target)
    assert (losses < 1e-6).all()
    inversion = invert(voice, audio, start, num_steps=1, loss=magnitudes)
    torch.testing.assert_close(inversion.losses[0], losses)


def test_a_search_keeps_a_start_that_nothing_beats(voice, heard):
    found, losses = search_along(
        voice,
        heard.audio,
        heard.parameters,
        [PITCH, "vco_1.tuning"],
        num_values=3,
        loss=squares,
        noise_rows=torch.tensor([3, 4, 5]),
    )
    assert torch.equal(found, heard.parameters)
    assert torch.equal(losses, torch.zeros(3))


def test_a_search_in_pieces_is_the_same(voice, heard, monkeypatch):
    start = torch.full_like(heard.parameters, 0.4)
    whole = search_along(voice, heard.audio, start, num_values=8, loss=squares)
    monkeypatch.setitem(inversion._SEARCH_SAMPLES, "cpu", 7 * heard.audio.shape[1])
    pieces = search_along(voice, heard.audio, start, num_values=8, loss=squares)
    torch.testing.assert_close(pieces, whole)


def test_pinned_parameters_come_back_as_pinned(steady):
    heard = steady.render_sounds([7])
    found = invert(steady, heard.audio, torch.zeros(1, 78), num_steps=1, loss=squares, search=())
    column = steady.parameter_table.column(PITCH)
    assert found.parameters[0, column].item() == pytest.approx(57 / 127)


def test_the_start_given_stays_as_it_was(voice, heard):
    start = torch.full_like(heard.parameters, 0.4)
    invert(voice, heard.audio, start, num_steps=2, loss=squares, search=())
    assert torch.equal(start, torch.full_like(start, 0.4))
    assert not start.requires_grad


def test_another_synth_is_inverted_too():
    synth = FmVoice(SynthConfig(no_grad=False, **SHORT))
    heard = synth.render_sounds([0])
    start = moved(synth, heard.parameters, synth.parameter_names, 0.02)
    found = invert(synth, heard.audio, start, num_steps=10, loss=magnitudes, search=())
    assert found.losses.min() < found.losses[0]


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"voice": Voice(SynthConfig(**SHORT))}, ValueError, r"no_grad=False"),
        ({"voice": "Voice"}, TypeError, "voice must be an AbstractSynth, got 'Voice'"),
        ({"audio": torch.zeros(1, 10)}, ValueError, r"audio must be .* \[any, 4000\]"),
        ({"audio": torch.zeros(1, 4000, dtype=torch.int64)}, TypeError, "audio must be a float"),
        ({"start": torch.zeros(2, 78)}, ValueError, r"start must be .* \[1, 78\]"),
        ({"start": torch.full((1, 78), 1.5)}, ValueError, r"start must lie in \[0, 1\]"),
        (
            {"num_steps": 0},
            ValueError,
            "num_steps must be .* >= 1 and .*, got 0",
        ),
        ({"num_steps": 1.5}, TypeError, "num_steps must be a whole number"),
        ({"learning_rate": 0.0}, ValueError, "learning_rate must be a finite number > 0"),
        ({"search": ["vco_1.tunig"]}, ValueError, "no parameter is named 'vco_1.tunig'"),
        ({"search": PITCH}, TypeError, "search must be one or more different names"),
        ({"noise_rows": torch.tensor([0, 1])}, ValueError, "one row per sound"),
    ],
)
def test_what_does_not_fit_is_an_error_before_any_work(voice, change, error, message):
    def never(guess, target):
        raise AssertionError("nothing is compared")

    given = {
        "voice": voice,
        "audio": torch.zeros(1, 4000),
        "start": torch.zeros(1, 78),
        "loss": never,
        "search": (),
    }
    with pytest.raises(error, match=message):
        invert(**{**given, **change})


def test_a_loss_of_the_whole_batch_is_an_error(voice, heard):
    with pytest.raises(ValueError, match=r"loss\(guess, target\) must be a float tensor \[B\]"):
        invert(
            voice,
            heard.audio,
            heard.parameters,
            loss=lambda guess, target: (guess - target).square().mean(),
            search=(),
        )


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"windows": [0]}, ValueError),
        ({"windows": [256.0]}, TypeError),
        ({"windows": []}, ValueError),
        ({"floor": float("nan")}, ValueError),
    ],
)
def test_a_default_loss_that_cannot_be_is_an_error(change, error):
    with pytest.raises(error, match=r"window|floor"):
        multi_resolution_stft(**change)


def test_a_note_of_one_value_stays_and_the_others_move():
    config = SynthConfig(2, 8000, 0.1, 100, no_grad=False)
    fixed = Voice(config, ranges={"keyboard.midi_f0": (60.0, 60.0)})
    target = fixed.render_sounds([0])
    start = (target.parameters + 0.01).clamp(max=1.0)
    found = invert(fixed, target.audio, start, num_steps=3, loss=per_sound, search=())
    assert found.parameters.isfinite().all()
    assert found.losses.min() < found.losses[0]
    assert found.parameters[0, 0] == 0


def per_sound(guess, target):
    return (guess - target).square().mean(1)
