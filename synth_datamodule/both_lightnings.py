"""One base class for the data modules of both Lightning namespaces."""

from typing import TYPE_CHECKING

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


__all__ = ["LightningDataModule"]
