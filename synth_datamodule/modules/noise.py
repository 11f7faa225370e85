"""Noise: one of 32 fixed rows of white noise."""

from weakref import WeakValueDictionary

import torch
from torch import Tensor

from synth_datamodule import checks
from synth_datamodule.config import BASE_REPRODUCIBLE_BATCH_SIZE, SynthConfig
from synth_datamodule.corpus.draws import NOISE_SEED, noise_table
from synth_datamodule.modules.base import SynthModule
from synth_datamodule.numerics import tracing
from synth_datamodule.program import Builder, Signal
from synth_datamodule.program.builder import AUDIO, ROWS

# By seed, length and device: what a module drew, the next one copies, in an eighth of the time.
_DRAWN: "WeakValueDictionary[tuple[int, int, torch.device], Tensor]" = WeakValueDictionary()
_VERSIONS: dict[tuple[int, int, torch.device], int] = {}


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
            TypeError: If ``rows`` is not an int64 tensor, or ``dtype`` no floating point dtype.
            ValueError: If it is not ``[B]``, or (on the CPU) a row is out of range.
        """
        check_rows(rows)
        if not (isinstance(dtype, torch.dtype) and dtype.is_floating_point):
            raise TypeError(f"dtype must be a floating point dtype, got {checks.shown(dtype)}")
        table = self.table(rows.device)
        return table[rows].to(dtype)

    def exact(self, build: Builder, rows: Signal, dtype: object = None) -> Signal:
        """Return the noise as a program has it."""
        build.expect(rows, ROWS)
        return build.node("noise", AUDIO, data=(self.seed,))

    def free(self) -> None:
        """Drop the tables; the next call makes its own anew."""
        self._tables.clear()

    @tracing.constant
    def table(self, device: torch.device) -> Tensor:
        """Return the noise table on a device, float32. Shape ``[32, N]``."""
        if device not in self._tables:
            key = self.seed, self.buffer_size, device
            drawn = _DRAWN.get(key)
            with tracing.plain_tensors():
                # A copy, and of what nobody has written to: each synth's table is its own.
                if drawn is not None and drawn._version == _VERSIONS[key]:
                    self._tables[device] = _copy(drawn)
                else:
                    table = noise_table(self.buffer_size, self.seed).to(device)
                    self._tables[device] = _DRAWN[key] = table
                    _VERSIONS[key] = table._version
        return self._tables[device]


def _copy(table: Tensor) -> Tensor:
    # numpy's copy has one thread: torch's own would wait for ever in a forked child, for threads
    # that its parent has.
    return torch.from_numpy(table.numpy().copy()) if table.device.type == "cpu" else table.clone()


def check_rows(rows: Tensor) -> None:
    """Check rows of the noise table; on a GPU, where reading values back stalls, only the type.

    Rows that torch.compile traces or torch.func follows have no values to check either.

    Raises:
        TypeError: If ``rows`` is not an int64 tensor.
        ValueError: If it is not ``[B]``, or (on the CPU) a row lies outside [0, 32).
    """
    rule = f"noise rows must be int64 in [0, {BASE_REPRODUCIBLE_BATCH_SIZE}), shape [B]"
    checks.integer_tensor(rule, rows)
    if rows.ndim != 1 or len(rows) == 0:
        raise ValueError(f"{rule}, got shape {list(rows.shape)}")
    if rows.device.type != "cpu" or not tracing.readable(rows):
        return
    if not 0 <= int(rows.min()) <= int(rows.max()) < 32:
        raise ValueError(f"{rule}, got {checks.shown(rows.tolist())}")
