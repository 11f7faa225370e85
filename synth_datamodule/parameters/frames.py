"""Frames: sounds as the rows of a pandas DataFrame, parameters as its columns."""

import importlib
from typing import Any

import numpy as np
import numpy.typing as npt
from torch import Tensor

from synth_datamodule.batch import SynthBatch


def frame(values: npt.NDArray[np.float64], names: tuple[str, ...], batch: SynthBatch | None) -> Any:  # noqa: ANN401  # pandas may be missing
    """Return a DataFrame of values, a sound a row.

    Args:
        values: Values in units. Shape ``[B, P]``.
        names: Names of the columns.
        batch: Batch whose sound numbers are the index, and whose ``is_train`` a column; None where
            there is none.

    Raises:
        ImportError: If pandas is missing; the message says how to install it.
    """
    try:
        pandas = importlib.import_module("pandas")
    except ImportError as error:
        raise ImportError("a frame needs pandas: pip install 'synth_datamodule[tables]'") from error
    if batch is None:
        return pandas.DataFrame(values, columns=list(names))
    index = pandas.Index(_row(batch.index), name="index")
    made = pandas.DataFrame(values, index=index, columns=list(names))
    made["is_train"] = _row(batch.is_train)
    return made


def _row(tensor: Tensor) -> npt.NDArray[Any]:
    return tensor.reshape(-1).cpu().numpy()
