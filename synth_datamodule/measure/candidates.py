"""What is timed: a call that makes a batch, parameters, audio and labels, from its index."""

from collections.abc import Callable

import torch
from torch import Tensor

from synth_datamodule.config import SynthConfig
from synth_datamodule.corpus.draws import noise_rows
from synth_datamodule.corpus.splits import is_train
from synth_datamodule.measure.peer import torchsynth_voice, why_no_torchsynth
from synth_datamodule.measure.synthax import synthax_voice, why_no_synthax
from synth_datamodule.voice import Voice

MakeBatch = Callable[[int], tuple[Tensor, Tensor, Tensor]]
"""From a batch index to audio ``[B, N]``, parameters ``[B, P]`` and is_train ``[B]``."""


def _reference(config: SynthConfig, device: torch.device, dtype: torch.dtype) -> Voice:
    return Voice(config, backend="reference", dtype=dtype).to(device)


def _compiled(voice: Voice) -> MakeBatch:
    voice.noise.table(voice.device)  # made by numpy, once: nothing to compile
    render, size = torch.compile(voice.render), voice.synthconfig.batch_size

    def make_batch(batch_idx: int) -> tuple[Tensor, Tensor, Tensor]:
        start = batch_idx * size
        numbers = torch.arange(start, start + size, device=voice.device)
        parameters = voice.draw(numbers)
        return render(parameters, noise_rows(numbers)), parameters, is_train(numbers)

    return make_batch


_MAKERS: dict[str, Callable[[SynthConfig, torch.device], MakeBatch]] = {
    "fused": lambda config, device: Voice(config, backend="fused").to(device),
    "reference": lambda config, device: _reference(config, device, torch.float64),
    "reference-float32": lambda config, device: _reference(config, device, torch.float32),
    "compiled": lambda config, device: _compiled(_reference(config, device, torch.float64)),
    "compiled-float32": lambda config, device: _compiled(_reference(config, device, torch.float32)),
    "torchsynth": torchsynth_voice,
    "synthax": synthax_voice,
}

PEERS: dict[str, Callable[[], str]] = {
    "torchsynth": why_no_torchsynth,
    "synthax": why_no_synthax,
}
"""Other packages, and what tells why one is not here."""

BACKENDS = tuple(name for name in _MAKERS if name not in PEERS)
"""Those of this package; ``compiled`` is ``torch.compile`` of the reference's ``render``."""


def candidate(name: str, config: SynthConfig, device: torch.device) -> MakeBatch:
    """Return the call that makes batches.

    Args:
        name: One of ``BACKENDS`` or ``PEERS``.
        config: Of the sounds.
        device: Where.

    Raises:
        ImportError: If it is a peer, and that cannot be imported.

    Example:
        >>> config = SynthConfig(batch_size=2, sample_rate=8000, buffer_size_seconds=0.1)
        >>> audio, parameters, train = candidate("reference", config, torch.device("cpu"))(0)
        >>> audio.shape, parameters.shape, train.shape
        (torch.Size([2, 800]), torch.Size([2, 78]), torch.Size([2]))
    """
    return _MAKERS[name](config, device)


def forget_compiled() -> None:
    """Drop what ``torch.compile`` knows, so that no batch size runs code made for another."""
    torch.compiler.reset()
