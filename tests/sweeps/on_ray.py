"""A sweep on a Ray of its own, two workers to a trial: ``python on_ray.py FOLDER``.

Not a test; test_ray_sweep.py runs it. Writes what each worker heard and what Ray found.
"""

import hashlib
import json
import os
import sys
from pathlib import Path

import pytorch_lightning as pl
import ray
import torch

from synth_datamodule.sweeps import Experiment, ray_sweep, search_space

SETTINGS = {
    "data.train_sounds": 16,
    "data.val_sounds": 11,
    "data.test_sounds": 4,
    "data.sample_rate": 4000,
    "data.buffer_size_seconds": 0.05,
    "data.control_rate": 200,
    "trainer.max_epochs": 2,
    "trainer.accelerator": "cpu",
}
SPACE = search_space(
    {"model.rate": {"low": 1e-3, "high": 1e-1, "log": True}, "data.batch_size": [2, 3]}
)


class Listener(pl.LightningModule):
    def __init__(self, num_samples, num_parameters, folder, rate=0.1):
        super().__init__()
        self.layer = torch.nn.Linear(num_samples, num_parameters)
        self.folder, self.rate, self.heard, self.sums = folder, rate, {}, []

    def loss(self, batch):
        return (self.layer(batch.audio) - batch.parameters).abs().mean()

    def training_step(self, batch, batch_idx):
        return self.loss(batch)

    def validation_step(self, batch, batch_idx):
        for number, audio in zip(batch.index.tolist(), batch.audio, strict=True):
            self.heard[number] = hashlib.sha256(audio.numpy().tobytes()).hexdigest()
        self.log("val_error", self.loss(batch), batch_size=len(batch.index), sync_dist=True)

    def on_validation_epoch_end(self):
        trainer = self.trainer
        told = {
            "rank": trainer.global_rank,
            "world_size": trainer.world_size,
            "batch_size": trainer.datamodule.batch_size,
            "rate": self.rate,
            "heard": self.heard,
            # The same on both ranks, for DDP adds up their gradients.
            "weights": self.layer.weight.double().sum().item(),
        }
        Path(self.folder, f"{os.getpid()}.json").write_text(json.dumps(told))

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=self.rate)


def main(folder):
    heard = folder / "heard"
    heard.mkdir()
    ray.init(
        num_cpus=2,
        include_dashboard=False,
        log_to_driver=False,
        object_store_memory=80_000_000,
        _temp_dir=str(folder / "ray"),
    )
    experiment = Experiment({**SETTINGS, "model.folder": str(heard)}, Listener)
    results = ray_sweep(experiment, SPACE, 2, folder, workers=2)
    found = {
        "errors": [str(error) for error in results.errors],
        "tried": [result.config for result in results],
        "best": results.get_best_result().config,
        "val_error": [result.metrics["val_error"] for result in results],
        "reported": [len(result.metrics_dataframe) for result in results],
    }
    (folder / "found.json").write_text(json.dumps(found))
    ray.shutdown()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
