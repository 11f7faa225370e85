"""AbstractSynth: what every patch shares, from a sound's number to its audio."""

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

import torch
from torch import Tensor, nn

from synth_datamodule import checks
from synth_datamodule.batch import SynthBatch
from synth_datamodule.config import SynthConfig
from synth_datamodule.corpus.draws import MOST_PARAMETERS, NOISE_SEED, draw_parameters, noise_rows
from synth_datamodule.corpus.splits import NUM_SOUNDS, is_train, sound_number, sound_numbers
from synth_datamodule.modules.noise import Noise, check_rows
from synth_datamodule.numerics import tracing
from synth_datamodule.numerics.ambient import one_thread_in_a_fork
from synth_datamodule.numerics.hashing import Integers
from synth_datamodule.parameters.nebula import Nebula, apply_nebula, nebula_value
from synth_datamodule.parameters.table import ParameterRange, ParameterTable
from synth_datamodule.patching.naming import find
from synth_datamodule.patching.patch import Part, PatchValues
from synth_datamodule.patching.wiring import WiredType

# Samples rendered at a time on a CPU, 4 MB a signal in float64: on two cores, 3 sounds of 4 s at a
# time run 1.6 times as fast as 8, and 16 of 2 s at 16 kHz 1.7 times as fast as 2.
_CHUNK_SAMPLES = 2**19


class AbstractSynth(nn.Module, metaclass=WiredType):
    """A patch of modules that turns parameters, or sound numbers, into audio.

    A subclass declares its parts and writes ``output``. Parameters are an input, never state: a
    synth holds no ``nn.Parameter`` and its ``state_dict`` is empty.

    Args:
        synthconfig: Rates, lengths and switches; None is ``SynthConfig()``.
        nebula: ``"default"`` (the curves that the parts declare), the path of a nebula file, or
            its entries.
        backend: Renderer, ``"auto"`` or one of the synth's ``backends``.
        dtype: Precision inside the reference backend, float64 or float32. Audio is float32.
        pinned: Values in the parameters' units that hold for every sound.

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

    backends: ClassVar[tuple[str, ...]] = ("reference",)
    _parts: ClassVar[dict[str, Part[nn.Module]]] = {}  # type: ignore[type-var]
    unchecked: str | None = None
    """Why the wiring of this synth could not be checked when it was made; None where it was."""
    _anchor: Tensor

    def __init_subclass__(cls, **kwargs: object) -> None:
        super().__init_subclass__(**kwargs)
        declared = {
            name: value
            for base in reversed(cls.__mro__)
            for name, value in vars(base).items()
            if isinstance(value, Part)
        }
        cls._parts = {
            name: part
            for name in declared
            if isinstance(part := inspect.getattr_static(cls, name), Part)
        }
        for name in cls._parts:
            if hasattr(AbstractSynth, name):
                raise ValueError(f"{cls.__name__} must not name a part {name!r}: that is a method")

    def __init__(
        self,
        synthconfig: SynthConfig | None = None,
        nebula: Nebula = "default",
        backend: str = "auto",
        dtype: torch.dtype = torch.float64,
        pinned: Mapping[str, float] | None = None,
    ) -> None:
        super().__init__()
        self.synthconfig = SynthConfig() if synthconfig is None else synthconfig
        if not isinstance(self.synthconfig, SynthConfig):
            raise TypeError(f"synthconfig must be a SynthConfig, got {type(synthconfig).__name__}")
        if dtype not in (torch.float32, torch.float64):
            raise ValueError(f"dtype must be torch.float64 or torch.float32, got {dtype!r}")
        self.dtype = dtype
        checks.one_of("backend", backend, ("auto", *self.backends))
        self.backend = self.backends[-1] if backend == "auto" else backend
        for name, declared in self._parts.items():
            self.add_module(name, declared.make(self.synthconfig))
        noises = (module for module in self.children() if isinstance(module, Noise))
        for place, noise in enumerate(noises):
            if not noise.is_seeded:
                noise.seed = NOISE_SEED + place
        self.nebula = nebula_value(nebula)
        if type(self).output is AbstractSynth.output:
            raise NotImplementedError(
                f"{type(self).__name__} must write output(self, p, noise_rows)"
            )
        self.parameter_table = ParameterTable(self._curved(self.nebula, self._ranges()), pinned)
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
    def device(self) -> torch.device:
        """Device that ``voice(batch_idx)`` renders on; ``.to(device)`` moves it."""
        return self._anchor.device

    def free(self) -> None:
        """Drop what rendering keeps, the noise tables; the next render makes it anew."""
        for module in self.modules():
            if isinstance(module, Noise):
                module.free()

    def output(self, p: PatchValues, noise_rows: Tensor) -> Tensor:
        """Return audio ``[B, N]`` for physical values; the patch itself, written by subclasses.

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
        return batch.audio, batch.parameters, batch.is_train

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
        device = checks.device("device", device)
        numbers, parameters, train = self._drawn(sound_numbers(indices), device)
        return SynthBatch(self.render(parameters, noise_rows(numbers)), parameters, train, numbers)

    def sound(self, name: int | str) -> SynthBatch:
        """Render one sound by its number or name; its fields have no batch axis.

        Args:
            name: A sound number, or ``"synth1B1-312-6"``: batch 312 of 128 sounds, sound 6.

        Raises:
            TypeError: If ``name`` is neither a string nor an integer.
            ValueError: If it names no sound.
        """
        return SynthBatch(*(field[0] for field in self.render_sounds([sound_number(name)])))

    def render(self, parameters: Tensor, noise_rows: Tensor | None = None) -> Tensor:
        """Render parameters: a pure function of its two arguments.

        With ``no_grad=False`` audio is differentiable in the parameters. Its gradient is finite
        everywhere in [0, 1], and one-sided at the ends. Discontinuities have zero gradient: square
        LFOs, hard selectors, a decay or release that starts at 0, weights that are all 0; so have
        pitches and frequencies beyond their clamp, and pinned parameters. A phase's wrap is no
        discontinuity; the normalisation of what clips is differentiated. Infinite slopes, as at the
        foot of a curve above 1, are replaced by the slope 2**-24 further on. Each module documents
        its gradient at kinks and bounds.

        torch.func (one sound under vmap is ``render(u[None])[0]``) and forward mode go through the
        modules, whatever the backend, and so does a gradient under torch.compile. None of them
        shows values that could be checked: a number outside [0, 1] goes unnoticed there.

        Args:
            parameters: Values in [0, 1]; pinned ones are replaced. Shape ``[B, P]``.
            noise_rows: Rows of the noise table, int64 in [0, 32). None is row 0. Shape ``[B]``.

        Returns:
            Audio in [-1, 1], float32, on the device of ``parameters``. Shape ``[B, N]``.

        Raises:
            TypeError: If ``parameters`` is not a float tensor, or ``noise_rows`` not int64.
            ValueError: If a shape differs, or (on the CPU, or with ``debug``) a value is out of
                range.
        """
        return self._audio(parameters, self._rows(parameters, noise_rows))

    def synthesize(self, parameters: Tensor, noise_rows: Tensor | None = None) -> Tensor:
        """Return the modules' own audio, in the synth's inner dtype. Shape ``[B, N]``."""
        return self._modular(parameters, self._rows(parameters, noise_rows), self.dtype)

    def draw(self, indices: Tensor) -> Tensor:
        """Return the parameters of sounds by number, without rendering them.

        Args:
            indices: Sound numbers in [0, 2**32), int64. Shape ``[B]``.

        Returns:
            Values in [0, 1], pinned ones as pinned, float32, on the device of ``indices``.
            Shape ``[B, P]``.

        Raises:
            TypeError: If they are not integers.
            ValueError: If there is none, or one is out of range.
        """
        drawn = draw_parameters(indices, len(self.parameter_table))
        order = self._draw_order.to(drawn.device)
        return self.parameter_table.pin(drawn.index_select(1, order))

    def _drawn(self, numbers: Tensor, device: torch.device) -> tuple[Tensor, Tensor, Tensor]:
        """Return numbers, parameters and is_train on a device, for numbers anywhere."""
        parameters = self.draw(numbers).to(device, non_blocking=True)
        numbers = numbers.to(device, non_blocking=True)
        return numbers, parameters, is_train(numbers)

    def _rows(self, parameters: Tensor, noise_rows: Tensor | None) -> Tensor:
        """Check what ``render`` was given, and return the noise row of each sound."""
        sizes = (None, len(self.parameter_table))
        checks.float_tensor("parameters", parameters, "[B, P]", sizes)
        checks.normalized("parameters", parameters, always=self.synthconfig.debug)
        num_sounds, device = len(parameters), parameters.device
        if noise_rows is None:
            noise_rows = torch.zeros(num_sounds, dtype=torch.int64, device=device)
        check_rows(noise_rows)
        if len(noise_rows) != num_sounds or noise_rows.device != device:
            raise ValueError(
                f"noise_rows must be one row per sound on {device}, {num_sounds}, got "
                f"{len(noise_rows)} on {noise_rows.device}"
            )
        return noise_rows

    def _hooked(self) -> str | None:
        """Return the name of a part that has a forward hook."""
        hooked = (
            n for n, part in self.named_children() if part._forward_hooks or part._forward_pre_hooks
        )
        return next(hooked, None)

    def _records(self) -> bool:
        return torch.is_grad_enabled() and not self.synthconfig.no_grad

    def _wants_gradient(self, parameters: Tensor) -> bool:
        return self._records() and (parameters.requires_grad or tracing.transformed(parameters))

    def _audio(self, parameters: Tensor, noise_rows: Tensor) -> Tensor:
        """Return float32 audio for what ``_rows`` checked."""
        return self._modular(parameters, noise_rows, torch.float32)

    def _modular(self, parameters: Tensor, noise_rows: Tensor, dtype: torch.dtype) -> Tensor:
        device = parameters.device
        in_chunks = device.type == "cpu" and tracing.readable(parameters)
        # A hook on a part is called once for each render, with all its sounds.
        in_chunks = in_chunks and not self._wants_gradient(parameters) and not self._hooked()
        with torch.set_grad_enabled(self._records()), torch.autocast(device.type, enabled=False):
            if in_chunks:
                with one_thread_in_a_fork():
                    return self._in_chunks(parameters, noise_rows, dtype)
            values = self.parameter_table.to_physical(parameters).to(self.dtype)
            return self._patch(values, noise_rows).to(dtype)

    def _in_chunks(self, parameters: Tensor, noise_rows: Tensor, dtype: torch.dtype) -> Tensor:
        values = self.parameter_table.to_physical(parameters).to(self.dtype)
        num_sounds, num_samples = len(parameters), self.synthconfig.buffer_size
        audio = torch.empty(num_sounds, num_samples, dtype=dtype, device=parameters.device)
        step = max(round(_CHUNK_SAMPLES / num_samples), 1)
        for start in range(0, num_sounds, step):
            chunk = slice(start, start + step)
            audio[chunk] = self._patch(values[chunk], noise_rows[chunk])
        return audio

    def _patch(self, values: Tensor, noise_rows: Tensor) -> Tensor:
        audio = self.output(PatchValues(self.parameter_names, values), noise_rows)
        sizes = (len(values), self.synthconfig.buffer_size)
        return checks.float_tensor(f"{type(self).__name__}.output()", audio, "[B, N]", sizes)


def find_synth(synth: str | type[AbstractSynth]) -> type[AbstractSynth]:
    """Return a synth's class.

    Args:
        synth: The class, or its import path.

    Raises:
        TypeError: If it is something else.
        ValueError: If nothing can be imported from the path.

    Example:
        >>> find_synth("synth_datamodule.Voice").__name__
        'Voice'
    """
    rule = "synth must be an AbstractSynth, by its class or its import path"
    found: object = synth
    if isinstance(synth, str):
        try:
            found = find(synth)
        except ValueError as error:
            raise ValueError(f"{rule}; {error}") from error
    if not (isinstance(found, type) and issubclass(found, AbstractSynth)):
        raise TypeError(f"{rule}, got {synth!r}")
    return found
