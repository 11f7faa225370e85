"""Candidates that draw the parameters of a sound from what it leaves open: flow, flow-mean."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass

import torch
from torch import Tensor

from synth_datamodule.benchmark.candidates import Guesses, batches, unseen
from synth_datamodule.benchmark.lessons import Lessons, hear, learn
from synth_datamodule.corpus.draws import noise_rows
from synth_datamodule.datamodule import SynthDataModule
from synth_datamodule.matching.flow import Flow
from synth_datamodule.matching.matcher import ear
from synth_datamodule.measure.timing import timed
from synth_datamodule.patching.synth import AbstractSynth
from synth_datamodule.reporting import Advance


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


@dataclass(frozen=True)
class FlowCandidate:
    """A flow over canonical parameters, and what is handed in of its samples.

    Args:
        chosen: ``"nearest"``, the sample that sounds nearest, each rendered once; or ``"mean"``,
            the mean of all of them, parts that are wired alike in the same order.
        settings: Sizes by kind of device.
        lessons: How it learns, by kind of device.
    """

    chosen: str
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
        log_mel = ear(data.sample_rate).to(device)
        choose = nearest_sample if self.chosen == "nearest" else mean_sample

        def guesses() -> Tensor:
            found = []
            with torch.no_grad():
                for batch in batches(data.test_dataloader(), device):
                    frames = log_mel(batch.audio)
                    samples = flow.sample(frames, noise.to(device), settings.num_steps)
                    rows = noise_rows(batch.index)
                    found.append(choose(data.voice, log_mel, samples, frames, rows).cpu())
            return torch.cat(found)

        seconds, found = timed(guesses, device)
        return Guesses(
            found,
            "here",
            {**asdict(settings), **asdict(lessons)},
            sum(weight.numel() for weight in flow.parameters()),
            renders=settings.num_samples if self.chosen == "nearest" else 0,
            seconds=seconds / len(found),
        )


def nearest_sample(
    synth: AbstractSynth, log_mel: torch.nn.Module, samples: Tensor, frames: Tensor, rows: Tensor
) -> Tensor:
    """Return, of each sound's samples, the one that sounds nearest to it.

    Args:
        synth: Synth that renders the samples.
        log_mel: What hears them.
        samples: Samples of parameters. Shape ``[B, S, P]``.
        frames: Log-mel frames of the sounds. Shape ``[B, F, T]``.
        rows: Row of noise of each sound. Shape ``[B]``.

    Returns:
        Parameters in [0, 1]. Shape ``[B, P]``.
    """
    distances = [
        (log_mel(synth.render(sample, rows)) - frames).abs().mean((1, 2))
        for sample in samples.unbind(1)
    ]
    best = torch.stack(distances, 1).argmin(1)
    return samples[torch.arange(len(best), dtype=torch.int64, device=best.device), best]


def mean_sample(
    synth: AbstractSynth, log_mel: torch.nn.Module, samples: Tensor, frames: Tensor, rows: Tensor
) -> Tensor:
    """Return the mean of each sound's samples, all in the order of parts that fits the first.

    Args:
        synth: Synth whose parts may stand in several orders.
        log_mel: What hears the samples; here nothing is heard.
        samples: Samples of parameters. Shape ``[B, S, P]``.
        frames: Log-mel frames of the sounds. Shape ``[B, F, T]``.
        rows: Row of noise of each sound. Shape ``[B]``.

    Returns:
        Parameters in [0, 1]. Shape ``[B, P]``.
    """
    first, *others = samples.unbind(1)
    aligned = [synth.aligned(sample, first) for sample in (first, *others)]
    return torch.stack(aligned).mean(0).float()


_SETTINGS = {
    "cpu": FlowSettings(64, 3, 128, 3, num_samples=8, num_steps=16),
    "cuda": FlowSettings(384, 6, 384, 6, num_samples=32, num_steps=32),
}
_LESSONS = {"cpu": Lessons(10, 64, 1e-3), "cuda": Lessons(60, 512, 5e-4)}

flow = FlowCandidate("nearest", _SETTINGS, _LESSONS)
"""Of eight samples the one that sounds nearest."""

flow_mean = FlowCandidate("mean", _SETTINGS, _LESSONS)
"""The mean of eight samples."""
