"""Names that outlive a process: what is imported by a path, and the path to import it by."""

import importlib
import sys

from synth_datamodule import checks
from synth_datamodule.reporting import FromFile


def find(path: str) -> object:
    """Return what an import path leads to.

    Args:
        path: A module and a name in it, such as ``"synth_datamodule.Voice"``. Nothing is imported
            by one ``FromFile`` but what comes with the package.

    Raises:
        ValueError: If nothing can be imported from the path; the message says why.

    Example:
        >>> find("synth_datamodule.synths.FmVoice").__name__
        'FmVoice'
    """
    module, _, name = path.rpartition(".")
    rule = f"nothing can be imported from {checks.shown(path)}"
    if not all(path.split(".")) or not module:
        raise ValueError(f"{rule}: it must be a module and a name in it, MODULE.NAME")
    if isinstance(path, FromFile) and not path.startswith("synth_datamodule."):
        known = loaded(path)
        if known is None:
            raise ValueError(
                f"{checks.shown(path)} is named by a file, and nothing is imported because a "
                "file names it: "
                "import it, or name it yourself (synth=, --synth)"
            )
        return known
    try:
        found: object = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise ValueError(f"{rule}: {error!s:.100}") from error
    except (Exception, SystemExit) as error:  # whatever that module does
        raise ValueError(f"{rule}: {type(error).__name__}: {error!s:.100}") from error
    return found


def loaded(path: str) -> object:
    """Return what an import path leads to in the modules that are imported already, else None.

    Args:
        path: A module and a name in it.

    Example:
        >>> loaded("synth_datamodule.nonsense") is None
        True
    """
    module, _, name = path.rpartition(".")
    # Not by getattr: a module may import more when it is asked for a name that it lacks.
    names: dict[str, object] = getattr(sys.modules.get(module), "__dict__", {})
    return names.get(name)


def public_name(named: type) -> str:
    """Return the shortest path that a class can be imported from: a package's that exports it.

    Files may move inside their package; what is written into a checkpoint, a manifest or a paper is
    this name.

    Args:
        named: The class.

    Returns:
        Import path, by the module that the class stands in where no package exports it.

    Example:
        >>> from synth_datamodule.synths.fm_voice import FmVoice
        >>> public_name(FmVoice)
        'synth_datamodule.synths.FmVoice'
    """
    places = named.__module__.split(".")
    packages = [".".join(places[:length]) for length in range(1, len(places))]
    paths = [f"{package}.{named.__qualname__}" for package in packages]
    exported = (path for path in paths if loaded(path) is named)
    return next(exported, f"{named.__module__}.{named.__qualname__}")
