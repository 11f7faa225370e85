"""Signals that know how they are computed: what is linear happens at control rate."""

import math

import pytest

from synth_datamodule.program import Builder, Unknown
from synth_datamodule.program.builder import AUDIO, CONTROL, PHASE, ROWS, VALUE


class Some:
    """A builder with a signal of each rate."""

    def __init__(self):
        self.build = Builder()
        self.value, self.other = self.build.parameter(0), self.build.parameter(1)
        self.control = self.build.filled(self.value, CONTROL)
        self.lfo = self.build.node("lfo", CONTROL, [self.control])
        self.envelope = self.build.node("envelope", CONTROL, [self.value])
        self.noise = self.build.node("noise", AUDIO, data=(13,))
        self.line = self.build.upsample(self.lfo)


@pytest.fixture
def some():
    return Some()


def told(signal):
    """Return a signal's kind and those of its inputs, in nested tuples."""
    node = signal.node
    inputs = [told(type(signal)(signal.builder, place)) for place in node.inputs]
    return (node.kind, *inputs) if inputs else node.kind


def test_equal_steps_are_one(some):
    assert (some.value + some.other).place == (some.value + some.other).place
    assert (some.value + some.other).place != (some.other + some.value).place
    assert some.build.constant(0.5).place == some.build.signal(0.5).place


def test_arithmetic_of_numbers_is_a_number(some):
    for signal in (some.value + 1, 1 - some.value, some.value * some.other, -some.value):
        assert signal.rate == VALUE
    assert told(some.build.divide(some.value, some.other)) == ("divide", "parameter", "parameter")


def test_a_number_is_added_to_each_sample_and_multiplies_each(some):
    assert told(some.noise + some.value) == told(some.value + some.noise)
    assert told(some.noise + some.value) == ("shift", "noise", "parameter")
    assert told(some.value * some.noise) == ("scale", "noise", "parameter")
    assert told(some.noise - 2.0) == ("shift", "noise", ("multiply", "constant", "constant"))


def test_what_is_linear_in_an_upsampled_signal_is_done_at_control_rate(some):
    other = some.build.upsample(some.envelope)
    for signal in (
        *(some.line + other, some.line - other, some.line + 2.0, 2.0 - some.line),
        *(some.line * some.value, -some.line, some.build.divide(some.line, some.value)),
    ):
        assert signal.node.kind == "upsample"
        assert signal.rate == AUDIO


def test_products_of_signals_and_sums_with_audio_happen_at_audio_rate(some):
    other = some.build.upsample(some.envelope)
    for signal in (some.line * other, some.line + some.noise, some.noise - some.line):
        assert signal.node.kind in ("multiply", "add", "subtract")
        assert signal.rate == AUDIO


def test_a_signal_that_rests_is_computed_with_as_its_number(some):
    rests = some.build.filled(some.value, AUDIO)
    assert told(some.noise * rests) == told(some.noise * some.value)
    assert told(rests * some.noise) == told(some.noise * some.value)
    assert told(some.noise + rests) == told(some.noise + some.value)
    assert told(rests - some.noise) == told(some.value - some.noise)
    assert told(rests * rests + 1.0) == ("fill", told(some.value * some.value + 1.0))
    assert told(some.build.upsample(some.control)) == ("fill", "parameter")


def test_signals_of_two_rates_cannot_be_joined(some):
    for join in (some.build.add, some.build.subtract, some.build.multiply):
        with pytest.raises(Unknown, match="different rates are joined: audio and control"):
            join(some.noise, some.lfo)
    phase = some.build.node("steady", PHASE, [some.value, some.other])
    with pytest.raises(Unknown, match="different rates"):
        some.build.multiply(phase, phase)


@pytest.mark.parametrize(
    ("rate", "told_given", "told_wanted"),
    [
        (VALUE, "a number", "audio"),
        (CONTROL, "a control signal", "audio"),
        (AUDIO, "audio", "a number"),
        (ROWS, "a row of noise", "audio"),
        (PHASE, "a phase", "audio"),
    ],
)
def test_a_wrong_rate_is_told_in_words(rate, told_given, told_wanted):
    build = Builder()
    signal = build.node("some", rate)
    with pytest.raises(Unknown, match=f"^{told_given} is given where {told_wanted} is taken$"):
        build.expect(signal, VALUE if rate == AUDIO else AUDIO)


def test_there_is_no_rate_of_another_name():
    with pytest.raises(Unknown, match="there is no rate bpm"):
        Builder().rate("bpm")


def test_a_mix_multiplies_levels_into_an_amplifiers_control_signal(some):
    amplified = some.noise * some.line
    mixed = some.build.mixed([some.other], [amplified])
    gain = ("gain", "parameter", told(some.lfo))
    assert told(mixed) == ("mix", ("upsample", gain), "noise")
    assert told(some.build.mixed([some.other], [some.line * some.noise])) == told(mixed)


def test_a_mix_gathers_all_that_scales_a_signal_into_one_gain(some):
    mixed = some.build.mixed([some.other], [(some.noise * 0.5 * some.line) * 0.25])
    assert told(mixed)[0] == "mix"
    assert told(mixed)[2] == "noise"


def test_a_mix_of_many_signals_adds_four_at_a_time(some):
    levels = [some.build.parameter(k) for k in range(30)]
    signals = [some.build.node("noise", AUDIO, data=(k,)) for k in range(30)]
    mixed = some.build.mixed(levels, signals)
    heard, waiting = [], [mixed.place]
    while waiting:
        node = some.build.nodes[waiting.pop()]
        if node.kind == "noise":
            heard += node.data
        if node.kind == "mix":
            assert len(node.inputs) <= 8
            waiting += node.inputs
    assert sorted(heard) == list(range(30))


def test_a_check_is_of_a_number_and_kept_once(some):
    some.build.check("tuning of SineVCO", some.value, -24, 24)
    some.build.check("tuning of SineVCO", some.value, -24, 24)
    some.build.check("level", some.value)
    bounds = [(low, high, name) for _, low, high, name in some.build.checks]
    assert bounds == [(-24, 24, "tuning of SineVCO"), (-math.inf, math.inf, "level")]
    with pytest.raises(Unknown, match="audio is given where a number is taken"):
        some.build.check("level", some.noise)
