"""Formulas as steps: their rates, their precision, where their sounds end."""

import pytest

from synth_datamodule.exact import formula, sin, tanh
from synth_datamodule.program import Builder, Unknown
from synth_datamodule.program.builder import AUDIO, CONTROL, OWN, PHASE, VALUE
from synth_datamodule.program.lowering import program_of
from synth_datamodule.program.program import DOUBLE, SINGLE

SOFT_CLIP = formula(lambda x, drive: tanh(x * drive))


def audio(build, seed=13):
    return build.node("noise", AUDIO, data=(seed,))


def control(build):
    return build.node("envelope", CONTROL, [build.parameter(k) for k in range(6)])


def test_a_formula_has_the_rate_of_its_signals():
    build = Builder()
    drive = build.parameter(0)
    assert build.formula(SOFT_CLIP, audio(build), drive).rate == AUDIO
    assert build.formula(SOFT_CLIP, control(build), 2.0).rate == CONTROL
    assert build.formula(SOFT_CLIP, drive, 2.0).rate == VALUE


def test_a_formula_called_with_signals_is_a_step():
    build = Builder()
    noise, drive = audio(build), build.parameter(0)
    made = SOFT_CLIP(noise, drive)
    assert made.place == build.formula(SOFT_CLIP, noise, drive).place
    assert made.node.kind == OWN
    assert tanh(noise).node.data == (formula(lambda x: tanh(x)),)


def test_signals_of_two_rates_have_no_formula():
    build = Builder()
    with pytest.raises(Unknown, match="rates audio and control"):
        build.formula(SOFT_CLIP, audio(build), control(build))
    with pytest.raises(Unknown, match="rates phase"):
        build.formula(SOFT_CLIP, build.node("steady", PHASE, [build.parameter(0)] * 2), 2.0)


def test_a_program_prints_a_formula_by_its_name():
    @formula
    def crackle(x, drive):
        return tanh(x * drive)

    build = Builder()
    program = program_of(build, build.formula(crackle, audio(build), build.parameter(0)))
    assert "crackle(single_1, value_0)" in str(program)
    assert program.steps[program.audio].data == (SOFT_CLIP,)


def test_programs_of_equal_formulas_are_one_and_have_one_digest():
    programs = []
    for one in (SOFT_CLIP, formula(lambda a, b: tanh(a * b))):
        build = Builder()
        programs.append(program_of(build, build.formula(one, audio(build), build.parameter(0))))
    assert programs[0] == programs[1]
    assert programs[0].digest == programs[1].digest


def test_a_formula_that_bends_a_pitch_is_float64_and_what_it_takes_too():
    build = Builder()
    bend = build.formula(SOFT_CLIP, audio(build), build.parameter(0))
    numbers = [build.parameter(1), build.parameter(2), build.rate("nyquist")]
    phase = build.node("fm", PHASE, [bend, *numbers, build.constant(0.0)])
    program = program_of(build, build.node("sine", AUDIO, [phase]))
    rates = {step.kind: step.rate for step in program.steps}
    assert rates[OWN] == rates["noise"] == DOUBLE
    assert rates["sine"] == SINGLE


@pytest.mark.parametrize(
    ("made", "ends"),
    [
        (formula(lambda x, y: tanh(x * 3.0) * y), True),
        (formula(lambda x, y: tanh(x * 3.0) + y), False),
        (formula(lambda x, y: tanh(x * 3.0) + 0.5), False),
        (formula(lambda x, y: sin(x) + 0.0 * y), True),
    ],
)
def test_a_sound_ends_where_its_formula_is_sure_to_be_silent(made, ends):
    build = Builder()
    gated = audio(build) * build.upsample(control(build))
    program = program_of(build, build.formula(made, gated, audio(build, 14)))
    assert (program.ends[0] is not None) == ends


def test_of_several_signals_all_must_have_ended():
    build = Builder()
    envelope = build.upsample(control(build))
    both = formula(lambda x, y: x + y)
    program = program_of(
        build, build.formula(both, audio(build) * envelope, audio(build, 14) * envelope)
    )
    assert program.ends[0] is not None
