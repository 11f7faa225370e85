"""torchsynth 1.0.2 as it is, around the Lightning module that is gone; for peers.py."""

import functools
import importlib
import sys
import types
import warnings

import torch
from torch import Tensor, nn

# torchsynth's own requirements would replace Lightning with a release of 2021.
INSTALL = 'pip install "setuptools<81" && pip install --no-deps torchsynth==1.0.2'
GONE = "pytorch_lightning.core.lightning"


class LightningModule(nn.Module):
    """What torchsynth takes from Lightning: a module that knows its device."""

    @property
    def device(self):
        return next((held.device for held in self.parameters()), torch.device("cpu"))


def why_no_torchsynth(device):
    """Return why torchsynth cannot be measured, and how to install it; empty where it can be."""
    try:
        torchsynth()
    except ImportError as error:
        return f"torchsynth is not here ({error}): {INSTALL}"
    return ""


def torchsynth_voice(recipe, batch_size, device):
    """Return a call from a batch index to torchsynth's audio, parameters and is_train.

    Its batches are ours, its parameters in another order.

    Args:
        recipe: Rates and length of the sounds.
        batch_size: Sounds per batch, a multiple of 32.
        device: Device to render on.

    Raises:
        ImportError: If torchsynth cannot be imported.
        ValueError: If the batch size is not a multiple of 32.
    """
    their_config, their_voice = torchsynth()
    voice = their_voice(
        their_config(
            batch_size=batch_size,
            sample_rate=recipe.sample_rate,
            buffer_size_seconds=recipe.buffer_size_seconds,
            control_rate=recipe.control_rate,
        )
    ).to(device)
    voice.on_post_move_to_device()  # Lightning called it, before 2.0

    def make_batch(batch_idx):
        audio, parameters, is_train = voice(batch_idx)
        return audio.as_subclass(Tensor), parameters, is_train

    return make_batch


@functools.cache
def torchsynth():
    """Return torchsynth's SynthConfig and Voice."""
    stub = types.ModuleType(GONE)
    stub.__dict__["LightningModule"] = LightningModule
    sys.modules[GONE] = stub
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            config = importlib.import_module("torchsynth.config").SynthConfig
            return config, importlib.import_module("torchsynth.synth").Voice
    finally:
        del sys.modules[GONE]
