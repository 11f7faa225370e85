"""Noise: one of 32 fixed rows of white noise."""

import torch
from torch import Tensor

from synth_datamodule import checks
from synth_datamodule.config import BASE_REPRODUCIBLE_BATCH_SIZE, SynthConfig
from synth_datamodule.corpus.draws import NOISE_SEED, noise_table
from synth_datamodule.modules.base import SynthModule
from synth_datamodule.numerics import tracing


class Noise(SynthModule):
    """White noise, read from a table that is the same on every machine.

    The table of 32 rows (22.6 MB at 176,400 samples) is made at the first call on a device, kept
    beside the module, and neither saved nor pickled with it. The first Noise that a synth declares
    has seed 13, the next 14, and so on: two of them are two noises.

    Args:
        synthconfig: Rates and lengths.
        seed: Seed of the table, in [0, 2**32); None is 13, or what its place in a synth gives it.

    Raises:
        TypeError: If ``seed`` is not an integer.
        ValueError: If it is out of range.

    Example:
        >>> from synth_datamodule import SynthConfig
        >>> config = SynthConfig(sample_rate=4, control_rate=4, buffer_size_seconds=1.0)
        >>> Noise(config)(torch.tensor([0]), torch.float32)
        tensor([[-0.8164, -0.0412,  0.6211, -0.9698]])
    """

    def __init__(self, synthconfig: SynthConfig, seed: int | None = None) -> None:
        super().__init__(synthconfig)
        self.is_seeded = seed is not None
        self.seed = NOISE_SEED if seed is None else checks.whole_number("seed", seed, 0, 2**32 - 1)
        self._tables: dict[torch.device, Tensor] = {}

    def __getstate__(self) -> dict[str, object]:
        return {**self.__dict__, "_tables": {}}

    def forward(self, rows: Tensor, dtype: torch.dtype = torch.float64) -> Tensor:
        """Return audio in [-1, 1), ``[B, N]``.

        Args:
            rows: Rows of the table, int64 in [0, 32). Shape ``[B]``.
            dtype: Dtype of the audio; the table's values are exact in float32.

        Raises:
            TypeError: If ``rows`` is not an int64 tensor.
            ValueError: If it is not ``[B]``, or (on the CPU) a row is out of range.
        """
        check_rows(rows)
        table = self.table(rows.device)
        return table[rows].to(dtype)

    def free(self) -> None:
        """Drop the tables; the next call makes its own anew."""
        self._tables.clear()

    @tracing.constant
    def table(self, device: torch.device) -> Tensor:
        """Return the noise table on a device, float32. Shape ``[32, N]``."""
        if device not in self._tables:
            with tracing.plain_tensors():
                self._tables[device] = noise_table(self.buffer_size, self.seed).to(device)
        return self._tables[device]


def check_rows(rows: Tensor) -> None:
    """Check rows of the noise table; on a GPU, where reading values back stalls, only the type.

    Rows that torch.compile traces or torch.func follows have no values to check either.

    Raises:
        TypeError: If ``rows`` is not an int64 tensor.
        ValueError: If it is not ``[B]``, or (on the CPU) a row lies outside [0, 32).
    """
    rule = f"noise rows must be int64 in [0, {BASE_REPRODUCIBLE_BATCH_SIZE}), shape [B]"
    if not isinstance(rows, Tensor) or rows.dtype != torch.int64:
        kind = rows.dtype if isinstance(rows, Tensor) else type(rows).__name__
        raise TypeError(f"{rule}, got {kind}")
    if rows.ndim != 1 or len(rows) == 0:
        raise ValueError(f"{rule}, got shape {list(rows.shape)}")
    if rows.device.type != "cpu" or not tracing.readable(rows):
        return
    if not 0 <= int(rows.min()) <= int(rows.max()) < 32:
        raise ValueError(f"{rule}, got {rows.tolist()}")
