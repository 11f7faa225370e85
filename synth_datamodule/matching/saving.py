"""Lightning's own files of a run: checkpoints are whole, and an error names its file."""

from argparse import Namespace
from pathlib import Path
from typing import Any

from pytorch_lightning.loggers import CSVLogger
from pytorch_lightning.plugins.io import TorchCheckpointIO

from synth_datamodule import reporting


class WholeCheckpoints(TorchCheckpointIO):
    """Writes checkpoints whole or not at all.

    Lightning writes one into the system's folder of temporary files and moves it. Where that is
    another disk, a move is a copy: cut short, it leaves half a checkpoint under its name.
    """

    def save_checkpoint(
        self,
        checkpoint: dict[str, Any],
        path: str | Path,
        storage_options: Any | None = None,  # noqa: ANN401  # the base class's
    ) -> None:
        """Write a checkpoint, in place of one of that name; at a URL as Lightning does.

        Args:
            checkpoint: State of the run.
            path: The file's path.
            storage_options: Options of other strategies, which Lightning refuses here.
        """
        if storage_options is not None or "://" in str(path):
            super().save_checkpoint(checkpoint, path, storage_options)
            return
        reporting.write_state(path, checkpoint, overwrite=True)


class NamedLog(CSVLogger):
    """Lightning's log, hparams.yaml and metrics.csv, with errors that name the file.

    Lightning adds lines to metrics.csv where it stands, so a run cut short may leave part of a
    line, and rewrites the file where another value is logged first.
    """

    def log_hyperparams(self, params: dict[str, Any] | Namespace | None = None) -> None:
        """Write hparams.yaml.

        Args:
            params: Settings of the model and the data.
        """
        with reporting.naming(Path(self.log_dir) / "hparams.yaml"):
            super().log_hyperparams(params)

    def save(self) -> None:
        """Add the lines logged since the last time to metrics.csv."""
        with reporting.naming(Path(self.log_dir) / "metrics.csv"):
            super().save()
