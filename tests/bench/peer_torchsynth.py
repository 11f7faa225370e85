"""torchsynth 1.0.2 as it is, around the Lightning module that is gone."""

import functools
import importlib
import sys
import types
import warnings
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from synth_datamodule.config import SynthConfig

INSTALL = 'pip install "setuptools<81" && pip install --no-deps torchsynth==1.0.2'
"""torchsynth's own requirements would replace Lightning with a release of 2021."""

_GONE = "pytorch_lightning.core.lightning"


class _LightningModule(nn.Module):
    """What torchsynth takes from Lightning: a module that knows its device."""

    @property
    def device(self) -> torch.device:
        return next((held.device for held in self.parameters()), torch.device("cpu"))


def why_no_torchsynth() -> str:
    """Return why torchsynth cannot be imported, and how to install it; empty where it can be."""
    try:
        _torchsynth()
    except ImportError as error:
        return f"torchsynth is not here ({error}): {INSTALL}"
    return ""


def torchsynth_voice(
    config: SynthConfig, device: torch.device
) -> Callable[[int], tuple[Tensor, Tensor, Tensor]]:
    """Return torchsynth's Voice; its batches are ours.

    Args:
        config: Of the sounds.
        device: Where.

    Returns:
        From a batch index to audio, parameters (in torchsynth's order) and is_train.

    Raises:
        ImportError: If torchsynth cannot be imported.
        ValueError: If the batch size is not a multiple of 32.
    """
    their_config, their_voice = _torchsynth()
    voice = their_voice(
        their_config(
            batch_size=config.batch_size,
            sample_rate=config.sample_rate,
            buffer_size_seconds=config.buffer_size_seconds,
            control_rate=config.control_rate,
        )
    ).to(device)
    voice.on_post_move_to_device()  # Lightning called it, before 2.0

    def make_batch(batch_idx: int) -> tuple[Tensor, Tensor, Tensor]:
        audio, parameters, is_train = voice(batch_idx)
        return audio.as_subclass(Tensor), parameters, is_train

    return make_batch


@functools.cache
def _torchsynth() -> tuple[Any, Any]:
    stub = types.ModuleType(_GONE)
    stub.__dict__["LightningModule"] = _LightningModule
    sys.modules[_GONE] = stub
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            config = importlib.import_module("torchsynth.config").SynthConfig
            return config, importlib.import_module("torchsynth.synth").Voice
    finally:
        del sys.modules[_GONE]
