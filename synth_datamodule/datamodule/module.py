"""SynthDataModule: the corpus as Lightning takes it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

import torch

from synth_datamodule import checks
from synth_datamodule.both_lightnings import as_given, check_given
from synth_datamodule.config import DEFAULT_BATCH_SIZE
from synth_datamodule.corpus.listing import NumberList
from synth_datamodule.corpus.splits import Split
from synth_datamodule.datamodule.looking import Looking
from synth_datamodule.loading.chosen import Chosen
from synth_datamodule.loading.curriculum import Curriculum
from synth_datamodule.loading.predicted import Asked, plain_asked
from synth_datamodule.loading.run import TrainPosition
from synth_datamodule.loading.treatment import names_of
from synth_datamodule.parameters.nebula import Nebula, nebula_value
from synth_datamodule.parameters.settings import Ranges, Values, note_values, with_notes
from synth_datamodule.patching.constructing import Arguments
from synth_datamodule.patching.finding import find_synth
from synth_datamodule.patching.naming import public_name
from synth_datamodule.patching.source import made_of
from synth_datamodule.patching.synth import AbstractSynth


class SynthDataModule(Looking):
    """Endless synthesizer sounds with their parameters, split as benchmarks need them.

    Its loaders hand out sound numbers; a batch is rendered where it is moved to, and arrives in
    ``training_step`` as a ``SynthBatch(audio, parameters, is_train, index)``.

    Args:
        batch_size: Sounds per device and batch, or rows, with ``notes_per_sound``; any size gives
            the same sounds.
        corpus: ``"synth1K1"``, ``"synth1M1"``, ``"synth10M1"``, ``"synth1B1"``, or the number of
            sounds, at most 2**32.
        train_sounds: Number of train sounds, the corpus's first; None is all.
        val_sounds: Number of validation sounds, the split's first whatever the corpus; 0 is no
            validation, None all that lie within the corpus. ``"auto"`` is 1024; of ``parameters``
            and of ``sounds`` as many of these as there are.
        test_sounds: Number of test sounds, as ``val_sounds`` is of validation.
        predict_sounds: Sound numbers ``(start, stop)`` or ``range(start, stop)``; None is the test
            set. A list, a tensor, an array, a JSON text such as ``"[5, 9]"`` or a file of numbers
            is these sounds, in this order. A list of two is refused, for it may mean either; on a
            command line and in its configuration files, which have lists alone, it is a range.
        sounds: List of different sound numbers that is the corpus, in place of ``corpus``; each
            keeps its split. A list, a tensor, an array, a JSON text, or a file: ``.npy``,
            ``.json``, or text with one number a line.
        parameters: Sounds of your own, in place of ``corpus``: row i is sound number i and reads
            row ``i mod 32`` of the noise. A tensor or an array ``[M, P]`` in [0, 1], in the order
            of ``parameter_names``, also as ``.npy`` or as ``parameters`` of an ``.npz`` file; or by
            name and in units: a DataFrame, a ``.csv`` or ``.parquet`` file with a column
            ``module.parameter`` for each. They are copied. Numbers in [0, 1] are those of
            ``parameter_table``: under another ``nebula``, or with ``ranges``, they are other
            sounds, which is said; rows in units are not. To validate, test and predict no train
            rows are needed.
        split: Word for each row of ``parameters``, train, val or test: a sequence, the name of a
            column, or a file of one word a line. None is a column ``split`` where there is one,
            else row i is val where ``i mod 10 = 8`` and test where 9.
        sampler: Pure function from int64 sound numbers ``[B]`` to parameters in [0, 1] ``[B, P]``,
            or its import path, in place of torchsynth's draws. It is tried: a sound's parameters
            must depend on its number alone.
        minimum_rms: Least RMS of a sound, linear, in [0, 1]: quieter ones, such as silence, are
            left out, and a set is the first sounds of its split that pass. Which pass is found by
            rendering on the CPU, in blocks of 1,024 when they are first needed, and kept in the
            user's cache folder. A set of ``None`` goes through the whole corpus, of 10**6 sounds at
            most; validation and test are sought among as many at least. ``predict_sounds`` that are
            given are all heard.
        loudest: Highest peak of a sound, in (0, 1]; louder ones are left out as with
            ``minimum_rms``. What clips is normalised, so below 1 leaves out what would have.
        sounds_per_epoch: Train sounds in an epoch; None is all of them.
        fresh_epochs: Whether no train sound comes twice within a run; running out is an error.
        shuffle: Whether each pass trains in a new permutation, not in ascending order.
        seed: Seed of the permutations, random crops and pairs.
        drop_last: Whether a last, partial train batch is left out.
        nebula: Region of parameter space, ``"default"``, ``"drum"``, the path of a nebula file, or
            its entries, ``{"vco_1.tuning": {"curve": 0.5, "symmetric": True}, ...}``.
        pinned: Parameter values that hold for every sound, as in ``{"keyboard.midi_f0": 60.0}``.
        ranges: Narrower ranges, as in ``{"keyboard.midi_f0": (48, 72)}``, in the parameters' units;
            parameters in [0, 1] span them, along the same curves.
        values: Lists of values, as in ``{"vco_1.tuning": [-12, 0, 12]}``, that draws pick from,
            each entry equally often. A second view keeps the first's.
        notes: MIDI notes that draws pick from: ``values`` of ``keyboard.midi_f0``.
        backend: Renderer, ``"auto"`` or one of the synth's: ``"fused"`` and ``"reference"`` for the
            Voice.
        synth: Class of the synth, an AbstractSynth, or its import path.
        synth_arguments: Arguments of an own synth's constructor, plain values by name, as in
            ``{"gain": 0.3}``.
        transform: Module or function applied to the audio on its device, such as
            ``features.LogMel(16000)``; ``batch.audio`` is what it returns, a tensor of any dtype,
            or a dict, list or tuple of such.
        train_transform: Another one, for train batches alone, applied to what the first makes. It
            may be random, from torch's generators; whether a run resumes exactly is then theirs.
        features: Features beside the audio, as in ``{"mel": features.LogMel(44100)}``, made of it
            as it is handed out; ``batch.audio`` is then a dict with ``"audio"`` and the names.
        normalize: Level of each sound or crop before any transform: ``"peak"``, ``"rms"``, or a
            loudness in LUFS, as -23.0; see ``features.Normalize``.
        crop_seconds: Length handed out of each sound, in seconds; None is all of it.
        random_crop: Whether a crop begins where the sound's number says, not at the start.
        paired_delta: Most that a second view's parameters are moved by, as a share of their ranges;
            batches are then ``PairedBatch(first, second)``.
        labels: Parameters of a batch, ``"all"``, or ``"free"``: without the columns of pinned ones,
            ``[B, F]``, as ``num_parameters`` and ``parameter_table`` say then. The voice has all.
        notes_per_sound: Rows of each sound, k, in succession: the sound, then its other notes, all
            else equal. Row j has the j-th of k notes evenly spread, over the list of ``notes`` or
            over the range. k divides ``batch_size``.
        curriculum: Ranges of train sounds by the first epoch that they hold in, as in ``{0:
            {"keyboard.midi_f0": (60, 60)}, 10: {"keyboard.midi_f0": (48, 72)}}``. What a stage does
            not name has its whole range. The last stage's are ``ranges`` of everything else, of
            validation, test, labels and fingerprint: an earlier stage lies within them and hears a
            part of their curves.
        render_chunk: Sounds rendered at a time, which bounds memory; None is the whole batch.
        render_ahead: Whether the next train batch is rendered while the model trains on this one;
            None does so on CUDA. On a CPU both would compete for the cores.
        sample_rate: Audio rate in hertz.
        buffer_size_seconds: Length of a sound in seconds.
        control_rate: Rate of envelopes and LFOs in hertz.
        reproducible: Whether torch's own draws are checked, as in SynthConfig.
        no_grad: Whether rendering records no gradients, as in SynthConfig.
        debug: Whether slow checks are made, as in SynthConfig; None is its default.
        eps: Offset that keeps envelope ramps off zero, in control samples.

    Raises:
        TypeError: If an argument is of another type.
        ValueError: If one is out of bounds, a name is unknown, or the corpus holds fewer sounds
            than asked for; it names the most it holds.

    Example:
        >>> dm = SynthDataModule(batch_size=4, buffer_size_seconds=0.5)
        >>> dm.num_parameters, dm.num_samples, dm.num_batches("val")
        (78, 22050, 256)
        >>> batch = next(iter(dm.val_dataloader())).to("cpu")
        >>> batch.audio.shape, batch.index
        (torch.Size([4, 22050]), tensor([8192, 8193, 8194, 8195]))
    """

    def __init__(
        self,
        batch_size: int = DEFAULT_BATCH_SIZE,
        corpus: int | str = "synth1M1",
        train_sounds: int | None = None,
        val_sounds: int | Literal["auto"] | None = "auto",
        test_sounds: int | Literal["auto"] | None = "auto",
        predict_sounds: Asked | None = None,
        sounds: NumberList | None = None,
        parameters: Any = None,  # noqa: ANN401  # whatever rows are held in
        split: str | Sequence[str] | None = None,
        sampler: str | Callable[[Any], Any] | None = None,
        minimum_rms: float | None = None,
        loudest: float | None = None,
        sounds_per_epoch: int | None = None,
        fresh_epochs: bool = False,
        shuffle: bool = True,
        seed: int = 0,
        drop_last: bool = False,
        nebula: Nebula = "default",
        pinned: Mapping[str, float] | None = None,
        ranges: Mapping[str, Sequence[float]] | None = None,
        values: Mapping[str, Sequence[float]] | None = None,
        notes: Sequence[float] | None = None,
        backend: str = "auto",
        synth: str | type[AbstractSynth] = "synth_datamodule.Voice",
        synth_arguments: Mapping[str, Any] | None = None,
        transform: torch.nn.Module | Callable[[Any], Any] | None = None,
        train_transform: torch.nn.Module | Callable[[Any], Any] | None = None,
        features: Mapping[str, torch.nn.Module | Callable[[Any], Any]] | None = None,
        normalize: float | str | None = None,
        crop_seconds: float | None = None,
        random_crop: bool = False,
        paired_delta: float | None = None,
        labels: str = "all",
        notes_per_sound: int = 1,
        curriculum: Mapping[int, Mapping[str, Sequence[float]]] | None = None,
        render_chunk: int | None = None,
        render_ahead: bool | None = None,
        sample_rate: int = 44100,
        buffer_size_seconds: float = 4.0,
        control_rate: int = 441,
        reproducible: bool = True,
        no_grad: bool = True,
        debug: bool | None = None,
        eps: float = 1e-6,
    ) -> None:
        super().__init__()
        # Into a checkpoint and to loggers go primitives only.
        nebula = nebula_value(as_given("nebula", nebula))
        pinned = dict(pinned) if isinstance(pinned, Mapping) else pinned
        ranges = Ranges(ranges).plain() or None
        with_notes(values, notes)
        values = Values(values).plain() or None
        notes = note_values(notes)
        curriculum = None if curriculum is None else Curriculum.of(curriculum).plain()
        chosen = Chosen.of(
            corpus, as_given("sounds", sounds), as_given("parameters", parameters), split
        )
        chosen.check_rows_stay(values=values, notes=notes, curriculum=curriculum)
        modules = {
            "transform": transform, "train_transform": train_transform, "features": features,
        }  # fmt: skip
        check_given(**modules)
        synth_class = find_synth(as_given("synth", synth))
        synth = public_name(synth_class)
        self.batch_size = batch_size
        self._chosen = chosen
        self.corpus = corpus if chosen.corpus is None else chosen.corpus
        self.parameters = chosen.parameters
        self.sampler = as_given("sampler", sampler)
        self.minimum_rms = minimum_rms
        self.loudest = loudest
        self.train_sounds = train_sounds
        self.val_sounds = chosen.evaluated(val_sounds)
        self.test_sounds = chosen.evaluated(test_sounds)
        self.predict_sounds = plain_asked(as_given("predict_sounds", predict_sounds))
        self.sounds_per_epoch = sounds_per_epoch
        self.fresh_epochs = checks.truth_value("fresh_epochs", fresh_epochs)
        self.shuffle = checks.truth_value("shuffle", shuffle)
        self.seed = seed
        self.drop_last = checks.truth_value("drop_last", drop_last)
        self.nebula = nebula
        self.pinned = pinned
        self.ranges = ranges
        self.values = values
        self.notes = notes
        self.backend = backend
        self.synth = synth_class
        self.synth_arguments = dict(Arguments({} if synth_arguments is None else synth_arguments))
        self.transform = transform
        self.train_transform = train_transform
        self.features = dict(features) if isinstance(features, Mapping) else features
        self.normalize = normalize
        self.crop_seconds = crop_seconds
        self.random_crop = random_crop
        self.paired_delta = paired_delta
        self.labels = labels
        self.notes_per_sound = notes_per_sound
        self.curriculum = curriculum
        self.render_chunk = render_chunk
        self.render_ahead = render_ahead
        self.sample_rate = sample_rate
        self.buffer_size_seconds = buffer_size_seconds
        self.control_rate = control_rate
        self.reproducible = reproducible
        self.no_grad = no_grad
        self.debug = debug
        self.eps = eps
        self._voice: AbstractSynth | None = None
        self._position = TrainPosition()
        self._tried: tuple[object, ...] | None = None
        # What setup() will make is made here once and dropped, so that errors come before any work
        # and the parameter names are known to whoever builds a model.
        made = self._make()
        self._describe(made)
        chosen.tell_of_bent_rows(self.recipe)
        # In the synth's columns and in [0, 1] from now on: one copy in memory.
        self.parameters = made_of(made.source)["parameters"]
        if render_ahead is not None:
            checks.truth_value("render_ahead", render_ahead)
        for split in Split:  # before any filter, which renders
            self._num_batches(self._sounds(split, chosen.roster), world_size=1)
        self._check_filter()
        # Last, for it copies what it is given, whatever that is.
        kept = [*modules, "predict_sounds", "sounds", "parameters", "split", "sampler"]
        self.save_hyperparameters(ignore=kept)
        self.hparams.update({name: checks.plain(value) for name, value in self.hparams.items()})
        # A LightningCLI has saved the words as typed; a checkpoint names no file.
        self.hparams.update(synth=synth, nebula=str(nebula))
        self.hparams.update(synth_arguments=dict(self.synth_arguments))
        chosen = replace(chosen, parameters=self.parameters)
        sampler_name = self.recipe.plain()["sampler"]
        self.hparams.update(
            predict_sounds=self.predict_sounds, sampler=sampler_name, **chosen.plain()
        )
        self.hparams.update(val_sounds=self.val_sounds, test_sounds=self.test_sounds)
        for name, module in modules.items():
            self.hparams.pop(name, None)
            if module is not None:
                self.hparams[name] = names_of(module)
