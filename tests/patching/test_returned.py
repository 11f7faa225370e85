"""Patches that return more than audio: where it goes, what of it is cropped, what is refused."""

import json

import pytest
import torch

from synth_datamodule import AbstractSynth, Split, SynthConfig, SynthDataModule, part
from synth_datamodule.batch import audio_of
from synth_datamodule.features import LogMel
from synth_datamodule.identity import SplitDefinition, describe
from synth_datamodule.loading import Handed, Rendering, SoundSet
from synth_datamodule.modules import LFO, ControlRateUpsample, MonophonicKeyboard, Noise, SineVCO
from synth_datamodule.patching.cables import WiringError
from synth_datamodule.patching.recipe import SynthRecipe
from synth_datamodule.synths.command import Render

CONFIG = SynthConfig(sample_rate=8000, buffer_size_seconds=0.25, control_rate=200)
WITH_GRAD = SynthConfig(sample_rate=8000, buffer_size_seconds=0.25, control_rate=200, no_grad=False)
CPU = torch.device("cpu")
NUMBERS = [3, 33]


class Plain(AbstractSynth):
    keyboard = part(MonophonicKeyboard)
    lfo = part(LFO)
    upsample = part(ControlRateUpsample)
    vco = part(SineVCO)
    noise = part(Noise)

    def output(self, p, noise_rows):
        midi_f0, _ = self.keyboard(p.keyboard)
        lfo = self.lfo(p.lfo)
        bend = self.upsample(lfo)
        noise = self.noise(noise_rows, midi_f0.dtype)
        audio = 0.9 * self.vco(p.vco, midi_f0, bend) + 0.1 * noise
        return self.returned(audio, lfo, bend, midi_f0)

    def returned(self, audio, lfo, bend, midi_f0):
        return audio


class More(Plain):
    """Returns a control signal, an audio signal, a value, and a whole number, of each sound."""

    def returned(self, audio, lfo, bend, midi_f0):
        return audio, {"mod": lfo, "bend": bend, "note": midi_f0, "high": midi_f0 > 64}


@pytest.fixture(scope="module")
def more():
    return More(CONFIG)


@pytest.fixture(scope="module")
def sounds(more):
    return more.render_sounds(NUMBERS)


def same(one, other):
    return list(one) == list(other) and all(torch.equal(one[name], other[name]) for name in one)


def test_a_batch_hands_it_on_beside_the_audio(sounds):
    assert list(sounds.audio) == ["audio", "mod", "bend", "note", "high"]
    plain = Plain(CONFIG, backend="reference")  # as a patch that returns torch.gt's is
    assert torch.equal(sounds.audio["audio"], plain.render_sounds(NUMBERS).audio)
    parameters, rows = plain.draw(NUMBERS), torch.tensor([3, 1])
    assert torch.equal(sounds.audio["mod"], plain.signals(parameters, rows).lfo)
    assert sounds.audio["mod"].shape == (2, 50)
    assert sounds.audio["mod"].dtype == torch.float32
    assert sounds.audio["high"].dtype == torch.bool


def test_render_gives_the_audio_and_render_all_the_rest_too(more, sounds):
    rows = torch.tensor([3, 1])
    assert torch.equal(more.render(sounds.parameters, rows), sounds.audio["audio"])
    assert same(more.render_all(sounds.parameters, rows), sounds.audio)
    assert torch.equal(more.rerender(sounds), sounds.audio["audio"])
    assert more.synthesize(sounds.parameters).dtype == torch.float64
    audio, *_ = More(SynthConfig(2, 8000, 0.25, 200, reproducible=False))(0)
    assert torch.equal(audio, more.render_sounds([0, 1]).audio["audio"])
    plain = Plain(CONFIG)
    assert torch.equal(plain.render_all(sounds.parameters), plain.render(sounds.parameters))


def test_one_sound_has_all_of_it(more, sounds):
    one = more.sound(33)
    assert one.audio["mod"].shape == (50,)
    assert all(torch.equal(one.audio[name], signal[1]) for name, signal in sounds.audio.items())


def test_a_sound_has_the_same_in_any_batch_and_chunk(more, sounds):
    many = more.render_sounds(range(300)).audio  # 262 are rendered at a time
    assert all(torch.equal(many[name][NUMBERS[0]], sounds.audio[name][0]) for name in many)
    index = torch.arange(7)
    whole = Rendering(more)(index, CPU, torch.float32).audio
    assert same(Rendering(more, chunk=3)(index, CPU, torch.float32).audio, whole)


def test_signals_have_it_under_output(more, sounds):
    signals = more.signals(sounds.parameters, torch.tensor([3, 1]))
    assert torch.equal(signals.output.mod, sounds.audio["mod"])
    assert torch.equal(signals["audio"], sounds.audio["audio"])
    told = {str(cable) for cable in more.cables if cable.target == "output"}
    assert told >= {"lfo -> output.mod (control)", "upsample -> output.bend (audio)"}
    assert list(more.signals(sounds.parameters, names=["output"])) == [
        "output.mod",
        "output.bend",
        "output.note",
        "output.high",
    ]


def test_it_has_a_gradient():
    synth = More(WITH_GRAD)
    parameters = synth.draw(NUMBERS).requires_grad_()
    synth.render_all(parameters)["mod"].square().sum().backward()
    assert parameters.grad[:, synth.parameter_table.column("lfo.frequency")].all()


def test_signals_of_audios_length_are_cropped_with_it(more):
    handed = Handed(crop_seconds=0.1, random_crop=True, seed=5)
    cropped = Rendering(more, handed)(torch.tensor(NUMBERS), CPU, torch.float32).audio
    whole = more.render_sounds(NUMBERS).audio
    assert {name: list(signal.shape) for name, signal in cropped.items()} == {
        "audio": [2, 800],
        "mod": [2, 50],
        "bend": [2, 800],
        "note": [2],
        "high": [2],
    }
    for place in range(2):
        start = next(
            start
            for start in range(1201)
            if torch.equal(whole["audio"][place, start : start + 800], cropped["audio"][place])
        )
        assert torch.equal(whole["bend"][place, start : start + 800], cropped["bend"][place])


def test_a_second_view_has_its_own(more):
    pair = Rendering(more, Handed(paired_delta=0.2))(torch.tensor(NUMBERS), CPU, torch.float32)
    moved = more.render_all(pair.second.parameters, torch.tensor([3, 1]))
    assert same(pair.second.audio, moved)
    assert not torch.equal(pair.second.audio["mod"], pair.first.audio["mod"])


def test_a_transform_is_of_the_audio_alone(more):
    rendering = Rendering(more, transform=LogMel(8000))
    handed = rendering(torch.tensor(NUMBERS), CPU, torch.float32).audio
    whole = more.render_sounds(NUMBERS).audio
    assert handed["audio"].shape[:2] == (2, LogMel(8000)(whole["audio"]).shape[1])
    assert torch.equal(handed["mod"], whole["mod"])


def test_a_data_module_hands_it_out_in_the_dtype_asked_for():
    dm = SynthDataModule(
        batch_size=4,
        synth=More,
        sample_rate=8000,
        buffer_size_seconds=0.25,
        control_rate=200,
        train_sounds=8,
        transform=lambda audio: audio.abs(),
    )
    dm.setup()
    batch = next(iter(dm.train_dataloader())).to("cpu")
    assert batch.audio["mod"].shape == (4, 50)
    half = batch.to(torch.float16)
    assert half.audio["note"].dtype == torch.float16
    assert half.audio["high"].dtype == torch.bool
    assert torch.equal(dm.levels(batch).peak, audio_of(batch.audio).amax(1))


def test_a_manifest_is_of_the_audio():
    split = SplitDefinition.of("synth1M1", SoundSet(Split.val, 2))
    found, plain = (
        describe(synth, split) for synth in (More(CONFIG), Plain(CONFIG, backend="reference"))
    )
    assert [block.audio_values for block in found.blocks] == [
        block.audio_values for block in plain.blocks
    ]


def test_the_command_writes_its_audio(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    recipe = SynthRecipe(More, sample_rate=8000, buffer_size_seconds=0.25, control_rate=200)
    Render(("3",), recipe=recipe)()
    assert json.loads((tmp_path / "sounds/sound_3.json").read_text())["sound"] == 3
    assert (tmp_path / "sounds/sound_3.wav").stat().st_size > 4 * 2000


@pytest.mark.parametrize(
    ("returned", "message"),
    [
        (
            lambda self, audio, lfo, bend, midi_f0: (audio, {"mod": lfo[:1]}),
            r"lfo -> output.mod: must be a tensor \[B, ...\] of 2 sounds, got shape \[1, 50\]$",
        ),
        (
            lambda self, audio, lfo, bend, midi_f0: (audio, {"mod": lfo.mean()}),
            r"lfo -> output.mod: must be a tensor \[B, ...\] of 2 sounds, got shape \[\]$",
        ),
        (
            lambda self, audio, lfo, bend, midi_f0: (audio, {"mod": 3.0}),
            r"output.mod: must be a tensor \[B, ...\] of 2 sounds, got float$",
        ),
        (
            lambda self, audio, lfo, bend, midi_f0: (audio, {"audio": lfo}),
            "lfo -> output.audio: what is returned beside the audio must have a name that is not "
            "'audio', got 'audio'$",
        ),
        (
            lambda self, audio, lfo, bend, midi_f0: (audio, {3: lfo}),
            "must have a name that is not 'audio', got 3$",
        ),
        (
            lambda self, audio, lfo, bend, midi_f0: (lfo, {"mod": audio}),
            "Wrong: lfo -> output: output takes audio there, lfo gives a control signal; put an "
            "upsample between$",
        ),
        (
            lambda self, audio, lfo, bend, midi_f0: (audio, lfo),
            "audio [B, N] of 2 sounds must have shape [2, 2000], got tuple".replace("[", r"\["),
        ),
    ],
    ids=["rows", "no-rows", "number", "audio", "no-name", "exchanged", "no-mapping"],
)
def test_what_cannot_be_handed_on_is_refused_when_the_synth_is_made(returned, message):
    wrong = type("Wrong", (Plain,), {"returned": returned})
    with pytest.raises(WiringError, match=message):
        wrong(CONFIG)


def test_what_shows_when_it_is_rendered_is_an_error_then():
    class Late(Plain):
        def returned(self, audio, lfo, bend, midi_f0):
            return audio, {"mod": lfo[:8]}

    with pytest.raises(ValueError, match=r"^Late.output\(\): 'mod': must be .* of 9 sounds"):
        Late(CONFIG).render_sounds(range(9))


def test_what_is_beside_the_audio_is_tried_twice_too():
    class Restless(Plain):
        def returned(self, audio, lfo, bend, midi_f0):
            return audio, {"mod": lfo * torch.rand(1)}

    class Unknown(Plain):
        def returned(self, audio, lfo, bend, midi_f0):
            return audio, {"octave": torch.log2(midi_f0 - 60)}  # not a number below middle C

    with pytest.raises(ValueError, match="sound 0 has other samples when it is rendered again"):
        Restless(CONFIG)
    assert Unknown(CONFIG).render_sounds(range(8)).audio["octave"].isnan().any()
