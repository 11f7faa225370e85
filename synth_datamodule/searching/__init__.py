"""The search engine: parameters that sound like a target, with the true renderer in the loop."""

from synth_datamodule.searching.index import Index, Nearest, index_of
from synth_datamodule.searching.refining import Refined, refine
from synth_datamodule.searching.shares import Shares

__all__ = ["Index", "Nearest", "Refined", "Shares", "index_of", "refine"]
