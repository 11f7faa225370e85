"""The batches of synth-setter's torchsynth data module, from SynthDataModule.

synth-setter (https://github.com/tinaudio/synth-setter) trains on dicts of ``params``, ``noise``,
``audio`` and ``mel``. Copy this file, and give a Trainer
``SynthSetterDataModule(batch_size=32, notes=range(48, 73))``. Its settings, and ours:

- ``sample_rate``, ``signal_length``: ``sample_rate``, ``buffer_size_seconds``
- ``train_val_test_sizes``: ``train_sounds``, ``val_sounds``, ``test_sounds``, which share no sound
- ``train_val_test_seeds``: none, a sound is its number's; ``seed`` orders the train sounds
- ``resample_train_per_epoch``: ``fresh_epochs=True``, with ``sounds_per_epoch``
- ``num_workers``: none, sounds are rendered where they are needed, as batches
- the pitches of its parameter spec: ``notes=range(48, 73)``; other ranges: ``ranges={...}``
"""

import torch

from synth_datamodule import SynthDataModule
from synth_datamodule.features import LogMel


class SynthSetterDataModule(SynthDataModule):
    """SynthDataModule whose batches are synth-setter's dicts."""

    num_mels = 128

    def on_after_batch_transfer(self, batch, dataloader_idx):
        """Return a dict of tensors on the batch's device.

        ``params`` are the free parameters in [-1, 1], ``noise`` is normal and of their shape
        ``[B, P]``, ``audio`` is ``[B, N]`` and ``mel`` ``[B, 1, mels, frames]``.
        """
        batch = super().on_after_batch_transfer(batch, dataloader_idx)
        params = 2 * self.parameter_table.take_free(batch.parameters) - 1
        if not hasattr(self, "_mel"):
            self._mel = LogMel(self.sample_rate, self.num_mels, n_fft=2048, hop_length=512)
        mel = self._mel.to(batch.audio.device)(batch.audio)
        return {
            "params": params,
            "noise": torch.randn_like(params),
            "audio": batch.audio,
            "mel": mel[:, None],
        }
