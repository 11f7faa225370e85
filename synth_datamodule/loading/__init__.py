"""What the loaders hand out: numbers, sized and in order."""

from synth_datamodule.loading.loader import SoundLoader
from synth_datamodule.loading.numbers import SoundNumbers
from synth_datamodule.loading.sets import SoundSet
from synth_datamodule.loading.shards import Shards, current_place

__all__ = ["Shards", "SoundLoader", "SoundNumbers", "SoundSet", "current_place"]
