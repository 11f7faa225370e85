"""Cables as data: each of those that output's code has, and no other."""

import copy
import pickle

import pytest
import torch

from synth_datamodule import AbstractSynth, SynthConfig, SynthModule, Voice, synths
from synth_datamodule.modules import (
    ADSR,
    VCA,
    AudioMixer,
    ControlRateUpsample,
    ModulationMixer,
    MonophonicKeyboard,
    Noise,
    SineVCO,
    StateVariableFilter,
)
from synth_datamodule.patching.cables import WiringError
from synth_datamodule.patching.graph import Cable, named_results
from synth_datamodule.patching.patch import part

CONFIG = SynthConfig(sample_rate=8000, buffer_size_seconds=0.1, control_rate=200)
SYNTHS = [Voice, synths.OneOscillator, synths.FmVoice, synths.FilteredVoice]


class Word:
    """A signal that knows nothing but where it comes from."""

    dtype = None

    def __init__(self, *sources):
        self.sources = sources

    def __add__(self, other):
        return Word(*self.sources, *other.sources)


class Reader:
    """Stands for a synth while its output is read: its parts write down who gave them what."""

    def __init__(self, synth):
        self.modules = dict(synth.named_children())
        self.kind = type(synth)
        self.edges = []

    def __getattr__(self, name):
        module = self.modules[name]

        def called(*given):
            self.edges += [
                (source, name)
                for word in given
                if isinstance(word, Word)
                for source in word.sources
            ]
            outputs = getattr(module, "outputs", ())
            several = tuple(Word(f"{name}.{output}") for output in outputs)
            return several or Word(name)

        return called


class Any:
    def __getattr__(self, name):
        return None


@pytest.mark.parametrize("kind", SYNTHS[:3])
def test_the_cables_are_those_of_outputs_code(kind):
    reader = Reader(kind(CONFIG))
    returned = kind.output(reader, Any(), None)
    expected = reader.edges + [(source, "output") for source in returned.sources]

    def of_part(signal):
        # What a part gives in one of its calls is told by its part alone here.
        part, *_ = signal.partition(".")
        return signal if part in ("keyboard", "mod_matrix") else part

    cables = kind(CONFIG).cables
    found = [(of_part(cable.source), cable.target.partition(".")[0]) for cable in cables]
    assert sorted(found) == sorted(expected)
    assert len(set(cables)) == len(cables)


def test_the_voices_cables_by_name():
    cables = {str(cable) for cable in Voice(CONFIG).cables}
    assert len(cables) == 35
    assert cables >= {
        "keyboard.duration -> adsr_1.duration (value)",
        "keyboard.midi_f0 -> vco_2.midi_f0 (value)",
        "lfo_1_rate_adsr -> lfo_1.mod (control)",
        "lfo_2 -> control_vca.lfo_2.signal (control)",
        "lfo_2_amp_adsr -> control_vca.lfo_2.control (control)",
        "control_vca.lfo_2 -> mod_matrix.lfo_2 (control)",
        "mod_matrix.noise_amp -> upsample.noise_amp.control (control)",
        "upsample.vco_1_pitch -> vco_1.mod (audio)",
        "upsample.noise_amp -> vca.noise.control (audio)",
        "vca.noise -> mixer.noise (audio)",
        "mixer -> output.audio (audio)",
    }


@pytest.mark.parametrize("kind", SYNTHS)
def test_cables_do_not_depend_on_rates_gradients_backends_or_threads_of_torch_func(kind):
    cables = kind(CONFIG).cables
    slow = SynthConfig(
        sample_rate=400,
        buffer_size_seconds=0.1,
        control_rate=400,
        reproducible=False,
        no_grad=False,
    )
    assert kind(slow, backend="reference").cables == cables
    synth, seen = kind(CONFIG), []
    torch.func.grad(lambda x: seen.append(synth.cables) or x)(torch.ones(()))
    assert seen == [cables]


def test_a_part_that_is_called_alike_twice_is_one(monkeypatch):
    # FilteredVoice asks its keyboard once for the Voice, and once for the filter.
    synth = synths.FilteredVoice(CONFIG)
    told = [cable for cable in synth.cables if cable.source.startswith("keyboard")]
    assert {cable.source for cable in told} == {"keyboard.midi_f0", "keyboard.duration"}
    assert Cable("keyboard.midi_f0", "filter", "midi_f0", "value") in told


def test_copies_and_pickles_have_the_same_cables():
    synth = synths.FmVoice(CONFIG)
    before = pickle.dumps(synth)
    cables = synth.cables
    assert pickle.dumps(synth) == before
    assert copy.deepcopy(synth).cables == pickle.loads(before).cables == cables


# Names of parts that are called several times.


class Base(AbstractSynth):
    keyboard = part(MonophonicKeyboard)
    adsr_1 = part(ADSR)
    adsr_2 = part(ADSR)
    upsample = part(ControlRateUpsample)
    vco = part(SineVCO)
    vca = part(VCA)

    def output(self, p, noise_rows):
        midi_f0, duration = self.keyboard(p.keyboard)
        first = self.upsample(self.adsr_1(p.adsr_1, duration))
        second = self.upsample(self.adsr_2(p.adsr_2, duration))
        return self.patch(p, self.vco(p.vco, midi_f0), first, second, noise_rows)


class InARow(Base):
    def patch(self, p, vco, first, second, noise_rows):
        return self.vca(self.vca(vco, first), second)


class OfTwoMatrices(Base):
    one = part(ModulationMixer, inputs=("adsr",), outputs=("amp",))
    two = part(ModulationMixer, inputs=("adsr",), outputs=("amp",))

    def output(self, p, noise_rows):
        midi_f0, duration = self.keyboard(p.keyboard)
        (one,) = self.one(p.one, self.adsr_1(p.adsr_1, duration))
        (two,) = self.two(p.two, self.adsr_2(p.adsr_2, duration))
        return self.vca(self.vco(p.vco, midi_f0), self.upsample(one) * self.upsample(two))


class Blind(Base):
    """Gives its part what comes from no part, twice."""

    def patch(self, p, vco, first, second, noise_rows):
        ones = torch.ones_like(vco)
        knobs = p.vco["initial_phase"][:, None]
        return vco * first * second * self.vca(knobs * ones.mul(2), ones) * self.vca(ones, ones)


class Sums(Base):
    def patch(self, p, vco, first, second, noise_rows):
        return (self.vca(vco + first, vco) + self.vca(vco + second, vco)) / 4


class Named(Base):
    """Has a part that is named as what it returns."""

    audio = part(AudioMixer, inputs=("vco",))

    def patch(self, p, vco, first, second, noise_rows):
        return self.audio(p.audio, self.vca(vco, first * second)) * 0.5


class Bands(SynthModule):
    def forward(self, audio):
        return {"low": audio, "rest": (audio * 2, audio * 3)}


class OfMany(Base):
    bands = part(Bands)

    def patch(self, p, vco, first, second, noise_rows):
        made = self.bands(self.vca(vco, first * second))
        return made["low"] + made["rest"][0] - made["rest"][1] / 3


class Swept(Base):
    """Moves a module by a signal through its values."""

    filter = part(StateVariableFilter)
    noise = part(Noise)

    def patch(self, p, vco, first, second, noise_rows):
        values = dict(p.filter, resonance=p.filter["resonance"] * first[:, -1])
        noise = self.noise(noise_rows, vco.dtype)
        return self.filter(values, self.vca(vco, second)) + 0 * noise


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        (InARow, ["vca.adsr_1", "vca.adsr_2"]),
        (OfTwoMatrices, ["vca"]),
        (Blind, ["vca.1", "vca.2"]),
        (Sums, ["vca.vco+adsr_1", "vca.vco+adsr_2"]),
        (Named, ["vca"]),
    ],
)
def test_calls_of_one_part_are_told_by_what_they_carry(kind, names):
    synth = kind(CONFIG)
    signals = synth.signals(synth.draw([0, 1]))
    assert [name for name in signals if name.startswith("vca")] == names
    assert len(signals) == len(set(signals))


def test_signals_of_one_name_are_told_by_the_part_that_gives_them():
    synth = OfTwoMatrices(CONFIG)
    found = [name for name in synth.signals(synth.draw([0])) if name.startswith("upsample")]
    assert found == ["upsample.one.amp", "upsample.two.amp"]


def test_a_part_named_audio_does_not_hide_what_is_returned():
    synth = Named(CONFIG)
    signals = synth.signals(synth.draw([1, 2]))
    assert torch.equal(signals["audio"], synth.render(synth.draw([1, 2])))
    assert torch.equal(signals["audio"], 0.5 * signals["audio.vca"])


def test_what_a_mapping_holds_has_its_names():
    synth = OfMany(CONFIG)
    signals = synth.signals(synth.draw([1]))
    assert {"bands.low", "bands.rest.0", "bands.rest.1"} <= set(signals)
    taken = {cable.source for cable in synth.cables if cable.target == "output"}
    assert taken == {"bands.low", "bands.rest.0", "bands.rest.1"}


def test_a_signal_in_a_modules_values_is_a_cable_to_the_parameter():
    cables = [cable for cable in Swept(CONFIG).cables if cable.target == "filter"]
    assert [str(cable) for cable in cables] == [
        "upsample.adsr_1 -> filter.resonance (value)",
        "vca -> filter.audio (audio)",
    ]


def test_a_patch_that_cannot_be_tried_says_so_and_still_has_signals():
    class Picky(Base):
        def patch(self, p, vco, first, second, noise_rows):
            if len(vco) == 2 and getattr(self, "refuses", True):
                raise RuntimeError("three sounds at least")
            return self.vca(self.vca(vco, first), second)

    synth = Picky(CONFIG)
    assert "three sounds" in synth.unchecked
    with pytest.raises(ValueError, match=r"^the cables of Picky cannot be told: .*three sounds"):
        _ = synth.cables
    signals = synth.signals(synth.draw([0, 1, 2]), names=["vca"])
    assert list(signals) == ["vca", "vca.2"]
    with pytest.raises(ValueError, match=r"^no signal is named 'vac'; did you mean .*'vca'"):
        synth.signals(synth.draw([0, 1, 2]), names=["vac"])


def test_a_synth_wired_wrongly_after_it_was_made_is_told_by_its_cable():
    synth = synths.OneOscillator(CONFIG)
    synth.upsample = ADSR(CONFIG)
    with pytest.raises(WiringError, match=r"^OneOscillator: upsample\("):
        _ = synth.cables


def test_results_are_named_at_any_depth():
    one = torch.ones(1)
    assert [name for name, _ in named_results((one, [one, {"x": one}], 3))] == ["0", "1.0", "1.1.x"]
