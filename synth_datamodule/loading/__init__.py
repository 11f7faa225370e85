"""What the loaders hand out: numbers, sized and in order, and what becomes of them."""

from synth_datamodule.loading.ahead import RenderAhead
from synth_datamodule.loading.dataset import SoundDataset, SoundSampler
from synth_datamodule.loading.handed import Handed
from synth_datamodule.loading.loader import SoundLoader
from synth_datamodule.loading.numbers import SoundNumbers
from synth_datamodule.loading.predicted import predict_set
from synth_datamodule.loading.rendering import Rendering, moved_parameters
from synth_datamodule.loading.sets import SoundSet, split_set
from synth_datamodule.loading.shards import Shards, current_place

__all__ = [
    "Handed",
    "RenderAhead",
    "Rendering",
    "Shards",
    "SoundDataset",
    "SoundLoader",
    "SoundNumbers",
    "SoundSampler",
    "SoundSet",
    "current_place",
    "moved_parameters",
    "predict_set",
    "split_set",
]
