"""Settings of a short run, and what becomes of them where there are fewer sounds."""

from collections.abc import Collection
from typing import Any

from synth_datamodule.corpus.splits import Split
from synth_datamodule.datamodule import SynthDataModule

DEFAULTS: dict[str, Any] = {
    "data.batch_size": 32,
    "data.sounds_per_epoch": 4096,
    "data.fresh_epochs": True,
    "data.val_sounds": 256,
    "trainer.max_epochs": 3,
    "trainer.log_every_n_steps": 1,
}
"""Defaults of a short run, 384 steps of 32 sounds, each sound heard once."""

OPEN: dict[str, Any] = {"sounds_per_epoch": None, "fresh_epochs": False, "val_sounds": "auto"}
"""Arguments of the data that ask for a number of sounds, at values that ask for none."""


def settled(data: SynthDataModule, left_open: Collection[str], command: str) -> dict[str, Any]:
    """Set arguments of the data that were left open, to the defaults or to what there is.

    Rows of one's own and a list end, and so do train sounds of which there is no whole default
    epoch: they come again in each epoch.

    Args:
        data: Data module that was made with ``OPEN``'s values of these arguments.
        left_open: Names of the arguments that were not typed.
        command: Name of the command, ``"fit"`` or one of its kin.

    Returns:
        The values by name.

    Raises:
        ValueError: If there are no sounds of a split that the command needs.
    """
    defaults = {name: DEFAULTS[f"data.{name}"] for name in left_open}
    ends = data.parameters is not None or data.hparams["sounds"] is not None
    if ends and "val_sounds" in defaults and command in ("fit", "validate"):
        sounds = data.sounds(Split.val)
        there = 0 if sounds is None else sounds.num_sounds
        defaults["val_sounds"] = min(there, defaults["val_sounds"])
    elif ends:
        defaults |= {name: OPEN[name] for name in ("val_sounds",) if name in defaults}
    train = data.sounds(Split.train) if command == "fit" else None
    if train is None:
        defaults |= {name: OPEN[name] for name in defaults if name != "val_sounds"}
    else:
        few = train.num_sounds < DEFAULTS["data.sounds_per_epoch"]
        if "sounds_per_epoch" in defaults and few:
            defaults["sounds_per_epoch"] = train.num_sounds
        if "fresh_epochs" in defaults and (few or ends):
            defaults["fresh_epochs"] = False
    for name, value in defaults.items():
        setattr(data, name, value)
    data.hparams.update(defaults)
    return defaults
