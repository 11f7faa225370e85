"""What is measured, checked before any work."""

from dataclasses import dataclass

import torch

from synth_datamodule import checks
from synth_datamodule.config import SynthConfig
from synth_datamodule.measure.candidates import BACKENDS

DEFAULT_BATCH_SIZES = (32, 128, 1024)
"""torchsynth's smallest, both packages' default, and a block."""

DEFAULT_BACKENDS = ("fused", "reference", "reference-float32")
"""Those that need no compiler beside what is installed."""


@dataclass(frozen=True)
class Settings:
    """Candidates, batches and sounds.

    Args:
        batch_sizes: Sounds per batch, one table row per candidate each.
        backends: Of this package's Voice, among ``measure.candidates.BACKENDS``.
        torchsynth: Measure torchsynth 1.0.2 too, where it is installed.
        synthax: Measure SynthAX too, where it is installed; its sounds are not these.
        rounds: How often each candidate is timed.
        accuracy_sounds: Sounds of each batch that are held against the float64 reference.
        device: ``"cpu"`` or a CUDA device.
        sample_rate: Audio rate in hertz.
        seconds: Length of a sound.
        control_rate: Rate of envelopes and LFOs in hertz.

    Raises:
        TypeError: If a value is of another type.
        ValueError: If a value is out of range, or the device is not there.

    Example:
        >>> Settings(batch_sizes=(32,)).config(32).batch_size
        32
    """

    batch_sizes: tuple[int, ...] = DEFAULT_BATCH_SIZES
    backends: tuple[str, ...] = DEFAULT_BACKENDS
    torchsynth: bool = False
    synthax: bool = False
    rounds: int = 9
    accuracy_sounds: int = 32
    device: str = "cpu"
    sample_rate: int = 44100
    seconds: float = 4.0
    control_rate: int = 441

    def __post_init__(self) -> None:
        if not self.batch_sizes:
            raise ValueError("batch_sizes must be one or more whole numbers >= 1, got none")
        for batch_size in self.batch_sizes:
            self.config(batch_size)
        for name in checks.names("backends", self.backends):
            checks.one_of("backends", name, BACKENDS)
        checks.truth_value("torchsynth", self.torchsynth)
        checks.truth_value("synthax", self.synthax)
        checks.whole_number("rounds", self.rounds, 1)
        checks.whole_number("accuracy_sounds", self.accuracy_sounds, 1)
        device = checks.device("device", self.device)
        if device.type not in ("cpu", "cuda"):
            raise ValueError(f"device must be 'cpu' or a CUDA device, got {self.device!r}")
        if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
            raise ValueError(
                f"device must be there, got {self.device!r} and {torch.cuda.device_count()} CUDA "
                "devices"
            )

    def config(self, batch_size: int) -> SynthConfig:
        """Return the config of these sounds in batches of a size."""
        return SynthConfig(
            batch_size=batch_size,
            sample_rate=self.sample_rate,
            buffer_size_seconds=self.seconds,
            control_rate=self.control_rate,
        )
