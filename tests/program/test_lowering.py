"""From signals to steps: precisions, stages, ends, and only what is heard."""

import pytest

from synth_datamodule.program import Builder, Unknown
from synth_datamodule.program.builder import AUDIO, CONTROL, PHASE
from synth_datamodule.program.lowering import program_of
from synth_datamodule.program.program import DOUBLE, SINGLE, WIDE
from synth_datamodule.program.words import bent_octave


class Some:
    """A builder with two envelopes, an oscillator and noise."""

    def __init__(self):
        build = self.build = Builder()
        self.numbers = [build.parameter(k) for k in range(6)]
        self.envelope = build.node("envelope", CONTROL, self.numbers)
        self.other = build.node("envelope", CONTROL, self.numbers[::-1])
        self.line = build.upsample(self.envelope)
        self.noise = build.node("noise", AUDIO, data=(13,))
        self.phase = build.node("steady", PHASE, self.numbers[:2])
        self.sine = build.node("sine", AUDIO, [self.phase])

    def bent(self, mod):
        """Return an oscillator whose pitch a signal bends."""
        low, high = self.build.rate("lowest"), self.build.rate("highest")
        octave = bent_octave(self.build, *self.numbers[:2], mod, low, high)
        phase = self.build.node("phase", PHASE, [octave, self.numbers[2]])
        return self.build.node("sine", AUDIO, [phase])

    def normalized(self, signal):
        return self.build.node("normalize", AUDIO, [signal])

    def program(self, audio, **extras):
        return program_of(self.build, audio, extras)


@pytest.fixture
def some():
    return Some()


def kinds(program, rate=None):
    return [step.kind for step in program.steps if rate in (None, step.rate)]


def places(program, kind):
    return [place for place, step in enumerate(program.steps) if step.kind == kind]


def test_each_step_takes_earlier_ones_alone(some):
    program = some.program(some.normalized(some.bent(some.sine * some.line)), noise=some.noise)
    for place, step in enumerate(program.steps):
        assert all(taken < place for taken in step.inputs)


def test_what_nobody_hears_is_no_step(some):
    some.bent(some.noise)
    assert "noise" not in kinds(some.program(some.sine * some.line))


def test_audio_must_be_audio(some):
    with pytest.raises(Unknown, match="a control signal is given where audio is taken"):
        some.program(some.envelope)


def test_what_is_heard_is_float32_and_what_bends_a_pitch_float64(some):
    assert set(kinds(some.program(some.sine * 0.5), DOUBLE)) == set()
    program = some.program(some.bent(some.sine * some.noise))
    assert {"sine", "noise", "multiply", "octave"} <= set(kinds(program, DOUBLE))
    assert kinds(program, SINGLE) == ["sine"]


def test_a_mixer_that_feeds_a_pitch_is_float64_with_its_peak(some):
    mixed = some.build.mixed(some.numbers[:2], [some.sine * some.line, some.noise])
    program = some.program(some.bent(some.normalized(mixed)))
    assert {"mix", "normalize"} <= set(kinds(program, DOUBLE))
    # A gain in float32 is none there: the level and its control signal are multiplied in float64.
    assert "gain" not in kinds(program)


def test_a_wave_in_float64_is_of_a_phase_that_keeps_all_its_bits(some):
    program = some.program(some.bent(some.sine))
    wide = [step for step in program.steps if step.rate == WIDE]
    assert [step.kind for step in wide] == ["steady"]
    (sine,) = (step for step in program.steps if step.rate == DOUBLE and step.kind == "sine")
    assert program.steps[sine.inputs[0]] in wide
    assert kinds(program, "phase") == ["phase"]


def test_a_signal_that_is_heard_and_bends_is_computed_once_and_narrowed(some):
    loud = some.sine * some.noise
    program = some.program(some.bent(loud) + loud)
    assert kinds(program).count("multiply") == 1
    assert kinds(program).count("narrow") == 1


def test_what_follows_a_peak_is_a_stage_later(some):
    first = some.normalized(some.sine)
    second = some.normalized(some.bent(first))
    program = some.program(second)
    stages = {(step.kind, step.rate): step.stage for step in program.steps if step.is_audio}
    assert stages["normalize", DOUBLE] == 0
    assert stages["octave", DOUBLE] == 1
    assert stages["normalize", SINGLE] == 1
    assert len(program.ends) == 2


def test_a_signal_that_two_stages_take_is_kept_whole(some):
    voice = some.bent(some.line)
    program = some.program(some.normalized(voice * 2.0) * voice)
    (scaled,) = places(program, "scale")
    assert program.steps[scaled].stage == 0
    (taken, _) = program.steps[scaled].inputs
    assert taken in program.kept


def test_what_costs_nothing_is_made_anew_in_each_stage(some):
    program = some.program(some.normalized(some.noise * some.line) * some.line)
    assert kinds(program, SINGLE).count("upsample") == 2


def test_a_peaks_division_has_a_signal_of_its_own_where_another_takes_it_later(some):
    loud = some.sine * 3.0
    program = some.program(some.normalized(loud) + loud, loud=loud)
    (place,) = places(program, "normalize")
    (taken,) = program.steps[place].inputs
    assert program.steps[taken].kind == "copy"
    users = [step for step in program.steps if taken in step.inputs]
    assert users == [program.steps[place]]


@pytest.mark.parametrize("rate", ["audio", "normalized"])
def test_an_extra_that_is_the_audio_is_another_step(some, rate):
    audio = some.sine * 3.0 if rate == "audio" else some.normalized(some.sine * 3.0)
    program = some.program(audio, one=audio, two=audio)
    handed = [program.audio, *(place for _, place in program.extras)]
    assert len(set(handed)) == 3


def test_a_number_and_a_control_signal_are_handed_out_as_they_are(some):
    program = some.program(some.sine, number=some.numbers[0], control=some.envelope)
    rates = {name: program.steps[place].rate for name, place in program.extras}
    assert rates == {"number": "value", "control": "control"}


def end_of(some, audio, **extras):
    """Return which envelopes, by place among the builder's nodes, an end depends on."""
    program = some.program(audio, **extras)
    if program.ends[-1] is None:
        return None
    waiting, found = [program.ends[-1]], []
    while waiting:
        step = program.steps[waiting.pop()]
        if step.kind == "sounding":
            found.append(program.steps[step.inputs[0]].kind)
        else:
            found.append(step.kind)
            waiting += step.inputs
    return found


def test_a_sound_ends_where_its_amplifier_closes(some):
    assert end_of(some, some.noise * some.line) == ["envelope"]
    assert end_of(some, some.normalized(some.noise * some.line * 2.0)) == ["envelope"]
    assert end_of(some, some.noise) is None
    assert end_of(some, some.noise + some.line) is None


def test_a_product_ends_with_its_first_and_a_mix_with_its_last(some):
    other = some.build.upsample(some.other)
    assert end_of(some, some.line * other) == ["smaller", "envelope", "envelope"]
    mixed = some.build.mixed(some.numbers[:2], [some.noise * some.line, some.sine * other])
    assert end_of(some, mixed) == ["larger", "gain", "gain"]
    open_ended = some.build.mixed(some.numbers[:2], [some.noise * some.line, some.sine])
    assert end_of(some, open_ended) is None


def test_a_filter_rings_on(some):
    ringing = some.build.node(
        "steady_filter", AUDIO, [some.noise * some.line, *some.numbers[:2]], ("lowpass",)
    )
    assert end_of(some, ringing) is None
    assert end_of(some, ringing * some.line) == ["envelope"]


def test_a_stage_ends_when_all_that_is_kept_of_it_has(some):
    assert end_of(some, some.noise * some.line, tail=some.noise) is None
