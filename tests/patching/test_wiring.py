"""A synth is tried when it is made: for any config, on a copy, at no cost to anyone."""

import copy
import pickle
from abc import ABC, abstractmethod
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st

from synth_datamodule import AbstractSynth, SynthConfig, Voice, synths
from synth_datamodule.modules import (
    ADSR,
    VCA,
    AudioMixer,
    ControlRateUpsample,
    MonophonicKeyboard,
    Noise,
    SineVCO,
)
from synth_datamodule.patching.cables import WiringError
from synth_datamodule.patching.patch import part
from synth_datamodule.patching.trial import shortened
from synth_datamodule.patching.wiring import check_wiring

CONFIG = SynthConfig(sample_rate=16000, buffer_size_seconds=0.25, control_rate=400)


class Flute(AbstractSynth):
    keyboard = part(MonophonicKeyboard)
    adsr = part(ADSR)
    vco = part(SineVCO)
    noise = part(Noise)
    upsample = part(ControlRateUpsample)
    vca = part(VCA)
    mixer = part(AudioMixer, inputs=("vco", "noise"))

    def output(self, p, noise_rows):
        midi_f0, duration = self.keyboard(p.keyboard)
        level = self.upsample(self.adsr(p.adsr, duration))
        tone = self.vca(self.vco(p.vco, midi_f0), level)
        return self.mixer(p.mixer, tone, self.vca(self.noise(noise_rows, midi_f0.dtype), level))


@st.composite
def configs(draw):
    sample_rate = draw(st.integers(1, 200_000))
    control_rate = draw(st.integers(1, sample_rate) | st.just(sample_rate))
    shortest = 2.5 / control_rate
    seconds = draw(st.floats(shortest, max(shortest, 4.0)))
    return SynthConfig(
        sample_rate=sample_rate,
        control_rate=control_rate,
        buffer_size_seconds=seconds,
        reproducible=False,
        debug=draw(st.booleans()),
    )


@given(configs())
@settings(deadline=None)
def test_any_config_can_be_tried(config):
    assert Flute(config).unchecked is None


@given(configs())
@example(SynthConfig(sample_rate=503, buffer_size_seconds=1.0, control_rate=502))
def test_the_trial_is_short_and_tells_signals_apart(config):
    short = shortened(config)
    assert short.buffer_size != short.control_buffer_size
    if config.buffer_size != config.control_buffer_size:
        assert short.buffer_size <= config.buffer_size
        kept = (short.sample_rate, short.control_rate) == (config.sample_rate, config.control_rate)
        # 251 samples do not tell rates that are a 500th apart.
        assert kept or 500 * (config.sample_rate - config.control_rate) < config.sample_rate
    # 251 samples, or the three control samples that take longer.
    longest = max(251, round(3 * short.sample_rate / short.control_rate))
    assert short.buffer_size <= longest


def test_the_longest_synth_is_tried_as_quickly(monkeypatch):
    lengths = []
    forward = SineVCO.forward

    def recorded(vco, *args):
        lengths.append(vco.buffer_size)
        return forward(vco, *args)

    monkeypatch.setattr(SineVCO, "forward", recorded)
    assert Flute(SynthConfig(buffer_size_seconds=3600.0)).unchecked is None
    # Once for the wiring, twice to hear whether a sound stays what it is, twice for its program.
    assert lengths == [300, 300, 300, 300, 502]


def test_the_trial_draws_no_long_noise(monkeypatch):
    def drawn(num_samples, seed):
        if num_samples < 1000:
            return torch.zeros(32, num_samples)
        raise AssertionError(f"a noise table of {num_samples} samples was drawn")

    monkeypatch.setattr("synth_datamodule.modules.noise.noise_table", drawn)
    monkeypatch.setattr("synth_datamodule.modules.noise._DRAWN", {})  # of no other test's synth
    assert Flute(CONFIG).unchecked is None
    with pytest.raises(AssertionError, match="a noise table of 4000"):
        Flute(CONFIG).render_sounds([0])


@pytest.mark.parametrize("synth", [Flute(CONFIG), Voice(CONFIG)], ids=["flute", "voice"])
def test_a_trial_leaves_no_trace(synth, unchanged_random_state):
    before = pickle.dumps(synth)
    assert check_wiring(synth) is None
    assert pickle.dumps(synth) == before
    assert torch.is_grad_enabled()
    assert not {"forward", "check_audio", "check_control", "table"} & {
        name for module in synth.modules() for name in vars(module)
    }


def test_copies_are_not_tried_again(monkeypatch):
    flute = Flute(CONFIG)
    heard = flute.render_sounds([3]).audio
    monkeypatch.setattr("synth_datamodule.patching.wiring.check_wiring", lambda synth: "tried")
    assert Flute(replace(CONFIG, eps=1e-5)).unchecked == "tried"
    for made in (copy.deepcopy(flute), pickle.loads(pickle.dumps(flute)), flute.to("cpu")):
        assert made.unchecked is None
        assert torch.equal(made.render_sounds([3]).audio, heard)


@pytest.fixture
def trials(monkeypatch):
    """Count the trials."""
    counted = []

    def counting(synth):
        counted.append(type(synth))
        return check_wiring(synth)

    monkeypatch.setattr("synth_datamodule.patching.wiring.check_wiring", counting)
    return counted


def test_a_synth_is_tried_once_per_class_and_kind_of_settings(trials):
    class Piccolo(Flute):
        pass

    for batch_size in (4, 4, 8):
        Piccolo(replace(CONFIG, batch_size=batch_size))
    assert trials == [Piccolo]
    Piccolo(replace(CONFIG, control_rate=200))
    Piccolo(CONFIG, pinned={"keyboard.midi_f0": 60.0})
    Piccolo(CONFIG, dtype=torch.float32)
    assert trials == [Piccolo] * 4
    Piccolo.output = lambda self, p, noise_rows: Flute.output(self, p, noise_rows)
    Piccolo(CONFIG)
    assert trials == [Piccolo] * 5


def test_a_class_is_tried_although_its_parent_was(trials):
    class Cut(Flute):
        def output(self, p, noise_rows):
            return super().output(p, noise_rows)[:, :-1]

    Flute(CONFIG)
    for _ in range(2):
        with pytest.raises(WiringError, match="audio"):
            Cut(CONFIG)


def test_a_synth_with_an_init_of_its_own_is_tried_each_time(trials):
    class Tuned(Flute):
        def __init__(self, gain):
            super().__init__(CONFIG)
            self.gain = gain

    Tuned(1.0)
    Tuned(2.0)
    assert trials == [Tuned, Tuned]


def test_the_shipped_synths_are_wired_rightly_and_not_tried_at_every_use(trials):
    shipped = [Voice, *(vars(synths)[name] for name in synths.__all__)]
    assert len(shipped) == 4
    for synth in shipped:
        assert check_wiring(synth(CONFIG)) is None
        assert check_wiring(synth(CONFIG, dtype=torch.float32)) is None
    assert trials == []


def test_synths_are_made_and_tried_in_many_threads_while_others_render():
    expected = Flute(CONFIG).render_sounds(range(4)).audio
    flute = Flute(CONFIG)

    def make(_):
        made = Flute(CONFIG)
        return made.unchecked is None and torch.equal(made.render_sounds(range(4)).audio, expected)

    def render(_):
        return torch.equal(flute.render_sounds(range(4)).audio, expected)

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(make, range(16)))
        assert all(pool.map(lambda n: (make if n % 2 else render)(n), range(16)))


@pytest.mark.parametrize(
    "around",
    [
        lambda: torch.inference_mode(),
        lambda: torch.no_grad(),
        lambda: torch.autocast("cpu", dtype=torch.bfloat16),
    ],
    ids=["inference", "no-grad", "autocast"],
)
def test_a_synth_made_inside_torchs_contexts_is_tried_and_renders_the_same(around):
    expected = Flute(CONFIG).render_sounds([3]).audio
    with around():
        made = Flute(CONFIG, dtype=torch.float64)
    assert made.unchecked is None
    assert torch.equal(made.render_sounds([3]).audio, expected)


def test_values_are_no_matter_of_wiring():
    class Detuned(Flute):
        def output(self, p, noise_rows):
            p.vco["tuning"] = p.vco["tuning"] + 30
            return super().output(p, noise_rows)

    synth = Detuned(CONFIG)
    assert synth.unchecked is None
    with pytest.raises(ValueError, match="tuning of SineVCO must lie in"):
        synth.render_sounds([0])


def test_a_synth_that_cannot_be_copied_is_made_and_says_so():
    class Locked(Flute):
        def __deepcopy__(self, memo):
            raise TypeError("there is one of me")

    assert Locked(CONFIG).unchecked == "TypeError: there is one of me"


# Names.


def test_a_part_declared_twice_is_refused_at_the_second_declaration():
    with pytest.raises(ValueError, match=r"^Choir: vco is declared twice; a part must have a name"):

        class Choir(AbstractSynth):
            vco = part(SineVCO)
            vco = part(SineVCO)


@pytest.mark.parametrize("first", [True, False], ids=["part-first", "part-last"])
def test_a_part_and_something_else_of_one_name_are_refused(first):
    things = [part(SineVCO), lambda self: 440.0]
    body = things if first else things[::-1]
    with pytest.raises(ValueError, match=r"^Choir: vco is declared twice"):

        class Choir(AbstractSynth):
            vco = body[0]
            vco = body[1]


def test_one_part_under_two_names_is_refused():
    with pytest.raises(ValueError, match=r"^Choir: vco_1 and vco_2 are one part; declare each by"):

        class Choir(AbstractSynth):
            vco_1 = vco_2 = part(SineVCO)


def test_a_name_that_was_taken_back_is_free():
    class Flutes(Flute):
        vca = part(SineVCO)
        del vca
        vca = part(VCA)

    assert Flutes(CONFIG).unchecked is None


def test_parameters_of_one_name_in_a_module_are_refused_by_its_name():
    class Twice(ADSR):
        parameter_ranges = (*ADSR.parameter_ranges, ADSR.parameter_ranges[0])

    class Choir(Flute):
        adsr = part(Twice)

    with pytest.raises(ValueError, match=r"must occur once, these occur twice: \['adsr.attack'\]"):
        Choir(CONFIG)


def test_a_synth_may_be_an_abstract_class_too():
    class Base(Flute, ABC):
        @abstractmethod
        def end(self, audio): ...

        def output(self, p, noise_rows):
            return self.end(super().output(p, noise_rows))

    class Softer(Base):
        def end(self, audio):
            return 0.5 * audio

    assert Softer(CONFIG).unchecked is None
    with pytest.raises(TypeError, match="abstract"):
        Base(CONFIG)
