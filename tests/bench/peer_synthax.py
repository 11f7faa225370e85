"""SynthAX as it is: another port of torchsynth's Voice, to JAX, with sounds of its own.

Cherep and Singh, "SynthAX: A Fast Modular Synthesizer in JAX", AES Convention 155, 2023.
"""

import importlib
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from synth_datamodule.config import SynthConfig

INSTALL = "pip install synthax jax"


def why_no_synthax() -> str:
    """Return why SynthAX cannot be imported, and how to install it; empty where it can be."""
    try:
        importlib.import_module("synthax.synth")
    except ImportError as error:
        return f"SynthAX is not here ({error}): {INSTALL}"
    return ""


def synthax_voice(
    config: SynthConfig, device: torch.device
) -> Callable[[int], tuple[Tensor, Tensor, Tensor]]:
    """Return SynthAX's Voice, as its own benchmark calls it, but waited for.

    Args:
        config: Of the sounds.
        device: The CPU. On a GPU JAX would choose its own.

    Returns:
        From a key to audio, and, for SynthAX has no labels, nothing twice.

    Raises:
        ImportError: If SynthAX cannot be imported.
        ValueError: If the device is no CPU.
    """
    if device.type != "cpu":
        raise ValueError(f"SynthAX is measured on the CPU only, got {device}")
    jax: Any = importlib.import_module("jax")
    their_config = importlib.import_module("synthax.config").SynthConfig(
        batch_size=config.batch_size,
        sample_rate=config.sample_rate,
        buffer_size_seconds=config.buffer_size_seconds,
        control_rate=config.control_rate,
    )
    voice = importlib.import_module("synthax.synth").Voice(config=their_config)
    make = jax.jit(voice.init_with_output)
    nothing = torch.empty(0)

    def make_batch(batch_idx: int) -> tuple[Tensor, Tensor, Tensor]:
        audio, _ = jax.block_until_ready(make(jax.random.PRNGKey(batch_idx)))
        return torch.utils.dlpack.from_dlpack(audio), nothing, nothing

    return make_batch
