"""The corpus: which sounds there are, how they are split, drawn and ordered; integers only."""

from synth_datamodule.corpus.draws import (
    MOST_PARAMETERS,
    draw_parameters,
    noise_rows,
    noise_table,
)
from synth_datamodule.corpus.permutation import Permutation
from synth_datamodule.corpus.splits import (
    CORPORA,
    NUM_SOUNDS,
    Split,
    corpus_size,
    is_train,
    sound_number,
    sound_numbers,
)

__all__ = [
    "CORPORA",
    "MOST_PARAMETERS",
    "NUM_SOUNDS",
    "Permutation",
    "Split",
    "corpus_size",
    "draw_parameters",
    "is_train",
    "noise_rows",
    "noise_table",
    "sound_number",
    "sound_numbers",
]
