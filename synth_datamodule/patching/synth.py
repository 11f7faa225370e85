"""AbstractSynth: what every patch shares, from a sound's number to its audio."""

import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias, TypeVar, cast

import torch
from torch import Tensor, nn

from synth_datamodule import checks
from synth_datamodule.batch import Audio, SynthBatch, audio_of, sound_at
from synth_datamodule.config import BASE_REPRODUCIBLE_BATCH_SIZE, SynthConfig
from synth_datamodule.corpus.draws import MOST_PARAMETERS, NOISE_SEED, draw_parameters
from synth_datamodule.corpus.splits import NUM_SOUNDS, is_train, sound_number, sound_numbers
from synth_datamodule.modules.base import SynthModule
from synth_datamodule.modules.noise import Noise
from synth_datamodule.modules.sizes import Sizes
from synth_datamodule.modules.successors import Successors
from synth_datamodule.numerics import tracing
from synth_datamodule.numerics.ambient import one_thread_in_a_fork
from synth_datamodule.numerics.hashing import Integers
from synth_datamodule.parameters.grid import Grid
from synth_datamodule.parameters.nebula import Nebula, apply_nebula, nebula_value
from synth_datamodule.parameters.settings import Ranges
from synth_datamodule.parameters.table import ParameterRange, ParameterTable
from synth_datamodule.patching.arguments import render_arguments
from synth_datamodule.patching.chunks import in_chunks, in_dtype
from synth_datamodule.patching.constructing import NO_ARGUMENTS
from synth_datamodule.patching.hooks import hook_in
from synth_datamodule.patching.opened import Opened
from synth_datamodule.patching.patch import Part, PatchValues, declared_parts
from synth_datamodule.patching.programmed import Programmed, forget, program_audio, traced_once
from synth_datamodule.patching.rerendering import made_of
from synth_datamodule.patching.returned import Returned, checked
from synth_datamodule.patching.source import Source
from synth_datamodule.patching.symmetric import Symmetric
from synth_datamodule.patching.wiring import WiredType

_Made = TypeVar("_Made")
Bend: TypeAlias = Callable[[Tensor], Tensor]
"""From draws ``[B, P]`` to other draws of the same sounds."""


class AbstractSynth(
    Programmed, Opened, Symmetric, Sizes, Successors, nn.Module, metaclass=WiredType
):
    """A patch of modules that turns parameters, or sound numbers, into audio.

    A subclass declares its parts and writes ``output``. Parameters are an input, never state: a
    synth holds no ``nn.Parameter`` and its ``state_dict`` is empty.

    Args:
        synthconfig: Rates, lengths and switches; None is ``SynthConfig()``.
        nebula: ``"default"`` (the curves that the parts declare), the path of a nebula file, or
            its entries.
        backend: Renderer. ``"program"``, which ``"auto"`` is where each part has a formula: exact
            steps, the same bits on every device. ``"reference"``: the modules, in torch.
        dtype: Precision inside the reference backend, float64 or float32. Audio is float32.
        pinned: Values in the parameters' units that hold for every sound.
        ranges: Narrower ranges by name, ``(minimum, maximum)`` in the parameter's unit, within its
            module's own. Parameters in [0, 1] span them, along the same curves; a range of one
            value pins it.
        values: Lists of values by name, in the parameter's unit: a drawn u picks entry ``floor(u
            k)`` of k, and becomes the place of that value in the range. ``render`` takes any.

    Raises:
        TypeError: If an argument is of another type.
        ValueError: If a name is unknown, or a value out of range.

    Example:
        >>> from synth_datamodule.modules import AudioMixer, MonophonicKeyboard, SineVCO
        >>> from synth_datamodule import part
        >>> class Whistle(AbstractSynth):
        ...     keyboard = part(MonophonicKeyboard)
        ...     vco = part(SineVCO)
        ...     mixer = part(AudioMixer, inputs=("vco",))
        ...
        ...     def output(self, p, noise_rows):
        ...         midi_f0, duration = self.keyboard(p.keyboard)
        ...         return self.mixer(p.mixer, self.vco(p.vco, midi_f0))
        >>> Whistle().render_sounds([0, 1]).audio.shape
        torch.Size([2, 176400])
    """

    backends: ClassVar[tuple[str, ...]] = ("reference", "program")
    _parts: ClassVar[dict[str, Part[SynthModule]]] = {}
    unchecked: str | None = None
    """Why the wiring of this synth could not be checked when it was made; None where it was."""
    synth_arguments: Mapping[str, Any] = NO_ARGUMENTS
    """Arguments of an ``__init__`` of the synth's own, plain values, without defaults."""
    source: Source | None = None
    """What parameters sounds have by number, else than torchsynth's draws."""
    _anchor: Tensor

    def __init_subclass__(cls, **kwargs: object) -> None:
        super().__init_subclass__(**kwargs)
        cls._parts = declared_parts(cls)
        for name in cls._parts:
            if hasattr(AbstractSynth, name):
                raise ValueError(
                    f"{cls.__name__} must not name a part {checks.shown(name)}: that is a method"
                )

    def __init__(
        self,
        synthconfig: SynthConfig | None = None,
        nebula: Nebula = "default",
        backend: str = "auto",
        dtype: torch.dtype = torch.float64,
        pinned: Mapping[str, float] | None = None,
        ranges: Mapping[str, Sequence[float]] | None = None,
        values: Mapping[str, Sequence[float]] | None = None,
    ) -> None:
        super().__init__()
        given = SynthConfig() if synthconfig is None else synthconfig
        self.synthconfig = checks.instance("synthconfig", given, SynthConfig)
        if dtype not in (torch.float32, torch.float64):
            raise ValueError(
                f"dtype must be torch.float64 or torch.float32, got {checks.shown(dtype)}"
            )
        self.dtype = dtype
        checks.one_of("backend", backend, ("auto", *self.backends))
        for name, declared in self._parts.items():
            self.add_module(name, declared.make(self.synthconfig))
        self._asked = backend
        self.backend = self._chosen(backend)
        noises = (module for module in self.children() if isinstance(module, Noise))
        for place, noise in enumerate(noises):
            if not noise.is_seeded:
                noise.seed = NOISE_SEED + place
        self.nebula = nebula_value(nebula)
        if type(self).output is AbstractSynth.output:
            raise NotImplementedError(
                f"{type(self).__name__} must write output(self, p, noise_rows)"
            )
        self._narrowed = Ranges(ranges)
        curved = self._curved(self.nebula, self._ranges())
        self.parameter_table = ParameterTable(self._narrowed.narrow(curved), pinned)
        self._grid = Grid(values, self.parameter_table)
        if len(self.parameter_table) > MOST_PARAMETERS:
            raise ValueError(
                f"{type(self).__name__} must have at most {MOST_PARAMETERS} parameters, "
                f"it has {len(self.parameter_table)}"
            )
        self._draw_order = torch.tensor(
            self.parameter_table.draw_order, dtype=torch.int64, device="cpu"
        )
        # Follows .to(device); not persistent, so that the state_dict stays empty.
        self.register_buffer(
            "_anchor", torch.empty(0, dtype=torch.float32, device="cpu"), persistent=False
        )
        self._finish()

    def _chosen(self, backend: str) -> str:
        """Return the renderer for what was asked for, once the parts are made."""
        return "reference" if backend == "auto" else backend

    def _settle(self) -> None:
        """Choose the program where one may be, once the synth has all its attributes."""
        if self._asked not in ("auto", "program") or self.backend == "fused":
            return
        found = traced_once(self).program
        if not isinstance(found, str):
            self.backend = "program"
        elif self._asked == "program":
            raise ValueError(
                f"backend must be 'auto' or 'reference' for {type(self).__name__}, which has no "
                f"program: {found}"
            )

    def _finish(self) -> None:
        """Make what a backend of the synth's own needs, once all else is made."""

    if TYPE_CHECKING:  # torch.nn.Module's own returns anything

        def __call__(self, batch_idx: int) -> tuple[Tensor, Tensor, Tensor]:
            """Render a batch; see ``forward``."""
            ...

    def _ranges(self) -> tuple[ParameterRange, ...]:
        return tuple(
            replace(parameter, name=f"{name}.{parameter.name}")
            for name, module in self.named_children()
            for parameter in getattr(module, "parameter_ranges", ())
        )

    def _curved(
        self, nebula: Nebula, ranges: tuple[ParameterRange, ...]
    ) -> tuple[ParameterRange, ...]:
        return ranges if nebula == "default" else apply_nebula(nebula, ranges)

    @property
    def parameter_names(self) -> tuple[str, ...]:
        """``module.parameter`` of each column, the one order of every ``[.., P]`` tensor."""
        return self.parameter_table.names

    @property
    def num_parameters(self) -> int:
        """Number of columns of every ``[.., P]`` tensor, P."""
        return len(self.parameter_table)

    @property
    def num_samples(self) -> int:
        """Audio samples of a sound, N; another name of ``buffer_size``."""
        return self.synthconfig.buffer_size

    @property
    def buffer_size_seconds(self) -> float:
        """Length of a sound in seconds."""
        return self.synthconfig.buffer_size_seconds

    @property
    def batch_size(self) -> int:
        """Number of sounds that ``voice(batch_idx)`` renders."""
        return self.synthconfig.batch_size

    @property
    def device(self) -> torch.device:
        """Device that ``voice(batch_idx)`` renders on; ``.to(device)`` moves it."""
        return self._anchor.device

    def free(self) -> None:
        """Drop what rendering keeps, as the noise tables; the next render makes it anew."""
        forget(self)
        for module in self.modules():
            if isinstance(module, Noise):
                module.free()

    def output(self, p: PatchValues, noise_rows: Tensor) -> Returned:
        """Return audio ``[B, N]`` for physical values; the patch itself, written by subclasses.

        It may return more: ``return audio, {"mod": lfo}``, each a tensor with the axis B. Then the
        audio of a batch is a dict, ``{"audio": audio, "mod": lfo}``; ``render``, ``synthesize`` and
        ``voice(batch_idx)`` return the audio alone.

        Args:
            p: Physical values by part: ``p.vco_1["tuning"]`` is a tensor ``[B]``.
            noise_rows: Row of the noise table for each sound. Shape ``[B]``.
        """
        raise NotImplementedError(f"{type(self).__name__} must write output(self, p, noise_rows)")

    def forward(self, batch_idx: int) -> tuple[Tensor, Tensor, Tensor]:
        """Render sounds ``batch_idx * B ... batch_idx * B + B - 1``, B the config's batch size.

        Args:
            batch_idx: Number of the batch, 0 for the first of the corpus.

        Returns:
            Audio in [-1, 1], float32 ``[B, N]``; parameters in [0, 1] ``[B, P]``; is_train, bool
            ``[B]``; on the synth's device.

        Raises:
            TypeError: If ``batch_idx`` is not an integer.
            ValueError: If the batch lies beyond the last sound, 2**32 - 1.
        """
        size = self.synthconfig.batch_size
        batch_idx = checks.whole_number("batch_idx", batch_idx, 0, NUM_SOUNDS // size - 1)
        start = batch_idx * size
        batch = self.render_sounds(
            torch.arange(start, start + size, dtype=torch.int64, device=self.device)
        )
        return audio_of(batch.audio), batch.parameters, batch.is_train

    def render_sounds(
        self,
        indices: Tensor | Sequence[int] | Integers,
        device: torch.device | str | int | None = None,
    ) -> SynthBatch:
        """Render any sounds by number; each is the same whatever else is in the batch.

        Args:
            indices: Sound numbers in [0, 2**32), in any order, as an int64 tensor, a sequence or an
                array. Shape ``[B]``.
            device: Device to render on. None is the tensor's, for a sequence or array the synth's.

        Raises:
            TypeError: If they are not integers.
            ValueError: If there is none, or one is out of range.
        """
        if device is None:
            device = indices.device if isinstance(indices, Tensor) else self.device
        return self._of_numbers(sound_numbers(indices), checks.rendering_device("device", device))

    def _of_numbers(
        self, numbers: Tensor, device: torch.device, bend: Bend | None = None
    ) -> SynthBatch:
        """Render sounds, whose draws may be bent before lists are looked up."""
        with tracing.beneath_func():
            numbers, parameters, train = self._drawn(numbers, device, bend)
            # What was drawn needs no check.
            audio = self._audio(parameters, numbers % BASE_REPRODUCIBLE_BATCH_SIZE)
        return SynthBatch(cast(Tensor, audio), parameters, train, numbers)

    def sound(self, name: int | str) -> SynthBatch:
        """Render one sound by its number or name; its fields have no batch axis.

        Args:
            name: A sound number, or ``"synth1B1-312-6"``: batch 312 of 128 sounds, sound 6.

        Raises:
            TypeError: If ``name`` is neither a string nor an integer.
            ValueError: If it names no sound.
        """
        return sound_at(self.render_sounds([sound_number(name)]), 0)

    def render(self, parameters: Tensor, noise_rows: Tensor | None = None) -> Tensor:
        """Render parameters: a pure function of its two arguments.

        Sound ``i`` of the corpus reads row ``i mod 32`` of the noise table, and is the same sound
        over no other row: ``render(parameters)`` alone is over row 0. ``rerender(batch)`` takes the
        rows from the batch's numbers.

        With ``no_grad=False`` audio is differentiable in the parameters. Its gradient is finite
        everywhere in [0, 1], and one-sided at the ends. Discontinuities have zero gradient: square
        LFOs, hard selectors, a decay or release that starts at 0, weights that are all 0; so have
        pitches and frequencies beyond their clamp, and pinned parameters. A phase's wrap is no
        discontinuity; the normalisation of what clips is differentiated. Infinite slopes, as at the
        foot of a curve above 1, are replaced by the slope 2**-24 further on. Each module documents
        its gradient at kinks and bounds.

        torch.func (one sound under vmap is ``render(u[None])[0]``) and forward mode go through the
        modules, whatever the backend, and so does a gradient under torch.compile. None of them
        shows values that could be checked. The kernels' gradient has no derivative of its own: for
        second derivatives take the backend ``"reference"``, or torch.func.

        Args:
            parameters: Values in [0, 1]; up to 1e-6 outside they count as the end, and pinned ones
                are replaced. Shape ``[B, P]``.
            noise_rows: Row of the noise table that each sound reads, int64 in [0, 32); of a sound
                of the corpus ``index mod 32``. None is row 0 for all. Shape ``[B]``.

        Returns:
            Audio in [-1, 1], float32, on the device of ``parameters``. Where values are not read
            (on a GPU without ``debug``, and as said above), a sound with one farther outside is NaN
            throughout. Shape ``[B, N]``.

        Raises:
            TypeError: If ``parameters`` is not a float tensor, or ``noise_rows`` not int64.
            ValueError: If a shape differs, or (on the CPU, or with ``debug``) a value is out of
                range.
        """
        return audio_of(self._audio(*self._checked(parameters, noise_rows)))

    def render_all(self, parameters: Tensor, noise_rows: Tensor | None = None) -> Audio:
        """Render parameters, with what the patch returns beside the audio.

        Args:
            parameters: Values in [0, 1], as in ``render``. Shape ``[B, P]``.
            noise_rows: Row of the noise table that each sound reads; None is row 0 for all. Shape
                ``[B]``.

        Returns:
            Audio ``[B, N]``, as ``render`` returns it; where the patch returns more, a dict of it,
            as ``"audio"``, and of the rest.

        Raises:
            TypeError: If ``parameters`` is not a float tensor, or ``noise_rows`` not int64.
            ValueError: If a shape differs, or (on the CPU, or with ``debug``) a value is out of
                range.
        """
        return self._audio(*self._checked(parameters, noise_rows))

    def rerender(self, batch: SynthBatch) -> Tensor:
        """Render a batch again, whose parameters may be others by now.

        Each sound reads the noise of its number, ``index mod 32``. With the parameters unchanged it
        is the very sound, before any crop or transform; ``batch._replace(parameters=guesses)`` is
        the guesses over the same noise. Gradients are as in ``render``.

        Args:
            batch: Sounds with parameters in float32 or float64, ``[B, P]`` or the free ones alone,
                ``[B, F]``; or one sound, as ``sound`` returns it.

        Returns:
            Audio in [-1, 1], float32, on the device of the parameters. Shape ``[B, N]``, of one
            sound ``[N]``.

        Raises:
            TypeError: If ``batch`` is no SynthBatch, or its parameters were cast to 16 bits, which
                make other sounds.
            ValueError: If a shape differs, or (on the CPU, or with ``debug``) a value is out of
                range.

        Example:
            >>> from synth_datamodule import SynthConfig, Voice
            >>> voice = Voice(SynthConfig(buffer_size_seconds=0.5))
            >>> sound = voice.sound(7)
            >>> torch.equal(voice.rerender(sound), sound.audio)
            True
        """
        audio = self.render(*made_of(batch, self.parameter_table))
        return audio if batch.index.ndim else audio[0]

    def synthesize(self, parameters: Tensor, noise_rows: Tensor | None = None) -> Tensor:
        """Return the modules' own audio, in the synth's inner dtype. Shape ``[B, N]``."""
        return audio_of(self._modular(*self._checked(parameters, noise_rows), self.dtype))

    def draw(self, indices: Tensor | Sequence[int] | Integers) -> Tensor:
        """Return the parameters of sounds by number, without rendering them.

        Args:
            indices: Sound numbers in [0, 2**32), as an int64 tensor, a sequence or an array. Shape
                ``[B]``.

        Returns:
            Values in [0, 1], pinned and listed ones as such, float32, on the device of ``indices``,
            else on the CPU. Shape ``[B, P]``.

        Raises:
            TypeError: If they are not integers.
            ValueError: If there is none, or one is out of range.
        """
        return self._bent(indices, None)

    def _bent(self, indices: Tensor | Sequence[int] | Integers, bend: Bend | None) -> Tensor:
        """Return the parameters of sounds, whose draws may be bent before lists are looked up."""
        with tracing.beneath_func():
            draws = self._draws(indices)
            return self._grid(draws if bend is None else bend(draws))

    def _draws(self, indices: Tensor | Sequence[int] | Integers) -> Tensor:
        """Return torch's own draws, or the source's, pinned ones as pinned."""
        if self.source is not None:
            return self.parameter_table.pin(self.source.draw(sound_numbers(indices)))
        drawn = draw_parameters(indices, len(self.parameter_table))
        order = self._draw_order.to(drawn.device)
        return self.parameter_table.pin(drawn.index_select(1, order))

    def _labels(self, numbers: Tensor) -> Tensor:
        """Return whether sounds are train in torchsynth's sense, on the numbers' device."""
        return is_train(numbers) if self.source is None else self.source.is_train(numbers)

    def _drawn(
        self, numbers: Tensor, device: torch.device, bend: Bend | None = None
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Return numbers, parameters and is_train on a device, for numbers anywhere."""
        parameters = self.draw(numbers) if bend is None else self._bent(numbers, bend)
        parameters = parameters.to(device, non_blocking=True)
        labels = None if self.source is None else self._labels(numbers)
        numbers = numbers.to(device, non_blocking=True)
        if labels is None:
            return numbers, parameters, is_train(numbers)
        return numbers, parameters, labels.to(device, non_blocking=True)

    def _checked(self, parameters: Tensor, noise_rows: Tensor | None) -> tuple[Tensor, Tensor]:
        """Check what ``render`` was given, and return parameters and noise row of each sound."""
        num_parameters, debug = len(self.parameter_table), self.synthconfig.debug
        return render_arguments(parameters, noise_rows, num_parameters, debug)

    def _records(self) -> bool:
        return torch.is_grad_enabled() and not self.synthconfig.no_grad

    def _wants_gradient(self, parameters: Tensor) -> bool:
        return self._records() and (parameters.requires_grad or tracing.transformed(parameters))

    def _audio(self, parameters: Tensor, noise_rows: Tensor) -> Audio:
        """Return float32 audio for what ``_rows`` checked."""
        compiling, wants_gradient = torch.compiler.is_compiling(), self._wants_gradient(parameters)
        if self.backend == "reference" and not compiling:
            self._settle()  # it may have got what it lacked
        of_modules = self.backend != "program" or tracing.transformed(parameters)
        if of_modules or (compiling and wants_gradient):
            return self._modular(parameters, noise_rows, torch.float32)
        render = program_audio
        if compiling:
            render = torch.compiler.disable(render)  # type: ignore[no-untyped-call]
        return render(self, parameters, noise_rows)

    def _modular(self, parameters: Tensor, noise_rows: Tensor, dtype: torch.dtype) -> Audio:
        return self._by_modules(self._patch, parameters, noise_rows, dtype)

    def _by_modules(
        self,
        patch: Callable[[Tensor, Tensor], _Made],
        parameters: Tensor,
        noise_rows: Tensor,
        dtype: torch.dtype,
    ) -> _Made:
        """Return what a patch makes of values and noise rows; what is floating point in a dtype."""
        device, num_samples = parameters.device, self.synthconfig.buffer_size
        chunked = device.type == "cpu" and tracing.readable(parameters)
        # A hook on a part is called once for each render, with all its sounds.
        chunked = chunked and not self._wants_gradient(parameters) and hook_in(self) is None
        with torch.set_grad_enabled(self._records()), torch.autocast(device.type, enabled=False):
            fork = one_thread_in_a_fork() if chunked else contextlib.nullcontext()
            with fork:
                values = self.parameter_table.to_physical(parameters).to(self.dtype)
                if chunked:
                    return in_chunks(patch, values, noise_rows, num_samples, dtype)
                return in_dtype(patch(values, noise_rows), dtype)

    def _patch(self, values: Tensor, noise_rows: Tensor) -> Audio:
        made = self.output(PatchValues(self.parameter_names, values), noise_rows)
        return checked(type(self).__name__, made, (len(values), self.synthconfig.buffer_size))
