"""The task: which sounds, how many to learn from, and what one run of it is."""

import re
from dataclasses import dataclass

import torch

from synth_datamodule import checks
from synth_datamodule.datamodule import SynthDataModule
from synth_datamodule.matching.metrics import PITCH

TASK = "sound-matching"
VERSION = 2
"""Version of the task; results of two versions are never compared."""
VERSIONS = (1, 2)
"""Versions that can be run, read and put in a leaderboard each."""

VAL_SOUNDS = 256
TEST_SOUNDS = 1024
TEST_SET = "synth1M1/test/896e9208c0471735"
"""Fingerprint of the test sounds: whoever renders another one has other sounds."""

PARTS = (
    PITCH,
    "keyboard",
    "adsr_1",
    "adsr_2",
    "lfo_1",
    "lfo_2",
    "lfo_1_amp_adsr",
    "lfo_2_amp_adsr",
    "lfo_1_rate_adsr",
    "lfo_2_rate_adsr",
    "mod_matrix",
    "vco_1",
    "vco_2",
    "mixer",
)
"""The pitch and the modules whose parameters are named."""


@dataclass(frozen=True)
class Budget:
    """What a candidate may learn from.

    Args:
        train_sounds: Number of sounds, drawn by the seed from synth1M1's train sounds, each
            handed out once.
        batch_size: Number of sounds handed out at a time.
        device: Kind of device that runs are on unless another is asked for.
        threads: Number of torch's threads, on which its sums depend; None is one for each core.
    """

    train_sounds: int
    batch_size: int
    device: str
    threads: int | None


BUDGETS = {
    "cpu": Budget(train_sounds=2**14, batch_size=32, device="cpu", threads=2),
    "gpu": Budget(train_sounds=2**18, batch_size=512, device="cuda", threads=None),
}
"""Minutes on two cores, and a minute on a data center's GPU; see ``LIMITS`` for the rest."""

LIMITS = {
    "cpu": {"minutes of learning": 10, "renders a target": 400, "seconds a target": 1},
    "gpu": {"minutes of learning": 20, "renders a target": 2048},
}
"""What version 2 allows beside the sounds: two cores, an H100; a gradient's render counts as 3."""


@dataclass(frozen=True)
class Run:
    """One candidate, by name or import path, under one budget from one seed.

    The seed is that of the weights, the choice of train sounds and their order. A device of None is
    the budget's; fewer train sounds than the budget's, or test sounds than the task's, make a trial
    run, which is not to be compared.

    Raises:
        TypeError: If a value is of another type.
        ValueError: If a value is out of range, or the device is not there.

    Example:
        >>> Run("cnn").name, Run("cnn", train_sounds=64).is_comparable
        ('sound-matching-v2_cnn_cpu_seed0', False)
    """

    candidate: str
    budget: str = "cpu"
    seed: int = 0
    device: str | None = None
    train_sounds: int | None = None
    test_sounds: int | None = None
    version: int = VERSION

    def __post_init__(self) -> None:
        checks.instance("candidate", self.candidate, str)
        if not re.fullmatch(r"[\w.]+([+-][\w.]+)*", self.candidate):
            raise ValueError(
                "candidate must be a baseline's name or an import path, got "
                f"{checks.shown(self.candidate)}"
            )
        checks.one_of("budget", self.budget, BUDGETS)
        checks.whole_number("version", self.version, VERSIONS[0], VERSIONS[-1])
        checks.whole_number("seed", self.seed, 0, 2**32 - 1)
        if self.train_sounds is not None:
            checks.whole_number("train_sounds", self.train_sounds, 1, self.terms.train_sounds)
        if self.test_sounds is not None:
            checks.whole_number("test_sounds", self.test_sounds, 1, TEST_SOUNDS)
        checks.compute_device("device", self.place)

    @property
    def terms(self) -> Budget:
        """What the budget's name stands for."""
        return BUDGETS[self.budget]

    @property
    def place(self) -> torch.device:
        """Device that the run is on."""
        return checks.device("device", self.terms.device if self.device is None else self.device)

    @property
    def num_train_sounds(self) -> int:
        """Number of sounds to learn from."""
        return self.train_sounds or self.terms.train_sounds

    @property
    def num_test_sounds(self) -> int:
        """Number of sounds to measure on."""
        return self.test_sounds or TEST_SOUNDS

    @property
    def is_comparable(self) -> bool:
        """Whether the run is the task itself, and no shorter trial."""
        full = self.terms.train_sounds, TEST_SOUNDS
        return (self.num_train_sounds, self.num_test_sounds) == full

    @property
    def name(self) -> str:
        """Name of the result's file, without the suffix."""
        elsewhere = "" if self.place.type == self.terms.device else f"-on-{self.place.type}"
        trial = "" if self.is_comparable else "_trial"
        return (
            f"{TASK}-v{self.version}_{self.candidate}_{self.budget}{elsewhere}"
            f"_seed{self.seed}{trial}"
        )

    def data(self) -> SynthDataModule:
        """Return the sounds: torchsynth's default Voice, 4 s at 44.1 kHz."""
        return SynthDataModule(
            batch_size=min(self.terms.batch_size, self.num_train_sounds),
            corpus="synth1M1",
            val_sounds=VAL_SOUNDS,
            test_sounds=self.num_test_sounds,
            sounds_per_epoch=self.num_train_sounds,
            fresh_epochs=True,
            seed=self.seed,
        )
