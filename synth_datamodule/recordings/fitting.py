"""``fit``: the task's own, whose examples are looked for among the sounds just heard."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path

import torch
from pytorch_lightning.callbacks import Callback
from torch import Tensor

from synth_datamodule import reporting
from synth_datamodule.batch import SynthBatch, audio_of
from synth_datamodule.config import BASE_REPRODUCIBLE_BATCH_SIZE
from synth_datamodule.datamodule import SynthDataModule
from synth_datamodule.matching.command import MatchingCLI, run
from synth_datamodule.matching.matcher import ear
from synth_datamodule.matching.memory import Memory, pooled
from synth_datamodule.matching.report import write_examples
from synth_datamodule.patching.recipe import SynthRecipe
from synth_datamodule.recordings.heard_sounds import HeardSounds
from synth_datamodule.recordings.hearing_table import print_hearing
from synth_datamodule.recordings.refining import NUM_NEAREST, one_thread, refined

MOST_RENDERS = 400
"""Renders of the search for each example, one with its gradient counted as three."""

_NUM_MEASURED = 8  # examples that the table is of
_NUM_WRITTEN = 4
_HEARD_PER_RENDER = 16  # a run that heard little does not search long


class FittingCLI(MatchingCLI):
    """MatchingCLI whose examples are retrieved from the sounds just heard, and refined."""

    num_examples = _NUM_MEASURED

    def listeners(self) -> list[Callback]:
        """Return what remembers the sounds that are heard."""
        self.heard = HeardSounds()
        return [self.heard]

    def examples(self, data: SynthDataModule, targets: SynthBatch, guess: Tensor) -> list[Path]:
        """Write targets, the network's guesses, and what is found among the sounds just heard."""
        memory = self.heard.memory()
        assert self.folder is not None, "the first device has the run's folder"
        shown = SynthBatch(*(part[:_NUM_WRITTEN] for part in targets))
        if memory is None or not _whole(data):
            return write_examples(shown, guess[:_NUM_WRITTEN], data.voice, self.folder)
        found = {"network": guess, **_found(data, targets, memory)}
        print_hearing(data.voice, targets, found)
        others = {name: found[name][:_NUM_WRITTEN] for name in ("nearest", "network")}
        best = found["guess"][:_NUM_WRITTEN]
        return write_examples(shown, best, data.voice, self.folder, others)


fit = partial(run, "fit", made=FittingCLI)


def _whole(data: SynthDataModule) -> bool:
    """Return whether what a run hears are the very sounds that its examples are."""
    treatment = (data.transform, data.train_transform, data.normalize, data.crop_seconds)
    return all(setting is None for setting in treatment)


def _found(data: SynthDataModule, targets: SynthBatch, memory: Memory) -> Mapping[str, Tensor]:
    """Return the nearest of the sounds heard and what a search makes of them, ``[B, P]`` each."""
    table, audio = data.voice.parameter_table, audio_of(targets.audio).float()
    with torch.no_grad():
        seen = pooled(ear(data.voice.sample_rate)(audio))
    near = memory.nearest(seen, min(NUM_NEAREST, len(memory)))
    starts = near.parameters
    if starts.shape[2] < len(table):  # labels="free"
        starts = torch.stack([table.put_free(sound) for sound in starts])
    renders = min(MOST_RENDERS, len(memory) // _HEARD_PER_RENDER)
    if renders <= NUM_NEAREST:
        return {"nearest": starts[:, 0], "guess": starts[:, 0]}
    synth = SynthRecipe.of(data.voice).without_source().make(no_grad=False)
    rows = targets.index % BASE_REPRODUCIBLE_BATCH_SIZE
    with (
        reporting.progress("searching", total=len(audio)) as advance,
        torch.inference_mode(False),
        torch.enable_grad(),
        one_thread(),
    ):
        found = []
        for one, row, begun in zip(audio, rows.tolist(), starts, strict=True):
            found.append(refined(synth, one, row, begun, renders, seed=0))
            advance()
    return {"nearest": starts[:, 0], "guess": torch.stack(found)}
