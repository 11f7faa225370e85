"""HeardSounds: a callback that remembers the sounds that a run has just heard."""

from typing import Any

import torch
from pytorch_lightning import LightningModule, Trainer
from pytorch_lightning.callbacks import Callback
from torch import Tensor

from synth_datamodule.batch import SynthBatch
from synth_datamodule.matching.matcher import Matcher
from synth_datamodule.matching.memory import Memory, pooled

MOST_REMEMBERED = 2**14
"""Sounds that are remembered, the last ones: 55 MB."""


class HeardSounds(Callback):
    """Remembers what a Matcher's ear heard of the last train sounds, with their parameters.

    It costs the run nothing but memory: the frames are those that the network hears.
    """

    def __init__(self, most: int = MOST_REMEMBERED) -> None:
        self.most = most
        self._seen: list[Tensor] = []
        self._parameters: list[Tensor] = []
        self._frames: Tensor | None = None
        self._hook: Any = None

    def __len__(self) -> int:
        return sum(map(len, self._seen))

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Begin to listen at the network's ear."""
        if isinstance(pl_module, Matcher):
            self._hook = pl_module.log_mel.register_forward_hook(self._hear)

    def _hear(self, ear: Any, given: Any, frames: Tensor) -> None:  # noqa: ANN401  # torch's hook
        self._frames = frames

    def on_train_batch_end(
        self,
        trainer: Trainer,
        pl_module: LightningModule,
        outputs: Any,  # noqa: ANN401  # the base class's
        batch: SynthBatch,
        batch_idx: int,
    ) -> None:
        """Remember a batch, and forget the first beyond the most."""
        frames, self._frames = self._frames, None
        if frames is None or len(frames) != len(batch.parameters):
            return
        self._seen.append(pooled(frames))
        self._parameters.append(batch.parameters.detach().float())
        while len(self) - len(self._seen[0]) >= self.most:
            del self._seen[0], self._parameters[0]

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Listen no more."""
        self._end()

    def on_exception(
        self, trainer: Trainer, pl_module: LightningModule, exception: BaseException
    ) -> None:
        """Listen no more."""
        self._end()

    def _end(self) -> None:
        if self._hook is not None:
            self._hook.remove()
            self._hook = None

    def memory(self) -> Memory | None:
        """Return what is remembered, on the CPU; None where nothing is."""
        if not self._seen:
            return None
        return Memory(torch.cat(self._seen).cpu(), torch.cat(self._parameters).cpu())
