"""What candidates that learn again and again from the budget's sounds share: ear, epochs, steps."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn

from synth_datamodule.benchmark.candidates import batches, unseen
from synth_datamodule.datamodule import SynthDataModule
from synth_datamodule.loading import SoundLoader
from synth_datamodule.matching.canonical import CanonicalTargets, canonical_targets
from synth_datamodule.matching.matcher import ear
from synth_datamodule.reporting import Advance

_STEEPEST = 1.0  # norm of a gradient

Loss = Callable[[Tensor, CanonicalTargets], Tensor]
"""From log-mel frames ``[B, F, T]`` and their targets to one number."""


class Kept(NamedTuple):
    """What is kept of the budget's sounds once they were heard.

    Args:
        frames: Log-mel frames, float16. Shape ``[N, F, T]``.
        targets: Canonical parameters, and which of them are heard.
    """

    frames: Tensor
    targets: CanonicalTargets


@dataclass(frozen=True)
class Lessons:
    """How a network learns from the sounds that were kept.

    Args:
        epochs: Number of times that each sound is learned from.
        batch_size: Number of sounds of a step.
        learning_rate: Highest rate of a one-cycle schedule.
    """

    epochs: int
    batch_size: int
    learning_rate: float


def hear(
    data: SynthDataModule, loader: SoundLoader, device: torch.device, advance: Advance = unseen
) -> Kept:
    """Return what is kept of a loader's sounds, each heard once.

    Args:
        data: Data module of the loader.
        loader: Loader that hands out the sounds.
        device: Device to render and to keep them on.
        advance: Function to call with the number of sounds heard since its last call.
    """
    log_mel = ear(data.sample_rate).to(device)
    frames, parameters = [], []
    with torch.no_grad():
        for batch in batches(loader, device, advance):
            frames.append(log_mel(batch.audio).half())
            parameters.append(batch.parameters)
        targets = canonical_targets(data.voice, torch.cat(parameters))
    return Kept(torch.cat(frames), targets)


def learn(
    network: nn.Module, loss: Loss, kept: Kept, lessons: Lessons, advance: Advance = unseen
) -> None:
    """Train a network on what was kept, by AdamW under a one-cycle schedule.

    Args:
        network: Network, on the device of the sounds.
        loss: Function from frames and targets to what is lowered.
        kept: Sounds to learn from.
        lessons: How to learn from them.
        advance: Function to call with a description of each epoch.
    """
    num_sounds, size = len(kept.frames), min(lessons.batch_size, len(kept.frames))
    steps = num_sounds // size
    optimizer = torch.optim.AdamW(network.parameters(), lr=lessons.learning_rate)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, lessons.learning_rate, total_steps=steps * lessons.epochs
    )
    network.train()
    for epoch in range(lessons.epochs):
        order = torch.randperm(num_sounds, dtype=torch.int64, device="cpu")
        total = 0.0
        for step in range(steps):
            rows = order[step * size : (step + 1) * size].to(kept.frames.device)
            targets = CanonicalTargets(*(one[rows] for one in kept.targets))
            error = loss(kept.frames[rows].float(), targets)
            optimizer.zero_grad()
            error.backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(network.parameters(), _STEEPEST)
            optimizer.step()
            schedule.step()
            total += error.item()
        advance(0, f"epoch {epoch + 1} of {lessons.epochs}: loss {total / steps:.4f}")
    network.eval()
