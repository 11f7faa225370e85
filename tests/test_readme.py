import importlib
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from synth_datamodule import Voice
from synth_datamodule.cli import COMMANDS
from synth_datamodule.commandline import parse
from synth_datamodule.synths import OneOscillator

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
FIRST, SETTINGS, BENT, ONE_SOUND, OWN_SYNTH = re.findall(
    r"```python\n(.*?)```", README, flags=re.DOTALL
)


def test_the_first_example_trains(tmp_path):
    script = FIRST.replace("max_steps=20", "max_steps=2, accelerator='cpu'")
    assert script != FIRST
    script += "\nassert int(dm.trainer.global_step) == 2\n"
    result = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
    assert "`Trainer.fit` stopped: `max_steps=2` reached." in result.stderr


def test_the_settings_shown_are_settings():
    namespace = {"SynthDataModule": pytest.importorskip("synth_datamodule").SynthDataModule}
    exec(SETTINGS, namespace)
    assert namespace["dm"].num_batches("train") == -(-10_000 // 128)


def test_the_bent_module_hands_out_what_its_comments_say():
    namespace = {}
    exec(BENT, namespace)
    dm = namespace["dm"]
    batch = dm.val_dataloader().dataset[0]
    assert list(batch.audio) == ["audio", "mel"]
    assert batch.audio["audio"].abs().max() == 1
    assert batch.parameters.shape == (77,)
    assert "[B, 77]" in BENT
    values = dict(
        zip(dm.parameter_names, namespace["table"].to_physical(batch.parameters), strict=True)
    )
    assert -12 <= values["vco_1.tuning"] <= 12
    assert round(values["keyboard.midi_f0"].item(), 4) in (48, 50, 52, 53, 55)
    assert len(dm.voice.parameter_table) == 78


def test_the_one_sound_example_says_what_it_computes():
    namespace = {}
    exec(ONE_SOUND, namespace)
    named = namespace["voice"].parameter_table.to_dict(namespace["values"])
    assert f"{named['keyboard.midi_f0']:.1f}" in ONE_SOUND
    sound = Voice().sound(312 * 128 + 6)
    assert torch.equal(namespace["sound"].audio, sound.audio)
    assert torch.equal(namespace["audio"], sound.audio)
    for number in range(33):  # of each row of the noise table
        exec(ONE_SOUND.replace('"synth1B1-312-6"', str(number)), namespace)
        assert torch.equal(namespace["audio"], namespace["sound"].audio)


def test_the_own_synth_is_heard_and_its_wrong_cable_named_as_said():
    namespace = {}
    exec(OWN_SYNTH, namespace)
    dm, brass = namespace["dm"], namespace["Brass"]
    assert dm.synth is brass
    assert dm.num_parameters == len(OneOscillator().parameter_names)
    saw = OneOscillator(pinned={"vco.shape": 1.0})
    assert torch.equal(brass(pinned={"vco.shape": 1.0}).sound(7).audio, saw.sound(7).audio)
    wrong = OWN_SYNTH.replace(
        "self.upsample(self.adsr(p.adsr, duration))", "self.adsr(p.adsr, duration)"
    )
    wrong = wrong.replace("part(VCA), part(ControlRateUpsample)", "part(VCA), None")
    wrong = wrong.replace("(p.vco, midi_f0, envelope)", "(p.vco, midi_f0)")
    with pytest.raises(ValueError, match=r"^Brass: adsr -> vca") as refused:
        exec(wrong, {})
    assert str(refused.value) in README.replace("\n", " ")


def test_the_first_example_has_twelve_lines_and_nothing_is_left_blank():
    assert len([line for line in FIRST.splitlines() if line.strip()]) == 12
    assert not re.findall(r"@[A-Z]+@", README)


def test_both_shell_lines_start_from_nothing():
    lines = re.findall(r"```sh\n(.*?)\n```", README)
    assert len(lines) == 2
    assert all(line.startswith("python3 -m venv .venv && .venv/bin/pip install") for line in lines)


def commands_shown():
    """Return every ``synth-datamodule ...`` that a page shows, in a line or in a sentence."""
    for page in (
        "README.md",
        "CONTRIBUTING.md",
        "STABILITY.md",
        "results/benchmark/sound-matching.md",
    ):
        text = (ROOT / page).read_text()
        for shown in re.findall(r"`(synth-datamodule [^`]+)`|^(synth-datamodule .+)$", text, re.M):
            yield " ".join("".join(shown).split())


@pytest.mark.parametrize("command", sorted(set(commands_shown())))
def test_a_command_that_is_shown_is_one_that_can_be_typed(command, tmp_path, monkeypatch):
    (tmp_path / "my_module.py").write_text("from synth_datamodule import Voice as Brass\n")
    monkeypatch.syspath_prepend(tmp_path)
    _, name, *words = shlex.split(command)
    module, _, attribute = COMMANDS[name][1].partition(":")
    found = getattr(importlib.import_module(module), attribute)
    if isinstance(found, type) and "--help" not in words:
        assert isinstance(parse(found, f"synth-datamodule {name}", words), found)
    assert callable(found)
