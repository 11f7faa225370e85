"""One base class for data modules of both Lightnings, that follows no name out of a checkpoint."""

from collections.abc import Mapping
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from synth_datamodule.reporting import FromFile

if TYPE_CHECKING:
    from lightning.pytorch import LightningDataModule as _UnifiedDataModule
    from pytorch_lightning import LightningDataModule as _DataModule

    class LightningDataModule(_DataModule, _UnifiedDataModule):  # type: ignore[misc]  # twins
        """A data module for the Trainers of both namespaces."""
else:
    from pytorch_lightning import LightningDataModule

    try:
        from lightning.pytorch import LightningDataModule as _UnifiedDataModule
    except ImportError:
        pass
    else:
        # The same class under its other name: each namespace's Trainer takes only its own.
        class LightningDataModule(LightningDataModule, _UnifiedDataModule):
            """A data module for the Trainers of both namespaces."""


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
