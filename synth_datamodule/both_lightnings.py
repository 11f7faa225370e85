"""Base classes for both Lightnings; a data module follows no name out of a checkpoint."""

import logging
import sys
from collections.abc import Mapping
from contextvars import ContextVar
from types import FrameType
from typing import TYPE_CHECKING, Any

from lightning_utilities.core import rank_zero

from synth_datamodule import checks
from synth_datamodule.reporting import FromFile

if TYPE_CHECKING:
    from lightning.pytorch import Callback as _UnifiedCallback
    from lightning.pytorch import LightningDataModule as _UnifiedDataModule
    from pytorch_lightning import Callback as _Callback
    from pytorch_lightning import LightningDataModule as _DataModule

    class LightningDataModule(_DataModule, _UnifiedDataModule):  # type: ignore[misc]  # twins
        """A data module for the Trainers of both namespaces."""

    class Callback(_Callback, _UnifiedCallback):  # type: ignore[misc]  # twins
        """A callback for the Trainers of both namespaces."""
else:
    from pytorch_lightning import Callback, LightningDataModule

    try:
        from lightning.pytorch import Callback as _UnifiedCallback
        from lightning.pytorch import LightningDataModule as _UnifiedDataModule
    except ImportError:
        pass
    else:
        # The same class under its other name: each namespace's Trainer takes only its own.
        class LightningDataModule(LightningDataModule, _UnifiedDataModule):
            """A data module for the Trainers of both namespaces."""

        class Callback(Callback, _UnifiedCallback):
            """A callback for the Trainers of both namespaces."""


LOGGERS = {
    name: logging.getLogger(f"{name}.utilities.rank_zero")
    for name in ("pytorch_lightning", "lightning.pytorch")
    if name in sys.modules
}
"""The logger that each Lightning there is writes its notes to."""


class _EachItsOwn:
    """Both Lightnings' logger: a note goes to the one that wrote it.

    Each sets the one logger of lightning_utilities to its own when it is imported, and both are
    imported here: the notes of one would come from the other, whose level the user has not set.
    """

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  # whatever a logger has
        frame: FrameType | None = sys._getframe(1)
        while frame is not None:
            module = str(frame.f_globals.get("__name__", ""))
            for lightning, logger in LOGGERS.items():
                if module.startswith(f"{lightning}."):
                    return getattr(logger, name)
            frame = frame.f_back
        return getattr(LOGGERS["pytorch_lightning"], name)


if len(LOGGERS) > 1:
    rank_zero.log = _EachItsOwn()  # type: ignore[assignment]  # all that is asked of a logger


# Arguments that were typed, while a data module is made of a checkpoint; None of any other.
_TYPED: ContextVar[Mapping[str, object] | None] = ContextVar("typed", default=None)


def loads_checkpoint() -> bool:
    """Return whether a data module is being made of a checkpoint."""
    return _TYPED.get() is not None


def as_given(name: str, value: Any) -> Any:  # noqa: ANN401  # an argument of any type
    """Return an argument, marked as a file's word where it was not typed.

    Args:
        name: Name of the argument.
        value: Value of the argument.
    """
    typed = _TYPED.get()
    named = typed is not None and name not in typed and isinstance(value, str)
    return FromFile(value) if named else value


def check_given(**modules: object) -> None:
    """Check that modules, which are in no checkpoint, are given with one that had them.

    Args:
        modules: Modules by the names of their arguments, or mappings of such; of a checkpoint they
            are names alone.

    Raises:
        ValueError: If a data module is made of a checkpoint, and one of them is a name.
    """
    if not loads_checkpoint():
        return
    for argument, given in modules.items():
        parts = given.values() if isinstance(given, Mapping) else [given]
        if not all(part is None or callable(part) for part in parts):
            raise ValueError(
                f"{argument} is in no checkpoint: the data module of this one had "
                f"{checks.shown(given)}; give it ({argument}=), or {argument}=None for the bare "
                "audio"
            )


class SafelyLoaded(LightningDataModule):
    """A data module that a checkpoint makes without running or opening what it names."""

    @classmethod
    def load_from_checkpoint(
        cls,
        checkpoint_path: Any,  # noqa: ANN401  # a path, or an open file
        *arguments: Any,  # noqa: ANN401
        **changes: Any,  # noqa: ANN401
    ) -> Any:  # noqa: ANN401  # of this class
        """Make the data module that a checkpoint was written with, as Lightning does.

        Nothing is imported because a checkpoint names it, and no file is opened but itself.

        Args:
            checkpoint_path: The checkpoint.
            arguments: More of Lightning's: ``map_location``, ``hparams_file``, ``weights_only``,
                which is True where it is not given.
            changes: These by name, and arguments of the data module that replace the checkpoint's,
                as ``transform``, which is in none.

        Raises:
            ValueError: If the synth is one of your own that is neither imported nor given
                (``synth=``), or the nebula a file's path (``nebula=``).
        """
        token = _TYPED.set(changes)
        try:
            # Without Lightning's own maker of arguments, which imports what they name, and without
            # pickled code.
            changes = {"_instantiator": None, **changes}
            if len(arguments) < 3:
                changes.setdefault("weights_only", True)
            made = super().load_from_checkpoint(checkpoint_path, *arguments, **changes)
        finally:
            _TYPED.reset(token)
        return made
