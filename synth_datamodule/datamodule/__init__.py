"""SynthDataModule: the corpus as Lightning takes it."""

from synth_datamodule.datamodule.module import SynthDataModule as SynthDataModule
