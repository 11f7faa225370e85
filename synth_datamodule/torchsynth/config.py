"""SynthConfig as torchsynth has it, with 0-d tensors, and the constants behind synth1B1."""

import os

import torch

from synth_datamodule import checks, config
from synth_datamodule.config import (
    BASE_REPRODUCIBLE_BATCH_SIZE,
    DEFAULT_BATCH_SIZE,
    N_BATCHSIZE_FOR_TRAIN_TEST_REPRODUCIBILITY,
    check_for_reproducibility,
)
from synth_datamodule.torchsynth.rules import RuleError

__all__ = [
    "BASE_REPRODUCIBLE_BATCH_SIZE",
    "DEFAULT_BATCH_SIZE",
    "N_BATCHSIZE_FOR_TRAIN_TEST_REPRODUCIBILITY",
    "SynthConfig",
    "check_for_reproducibility",
]


class SynthConfig:
    """Settings of a synth, as attributes; sizes and rates are 0-d tensors.

    ``synth_datamodule.SynthConfig`` holds the same as plain numbers that cannot be changed;
    ``plain()`` returns it. What torchsynth refused is allowed here: any ``batch_size`` gives the
    same sounds, with ``reproducible`` too, and ``no_grad=False`` gives gradients.

    Args:
        batch_size: Sounds per batch.
        sample_rate: Audio rate in hertz.
        buffer_size_seconds: Length of a sound in seconds.
        control_rate: Rate of envelopes and LFOs in hertz, at most ``sample_rate``.
        reproducible: Whether to check that ``torch.rand`` draws the numbers of synth1B1, and to
            refuse ``randomize()`` without a seed.
        no_grad: Whether synths render without recording gradients.
        debug: Whether to check values even where that waits for a GPU; None is whether the
            environment variable ``TORCHSYNTH_DEBUG`` is set.
        eps: Number that keeps envelope ramps off zero, in control samples.

    Raises:
        TypeError: If a setting is of another type.
        ValueError: If a setting is out of bounds.

    Example:
        >>> config = SynthConfig(batch_size=32, buffer_size_seconds=1.0)
        >>> config.buffer_size, config.sample_rate.item()
        (tensor(44100), 44100)
        >>> config.plain().buffer_size
        44100
    """

    def __init__(
        self,
        batch_size: int = DEFAULT_BATCH_SIZE,
        sample_rate: int = 44100,
        buffer_size_seconds: float = 4.0,
        control_rate: int = 441,
        reproducible: bool = True,
        no_grad: bool = True,
        debug: bool | None = None,
        eps: float = 1e-6,
    ) -> None:
        if debug is None:
            debug = "TORCHSYNTH_DEBUG" in os.environ
        plain = config.SynthConfig(
            batch_size, sample_rate, buffer_size_seconds, control_rate,
            reproducible, no_grad, debug, eps,
        )  # fmt: skip
        self.batch_size = _number(plain.batch_size)
        self.sample_rate = _number(plain.sample_rate)
        self.buffer_size_seconds = _number(plain.buffer_size_seconds)
        self.buffer_size = _number(plain.buffer_size)
        self.control_rate = _number(plain.control_rate)
        self.control_buffer_size = _number(plain.control_buffer_size)
        self.reproducible = plain.reproducible
        self.no_grad = plain.no_grad
        self.debug = plain.debug
        self.eps = plain.eps
        self._seconds = plain.buffer_size_seconds  # which float32 need not hold

    def plain(self) -> config.SynthConfig:
        """Return the settings as they are now, as ``synth_datamodule.SynthConfig`` holds them.

        Raises:
            TypeError: If an attribute was set to another type.
            ValueError: If one was set out of bounds, or a rate, length or size apart from the
                others: what was made of them before would not follow.
        """
        plain = self._plain()
        for name in ("buffer_size_seconds", "buffer_size", "control_buffer_size"):
            made, now = _number(getattr(plain, name)), getattr(self, name)
            if not bool(made == now):
                raise RuleError(
                    f"{name} must be {made.item():g}, as the config's rates and length were made, "
                    f"got {checks.shown(now)}: make another SynthConfig"
                )
        return plain

    def _plain(self) -> config.SynthConfig:
        return config.SynthConfig(
            int(self.batch_size), int(self.sample_rate), self._seconds, int(self.control_rate),
            self.reproducible, self.no_grad, self.debug, self.eps,
        )  # fmt: skip

    def to(self, device: torch.device | str | None) -> None:
        """Do nothing: 0-d tensors on a CPU go with tensors on any device."""

    def __repr__(self) -> str:
        return f"SynthConfig({vars(self._plain())})"


def _number(number: float) -> torch.Tensor:
    with torch.inference_mode(False):
        dtype = torch.int64 if isinstance(number, int) else torch.float32
        return torch.tensor(number, dtype=dtype, device="cpu")
