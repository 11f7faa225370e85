"""What a batch was rendered from: its parameters and its rows of the noise table."""

import torch
from torch import Tensor

from synth_datamodule import checks
from synth_datamodule.batch import PairedBatch, SynthBatch
from synth_datamodule.corpus.draws import noise_rows
from synth_datamodule.parameters.table import ParameterTable

_WHOLE = (torch.float32, torch.float64)


def made_of(batch: SynthBatch, table: ParameterTable) -> tuple[Tensor, Tensor]:
    """Return what renders a batch again: parameters and noise rows.

    Args:
        batch: Sounds, or one sound without the axis B, with all parameters or the F free ones.
        table: Parameters of the synth.

    Returns:
        Parameters in [0, 1], ``[B, P]``, and ``index mod 32``, int64 ``[B]``, on their device; B is
        1 for one sound.

    Raises:
        TypeError: If ``batch`` is no SynthBatch, its parameters are not float32 or float64, or its
            index is not int64.
        ValueError: If a shape differs, or (but on a GPU) a sound number is out of range.

    Example:
        >>> from synth_datamodule.parameters import ParameterRange
        >>> table = ParameterTable([ParameterRange("keyboard.midi_f0", 0.0, 127.0)])
        >>> batch = SynthBatch(torch.zeros(2, 8), torch.zeros(2, 1), torch.ones(2), torch.arange(2))
        >>> made_of(batch, table)[1]
        tensor([0, 1])
    """
    if isinstance(batch, PairedBatch):
        raise TypeError("batch must be a SynthBatch, got a PairedBatch: give its first or second")
    checks.instance("batch", batch, SynthBatch)
    parameters, index = batch.parameters, batch.index
    checks.integer_tensor("batch.index must be sound numbers, int64 [B]", index)
    one = index.ndim == 0
    num_free = len(table.free)
    of_free = isinstance(parameters, Tensor) and parameters.shape[-1:] == (num_free,)
    free = of_free and num_free < len(table)
    num_columns = num_free if free else len(table)
    sizes = (num_columns,) if one else (len(index), num_columns)
    checks.float_tensor("batch.parameters", parameters, "[P]" if one else "[B, P]", sizes)
    if parameters.dtype not in _WHOLE:
        raise TypeError(
            f"batch.parameters must be float32 or float64, got {parameters.dtype}: 16 bits do not "
            "hold what the sound was made of; synth.draw(batch.index) gives it"
        )
    if free:
        parameters = table.put_free(parameters)
    rows = noise_rows(index[None] if one else index).to(parameters.device)
    return parameters[None] if one else parameters, rows
