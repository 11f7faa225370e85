"""Where this machine keeps what can be made anew: the user's cache folder, by platform."""

import contextlib
import os
import sys
from pathlib import Path


def user_cache() -> Path | None:
    """Return this package's folder in the user's cache, there or not; None where there is no home.

    ``$XDG_CACHE_HOME`` or ``~/.cache``, on macOS ``~/Library/Caches``, on Windows
    ``%LOCALAPPDATA%``.
    """
    name = "LOCALAPPDATA" if sys.platform == "win32" else "XDG_CACHE_HOME"
    given = os.environ.get(name, "")
    if os.path.isabs(given):  # noqa: PTH117  # as the XDG rule has it, others are ignored
        return Path(given) / "synth_datamodule"
    with contextlib.suppress(RuntimeError, OSError):
        inside = "Library/Caches" if sys.platform == "darwin" else ".cache"
        return Path.home() / inside / "synth_datamodule"
    return None
