"""Candidates that name the canonical parameters of a sound at once, a number for each."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass

import torch

from synth_datamodule.benchmark.candidates import Guesses, guesses_of, unseen
from synth_datamodule.benchmark.lessons import Lessons, hear, learn
from synth_datamodule.datamodule import SynthDataModule
from synth_datamodule.matching.canonical import heard_error
from synth_datamodule.matching.matcher import Matcher
from synth_datamodule.matching.model import SoundMatcher
from synth_datamodule.matching.training import made_for
from synth_datamodule.matching.transformer import TransformerMatcher
from synth_datamodule.measure.timing import timed
from synth_datamodule.reporting import Advance


@dataclass(frozen=True)
class Regression:
    """A network that learns the canonical parameters, of those that are heard.

    Args:
        network: Class of a Matcher.
        settings: Settings of the network by kind of device.
        lessons: How it learns, by kind of device.
    """

    network: type[Matcher]
    settings: Mapping[str, Mapping[str, int]]
    lessons: Mapping[str, Lessons]

    def __call__(
        self, data: SynthDataModule, device: torch.device, advance: Advance = unseen
    ) -> Guesses:
        """Learn, and guess; see ``Candidate``."""
        settings, lessons = self.settings[device.type], self.lessons[device.type]
        network: Matcher = made_for(data, self.network, **settings).to(device)
        kept = hear(data, data.train_dataloader(), device, advance)
        learn(
            network,
            lambda frames, targets: heard_error(network.guess(frames), targets),
            kept,
            lessons,
            advance,
        )
        num_weights = sum(weight.numel() for weight in network.parameters())

        seconds, found = timed(lambda: guesses_of(network, data, device), device)
        return Guesses(
            found,
            "here",
            {**settings, **asdict(lessons)},
            num_weights,
            seconds=seconds / len(found),
        )


cnn_canonical = Regression(
    SoundMatcher,
    {"cpu": {"width": 16}, "cuda": {"width": 64}},
    {"cpu": Lessons(10, 64, 3e-3), "cuda": Lessons(40, 512, 3e-3)},
)
"""``cnn``'s network on canonical coordinates."""

transformer = Regression(
    TransformerMatcher,
    {"cpu": {"width": 192, "depth": 4}, "cuda": {"width": 512, "depth": 8}},
    {"cpu": Lessons(10, 64, 1e-3), "cuda": Lessons(40, 512, 5e-4)},
)
"""A larger encoder on canonical coordinates."""
