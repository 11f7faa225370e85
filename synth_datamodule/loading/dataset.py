"""A loader's sounds as torch's data sets and samplers have them: by place, and in epochs."""

import sys
from collections.abc import Iterator, Sequence
from types import SimpleNamespace
from typing import cast

import torch
from torch.utils.data import Dataset, SequentialSampler

from synth_datamodule import checks
from synth_datamodule.batch import PairedBatch, SynthBatch, sound_at
from synth_datamodule.corpus.splits import Split
from synth_datamodule.loading.rendering import Rendering
from synth_datamodule.loading.sets import SoundSet

_AT_ONCE = 4096  # places that are shuffled together


class SoundDataset(Dataset[SynthBatch]):
    """The sounds of a set by place, each rendered when it is asked for, on the synth's device.

    Item i is sound i of the set, ascending, whatever order a loader goes in: the row that it is of
    a batch, without the axis B, as ``voice.sound`` gives one. ``loader.dataset[place]`` for the
    places that ``loader.sampler`` yields are an epoch's sounds in their order.

    A ``torch.utils.data.DataLoader`` takes it, and so do ``Subset`` and ``random_split``; the
    loaders of a data module are faster, and render on the device that trains.

    Args:
        sounds: The set of sounds.
        rendering: Rendering of the sounds.

    Example:
        >>> from synth_datamodule import Split, SynthConfig, Voice
        >>> voice = Voice(SynthConfig(buffer_size_seconds=0.5))
        >>> dataset = SoundDataset(SoundSet(Split.val, num_sounds=5), Rendering(voice))
        >>> len(dataset), dataset[3].index, dataset[-1].audio.shape
        (5, tensor(8195), torch.Size([22050]))
    """

    def __init__(self, sounds: SoundSet, rendering: Rendering) -> None:
        self.sounds = checks.instance("sounds", sounds, SoundSet)
        self.rendering = checks.instance("rendering", rendering, Rendering)

    def __len__(self) -> int:
        """Sounds in the set; an epoch may have fewer."""
        return self.sounds.num_sounds

    def __getitem__(self, place: int) -> SynthBatch:
        """Render the sound at a place, from the end where it is negative.

        With ``paired_delta`` it is a ``PairedBatch(first, second)`` of one sound.

        Raises:
            TypeError: If ``place`` is not an integer; there are no slices.
            IndexError: If the set has no such place.
        """
        return self.__getitems__([place])[0]

    def __getitems__(self, places: Sequence[int]) -> list[SynthBatch]:
        """Render the sounds at some places together, as a DataLoader asks for them."""
        there = [self._place(place) for place in places]
        index = torch.tensor(
            [self.sounds.number(place) for place in there], dtype=torch.int64, device="cpu"
        )
        batch = self.rendering(index, self.rendering.synth.device, torch.float32)
        return [cast(SynthBatch, _row(batch, row)) for row in range(len(there))]

    def _place(self, place: object) -> int:
        size = len(self)
        number = checks.whole_number("place", place, -sys.maxsize, sys.maxsize)
        if not -size <= number < size:
            raise IndexError(f"place must lie in [{-size}, {size}), got {number}")
        return number % size


class SoundSampler(SequentialSampler):
    """The places of an epoch in their order, which all devices share; ``loader.dataset`` has them.

    It is an epoch's whole order, of the epoch that comes next or that a run is in. It is computed
    as it is asked for, so a billion places take no memory. A SequentialSampler, shuffled or not,
    because Lightning replaces any other where it overfits on purpose.

    Args:
        dataset: Sounds by place.
        loader: Loader whose epochs they are.

    Example:
        >>> from synth_datamodule import SynthDataModule
        >>> loader = SynthDataModule(train_sounds=5, buffer_size_seconds=0.5).train_dataloader()
        >>> list(loader.sampler), [*loader][0].index.tolist()
        ([1, 3, 0, 4, 2], [1, 3, 0, 4, 2])
    """

    def __init__(self, dataset: SoundDataset, loader: "LikeDataLoader") -> None:
        super().__init__(checks.instance("dataset", dataset, SoundDataset))
        self._loader = checks.instance("loader", loader, LikeDataLoader)

    def __len__(self) -> int:
        """Sounds in an epoch."""
        return len(self._loader.sounds)

    def __iter__(self) -> Iterator[int]:
        """Yield the places of the epoch."""
        sounds, epoch = self._loader.sounds, self._loader.next_epoch
        for start in range(0, len(sounds), _AT_ONCE):
            stop = min(start + _AT_ONCE, len(sounds))
            yield from sounds.places(epoch, start, stop).tolist()

    def set_epoch(self, epoch: int) -> None:
        """Set the loader's next epoch, as ``SoundLoader.set_epoch``."""
        self._loader.set_epoch(epoch)


class LikeDataLoader:
    """What a loader has beside its batches, under the names of ``torch.utils.data.DataLoader``.

    Data set and sampler are made when they are asked for: what a loader held, and was held by,
    would keep the loader of an earlier run alive.
    """

    sounds: SoundSet
    rendering: Rendering
    batch_size: int
    drop_last: bool
    num_workers = 0
    """Processes that hand out numbers beside this one: none is needed."""

    @property
    def next_epoch(self) -> int:
        """Number of the epoch that an iteration goes through which begins now."""
        raise NotImplementedError

    def set_epoch(self, epoch: int) -> None:
        """Set the next epoch."""
        raise NotImplementedError

    @property
    def dataset(self) -> SoundDataset:
        """The sounds of the set by place: ``len(loader.dataset)``, ``loader.dataset[0]``."""
        if _is_to_be_made_anew():
            raise AttributeError("a loader of sounds is not made anew: it repeats its epoch")
        return SoundDataset(self.sounds, self.rendering_of(self.next_epoch).of_one_note())

    def rendering_of(self, epoch: int) -> Rendering:
        """Return the rendering of an epoch's sounds: a curriculum is of train sounds alone."""
        train = self.sounds.split is Split.train
        return self.rendering.of_epoch(epoch) if train else self.rendering

    @property
    def sampler(self) -> SoundSampler:
        """The places of the next epoch in ``dataset``, in their order; all devices' together.

        Lightning calls its ``set_epoch``. It restores a loader's state only within an epoch: at an
        epoch's end, a loader without its data module learns so where a resumed run goes on.
        """
        return SoundSampler(SoundDataset(self.sounds, self.rendering), self)

    @property
    def batch_sampler(self) -> SimpleNamespace:
        """The ``sampler``, ``batch_size`` and ``drop_last``, where some look for them."""
        return SimpleNamespace(
            sampler=self.sampler, batch_size=self.batch_size, drop_last=self.drop_last
        )


def _is_to_be_made_anew() -> bool:
    """Whether Lightning asks for a loader's data set in order to make the loader anew.

    For overfitting, where one of several loaders shuffles, it makes each that has a data set anew,
    and fails with one that is no DataLoader. A loader of sounds repeats its epoch by itself.
    """
    asking = sys._getframe(2)
    above = asking.f_back  # a list comprehension has a frame of its own before Python 3.12
    names = {asking.f_code.co_name, above.f_code.co_name if above else ""}
    return "_resolve_overfit_batches" in names


def _row(batch: SynthBatch | PairedBatch, row: int) -> SynthBatch | PairedBatch:
    if isinstance(batch, PairedBatch):
        return PairedBatch(*(sound_at(view, row) for view in batch))
    return sound_at(batch, row)
