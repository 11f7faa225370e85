"""Candidates that draw parameters of a sound by a flow: the nearest, the mean, one refined."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import cast

import torch
from torch import Tensor

from synth_datamodule.batch import SynthBatch
from synth_datamodule.benchmark.candidates import Guesses, batches, unseen
from synth_datamodule.benchmark.lessons import Lessons, hear, learn
from synth_datamodule.benchmark.searched import RENDERS
from synth_datamodule.corpus.draws import noise_rows
from synth_datamodule.datamodule import SynthDataModule
from synth_datamodule.matching.flow import Flow
from synth_datamodule.matching.matcher import ear
from synth_datamodule.measure.timing import timed
from synth_datamodule.patching.synth import AbstractSynth
from synth_datamodule.reporting import Advance
from synth_datamodule.searching import refine
from synth_datamodule.voice import Voice


@dataclass(frozen=True)
class FlowSettings:
    """Sizes of a flow, and how its samples are drawn.

    Args:
        width: Numbers of a parameter's token.
        depth: Number of blocks that move them.
        encoder_width: Numbers of a patch's token.
        encoder_depth: Number of blocks that hear.
        num_samples: Number of samples of a target.
        num_steps: Number of steps to a sample.
    """

    width: int
    depth: int
    encoder_width: int
    encoder_depth: int
    num_samples: int
    num_steps: int


Choice = Callable[[AbstractSynth, Tensor, SynthBatch], tuple[Tensor, int]]


@dataclass(frozen=True)
class FlowCandidate:
    """A flow over canonical parameters, and what is handed in of its samples.

    Args:
        choose: Function from a synth, samples ``[B, S, P]`` of a batch's sounds and the batch to
            what is handed in of them, and the renders that a sound took.
        settings: Sizes by kind of device.
        lessons: How it learns, by kind of device.
    """

    choose: Choice
    settings: Mapping[str, FlowSettings]
    lessons: Mapping[str, Lessons]

    def __call__(
        self, data: SynthDataModule, device: torch.device, advance: Advance = unseen
    ) -> Guesses:
        """Learn, draw, and choose; see ``Candidate``."""
        settings, lessons = self.settings[device.type], self.lessons[device.type]
        sizes = settings.width, settings.depth, settings.encoder_width, settings.encoder_depth
        flow = Flow(data.num_parameters, *sizes).to(device)
        kept = hear(data, data.train_dataloader(), device, advance)
        learn(flow, flow.loss, kept, lessons, advance)
        generator = torch.Generator("cpu").manual_seed(0)
        size = settings.num_samples, data.num_parameters
        noise = torch.randn(size, generator=generator, dtype=torch.float32, device="cpu")
        log_mel, synth = ear(data.sample_rate).to(device), data.recipe.make(no_grad=False)

        def guesses() -> tuple[Tensor, int]:
            found, renders = [], 0
            for batch in batches(data.test_dataloader(), device):
                samples = flow.sample(log_mel(batch.audio), noise.to(device), settings.num_steps)
                chosen, renders = self.choose(synth, samples, batch)
                found.append(chosen.cpu())
            return torch.cat(found), renders

        seconds, (found, renders) = timed(guesses, device)
        return Guesses(
            found,
            "here",
            {**asdict(settings), **asdict(lessons)},
            sum(weight.numel() for weight in flow.parameters()),
            renders=renders,
            seconds=seconds / len(found),
        )


@torch.no_grad()
def nearest_sample(synth: AbstractSynth, samples: Tensor, batch: SynthBatch) -> tuple[Tensor, int]:
    """Return, of each sound's samples, the one that sounds nearest to it.

    Args:
        synth: Synth that renders the samples.
        samples: Samples of parameters. Shape ``[B, S, P]``.
        batch: Sounds that are matched.

    Returns:
        Parameters in [0, 1], ``[B, P]``, and the renders that a sound took, S.
    """
    log_mel = ear(synth.sample_rate).to(samples.device)
    frames, rows = log_mel(batch.audio), noise_rows(batch.index)
    distances = [
        (log_mel(synth.render(sample, rows)) - frames).abs().mean((1, 2))
        for sample in samples.unbind(1)
    ]
    best = torch.stack(distances, 1).argmin(1)
    places = torch.arange(len(best), dtype=torch.int64, device=best.device)
    return samples[places, best], samples.shape[1]


def mean_sample(synth: AbstractSynth, samples: Tensor, batch: SynthBatch) -> tuple[Tensor, int]:
    """Return the mean of each sound's samples, all in the order of parts that fits the first.

    Args:
        synth: Synth whose parts may stand in several orders.
        samples: Samples of parameters. Shape ``[B, S, P]``.
        batch: Sounds that are matched; here nothing is rendered.

    Returns:
        Parameters in [0, 1], ``[B, P]``, and 0.
    """
    aligned = [synth.aligned(sample, samples[:, 0]) for sample in samples.unbind(1)]
    return torch.stack(aligned).mean(0).float(), 0


def refined_sample(synth: AbstractSynth, samples: Tensor, batch: SynthBatch) -> tuple[Tensor, int]:
    """Return what the search engine makes of each sound's samples, within the budget's renders.

    Args:
        synth: Voice that renders, made with ``no_grad=False``.
        samples: Samples of parameters. Shape ``[B, S, P]``.
        batch: Sounds that are matched.

    Returns:
        Parameters in [0, 1], ``[B, P]``, and the most renders that a sound took.
    """
    renders, rows = RENDERS[samples.device.type], noise_rows(batch.index)
    found = refine(cast(Voice, synth), batch.audio, rows, samples, renders=renders)
    return found.parameters, int(found.renders.max())


_SETTINGS = {
    "cpu": FlowSettings(64, 3, 128, 3, num_samples=8, num_steps=16),
    "cuda": FlowSettings(384, 6, 384, 6, num_samples=32, num_steps=32),
}
_LESSONS = {"cpu": Lessons(10, 64, 1e-3), "cuda": Lessons(60, 512, 5e-4)}

flow = FlowCandidate(nearest_sample, _SETTINGS, _LESSONS)
"""Of eight samples the one that sounds nearest."""

flow_mean = FlowCandidate(mean_sample, _SETTINGS, _LESSONS)
"""The mean of eight samples."""

flow_refine = FlowCandidate(refined_sample, _SETTINGS, _LESSONS)
"""From eight samples children and a descent."""
