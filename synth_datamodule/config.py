"""The constants behind synth1B1 and the settings that every part of a synth shares."""

import functools
import os
from dataclasses import dataclass, field
from typing import NamedTuple

import torch
from torch import Tensor

from synth_datamodule import checks
from synth_datamodule.numerics import tracing

DEFAULT_BATCH_SIZE = 128
"""Sounds per batch unless said otherwise; sound names such as ``synth1B1-312-6`` count by it."""

BASE_REPRODUCIBLE_BATCH_SIZE = 32
"""Rows of the noise table, its period over sound numbers. Any batch size is reproducible here."""

N_BATCHSIZE_FOR_TRAIN_TEST_REPRODUCIBILITY = 1024
"""Sounds in a block, the unit that splits are made of."""

# First, second and last of 78 draws times 2**24, for the first and the last seed there is.
_EXPECTED_DRAWS = {0: (8325804, 12888623, 1094020), 2**32 - 1: (16673187, 9584930, 7819853)}

MOST_SAMPLES = 2**31 - 1
"""Samples of a sound, or hertz of a rate, that there are at most."""

_MOST_OF_A_BATCH = 2**38  # a terabyte


class RatesOnDevice(NamedTuple):
    """The two rates in hertz as 0-d float32 tensors on one device."""

    sample_rate: Tensor
    control_rate: Tensor


@dataclass(frozen=True)
class SynthConfig:
    """Settings of a synth, checked once, compared and hashed by value.

    Args:
        batch_size: Sounds per batch of ``voice(batch_idx)``. Any size gives the same sounds.
        sample_rate: Audio rate in hertz.
        buffer_size_seconds: Length of a sound in seconds.
        control_rate: Rate of envelopes and LFOs in hertz, at most ``sample_rate``; it need not
            divide it.
        reproducible: Whether to check on creation that ``torch.rand`` here draws the numbers that
            synth1B1 is made of.
        no_grad: Whether to render without recording gradients. If False, audio is differentiable
            with respect to the parameters passed to ``render``; see ``render`` for what the
            gradient means.
        debug: Whether to check values even where that is slow because it waits for a GPU. The
            default is True where the environment variable ``TORCHSYNTH_DEBUG`` is set.
        eps: Number that keeps envelope ramps off zero, in control samples.

    Raises:
        TypeError: If a field is of another type; the message names field, value and rule.
        ValueError: If a field is out of bounds; the message names field, value and rule.
        OSError: (EnvironmentError) With ``reproducible``, where ``torch.rand`` draws other numbers.

    Example:
        >>> SynthConfig(batch_size=64, sample_rate=16000, buffer_size_seconds=2.0).buffer_size
        32000
    """

    batch_size: int = DEFAULT_BATCH_SIZE
    sample_rate: int = 44100
    buffer_size_seconds: float = 4.0
    control_rate: int = 441
    reproducible: bool = True
    no_grad: bool = True
    debug: bool = field(default_factory=lambda: "TORCHSYNTH_DEBUG" in os.environ)
    eps: float = 1e-6

    def __post_init__(self) -> None:
        for name in ("batch_size", "sample_rate", "control_rate"):
            value = checks.whole_number(name, getattr(self, name), 1, MOST_SAMPLES)
            self._keep(name, value)
        for name in ("buffer_size_seconds", "eps"):
            self._keep(name, checks.positive_number(name, getattr(self, name)))
        for name in ("reproducible", "no_grad", "debug"):
            checks.truth_value(name, getattr(self, name))
        if self.control_rate > self.sample_rate:
            raise ValueError(
                f"control_rate must be at most sample_rate ({self.sample_rate}), "
                f"got {self.control_rate}"
            )
        if self.eps >= 1:
            raise ValueError(f"eps must be below 1 control sample, got {self.eps}")
        if self.buffer_size_seconds * self.sample_rate > MOST_SAMPLES:
            raise ValueError(
                f"buffer_size_seconds must give at most {MOST_SAMPLES} audio samples, got "
                f"{self.buffer_size_seconds} s at {self.sample_rate} Hz"
            )
        if self.batch_size * self.buffer_size > _MOST_OF_A_BATCH:
            raise ValueError(
                f"batch_size must give at most {_MOST_OF_A_BATCH} audio samples in a batch, got "
                f"{self.batch_size} sounds of {self.buffer_size}"
            )
        if self.buffer_size < 2 or self.control_buffer_size < 2:
            raise ValueError(
                "buffer_size_seconds must give at least 2 audio and 2 control samples, got "
                f"{self.buffer_size_seconds} s: {self.buffer_size} at {self.sample_rate} Hz, "
                f"{self.control_buffer_size} at {self.control_rate} Hz"
            )
        if self.reproducible:
            check_for_reproducibility()

    def _keep(self, name: str, value: float) -> None:
        # One form per value, so that repr, == and hash agree: 4 and 4.0 seconds are one length.
        object.__setattr__(self, name, value)

    @property
    def buffer_size(self) -> int:
        """Audio samples of a sound, N."""
        return round(self.buffer_size_seconds * self.sample_rate)

    @property
    def control_buffer_size(self) -> int:
        """Control samples of a sound, C."""
        return round(self.buffer_size / self.sample_rate * self.control_rate)

    def to(self, device: torch.device | str) -> RatesOnDevice:
        """Return the two rates as 0-d float tensors on ``device``; the config stays as it is.

        Example:
            >>> SynthConfig().to("cpu").control_rate
            tensor(441.)
        """
        device = checks.device("device", device)
        return RatesOnDevice(
            torch.tensor(float(self.sample_rate), dtype=torch.float32, device=device),
            torch.tensor(float(self.control_rate), dtype=torch.float32, device=device),
        )


@functools.cache
def check_for_reproducibility() -> None:
    """Check that a seeded ``torch.rand`` on this machine draws the numbers of synth1B1.

    It runs once per process and leaves the global random state alone. The package's own draws do
    not depend on ``torch.rand``; what this guards is the comparison with anything that does.

    Raises:
        OSError: If other numbers are drawn.

    Example:
        >>> check_for_reproducibility()
    """
    for seed, expected in _EXPECTED_DRAWS.items():
        generator = torch.Generator("cpu").manual_seed(seed)
        with tracing.beneath_func():  # under vmap, which refuses to draw
            draws = torch.rand(78, generator=generator, dtype=torch.float32, device="cpu")
        drawn = tuple(int(draws[k] * 2**24) for k in (0, 1, 77))
        if drawn != expected:
            raise OSError(
                f"torch.rand of torch {torch.__version__} does not draw the numbers that synth1B1 "
                f"is made of: seed {seed} gave {drawn} / 2**24, expected {expected}; sounds "
                "rendered here cannot be compared with torchsynth's"
            )
