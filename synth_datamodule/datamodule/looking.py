"""A batch as one looks at it: the levels of its sounds, and their picture."""

from typing import TYPE_CHECKING

from torch import Tensor

from synth_datamodule import checks
from synth_datamodule.batch import PairedBatch, SynthBatch, audio_of
from synth_datamodule.datamodule.loaders import Loaders
from synth_datamodule.features import Levels, levels
from synth_datamodule.features.pictures import plot_sounds
from synth_datamodule.loading import SoundNumbers

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class Looking(Loaders):
    """A data module that shows what it has handed out."""

    def levels(self, batch: SynthBatch) -> Levels:
        """Return peak, rms and whether each sound of a batch clipped, on its device.

        Raises:
            TypeError: If ``batch`` is no SynthBatch, or its audio no longer audio.
        """
        return levels(_rendered(batch))

    def plot(self, batch: SynthBatch | PairedBatch, most: int = 8) -> "Figure":
        """Return spectrograms of a batch's first sounds by their numbers; views lie in two rows.

        Args:
            batch: Rendered sounds, their audio still audio.
            most: Number of sounds drawn at most, up to 64.

        Returns:
            A figure of matplotlib's; ``figure.savefig(path)`` writes it, a notebook shows it.

        Raises:
            ImportError: If matplotlib is not installed.
            TypeError: If ``batch`` is neither, or its audio no longer audio.
            ValueError: If ``most`` is out of bounds.
        """
        most = checks.whole_number("most", most, 1, 64)
        views = batch._asdict() if isinstance(batch, PairedBatch) else {"": batch}
        rows = {name: _rendered(view)[:most] for name, view in views.items()}
        titles = [str(number) for number in next(iter(views.values())).index[:most].tolist()]
        # A transform may have resampled it.
        rate = self.sample_rate * self.num_samples / self._num_samples
        return plot_sounds(rows, titles, rate)


def _rendered(batch: SynthBatch) -> Tensor:
    if isinstance(batch, SoundNumbers):
        raise TypeError(
            "batch must be a SynthBatch, got the numbers of sounds that are not rendered yet: "
            ".to(device) renders them"
        )
    audio = audio_of(checks.instance("batch", batch, SynthBatch).audio)
    return checks.float_tensor("audio", audio, "[B, N]", (None, None))
