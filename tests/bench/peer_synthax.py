"""SynthAX as it is, another port of torchsynth's Voice, with sounds of its own; for peers.py.

Cherep and Singh, "SynthAX: A Fast Modular Synthesizer in JAX", AES Convention 155, 2023.
"""

import importlib

import torch

INSTALL = "pip install synthax jax"


def why_no_synthax(device):
    """Return why SynthAX cannot be measured, and how to install it; empty where it can be."""
    if device.type != "cpu":
        # On a GPU JAX would choose its own.
        return f"SynthAX is measured on the CPU only, not on {device}"
    try:
        importlib.import_module("synthax.synth")
    except ImportError as error:
        return f"SynthAX is not here ({error}): {INSTALL}"
    return ""


def synthax_voice(recipe, batch_size, device):
    """Return SynthAX's Voice as its own benchmark calls it, but waited for.

    Args:
        recipe: Rates and length of the sounds.
        batch_size: Sounds per batch.
        device: The CPU.

    Returns:
        Call from a key to audio, and, for SynthAX has no labels, nothing twice.

    Raises:
        ImportError: If SynthAX cannot be imported.
    """
    jax = importlib.import_module("jax")
    their_config = importlib.import_module("synthax.config").SynthConfig(
        batch_size=batch_size,
        sample_rate=recipe.sample_rate,
        buffer_size_seconds=recipe.buffer_size_seconds,
        control_rate=recipe.control_rate,
    )
    voice = importlib.import_module("synthax.synth").Voice(config=their_config)
    make = jax.jit(voice.init_with_output)
    nothing = torch.empty(0, device=device)

    def make_batch(batch_idx):
        audio, _ = jax.block_until_ready(make(jax.random.PRNGKey(batch_idx)))
        return torch.utils.dlpack.from_dlpack(audio), nothing, nothing

    return make_batch
