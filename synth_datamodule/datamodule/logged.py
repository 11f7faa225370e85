"""What loggers are told of the data: its settings, under names that clash with no model's."""

from typing import Any

from synth_datamodule.both_lightnings import SafelyLoaded

PREFIX = "data/"
"""What the name of a setting of the data begins with in a logger."""


class Logged(SafelyLoaded):
    """A data module whose settings a Trainer logs beside the model's."""

    @property
    def hparams_initial(self) -> Any:  # noqa: ANN401  # Lightning's, of dicts with attributes
        """The settings as a Trainer hands them to its loggers: ``data/batch_size`` and so on.

        A Trainer merges them with the model's own hyperparameters, whose ``batch_size`` or ``seed``
        is another thing; ``hparams`` has them under their own names.

        Example:
            >>> from synth_datamodule import SynthDataModule
            >>> SynthDataModule(batch_size=4).hparams_initial["data/batch_size"]
            4
        """
        # Lightning's own would be those of before the constructor made them plain.
        kept = type(self.hparams)()
        for name, value in self.hparams.items():
            if not name.startswith("_"):  # LightningCLI's own
                kept[f"{PREFIX}{name}"] = value
        return kept
