import inspect
import json
import os
import pydoc
import subprocess
import sys
from pathlib import Path

import pytest

from synth_datamodule import AbstractSynth, Voice

USER_CODE = """
import lightning.pytorch
import pytorch_lightning
from torch import Tensor
from synth_datamodule import AbstractSynth, SynthBatch, SynthConfig, SynthDataModule, Voice, part
from synth_datamodule.modules import AudioMixer, MonophonicKeyboard, SineVCO
from synth_datamodule.patch import PatchValues

class Whistle(AbstractSynth):
    keyboard = part(MonophonicKeyboard)
    vco = part(SineVCO)
    mixer = part(AudioMixer, inputs=("vco",))

    def output(self, p: PatchValues, noise_rows: Tensor) -> Tensor:
        midi_f0, _ = self.keyboard(p.keyboard)
        reveal_type(self.mixer)
        audio: Tensor = self.mixer(p.mixer, self.vco(p.vco, midi_f0))
        return audio

class Model(pytorch_lightning.LightningModule):
    def training_step(self, batch: SynthBatch, batch_idx: int) -> Tensor:
        return batch.audio.mean()

class Twin(lightning.pytorch.LightningModule):
    pass

dm = SynthDataModule(batch_size=4, synth=Whistle)
for numbers in dm.val_dataloader():
    batch = numbers.to("cpu")
    loss = (batch.audio.mean() - batch.parameters.mean()).abs()
pytorch_lightning.Trainer().fit(Model(), datamodule=dm)
lightning.pytorch.Trainer().fit(Twin(), datamodule=dm)
voice = Voice()
sound: SynthBatch = voice.sound("synth1B1-312-6")
audio, parameters, is_train = voice(0)
reveal_type(voice)
reveal_type(audio)
reveal_type(Whistle())
reveal_type(dm.voice)
Voice(17)
Voice(nonsense=True)
voice(0, 1)
SynthDataModule(batch_size="4")
"""


ROOT = Path(__file__).parents[1]


@pytest.fixture
def user_code(tmp_path):
    pytest.importorskip("lightning.pytorch")
    script = tmp_path / "user_code.py"
    script.write_text(USER_CODE)
    return script


def said_of(code):
    """Return the line of the user's code that a message is about, and the message."""
    return [(USER_CODE.splitlines()[line - 1].strip(), text) for line, text in code]


def test_mypy_knows_the_types_of_a_users_strictly_typed_code(user_code):
    result = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--config-file=", str(user_code)],
        cwd=user_code.parent,
        env={**os.environ, "MYPYPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    lines = [line.split(":", 2) for line in result.stdout.splitlines() if "user_code.py:" in line]
    lines = [line for line in lines if "defined in" not in line[2]]
    assert said_of((int(line), text.strip()) for _, line, text in lines) == [
        (
            "reveal_type(self.mixer)",
            'note: Revealed type is "synth_datamodule.modules.audio_mixer.AudioMixer"',
        ),
        ("reveal_type(voice)", 'note: Revealed type is "synth_datamodule.voice.Voice"'),
        ("reveal_type(audio)", 'note: Revealed type is "torch._tensor.Tensor"'),
        ("reveal_type(Whistle())", 'note: Revealed type is "user_code.Whistle"'),
        (
            "reveal_type(dm.voice)",
            'note: Revealed type is "synth_datamodule.patching.synth.AbstractSynth"',
        ),
        (
            "Voice(17)",
            'error: Argument 1 to "Voice" has incompatible type "int"; expected '
            '"SynthConfig | None"  [arg-type]',
        ),
        (
            "Voice(nonsense=True)",
            'error: Unexpected keyword argument "nonsense" for "Voice"  [call-arg]',
        ),
        (
            "voice(0, 1)",
            'error: Too many arguments for "__call__" of "AbstractSynth"  [call-arg]',
        ),
        (
            'SynthDataModule(batch_size="4")',
            'error: Argument "batch_size" to "SynthDataModule" has incompatible type "str"; '
            'expected "int"  [arg-type]',
        ),
    ]


def test_pyright_knows_the_types_of_a_users_code(user_code):
    pytest.importorskip("basedpyright")
    settings = {"extraPaths": [str(ROOT)], "typeCheckingMode": "standard"}
    (user_code.parent / "pyrightconfig.json").write_text(json.dumps(settings))
    result = subprocess.run(
        [sys.executable, "-m", "basedpyright", "--outputjson", "--pythonpath", sys.executable],
        cwd=user_code.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    found = json.loads(result.stdout)["generalDiagnostics"]
    said = said_of(
        (one["range"]["start"]["line"] + 1, one["message"].split("\n")[0].strip())
        for one in found
        if one["severity"] in ("error", "information")
    )
    assert said == [
        ("reveal_type(self.mixer)", 'Type of "self.mixer" is "AudioMixer"'),
        ("reveal_type(voice)", 'Type of "voice" is "Voice"'),
        ("reveal_type(audio)", 'Type of "audio" is "Tensor"'),
        ("reveal_type(Whistle())", 'Type of "Whistle()" is "Whistle"'),
        ("reveal_type(dm.voice)", 'Type of "dm.voice" is "AbstractSynth"'),
        (
            "Voice(17)",
            'Argument of type "Literal[17]" cannot be assigned to parameter "synthconfig" of type '
            '"SynthConfig | None" in function "__init__"',
        ),
        ("Voice(nonsense=True)", 'No parameter named "nonsense"'),
        ("voice(0, 1)", "Expected 1 positional argument"),
        (
            'SynthDataModule(batch_size="4")',
            'Argument of type "Literal[\'4\']" cannot be assigned to parameter "batch_size" of '
            'type "int" in function "__init__"',
        ),
    ]


def test_help_shows_what_a_synth_is_made_with():
    assert [*inspect.signature(Voice).parameters] == [
        "synthconfig",
        "nebula",
        "backend",
        "dtype",
        "pinned",
        "ranges",
        "values",
    ]
    assert inspect.signature(Voice) == inspect.signature(AbstractSynth)
    assert "Voice(synthconfig:" in pydoc.plain(pydoc.render_doc(Voice))
