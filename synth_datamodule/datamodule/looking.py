"""A batch as one looks at it: the levels of its sounds, their picture, and players."""

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from synth_datamodule import checks, reporting
from synth_datamodule.batch import PairedBatch, SynthBatch, audio_of
from synth_datamodule.corpus.splits import Split
from synth_datamodule.datamodule.loaders import Loaders
from synth_datamodule.features import Levels, levels
from synth_datamodule.features.pictures import plot_sounds
from synth_datamodule.loading import Rendering, SoundNumbers
from synth_datamodule.plotting.batches import MOST, sounds_figure
from synth_datamodule.plotting.players import show_players

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
        most = checks.whole_number("most", most, 1, MOST)
        views = batch._asdict() if isinstance(batch, PairedBatch) else {"": batch}
        rows = {name: _rendered(view)[:most] for name, view in views.items()}
        titles = [str(number) for number in next(iter(views.values())).index[:most].tolist()]
        return plot_sounds(rows, titles, self._rate())

    def show_batch(
        self,
        batch: SynthBatch | PairedBatch | None = None,
        most: int = 8,
        split: Split | str = "train",
    ) -> "Figure | None":
        """Show sounds: in a notebook a player under the picture of each, elsewhere a figure.

        Args:
            batch: Rendered sounds, their audio still audio; None is the first sounds of ``split``,
                cropped and normalised as they are handed out, before any transform.
            most: Number of sounds shown at most, up to 64; of a pair as many of each view.
            split: Word for the split, where no batch is given.

        Returns:
            A figure of matplotlib's, ``figure.savefig(path)`` writes it; in a notebook, where the
            sounds are shown at once, None.

        Raises:
            ImportError: If matplotlib is not installed: ``pip install 'synth_datamodule[plots]'``.
            TypeError: If ``batch`` is neither, or its audio no longer audio.
            ValueError: If ``most`` is out of bounds, or there are no sounds of the split.

        Example:
            >>> from synth_datamodule import SynthDataModule
            >>> dm = SynthDataModule(batch_size=4, buffer_size_seconds=0.5)
            >>> figure = dm.show_batch(split="val", most=2)
            >>> [axis.get_title() for axis in figure.axes if axis.get_title()]
            ['sound 8192', 'sound 8193']
        """
        most = checks.whole_number("most", most, 1, MOST)
        rate: float = self.sample_rate
        if batch is None:
            batch = self._first(Split(split), most)
        else:
            rate = self._rate()
        views = batch._asdict() if isinstance(batch, PairedBatch) else {"": batch}
        audio = torch.cat([_rendered(view)[:most] for view in views.values()])
        titles = [
            f"sound {number} {view}".rstrip()
            for view, sounds in views.items()
            for number in sounds.index[:most].tolist()
        ]
        if reporting.in_notebook():
            show_players(audio, titles, rate)
            return None
        return sounds_figure(audio, titles, rate)

    def _first(self, split: Split, most: int) -> SynthBatch | PairedBatch:
        """Return the first sounds of a split, on the CPU, before any transform."""
        loader = self._train_loader() if split is Split.train else self._loader(split)
        if not len(loader):
            raise ValueError(f"show_batch needs sounds, there are none of split {split.value!r}")
        rendering = Rendering(self.voice, self.handed, chunk=self.render_chunk).of_epoch(0)
        index = next(iter(loader)).index
        # Notes of a sound lie one after another: none of them is left alone.
        each = self.handed.notes_per_sound
        index = index[: max(most // each, 1) * each]
        return rendering(index, torch.device("cpu"), torch.float32)

    def _rate(self) -> float:
        """Sample rate of what is handed out, which a transform may have resampled."""
        return self.sample_rate * self.num_samples / self._num_samples


def _rendered(batch: SynthBatch) -> Tensor:
    if isinstance(batch, SoundNumbers):
        raise TypeError(
            "batch must be a SynthBatch, got the numbers of sounds that are not rendered yet: "
            ".to(device) renders them"
        )
    audio = audio_of(checks.instance("batch", batch, SynthBatch).audio)
    return checks.float_tensor("audio", audio, "[B, N]", (None, None))
