"""A program's bits: whoever renders it, on how many threads, in a fork, with whatever switches."""

import multiprocessing
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import torch

from synth_datamodule import AbstractSynth, SynthConfig, part
from synth_datamodule.modules import (
    ADSR,
    VCA,
    AudioMixer,
    ControlRateUpsample,
    FmVCO,
    MonophonicKeyboard,
    Noise,
    SineVCO,
    StateVariableFilter,
)
from synth_datamodule.synths import FilteredVoice

SHORT = SynthConfig(sample_rate=16000, buffer_size_seconds=0.25, control_rate=400)
SOUNDS = list(range(11))


class Chain(AbstractSynth):
    """Two peaks, a bent pitch, a filter, and very quiet signals."""

    keyboard = part(MonophonicKeyboard)
    adsr = part(ADSR)
    upsample = part(ControlRateUpsample)
    vco = part(SineVCO)
    noise = part(Noise)
    first = part(AudioMixer, inputs=("vco", "noise"))
    fm = part(FmVCO)
    vca = part(VCA)
    filter = part(StateVariableFilter)
    mixer = part(AudioMixer, inputs=("fm", "filter"))

    def output(self, p, noise_rows):
        midi_f0, duration = self.keyboard(p.keyboard)
        envelope = self.adsr(p.adsr, duration)
        level = self.upsample(envelope)
        both = self.first(p.first, self.vco(p.vco, midi_f0, level), self.noise(noise_rows))
        tone = self.vca(self.fm(p.fm, midi_f0, both), level)
        ringing = self.filter(p.filter, tone, midi_f0, both)
        extras = {"quiet": tone * 1e-35 * level, "envelope": envelope * 1e-40, "both": both}
        return self.mixer(p.mixer, tone, ringing), {**extras, "note": midi_f0}


@pytest.fixture(scope="module")
def whole():
    return Chain(SHORT).render_sounds(SOUNDS).audio


@pytest.fixture
def any_threads():
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)


def same(found, expected, at=slice(None)):
    return all(torch.equal(found[name], one[at]) for name, one in expected.items())


@pytest.mark.parametrize("number", [1, 2, 3, 8])
def test_bits_do_not_depend_on_the_number_of_threads(any_threads, whole, number):
    torch.set_num_threads(number)
    assert same(Chain(SHORT).render_sounds(SOUNDS).audio, whole)


def test_a_sound_is_the_same_alone_and_in_any_order(whole):
    synth = Chain(SHORT)
    backwards = synth.render_sounds(SOUNDS[::-1]).audio
    assert same({name: one.flip(0) for name, one in backwards.items()}, whole)
    for k in (0, 5, 10):
        assert same(synth.render_sounds([k]).audio, whole, slice(k, k + 1))


@pytest.mark.parametrize("number", [1, 3])
def test_denormal_numbers_that_are_flushed_elsewhere_are_kept_here(any_threads, whole, number):
    torch.set_num_threads(number)
    if not torch.set_flush_denormal(True):
        pytest.skip("this machine has no such switch")
    try:
        found = Chain(SHORT).render_sounds(SOUNDS).audio
        alone = Chain(SHORT).render_sounds([3]).audio
    finally:
        torch.set_flush_denormal(False)
    assert same(found, whole)
    assert same(alone, whole, slice(3, 4))
    tiny = torch.finfo(torch.float32).tiny
    assert ((whole["envelope"] > 0) & (whole["envelope"] < tiny)).any()


def test_threads_make_and_render_synths_at_once(whole):
    shared, found, begin = Chain(SHORT), [], threading.Barrier(6)

    def work(own):
        begin.wait()
        for _ in range(3):
            synth = Chain(SHORT) if own else shared
            found.append(same(synth.render_sounds(SOUNDS).audio, whole))

    threads = [threading.Thread(target=work, args=(number % 2 == 0,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [True] * 18


def test_threads_that_render_two_programs_in_turn_mix_none_of_them_up(whole):
    chain, voice = Chain(SHORT), FilteredVoice(SHORT)
    expected = voice.render_sounds(SOUNDS).audio
    for _ in range(3):
        assert same(chain.render_sounds(SOUNDS).audio, whole)
        assert torch.equal(voice.render_sounds(SOUNDS).audio, expected)


# In a process of its own: a fork of one that a thousand tests have used has all that they left.
_FORKING = """
import faulthandler, multiprocessing, sys, warnings
warnings.simplefilter("ignore", DeprecationWarning)  # Python 3.12 on forking with threads
import torch
sys.path.insert(0, sys.argv[1])
from test_program import SHORT, SOUNDS, Chain
def bits(synth):
    made = synth.render_sounds(SOUNDS).audio
    return {name: one.numpy().tobytes() for name, one in made.items()}
def child(synth, answer):
    faulthandler.dump_traceback_later(90, exit=True)  # where it waits, if it does
    answer.put([bits(synth), bits(Chain(SHORT))])
if __name__ == "__main__":
    torch.set_num_threads(2)
    torch.exp(torch.rand(10**7, dtype=torch.float32, device="cpu"))  # threads of torch's own
    synth = Chain(SHORT)
    expected = bits(synth)
    context = multiprocessing.get_context("fork")
    answer = context.Queue()
    process = context.Process(target=child, args=(synth, answer), daemon=True)
    process.start()
    found = answer.get(timeout=120)
    process.join(60)
    assert process.exitcode == 0
    assert found == [expected, expected]
"""


def test_a_forked_process_renders_the_same_from_a_synth_that_was_used_and_a_new_one(tmp_path):
    if "fork" not in multiprocessing.get_all_start_methods():
        pytest.skip("this system has no fork")
    script = tmp_path / "forking.py"
    script.write_text(_FORKING)
    words = [sys.executable, str(script), str(Path(__file__).parent)]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr


def test_a_sound_after_a_longer_one_starts_anew():
    # A filter's states, phases and peaks of the sound before are no part of the next.
    synth = Chain(SHORT)
    parameters = synth.draw(SOUNDS)
    rows = torch.zeros(len(SOUNDS), dtype=torch.int64)
    for k in range(len(SOUNDS)):
        pair = synth.render(parameters[[k, 0]], rows[:2])
        assert torch.equal(pair[1], synth.render(parameters[:1], rows[:1])[0])
