"""The matrix that sends modulators to their destinations."""

import pytest
import torch

from synth_datamodule import SynthConfig
from synth_datamodule.modules import ModulationMixer

CONFIG = SynthConfig(sample_rate=16000, buffer_size_seconds=0.25, control_rate=400)
NUM_FRAMES = 100


def mixer(**changes):
    return ModulationMixer(
        CONFIG, **{"inputs": ["adsr", "lfo"], "outputs": ["pitch", "amp"]} | changes
    )


def weights(*row):
    names = ("adsr->pitch", "adsr->amp", "lfo->pitch", "lfo->amp")
    return {name: torch.tensor([weight]) for name, weight in zip(names, row, strict=True)}


def signals(num_sounds=1):
    generator = torch.Generator().manual_seed(0)
    return torch.rand(2, num_sounds, NUM_FRAMES, generator=generator).unbind()


def test_weights_are_named_by_their_cable_input_by_input():
    names = [parameter.name for parameter in mixer().parameter_ranges]
    assert names == ["adsr->pitch", "adsr->amp", "lfo->pitch", "lfo->amp"]


@pytest.mark.parametrize(
    ("curves", "expected"),
    [(None, [0.5, 0.5, 0.5, 0.5]), ([2.0, 0.25], [2.0, 2.0, 0.25, 0.25])],
    ids=["default", "one-per-input"],
)
def test_an_inputs_curve_holds_for_all_its_cables(curves, expected):
    ranges = mixer(curves=curves).parameter_ranges
    assert [parameter.curve for parameter in ranges] == expected
    assert {(parameter.minimum, parameter.maximum) for parameter in ranges} == {(0.0, 1.0)}


@pytest.mark.parametrize(
    ("row", "pitch", "amp"),
    [
        # weights adsr->pitch, adsr->amp, lfo->pitch, lfo->amp; each output's share of adsr and lfo
        ((1, 0, 0, 1), (1, 0), (0, 1)),
        ((0, 1, 1, 0), (0, 1), (1, 0)),
        ((0.5, 0.25, 1, 0), (0.5, 1), (0.25, 0)),
        ((0, 0, 0, 0), (0, 0), (0, 0)),
        ((1, 1, 1, 1), (1, 1), (1, 1)),
    ],
    ids=["straight", "crossed", "weighted", "unplugged", "everything-everywhere"],
)
def test_an_output_is_the_weighted_sum_of_its_cables(row, pitch, amp):
    adsr, lfo = signals()
    outputs = mixer()(weights(*map(float, row)), adsr, lfo)
    for found, (from_adsr, from_lfo) in zip(outputs, (pitch, amp), strict=True):
        assert torch.equal(found, from_adsr * adsr + from_lfo * lfo)


def test_a_modulation_may_exceed_one():
    loud = torch.ones(1, NUM_FRAMES)
    pitch, amp = mixer()(weights(1.0, 0.0, 1.0, 0.5), loud, loud)
    assert pitch.unique().tolist() == [2.0]
    assert amp.unique().tolist() == [0.5]


def test_every_sound_has_its_own_weights():
    adsr, lfo = signals(num_sounds=3)
    values = {name: torch.tensor([0.1, 0.5, 0.9]) for name in weights(0, 0, 0, 0)}
    together = mixer()(values, adsr, lfo)
    for sound in range(3):
        one = {name: value[sound, None] for name, value in values.items()}
        alone = mixer()(one, adsr[sound, None], lfo[sound, None])
        for output, batch in zip(alone, together, strict=True):
            assert torch.equal(output[0], batch[sound])


@pytest.mark.parametrize("count", [0, 1, 3])
def test_more_or_fewer_signals_than_inputs_are_refused(count):
    given = [torch.zeros(1, NUM_FRAMES)] * count
    message = rf"this mixer has the inputs \('adsr', 'lfo'\), got {count} signals"
    with pytest.raises(ValueError, match=message):
        mixer()(weights(1.0, 1.0, 1.0, 1.0), *given)


@pytest.mark.parametrize(
    ("lfo", "error", "message"),
    [
        (
            torch.zeros(1, 4000),
            ValueError,
            r"lfo must be a float tensor \[B, C\] of sizes \[1, 100\], got shape \[1, 4000\]",
        ),
        (
            torch.zeros(2, NUM_FRAMES),
            ValueError,
            r"lfo must be a float tensor \[B, C\] of sizes \[1, 100\], got shape \[2, 100\]",
        ),
        (
            torch.zeros(1, NUM_FRAMES, dtype=torch.int64),
            TypeError,
            r"lfo must be a float tensor \[B, C\], got dtype torch.int64",
        ),
    ],
    ids=["audio", "another-batch-size", "integers"],
)
def test_a_wrong_signal_is_refused_by_its_input(lfo, error, message):
    with pytest.raises(error, match=message):
        mixer()(weights(1.0, 1.0, 1.0, 1.0), torch.zeros(1, NUM_FRAMES), lfo)


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"inputs": []}, ValueError, r"inputs must be one or more different names, got \(\)"),
        ({"outputs": ()}, ValueError, r"outputs must be one or more different names, got \(\)"),
        ({"curves": [0.5]}, ValueError, r"curves must be 2 numbers, one per input, got \[0.5\]"),
        ({"curves": [0.5, 0]}, ValueError, r"curve of lfo->pitch must be a finite number > 0"),
        ({"curves": [0.5, "1"]}, TypeError, r"curve of lfo->pitch must be .*, got '1' \(str\)"),
    ],
    ids=["no-input", "no-output", "one-curve", "curve-0", "curve-in-words"],
)
def test_a_matrix_that_cannot_be_is_refused(changes, error, message):
    with pytest.raises(error, match=message):
        mixer(**changes)


def test_a_missing_weight_is_the_default_one():
    values = weights(1.0, 1.0, 1.0, 1.0)
    del values["lfo->amp"]
    default = torch.full_like(values["adsr->amp"], mixer().defaults["lfo->amp"])
    given = mixer()({**values, "lfo->amp": default}, *signals())
    for one, other in zip(mixer()(values, *signals()), given, strict=True):
        assert torch.equal(one, other)
