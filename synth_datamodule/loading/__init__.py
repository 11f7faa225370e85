"""What the loaders hand out: numbers, sized and in order, and what becomes of them."""

from synth_datamodule.loading.ahead import RenderAhead
from synth_datamodule.loading.loader import SoundLoader
from synth_datamodule.loading.numbers import SoundNumbers
from synth_datamodule.loading.rendering import Handed, Rendering, moved_parameters
from synth_datamodule.loading.sets import SoundSet, predict_set, split_set
from synth_datamodule.loading.shards import Shards, current_place

__all__ = [
    "Handed",
    "RenderAhead",
    "Rendering",
    "Shards",
    "SoundLoader",
    "SoundNumbers",
    "SoundSet",
    "current_place",
    "moved_parameters",
    "predict_set",
    "split_set",
]
