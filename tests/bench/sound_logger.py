"""What SoundLogger takes beside an epoch of the default ``synth-datamodule fit``.

Run ``python tests/bench/sound_logger.py``. The epoch is the command's own, 4,096 sounds in batches
of 32 and 256 to validate on, with a CSV log; the logger has its own defaults, 4 sounds and a
picture after every epoch. The first epoch pays for imports besides. CPU time is of all threads.
"""

import statistics
import tempfile
import time

from options import options, read
from pytorch_lightning import Trainer
from pytorch_lightning.loggers import CSVLogger

from synth_datamodule import SoundLogger, SynthDataModule
from synth_datamodule.matching.defaults import DEFAULTS
from synth_datamodule.matching.model import SoundMatcher
from synth_datamodule.matching.training import quiet


class Timed(SoundLogger):
    """Keeps the CPU and wall seconds of each epoch without itself, and its own."""

    def on_train_epoch_start(self, trainer, pl_module):
        """Begin to count."""
        self._began = time.process_time(), time.perf_counter()

    def on_train_epoch_end(self, trainer, pl_module):
        """Log, and print how long that took."""
        ended = time.process_time(), time.perf_counter()
        super().on_train_epoch_end(trainer, pl_module)
        after = time.process_time(), time.perf_counter()
        epoch = [end - begin for begin, end in zip(self._began, ended, strict=True)]
        own = [end - begin for begin, end in zip(ended, after, strict=True)]
        shares = [one / whole for one, whole in zip(own, epoch, strict=True)]
        self.shares = [*getattr(self, "shares", []), shares]
        print(
            f"epoch {epoch[0]:6.1f} s CPU {epoch[1]:6.1f} s wall; logger {own[0]:5.2f} s CPU "
            f"{own[1]:5.2f} s wall; {shares[0]:.2%} of CPU, {shares[1]:.2%} of wall",
            flush=True,
        )


def parser():
    return options(__doc__, rounds=4, sounds=DEFAULTS["data.sounds_per_epoch"])


def main():
    """Print each epoch, and the medians of all but the first."""
    given = read(parser())
    names = ("batch_size", "fresh_epochs", "val_sounds")
    settings = {name: DEFAULTS[f"data.{name}"] for name in names}
    timed = Timed()
    with tempfile.TemporaryDirectory() as folder, quiet():
        trainer = Trainer(
            max_epochs=given.rounds,
            logger=CSVLogger(folder),
            callbacks=[timed],
            accelerator="cpu",
            enable_progress_bar=False,
            enable_model_summary=False,
            enable_checkpointing=False,
            log_every_n_steps=1,
        )
        trainer.fit(SoundMatcher(), SynthDataModule(sounds_per_epoch=given.sounds, **settings))
    medians = [statistics.median(one) for one in zip(*timed.shares[1:], strict=True)]
    if medians:
        print(f"median after the first: {medians[0]:.2%} of CPU, {medians[1]:.2%} of wall")


if __name__ == "__main__":
    main()
