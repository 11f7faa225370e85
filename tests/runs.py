"""Runs of a Trainer that keep what reached the model, in this process or in several others.

As a program it reads jobs, which are keyword arguments of ``run`` by name, and goes through them on
as many processes as asked, forked so that what is slow to import is imported once.
"""

import contextlib
import importlib
import json
import multiprocessing
import os
import signal
import socket
import subprocess
import sys
import time
import warnings
from pathlib import Path

import torch
from torchmetrics import MeanMetric

from synth_datamodule import Split, SynthDataModule

SHORT = {"sample_rate": 4000, "buffer_size_seconds": 0.05, "control_rate": 100}
QUIET = {
    "accelerator": "cpu",
    "logger": False,
    "enable_progress_bar": False,
    "enable_model_summary": False,
    "num_sanity_val_steps": 0,
}


def recorder(lightning, one_cycle=False, pace=0.0, crash_at=None, by_ear=False):
    """Return a model that keeps the numbers of every sound it is given.

    Args:
        lightning: The namespace.
        one_cycle: Whether its learning rate has a schedule.
        pace: Seconds that a step takes at least.
        crash_at: The step that fails.
        by_ear: Whether it renders what it guesses, and learns from how far off that sounds.
    """

    class Recorder(lightning.LightningModule):
        def __init__(self):
            super().__init__()
            self.layer = torch.nn.Linear(50, 78)
            for weight in self.layer.parameters():
                torch.nn.init.zeros_(weight)
            self.means = torch.nn.ModuleDict({"val": MeanMetric(), "test": MeanMetric()})
            self.heard = {split.value: [] for split in Split}
            self.logged, self.losses = [], []

        def loss(self, batch):
            guess = self.layer(batch.audio[:, :50])
            if not by_ear:
                return (guess - batch.parameters).abs().mean()
            voice = self.trainer.datamodule.voice
            audio = voice.render(torch.sigmoid(guess), batch.index % 32)
            return (audio - batch.audio).square().mean()

        def training_step(self, batch, batch_idx):
            if len(self.heard["train"]) == crash_at:
                raise RuntimeError("the cluster is on fire")
            time.sleep(pace)
            self.heard["train"].append(batch.index.tolist())
            self.log("number", batch.index.float().mean(), sync_dist=True, on_step=True)
            loss = self.loss(batch)
            self.losses.append(loss.item())
            return loss

        def on_train_batch_end(self, outputs, batch, batch_idx):
            self.logged.append(self.trainer.callback_metrics["number"].item())

        def evaluate(self, batch, split):
            self.heard[split].append(batch.index.tolist())
            numbers = batch.index.float()
            self.log(f"{split}_number", numbers.mean(), sync_dist=True, on_step=True, on_epoch=True)
            self.means[split](numbers)
            self.log(f"{split}_exact", self.means[split])

        def validation_step(self, batch, batch_idx):
            self.evaluate(batch, "val")

        def test_step(self, batch, batch_idx):
            self.evaluate(batch, "test")

        def predict_step(self, batch, batch_idx):
            self.heard["predict"].append(batch.index.tolist())
            return batch.index

        def configure_optimizers(self):
            optimizer = torch.optim.Adam(self.parameters(), lr=0.01)
            if not one_cycle:
                return optimizer
            steps = int(self.trainer.estimated_stepping_batches)
            schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.01, total_steps=steps)
            return {
                "optimizer": optimizer,
                "lr_scheduler": {"scheduler": schedule, "interval": "step"},
            }

    return Recorder()


def looker(lightning):
    """Return a callback that looks at loaders: at new ones, and at the run's own."""

    class Looker(lightning.Callback):
        def on_train_batch_start(self, trainer, *args):
            len(trainer.datamodule.train_dataloader())
            next(iter(trainer.datamodule.train_dataloader()))
            next(iter(trainer.train_dataloader))

        on_train_batch_end = on_train_batch_start

    return Looker()


def run(
    data,
    calls=("fit",),
    *,
    lightning="pytorch_lightning",
    trainer=None,
    saves=(),
    by="datamodule",
    ckpt_path=None,
    refused=False,
    looks=False,
    **model_options,
):
    """Run a Trainer and return what reached the model, as JSON knows it.

    Args:
        data: Of the data module, beside SHORT.
        calls: Methods of the Trainer, one after the other.
        lightning: Which of the two namespaces.
        trainer: Of the Trainer, beside QUIET.
        saves: Of each ModelCheckpoint.
        by: ``"datamodule"``, ``"dataloaders"`` or ``"loop"``, which is no Trainer at all.
        ckpt_path: Of ``fit``; it is read with ``weights_only=True``.
        refused: Whether to keep a ValueError's message instead of raising it.
        looks: Whether a callback looks at a loader in every step.
        model_options: Of the recorder.
    """
    namespace = importlib.import_module(lightning)
    checkpoint = importlib.import_module(f"{lightning}.callbacks").ModelCheckpoint
    model = recorder(namespace, **model_options)
    record = {"error": None, "loaders": {}, "places": {}, "metrics": {}}
    try:
        if isinstance(data.get("predict_sounds"), list):  # a range, which JSON wrote as a list
            data = {**data, "predict_sounds": tuple(data["predict_sounds"])}
        dm = SynthDataModule(**{**SHORT, **data})
        if by == "loop":
            loader = dm.train_dataloader()
            return {"train": [numbers.index.tolist() for _ in range(2) for numbers in loader]}
        engine = namespace.Trainer(
            **QUIET,
            **(trainer or {}),
            enable_checkpointing=bool(saves),
            callbacks=[
                *(checkpoint(**options) for options in saves),
                *([looker(namespace)] if looks else []),
            ],
        )
        for call in calls:
            options = {"datamodule": dm}
            if by == "dataloaders":
                options = {"train_dataloaders": dm.train_dataloader()}
                options["val_dataloaders"] = dm.val_dataloader()
            if call == "fit":
                options |= {"ckpt_path": ckpt_path, "weights_only": True if ckpt_path else None}
            if call == "predict":
                options["return_predictions"] = False
            getattr(engine, call)(model, **options)
            for name in ("train_dataloader", f"{call}_dataloaders", "val_dataloaders"):
                loader = getattr(engine, name, None)
                if loader is not None:
                    record["loaders"][name] = f"{type(loader).__module__}.{type(loader).__name__}"
                    if loader.sounds.has_epoch(loader.next_epoch):
                        record["places"][name] = [*loader.sampler]
            metrics = engine.callback_metrics.items()
            record["metrics"] |= {name: value.item() for name, value in metrics}
    except ValueError as error:
        if not refused:
            raise
        record["error"] = str(error)
    weights = {name: tensor.tolist() for name, tensor in model.layer.state_dict().items()}
    steps = {"logged": model.logged, "losses": model.losses}
    return {**record, **model.heard, **steps, "weights": weights}


def start(jobs, folder, world_size=1):
    """Start this program and return it; its records and what it prints come into the folder."""
    folder.mkdir()
    (folder / "jobs.json").write_text(json.dumps(jobs))
    with (folder / "log.txt").open("w") as log:
        return subprocess.Popen(
            [sys.executable, __file__, str(folder), str(world_size)],
            env={**os.environ, "OMP_NUM_THREADS": "1"},
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def finish(program, jobs, folder, world_size, timeout):
    """Return the records of every job, by rank, and what was printed; kill what hangs."""
    try:
        program.wait(timeout)
    except subprocess.TimeoutExpired:
        pass
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(program.pid, signal.SIGKILL)
        program.wait()
    records = {}
    for name in jobs:
        files = [folder / f"{name}-{rank}.json" for rank in range(world_size)]
        if all(file.exists() for file in files):
            records[name] = [json.loads(file.read_text()) for file in files]
    return records, (folder / "log.txt").read_text()


def main(folder, world_size):
    """Go through the jobs on that many processes, until one of them fails."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    fork = multiprocessing.get_context("fork")
    ranks = [
        fork.Process(target=_rank, args=(folder, rank, world_size, port))
        for rank in range(world_size)
    ]
    for rank in ranks:
        rank.start()
    while any(rank.is_alive() for rank in ranks) and not any(rank.exitcode for rank in ranks):
        time.sleep(0.02)
    for rank in ranks:
        rank.kill()


def _rank(folder, rank, world_size, port):
    os.environ |= {  # as torchrun does
        "RANK": str(rank),
        "LOCAL_RANK": str(rank),
        "GROUP_RANK": "0",
        "WORLD_SIZE": str(world_size),
        "LOCAL_WORLD_SIZE": str(world_size),
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(port),
        "TORCHELASTIC_RUN_ID": "runs",
    }
    for name, job in json.loads((folder / "jobs.json").read_text()).items():
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            record = run(**job)
        record["warnings"] = [str(warning.message) for warning in caught]
        unfinished = folder / f"{name}-{rank}.part"
        unfinished.write_text(json.dumps(record))
        unfinished.rename(unfinished.with_suffix(".json"))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
