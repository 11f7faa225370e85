"""Endless, reproducible synthesizer sounds for PyTorch Lightning.

Shapes: ``B`` sounds, ``N`` audio samples, ``C`` control samples, ``P`` parameters.
"""

from typing import TYPE_CHECKING

from synth_datamodule.batch import SynthBatch
from synth_datamodule.config import (
    BASE_REPRODUCIBLE_BATCH_SIZE,
    DEFAULT_BATCH_SIZE,
    N_BATCHSIZE_FOR_TRAIN_TEST_REPRODUCIBILITY,
    SynthConfig,
    check_for_reproducibility,
)
from synth_datamodule.corpus.splits import Split
from synth_datamodule.modules.base import SynthModule
from synth_datamodule.patching.patch import part
from synth_datamodule.patching.synth import AbstractSynth
from synth_datamodule.voice import Voice

if TYPE_CHECKING:
    from synth_datamodule.datamodule import SynthDataModule

    __version__: str

__all__ = [
    "BASE_REPRODUCIBLE_BATCH_SIZE",
    "DEFAULT_BATCH_SIZE",
    "N_BATCHSIZE_FOR_TRAIN_TEST_REPRODUCIBILITY",
    "AbstractSynth",
    "Split",
    "SynthBatch",
    "SynthConfig",
    "SynthDataModule",
    "SynthModule",
    "Voice",
    "check_for_reproducibility",
    "part",
]

if not TYPE_CHECKING:

    def __getattr__(name: str) -> type | str:
        if name == "__version__":
            # setup.cfg's, as pip wrote it down. Few imports need it, and none should wait for it.
            from importlib.metadata import version

            return version(__name__)
        # Lightning takes seconds to import, and the synth works without it.
        if name == "SynthDataModule":
            from synth_datamodule.datamodule import SynthDataModule

            return SynthDataModule
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__, "__version__"})
