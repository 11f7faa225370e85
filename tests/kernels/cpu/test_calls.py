"""Which compiled steps are called for a program, and that none of it moves a bit."""

import dataclasses

import pytest
import torch

from synth_datamodule import SynthConfig, Voice
from synth_datamodule.kernels.cpu.program import calls
from synth_datamodule.kernels.cpu.program.calls import calls_of
from synth_datamodule.kernels.cpu.program.launch import CpuProgram
from synth_datamodule.program import Builder
from synth_datamodule.program.builder import AUDIO, CONTROL
from synth_datamodule.program.lowering import program_of
from synth_datamodule.synths import FilteredVoice, FmVoice, OneOscillator
from synth_datamodule.voice import voice_program

SHORT = SynthConfig(sample_rate=16000, buffer_size_seconds=0.25, control_rate=400)
SYNTHS = (Voice, FilteredVoice, FmVoice, OneOscillator)


def names(program):
    return [call.name for call in calls_of(program) if call.step.is_audio]


def test_the_voice_is_four_calls_a_block():
    assert names(voice_program()) == ["upsample_3_single", "octave_line_2", "phase_2", "mix_waves"]


@pytest.mark.parametrize("kind", SYNTHS, ids=lambda kind: kind.__name__)
def test_each_step_is_given_once_after_all_that_it_takes(kind):
    program = kind(SHORT, backend="program").program
    known = {
        place
        for place, step in enumerate(program.steps)
        if step.kind in ("constant", "parameter", "rate") or calls.is_read(step)
    }
    given = []
    for call in calls_of(program):
        for place in call.takes:
            taken = program.steps[place]
            assert {place, *(taken.inputs if taken.kind == "normalize" else ())} & known
        given += call.gives
        known |= {*call.gives}
    assert len(given) == len(set(given))


@pytest.mark.parametrize("kind", SYNTHS, ids=lambda kind: kind.__name__)
def test_steps_called_together_have_the_bits_of_steps_called_alone(kind, monkeypatch):
    synth = kind(SHORT, backend="program")
    batch = synth.render_sounds(range(8))
    alone = dict.fromkeys(calls._TOGETHER, 1)
    monkeypatch.setattr(calls, "_TOGETHER", alone)
    monkeypatch.setattr(calls, "_straight", lambda program: {})
    apart = kind(SHORT, backend="program")
    assert "mix_waves" not in names(apart.program)
    assert torch.equal(apart.render_sounds(range(8)).audio, batch.audio)


def test_a_wave_that_is_heard_twice_does_not_go_straight_into_a_mix():
    build = Builder()
    line = build.node("fill", CONTROL, [build.parameter(0)])
    octave = build.node("octave_line", AUDIO, [line, build.rate("lowest"), build.rate("highest")])
    phase = build.node("phase", "phase", [octave, build.constant(0.0)])
    sine = build.node("sine", AUDIO, [phase])
    shaping = [build.signal(one) for one in (30.0, 0.5, 0.75)]
    saw = build.node("square_saw", AUDIO, [phase, *shaping])
    noise = build.node("noise", AUDIO, data=(13,))
    levels = [build.constant(0.5)] * 3
    once = program_of(build, build.mixed(levels, [sine, saw, noise]))
    assert names(once)[-1] == "mix_waves"
    twice = program_of(build, build.mixed(levels, [sine, saw, noise]), {"saw": saw})
    assert names(twice)[-1] != "mix_waves"


def test_a_pitch_that_hangs_on_another_phase_is_not_added_up_beside_it():
    build = Builder()
    first = build.node("octave_line", AUDIO, _pitch(build))
    sine = build.node("sine", AUDIO, [build.node("phase", "phase", [first, build.constant(0.0)])])
    centre, depth = build.constant(40.0), build.constant(0.5)
    bounds = [build.rate("lowest"), build.rate("highest")]
    bent = build.node("octave", AUDIO, [sine, depth, centre, *bounds])
    other = build.node("phase", "phase", [bent, build.constant(0.0)])
    program = program_of(build, build.node("sine", AUDIO, [other]))
    assert "phase_2" not in names(program)
    assert "octave_line_2" not in names(program)


def _pitch(build):
    line = build.node("fill", CONTROL, [build.parameter(0)])
    return [line, build.rate("lowest"), build.rate("highest")]


def test_the_voices_program_is_formed_as_it_is_traced():
    for config in (SynthConfig(), SHORT, dataclasses.replace(SHORT, control_rate=100)):
        assert Voice(config).program == voice_program()


def test_a_fused_voice_and_its_program_render_the_same_bits():
    for nebula in ("default", "drum"):
        fused, program = (Voice(nebula=nebula, backend=one) for one in ("fused", "program"))
        assert torch.equal(
            fused.render_sounds(range(64)).audio, program.render_sounds(range(64)).audio
        )


def test_noise_in_float32_lies_in_its_table():
    program = voice_program()
    layout = CpuProgram(program, Voice(SHORT)._fused.plan).layout
    assert layout.seeds == [13]
    assert "noise_single" not in names(program)
