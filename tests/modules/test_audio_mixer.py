"""The last stage: sounds are added, and kept from clipping."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from synth_datamodule import SynthConfig
from synth_datamodule.modules import AudioMixer, normalize_if_clipping

CONFIG = SynthConfig(sample_rate=16000, buffer_size_seconds=0.25, control_rate=400)
NUM_SAMPLES = 4000

laws = settings(derandomize=True, deadline=None, max_examples=40)
waves = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=20)


def levels(vco, noise):
    return {"vco": torch.tensor([vco]), "noise": torch.tensor([noise])}


def mixer():
    return AudioMixer(CONFIG, inputs=["vco", "noise"])


def constant(level):
    return torch.full((1, NUM_SAMPLES), level)


@pytest.mark.parametrize(
    ("audio", "expected"),
    [
        pytest.param([0.5, -2.0, 1.0], [0.25, -1.0, 0.5], id="clips"),
        pytest.param([0.5, -1.0, 0.25], [0.5, -1.0, 0.25], id="just-does-not-clip"),
        pytest.param([0.1, 0.0, -0.1], [0.1, 0.0, -0.1], id="quiet-stays-quiet"),
        pytest.param([0.0, 0.0, 0.0], [0.0, 0.0, 0.0], id="silence"),
        pytest.param([4.0, 4.0, 4.0], [1.0, 1.0, 1.0], id="offset"),
    ],
)
def test_only_a_sound_that_clips_is_turned_down(audio, expected):
    found = normalize_if_clipping(torch.tensor([audio]))
    assert torch.equal(found, torch.tensor([expected]))


def test_a_loud_sound_does_not_turn_down_its_neighbour():
    audio = torch.tensor([[0.5, -8.0], [0.5, -0.5]])
    assert normalize_if_clipping(audio).tolist() == [[0.0625, -1.0], [0.5, -0.5]]


@laws
@given(waves)
def test_a_sound_never_leaves_full_scale_and_keeps_its_shape(wave):
    audio = torch.tensor([wave], dtype=torch.float64)
    found = normalize_if_clipping(audio)
    assert found.abs().max().item() == min(audio.abs().max().item(), 1.0)
    peak = max(audio.abs().max().item(), 1.0)
    torch.testing.assert_close(found * peak, audio, rtol=1e-15, atol=1e-300)


def test_a_mix_adds_its_inputs_at_their_levels():
    mix = mixer()(levels(0.5, 0.25), constant(1.0), constant(-1.0))
    assert mix.unique().tolist() == [0.25]


def test_a_mix_that_clips_is_normalised_as_a_whole():
    audio = torch.linspace(-1, 1, NUM_SAMPLES)[None]
    mix = mixer()(levels(1.0, 1.0), audio, audio)
    assert torch.equal(mix, audio)


def test_levels_of_zero_give_silence():
    mix = mixer()(levels(0.0, 0.0), constant(1.0), constant(-1.0))
    assert mix.eq(0).all()


def test_a_level_is_linear_unless_it_is_given_a_curve():
    assert [parameter.curve for parameter in mixer().parameter_ranges] == [1.0, 1.0]
    curved = AudioMixer(CONFIG, inputs=["vco", "noise"], curves=[1.0, 0.25])
    assert [(one.name, one.curve) for one in curved.parameter_ranges] == [
        ("vco", 1.0),
        ("noise", 0.25),
    ]


@pytest.mark.parametrize("count", [0, 1, 3])
def test_more_or_fewer_signals_than_inputs_are_refused(count):
    message = rf"this mixer has the inputs \('vco', 'noise'\), got {count} signals"
    with pytest.raises(ValueError, match=message):
        mixer()(levels(1.0, 1.0), *[constant(0.0)] * count)


@pytest.mark.parametrize(
    ("noise", "error", "message"),
    [
        (
            torch.zeros(1, 100),
            ValueError,
            r"noise must be a float tensor \[B, N\] of sizes \[1, 4000\], got shape \[1, 100\]",
        ),
        (
            torch.zeros(2, NUM_SAMPLES),
            ValueError,
            r"noise must be a float tensor \[B, N\] of sizes \[1, 4000\], got shape \[2, 4000\]",
        ),
        (
            torch.zeros(1, NUM_SAMPLES, dtype=torch.int16),
            TypeError,
            r"noise must be a float tensor \[B, N\], got dtype torch.int16",
        ),
    ],
    ids=["control-signal", "another-batch-size", "integers"],
)
def test_a_wrong_signal_is_refused_by_its_input(noise, error, message):
    with pytest.raises(error, match=message):
        mixer()(levels(1.0, 1.0), constant(0.0), noise)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"inputs": []}, "inputs must be one or more different names"),
        (
            {"inputs": ["vco", "noise"], "curves": [1.0]},
            r"curves must be 2 numbers, one per input, got \[1.0\]",
        ),
        ({"inputs": ["vco"], "curves": [-1.0]}, "curve of vco must be a finite number > 0, got -1"),
    ],
    ids=["no-input", "one-curve", "negative-curve"],
)
def test_a_mixer_that_cannot_be_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        AudioMixer(CONFIG, **arguments)


def test_an_empty_or_flat_signal_cannot_be_normalised():
    for shape in ([1, 0], [4]):
        message = rf"audio must be a float tensor \[B, N\] .*, got shape \{shape}"
        with pytest.raises(ValueError, match=message):
            normalize_if_clipping(torch.zeros(shape))
