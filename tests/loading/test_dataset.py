"""A loader's data set and sampler, as torch and both Lightnings take them."""

import gc
import importlib
import itertools
import pickle
import tracemalloc
import weakref

import pytest
import torch

from synth_datamodule import Split, SynthBatch, SynthConfig, SynthDataModule, Voice
from synth_datamodule.batch import PairedBatch
from synth_datamodule.loading import (
    Handed,
    Rendering,
    SoundDataset,
    SoundLoader,
    SoundSampler,
    SoundSet,
)

SHORT = {"sample_rate": 4000, "buffer_size_seconds": 0.05, "control_rate": 100}
NAMESPACES = ["pytorch_lightning", "lightning.pytorch"]
QUIET = {
    "accelerator": "cpu",
    "devices": 1,
    "logger": False,
    "enable_progress_bar": False,
    "enable_model_summary": False,
    "enable_checkpointing": False,
}


@pytest.fixture(scope="module")
def voice():
    return Voice(SynthConfig(**SHORT))


def data(**options):
    given = {"batch_size": 4, "train_sounds": 20, "val_sounds": 8, "test_sounds": 8, **options}
    return SynthDataModule(**{**SHORT, **given})


# The data set


def test_a_data_set_has_the_sounds_of_its_set_in_ascending_order(voice):
    dataset = SoundLoader(SoundSet(Split.val, 5, shuffle=True), voice, 2).dataset
    assert isinstance(dataset, torch.utils.data.Dataset)
    assert len(dataset) == 5
    assert [int(sound.index) for sound in dataset] == [8192, 8193, 8194, 8195, 8196]
    assert [int(dataset[place].index) for place in (-1, -5)] == [8196, 8192]


def test_an_item_is_the_sound_that_the_voice_gives_by_number(voice):
    dataset = SoundDataset(SoundSet(Split.test, 5), Rendering(voice))
    item, sound = dataset[3], voice.sound(int(dataset[3].index))
    assert isinstance(item, SynthBatch)
    assert all(map(torch.equal, item, sound))


def test_an_item_is_a_row_of_the_batch_whatever_is_handed_out(voice):
    handed = Handed(0.02, random_crop=True, paired_delta=0.1, seed=3)
    rendering = Rendering(voice, handed, transform=lambda audio: {"even": audio[:, ::2]})
    loader = SoundLoader(SoundSet(Split.val, 3), rendering, 3)
    batch, pair = next(iter(loader)).to("cpu"), loader.dataset[1]
    assert isinstance(pair, PairedBatch)
    for item, whole in zip(pair, batch, strict=True):
        assert torch.equal(item.audio["even"], whole.audio["even"][1])
        assert torch.equal(item.parameters, whole.parameters[1])


@pytest.mark.parametrize("place", [5, -6, 2**62])
def test_beyond_the_set_is_an_index_error(voice, place):
    dataset = SoundDataset(SoundSet(Split.val, 5), Rendering(voice))
    with pytest.raises(IndexError, match=r"^place must lie in \[-5, 5\), got"):
        dataset[place]


@pytest.mark.parametrize("num_workers", [0, 2])
def test_torchs_own_loader_takes_data_set_and_sampler(voice, num_workers):
    loader = SoundLoader(SoundSet(Split.train, 10, shuffle=True), voice, 4)
    other = torch.utils.data.DataLoader(
        loader.dataset, 4, sampler=loader.sampler, num_workers=num_workers
    )
    for theirs, numbers in zip(other, loader, strict=True):
        ours = numbers.to("cpu")
        assert isinstance(theirs, SynthBatch)
        assert all(map(torch.equal, theirs, ours))


def test_data_set_and_sampler_can_be_pickled_and_split(voice):
    loader = SoundLoader(SoundSet(Split.train, 6, shuffle=True), voice, 2)
    dataset, sampler = pickle.loads(pickle.dumps((loader.dataset, loader.sampler)))
    assert list(sampler) == list(loader.sampler)
    assert torch.equal(dataset[2].audio, loader.dataset[2].audio)
    parts = torch.utils.data.random_split(dataset, [4, 2])
    assert sorted(int(sound.index) for part in parts for sound in part) == list(range(6))


# The sampler


def test_a_sampler_yields_the_places_of_each_epoch_in_the_loaders_order(voice):
    sounds = SoundSet(Split.val, 10, sounds_per_epoch=7, shuffle=True)
    loader = SoundLoader(sounds, voice, batch_size=3)
    assert isinstance(loader.sampler, torch.utils.data.SequentialSampler)
    assert isinstance(loader.sampler, SoundSampler)
    for _ in range(4):
        assert len(loader.sampler) == 7
        places = list(loader.sampler)
        numbers = [int(number) for batch in loader for number in batch.index]
        assert [loader.sounds.number(place) for place in places] == numbers


def test_a_sampler_sets_the_epoch_of_its_loader(voice):
    loader = SoundLoader(SoundSet(Split.train, 4, sounds_per_epoch=2), voice, 1)
    loader.sampler.set_epoch(3)
    assert list(loader.sampler) == [2, 3]
    assert [batch.index.tolist() for batch in loader] == [[2], [3]]
    assert loader.batch_sampler.sampler.data_source.sounds is loader.sounds
    loader.batch_sampler.sampler.set_epoch(0)
    assert loader.state_dict()["epoch"] == 0


def test_a_sampler_of_a_long_epoch_takes_no_memory(voice):
    loader = SoundLoader(SoundSet(Split.train, 8 * 10**8, shuffle=True), voice, 128)
    first = list(itertools.islice(loader.sampler, 5000))
    assert len(set(first)) == 5000
    assert first == loader.sounds.places(0, 0, 5000).tolist()
    tracemalloc.start()
    for _ in itertools.islice(loader.sampler, 50_000):
        pass
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2**21


def test_a_loader_says_what_torchs_says_of_its_batches(voice):
    loader = SoundLoader(SoundSet(Split.val, 5), voice, 2, drop_last=True)
    for shown in (loader, loader.batch_sampler):
        assert (shown.batch_size, shown.drop_last) == (2, True)
    assert loader.num_workers == 0


def test_to_look_at_them_keeps_no_loader_alive(voice):
    loader = SoundLoader(SoundSet(Split.val, 5), voice, 2)
    list(loader.sampler), loader.dataset[0], loader.batch_sampler.sampler
    known = weakref.ref(loader)
    gc.disable()
    try:
        del loader
        assert known() is None
    finally:
        gc.enable()


# Lightning


@pytest.fixture(params=NAMESPACES)
def lightning(request):
    return importlib.import_module(request.param)


def listener(lightning):
    class Listener(lightning.LightningModule):
        def __init__(self):
            super().__init__()
            self.weight = torch.nn.Parameter(torch.zeros(()))
            self.heard = {"train": [], "val": []}

        def training_step(self, batch, batch_idx):
            batch = batch["synth"] if isinstance(batch, dict) else batch
            self.heard["train"].append(batch.index.tolist())
            return self.weight * batch.audio.square().mean()

        def validation_step(self, batch, batch_idx):
            self.heard["val"].append(batch.index.tolist())

        test_step = validation_step

        def predict_step(self, batch, batch_idx):
            return batch.index

        def configure_optimizers(self):
            return torch.optim.SGD(self.parameters(), 0.1)

    return Listener()


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"reload_dataloaders_every_n_epochs": 1},
        {"limit_train_batches": 3, "limit_val_batches": 0.5},
        {"overfit_batches": 2},
    ],
    ids=["plain", "reload", "limits", "overfit"],
)
def test_a_trainer_keeps_the_loader_and_asks_nothing_more_of_it(lightning, options):
    model, dm = listener(lightning), data()
    trainer = lightning.Trainer(**QUIET, max_epochs=2, num_sanity_val_steps=0, **options)
    trainer.fit(model, datamodule=dm)
    loader = trainer.train_dataloader
    assert type(loader) is SoundLoader
    assert len(loader.dataset) == 20
    heard = [number for batch in model.heard["train"] for number in batch]
    epochs = [heard[: len(heard) // 2], heard[len(heard) // 2 :]]
    order = data().train_dataloader()
    for epoch, numbers in enumerate(epochs):
        order.set_epoch(0 if "overfit_batches" in options else epoch)
        found = [order.sounds.number(place) for place in order.sampler]
        assert numbers == found[: len(numbers)]
    assert len(trainer.val_dataloaders.dataset) == 8
    for call in (trainer.validate, trainer.test):
        call(model, datamodule=dm, verbose=False)
    predicted = trainer.predict(model, datamodule=dm)
    assert torch.cat(predicted).tolist() == [9216 + place for place in range(8)]


def test_a_callback_reads_the_order_of_the_epoch_that_a_run_is_in(lightning):
    orders = []

    class Look(lightning.Callback):
        def on_train_epoch_start(self, trainer, model):
            sampler = trainer.train_dataloader.sampler
            orders.append([sampler.data_source.sounds.number(place) for place in sampler])

    model = listener(lightning)
    lightning.Trainer(**QUIET, max_epochs=3, callbacks=[Look()]).fit(model, datamodule=data())
    heard = [number for batch in model.heard["train"] for number in batch]
    assert [number for order in orders for number in order] == heard


def test_overfitting_beside_a_loader_that_shuffles_keeps_ours(lightning):
    shuffled = torch.utils.data.DataLoader(torch.arange(20), batch_size=4, shuffle=True)
    loaders = {"synth": data().train_dataloader(), "real": shuffled}
    model = listener(lightning)
    trainer = lightning.Trainer(**QUIET, max_epochs=2, overfit_batches=2)
    with pytest.warns(UserWarning, match="You requested to overfit but enabled train"):
        trainer.fit(model, loaders, data().val_dataloader())
    assert model.heard["train"][:2] == model.heard["train"][2:]
    assert type(trainer.train_dataloader["synth"]) is SoundLoader
