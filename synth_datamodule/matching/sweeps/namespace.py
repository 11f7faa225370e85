"""Models of either Lightning namespace, run without its remarks."""

import contextlib
import importlib
import logging
import warnings
from collections.abc import Iterator
from types import ModuleType

from lightning_utilities.core import rank_zero


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
    raise TypeError(f"model must be a LightningModule's class, got {model!r}")


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keep Lightning from saying in every run what hardware there is."""
    logger = rank_zero.log  # that both namespaces speak through
    level = logger.level
    logger.setLevel(logging.WARNING)
    try:
        with warnings.catch_warnings():
            # Lightning 2.6.6's own: https://github.com/Lightning-AI/pytorch-lightning/issues/21326
            warnings.filterwarnings("ignore", message=".*LeafSpec", category=FutureWarning)
            yield
    finally:
        logger.setLevel(level)
