import os
import subprocess
import sys
from pathlib import Path

import pytest

USER_CODE = """
import lightning.pytorch
import pytorch_lightning
from torch import Tensor
from synth_datamodule import AbstractSynth, SynthBatch, SynthDataModule, Voice
from synth_datamodule.modules import AudioMixer, MonophonicKeyboard, SineVCO
from synth_datamodule.patching.patch import PatchValues, part

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
    audio = numbers.to("cpu")
pytorch_lightning.Trainer().fit(Model(), datamodule=dm)
lightning.pytorch.Trainer().fit(Twin(), datamodule=dm)
sound: SynthBatch = Voice().sound("synth1B1-312-6")
SynthDataModule(batch_size="4")
"""


def test_a_users_strictly_typed_code_checks(tmp_path):
    pytest.importorskip("lightning.pytorch")
    script = tmp_path / "user_code.py"
    script.write_text(USER_CODE)
    root = Path(__file__).parents[1]
    result = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--config-file=", str(script)],
        cwd=tmp_path,
        env={**os.environ, "MYPYPATH": str(root)},
        capture_output=True,
        text=True,
        check=False,
    )
    said = [line.split(": ", 1)[1] for line in result.stdout.splitlines() if "user_code" in line]
    assert said == [
        'note: Revealed type is "synth_datamodule.modules.audio_mixer.AudioMixer"',
        'error: Argument "batch_size" to "SynthDataModule" has incompatible type "str"; '
        'expected "int"  [arg-type]',
    ]
