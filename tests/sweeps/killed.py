"""A sweep to be killed: ``python killed.py FILE TRIALS [N]`` hangs for ever in its N-th trial.

There it says "hangs", with one validation reported. Not a test; test_optuna_sweep.py runs it.
"""

import sys
import time

import pytorch_lightning as pl
import torch

from synth_datamodule.sweeps import Experiment, search_space, sweep

SETTINGS = {
    "data.train_sounds": 16,
    "data.val_sounds": 8,
    "data.test_sounds": 4,
    "data.sample_rate": 4000,
    "data.buffer_size_seconds": 0.05,
    "data.control_rate": 200,
    "trainer.max_epochs": 3,
    "trainer.accelerator": "cpu",
}
SPACE = search_space(
    {
        "model.rate": {"low": 1e-3, "high": 10.0, "log": True},
        "model.width": {"low": 8, "high": 64},
        "data.batch_size": [4, 8, 16],
    }
)


class Listener(pl.LightningModule):
    trained, hangs_in = 0, 0

    def __init__(self, num_samples, num_parameters, rate, width):
        super().__init__()
        self.rate = rate
        self.layers = torch.nn.Sequential(
            torch.nn.Linear(num_samples, width),
            torch.nn.ReLU(),
            torch.nn.Linear(width, num_parameters),
        )

    def loss(self, batch):
        return (self.layers(batch.audio) - batch.parameters).abs().mean()

    def on_train_start(self):
        type(self).trained += not self.trainer.fast_dev_run  # the rehearsal is no trial

    def training_step(self, batch, batch_idx):
        if self.trained == self.hangs_in and self.current_epoch == 1:
            print("hangs", flush=True)
            time.sleep(600)
        return self.loss(batch)

    def validation_step(self, batch, batch_idx):
        self.log("val_error", self.loss(batch), batch_size=len(batch.index))

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=self.rate)


# The same name whether it runs or is read: a study knows its model by it.
Listener.__module__ = "killed"

if __name__ == "__main__":
    torch.set_num_threads(1)
    file, trials, *hangs_in = sys.argv[1:]
    Listener.hangs_in = int(hangs_in[0]) if hangs_in else 0
    sweep(Experiment(SETTINGS, Listener), SPACE, int(trials), f"sqlite:///{file}")
