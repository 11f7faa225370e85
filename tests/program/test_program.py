"""A program is a value: equal patches have equal ones, and one digest."""

import pickle

import torch

from synth_datamodule import AbstractSynth, SynthConfig, Voice, part
from synth_datamodule.modules import (
    AudioMixer,
    MonophonicKeyboard,
    Noise,
    SineVCO,
    StateVariableFilter,
)
from synth_datamodule.program import Program, Step

SHORT = SynthConfig(sample_rate=16000, buffer_size_seconds=0.25, control_rate=400)


class Whistle(AbstractSynth):
    keyboard = part(MonophonicKeyboard)
    vco = part(SineVCO)
    noise = part(Noise)
    filter = part(StateVariableFilter, mode="lowpass")
    mixer = part(AudioMixer, inputs=("vco", "noise"))

    def output(self, p, noise_rows):
        midi_f0, _ = self.keyboard(p.keyboard)
        breath = self.filter(p.filter, self.noise(noise_rows), midi_f0)
        return self.mixer(p.mixer, self.vco(p.vco, midi_f0), breath)


class Reed(AbstractSynth):
    keyboard = part(MonophonicKeyboard)
    vco = part(SineVCO)
    noise = part(Noise)
    filter = part(StateVariableFilter, mode="lowpass")
    mixer = part(AudioMixer, inputs=("tone", "breath"))

    def output(self, p, noise_rows):
        note = self.keyboard(p.keyboard)[0]
        tone, white = self.vco(p.vco, midi_f0=note), self.noise(noise_rows)
        return self.mixer(p.mixer, tone, self.filter(p.filter, audio=white, midi_f0=note))


class Bright(Whistle):
    filter = part(StateVariableFilter, mode="highpass")


class Other(Whistle):
    noise = part(Noise, seed=14)


def test_equal_patches_have_equal_programs_whatever_they_and_their_names_are():
    whistle, reed = Whistle(SHORT).program, Reed(SHORT).program
    assert whistle == reed
    assert whistle.digest == reed.digest
    assert hash(whistle.steps) == hash(reed.steps)


def test_a_program_does_not_depend_on_lengths_rates_or_parameters():
    long = Whistle(SynthConfig(buffer_size_seconds=10.0), pinned={"vco.tuning": 0.0})
    assert long.program == Whistle(SHORT).program
    assert Whistle(SHORT, dtype=torch.float32).program == Whistle(SHORT).program


def test_another_mode_and_another_seed_are_other_programs():
    digests = {kind(SHORT).program.digest for kind in (Whistle, Bright, Other)}
    assert len(digests) == 3


def test_labels_are_no_part_of_what_is_equal():
    step = Step("noise", "single", (), (13,))
    assert Program((step,), 0, labels={0: "hiss"}) == Program((step,), 0)
    assert Program((step,), 0, labels={0: "hiss"}).digest == Program((step,), 0).digest


def test_what_is_handed_out_is_part_of_what_is_equal():
    step = Step("noise", "single", (), (13,))
    programs = [
        Program((step,), 0),
        Program((step,), 0, extras=(("hiss", 0),)),
        Program((step,), 0, checks=((0, 0.0, 1.0, "level"),)),
    ]
    assert len({one.digest for one in programs}) == 3
    assert len({repr(one) for one in programs}) == 3


def test_a_program_is_pickled_with_its_digest():
    program = Whistle(SHORT).program
    again = pickle.loads(pickle.dumps(program))
    assert again == program
    assert again.digest == program.digest
    assert str(again) == str(program)


def test_the_last_use_of_a_signal_is_the_last_step_that_takes_it():
    program = Voice(SHORT).program
    for place, last in enumerate(program.last_use):
        takers = [k for k, step in enumerate(program.steps) if place in step.inputs]
        assert last == max([place, *takers])


def test_what_is_handed_out_or_taken_in_a_later_stage_is_kept():
    program = Whistle(SHORT).program
    assert program.audio in program.kept
    for step in program.steps:
        for taken in step.inputs:
            earlier = program.steps[taken]
            if earlier.is_audio and earlier.stage < step.stage:
                assert taken in program.kept
