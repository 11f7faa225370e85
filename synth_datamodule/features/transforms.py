"""Which library computes the features: torchaudio, or its twins here where it does not import."""

import functools
from types import ModuleType


@functools.cache
def transforms() -> ModuleType:
    """Return torchaudio's transforms, or their twins in plain torch where it does not import.

    torchaudio refuses to import beside a torch of another CUDA version (RuntimeError), its library
    may not load (OSError), and it may not be there at all. The numbers are the same either way, and
    so are the names in a checkpoint. The choice is made once in a process.
    """
    try:
        import torchaudio.transforms
    except (ImportError, OSError, RuntimeError):
        from synth_datamodule.features import twins

        return twins
    library: ModuleType = torchaudio.transforms
    return library
