"""The candidates that search: an index of the train sounds, then the renderer in the loop."""

from dataclasses import dataclass
from time import perf_counter
from typing import cast

import torch

from synth_datamodule.benchmark.candidates import Guesses, batches, unseen
from synth_datamodule.corpus.draws import noise_rows
from synth_datamodule.datamodule import SynthDataModule
from synth_datamodule.reporting import Advance
from synth_datamodule.searching import Shares, index_of, refine
from synth_datamodule.voice import Voice

RENDERS = {"cpu": 400, "cuda": 2048}
"""Most renders of a target by kind of device, as the budgets have it."""


@dataclass(frozen=True)
class Searched:
    """Learns an index of the train sounds by heart, and searches on from the nearest.

    Args:
        shares: What the renders of a target are spent on.
        renders: Most renders of a target; None is the budget's.
    """

    shares: Shares
    renders: int | None = None

    def __call__(
        self, data: SynthDataModule, device: torch.device, advance: Advance = unseen
    ) -> Guesses:
        """Take part; see ``Candidate``.

        Example:
            >>> settings = {"sounds_per_epoch": 8, "test_sounds": 2, "buffer_size_seconds": 0.5}
            >>> data = SynthDataModule(4, **settings)
            >>> RETRIEVE(data, torch.device("cpu")).parameters.shape
            torch.Size([2, 78])
        """
        renders = self.renders or RENDERS[device.type]
        index = index_of(batches(data.train_dataloader(), device, advance), data.sample_rate)
        voice = cast(Voice, data.recipe.make(no_grad=False))
        found, seconds = [], 0.0
        for batch in batches(data.test_dataloader(), device):
            before = perf_counter()
            rows = noise_rows(batch.index)
            found.append(
                refine(voice, batch.audio, rows, index, renders=renders, shares=self.shares)
            )
            seconds += perf_counter() - before
        counts = torch.cat([one.renders for one in found])
        return Guesses(
            torch.cat([one.parameters for one in found]).cpu(),
            "here",
            {"renders": renders, **self.shares._asdict()},
            0,
            renders=counts.double().mean().item(),
            seconds=seconds / len(counts),
        )


RETRIEVE = Searched(Shares(retrieved=32, descent=0.0, brood=0), renders=32)
"""The nearest of 32 sounds of the index, each transposed to where it is nearest."""

RETRIEVE_REFINE = Searched(Shares())
"""From these, children and a descent."""

SEARCH = Searched(Shares(descent=0.0))
"""From these, children alone: no gradient."""
