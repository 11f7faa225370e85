"""Endless, reproducible synthesizer sounds for PyTorch Lightning.

Rooms, from the top down; each imports only from rooms below it (ARCHITECTURE.md tells more):

- cli: the command ``synth-datamodule``
- torchsynth: torchsynth's public names, with their state, over all below
- sweeps: many runs of one experiment on the same sounds, with Optuna or Ray Tune
- recordings: the nearest preset to a sound that anybody recorded, the command ``match``
- listening: pages to listen to, compare and test blindly by, one HTML file each
- benchmark: a fixed task with budgets, baselines, metrics and a leaderboard
- searching: the search engine, with the true renderer in the loop
- pretraining: an encoder that learns to hear without labels, and what a linear probe finds of it
- matching: the example task: hear a sound, name its parameters
- datamodule: SynthDataModule, the corpus as Lightning takes it
- both_lightnings: base classes of data modules and callbacks for both Lightning namespaces
- identity: which data a split is: fingerprints, manifests, how to verify and cite them
- playing: a live instrument in the browser, on the standard library's server
- measure: speed, memory, and distance to the definition
- loading: loader, sets of sounds, shards, rendering on arrival and ahead
- plotting: pictures of sounds, of batches and of recipes
- synths: worked synths to start from
- voice: the Voice of torchsynth, the patch behind synth1B1
- commandline: how a command is typed and how it ends: options, exit statuses
- patching: what makes a synth: its parts, the cables between them, its recipe
- symmetry: which moves of parameters no sound shows, and the forms without them
- kernels: the fused Voice, its gradient, and the machine of any program, for CPU and GPU
- modules: the parts of an instrument, one per file
- program: any patch as a list of exact steps
- exact: formulas of one's own, in words that every device computes to the same bits
- parameters: ranges and curves of parameters, from [0, 1] to units and back
- corpus: which sounds there are, how they are split, drawn and ordered; integers only
- metrics: what papers on sound matching report: MSS, wMFCC, SOT, RMS
- features: log-mel, MFCC, resampling, levels
- batch: SynthBatch, what a training step receives
- config: SynthConfig and the constants behind synth1B1
- reporting: tables, figures, progress, errors, and files written whole or not at all
- checks: the checks of arguments: rule first, then what was given
- numerics: what knows nothing of sound: hashing, MT19937, powers, clamps, numba, tracing

Shapes: ``B`` sounds, ``N`` audio samples, ``C`` control samples, ``P`` parameters.
"""

from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from synth_datamodule.batch import SynthBatch
    from synth_datamodule.config import (
        BASE_REPRODUCIBLE_BATCH_SIZE,
        DEFAULT_BATCH_SIZE,
        N_BATCHSIZE_FOR_TRAIN_TEST_REPRODUCIBILITY,
        SynthConfig,
        check_for_reproducibility,
    )
    from synth_datamodule.corpus.splits import Split
    from synth_datamodule.datamodule import SynthDataModule
    from synth_datamodule.matching.sound_logger import SoundLogger
    from synth_datamodule.modules.base import SynthModule
    from synth_datamodule.patching.patch import part
    from synth_datamodule.patching.preset import Preset
    from synth_datamodule.patching.synth import AbstractSynth
    from synth_datamodule.plotting import plot_batch, plot_parameters, plot_sound
    from synth_datamodule.recordings.match import Match, match
    from synth_datamodule.voice import Voice

    __version__: str

__all__ = [
    "BASE_REPRODUCIBLE_BATCH_SIZE",
    "DEFAULT_BATCH_SIZE",
    "N_BATCHSIZE_FOR_TRAIN_TEST_REPRODUCIBILITY",
    "AbstractSynth",
    "Match",
    "Preset",
    "SoundLogger",
    "Split",
    "SynthBatch",
    "SynthConfig",
    "SynthDataModule",
    "SynthModule",
    "Voice",
    "check_for_reproducibility",
    "match",
    "part",
    "plot_batch",
    "plot_parameters",
    "plot_sound",
]

if not TYPE_CHECKING:
    # Imported when they are asked for: torch takes seconds, in which the command already says what
    # it is asked, and ends in a line where a signal ends it.
    _HOMES = {
        "SynthBatch": "batch",
        "Split": "corpus.splits",
        "SynthDataModule": "datamodule",
        "SoundLogger": "matching.sound_logger",
        "SynthModule": "modules.base",
        "part": "patching.patch",
        "Preset": "patching.preset",
        "AbstractSynth": "patching.synth",
        **dict.fromkeys(("plot_batch", "plot_parameters", "plot_sound"), "plotting"),
        **dict.fromkeys(("Match", "match"), "recordings.match"),
        "Voice": "voice",
    }

    def __getattr__(name: str) -> object:
        if name == "__version__":
            # setup.cfg's, as pip wrote it down. Few imports need it, and none should wait for it.
            from importlib.metadata import version

            return version(__name__)
        if name not in __all__:
            if name.startswith("_") or find_spec(f"{__name__}.{name}") is None:
                raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
            return import_module(f"{__name__}.{name}")
        found = getattr(import_module(f"{__name__}.{_HOMES.get(name, 'config')}"), name)
        globals()[name] = found
        return found

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__, "__version__"})
