"""Samplers: a distribution of one's own, held to what the corpus promises."""

import sys

import pytest
import torch

from synth_datamodule import SynthDataModule, Voice
from synth_datamodule.identity import from_json, to_json, verify
from synth_datamodule.patching.recipe import SynthRecipe
from synth_datamodule.patching.sampler import Sampler, name_of

SHORT = {"sample_rate": 8000, "buffer_size_seconds": 0.05, "control_rate": 100}


def stairs(numbers):
    return (numbers[:, None] * torch.arange(1, 79) % 997) / 997


def test_sounds_have_the_parameters_that_it_gives():
    dm = SynthDataModule(batch_size=4, sampler=stairs, **SHORT)
    batch = next(iter(dm.train_dataloader())).to("cpu")
    assert torch.equal(batch.parameters, stairs(batch.index))
    assert torch.equal(batch.audio, Voice(dm.synthconfig).rerender(batch))
    dm.setup()
    assert torch.equal(dm.voice.sound(7).parameters, stairs(torch.tensor([7]))[0])


def test_pinned_and_listed_values_hold_as_they_do_for_draws():
    dm = SynthDataModule(sampler=stairs, pinned={"keyboard.midi_f0": 60.0},
                         values={"vco_1.tuning": [0.0, 12.0]}, **SHORT)  # fmt: skip
    dm.setup()
    found = dm.parameter_table.to_physical(dm.voice.draw(range(50)))
    assert set(found[:, dm.parameter_table.column("keyboard.midi_f0")].tolist()) == {60.0}
    tunings = found[:, dm.parameter_table.column("vco_1.tuning")]
    assert set(tunings.round(decimals=4).tolist()) == {0.0, 12.0}


class _Counting:
    calls = 0

    def __call__(self, numbers):
        self.calls += 1
        return stairs(numbers) * (1 if self.calls == 1 else 0.5)


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda n: torch.rand(len(n), 78), "other parameters when it is called again"),
        (_Counting(), "_Counting gives sound 1 other parameters when it is called again"),
        (lambda n: stairs(torch.arange(len(n))), "gives sound 0 other parameters in another order"),
        (lambda n: stairs(n) * (0.5 if len(n) == 1 else 1), "gives sound 1 other parameters alone"),
        (lambda n: stairs(n.add_(1)), "must leave its numbers as they are"),
    ],
)
def test_what_is_no_pure_function_is_refused(function, message):
    with pytest.raises(ValueError, match=message):
        Sampler(function, 78)


def test_random_states_are_left_alone(unchanged_random_state):
    with pytest.raises(ValueError, match="must be a pure function"):
        Sampler(lambda n: torch.rand(len(n), 78), 78)


@pytest.fixture
def module(tmp_path, monkeypatch):
    (tmp_path / "my_samplers.py").write_text(
        "import torch\ndef ramp(n):\n    return (n[:, None] % 64 / 64).expand(len(n), 78)\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    yield "my_samplers"
    sys.modules.pop("my_samplers", None)


@pytest.mark.parametrize("path", ["my_samplers.ramp", "my_samplers:ramp"])
def test_it_is_found_by_its_import_path(module, path):
    dm = SynthDataModule(sampler=path, batch_size=2, **SHORT)
    dm.setup()
    assert dm.voice.draw([5])[0, 0] == 5 / 64
    assert dm.hparams["sampler"] == dm.recipe.plain()["sampler"] == "my_samplers.ramp"
    assert dm.recipe == SynthRecipe(sampler=sys.modules[module].ramp, **SHORT)


def test_a_strangers_file_imports_none(module, tmp_path):
    text = to_json(SynthDataModule(sampler="my_samplers.ramp", test_sounds=2, **SHORT).manifest(
        "test"))  # fmt: skip
    del sys.modules[module]
    read = from_json(text)
    with pytest.raises(ValueError, match="is named by a file, and nothing is imported"):
        verify(read)
    assert module not in sys.modules
    assert verify(read, SynthRecipe(sampler="my_samplers.ramp", **SHORT).make()).same


def test_it_is_in_the_fingerprint_and_in_the_order(module):
    data = {"test_sounds": 2, "batch_size": 2, **SHORT}
    own, plain = SynthDataModule(sampler=stairs, **data), SynthDataModule(**data)
    manifest = own.manifest("test")
    assert "sampler" not in to_json(plain.manifest("test"))
    assert from_json(to_json(manifest)) == manifest
    loader = own.train_dataloader()
    next(iter(loader))
    with pytest.raises(ValueError, match=r"sampler was '.*stairs' in the checkpoint and is None"):
        plain.load_state_dict(own.state_dict())


def test_a_function_that_no_path_leads_to_has_a_name_all_the_same():
    assert name_of(lambda n: n).endswith("<lambda>")
    dm = SynthDataModule(sampler=lambda n: stairs(n), **SHORT)
    assert dm.hparams["sampler"].endswith("<lambda>")


def test_a_preset_of_a_sound_holds_its_parameters_and_needs_no_sampler(tmp_path):
    from synth_datamodule.patching.preset import Preset

    voice = SynthRecipe(sampler=stairs, **SHORT).make()
    sound = voice.sound(39)
    Preset.of(voice, sound).save(tmp_path / "a.json")
    again = Preset.load(tmp_path / "a.json")
    assert again.recipe.sampler is None
    assert (again.sound, again.noise_row) == (None, 7)
    assert torch.equal(again.render(), sound.audio)
