"""Models of any class under any Lightning: which Lightning, what they are told, what is said."""

import contextlib
import importlib
import inspect
import logging
import warnings
from collections.abc import Iterator
from types import ModuleType
from typing import Any

from synth_datamodule import checks
from synth_datamodule.both_lightnings import LOGGERS
from synth_datamodule.datamodule import SynthDataModule

LARGEST_SEED = 2**32 - 1
"""The largest that Lightning's seed_everything takes."""

_KNOWN_FROM_DATA = ("num_parameters", "num_samples", "sample_rate")


def lightning_of(model: object) -> ModuleType:
    """Return ``pytorch_lightning`` or ``lightning.pytorch``, whichever a model's class is of.

    Raises:
        TypeError: If it is no LightningModule's class.

    Example:
        >>> from synth_datamodule.matching.model import SoundMatcher
        >>> lightning_of(SoundMatcher).__name__
        'pytorch_lightning'
    """
    for base in model.__mro__ if isinstance(model, type) else ():
        for name in ("pytorch_lightning", "lightning.pytorch"):
            if base.__name__ == "LightningModule" and base.__module__.startswith(f"{name}."):
                return importlib.import_module(name)
    raise TypeError(f"model must be a LightningModule's class, got {checks.shown(model)}")


def made_for(data: SynthDataModule, model: type, **settings: Any) -> Any:  # noqa: ANN401  # a model
    """Return a model of a class that is told what it takes of the data's sizes.

    These are num_parameters, num_samples and sample_rate; ``settings`` go before them.

    Example:
        >>> from synth_datamodule.matching.model import SoundMatcher
        >>> made_for(SynthDataModule(sample_rate=16000), SoundMatcher, width=4).hparams
        "learning_rate":  0.003
        "num_parameters": 78
        "sample_rate":    16000
        "width":          4
    """
    takes = inspect.signature(model).parameters
    known = {name: getattr(data, name) for name in _KNOWN_FROM_DATA if name in takes}
    return model(**{**known, **settings})


@contextlib.contextmanager
def without_leaf_spec_warning() -> Iterator[None]:
    """Leave out the FutureWarning that Lightning draws from torch in every run."""
    with warnings.catch_warnings():
        # Lightning 2.6.6's own: https://github.com/Lightning-AI/pytorch-lightning/issues/21326
        warnings.filterwarnings("ignore", message=".*LeafSpec", category=FutureWarning)
        yield


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Leave out what Lightning says of the hardware in every run."""
    levels = {logger: logger.level for logger in LOGGERS.values()}
    for logger in levels:
        logger.setLevel(logging.WARNING)
    try:
        with without_leaf_spec_warning():
            yield
    finally:
        for logger, level in levels.items():
            logger.setLevel(level)
