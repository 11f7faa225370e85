"""A patch tried once before it is heard: every cable fits, every part is used."""

import copy
import inspect
from abc import ABCMeta
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

import torch
from torch import Tensor, nn

from synth_datamodule.config import SynthConfig
from synth_datamodule.modules.base import SynthModule
from synth_datamodule.modules.noise import Noise
from synth_datamodule.numerics.ambient import one_thread_in_a_fork, untouched_random_states
from synth_datamodule.parameters.table import ParameterTable
from synth_datamodule.patching.cables import (
    Cables,
    SignalError,
    WatchedValues,
    WiringError,
    refused_by_package,
)
from synth_datamodule.patching.patch import Part, PatchBody, PatchValues
from synth_datamodule.patching.sounding import check_sounds

_NUM_SOUNDS = 2
# Up to 750 elements torch works on one thread, for tan and atan too.
_NUM_SAMPLES = 251
_FEWEST_FRAMES = 3
_PACKAGE = "synth_datamodule."


class Patch(Protocol):
    """What a synth shows of itself to be tried."""

    synthconfig: SynthConfig
    parameter_table: ParameterTable
    dtype: torch.dtype
    _parts: ClassVar[dict[str, Part[nn.Module]]]  # type: ignore[type-var]

    @property
    def device(self) -> torch.device:
        """Where it renders."""
        ...

    def draw(self, indices: Tensor) -> Tensor:
        """Parameters of sounds by number."""
        ...

    def modules(self) -> Iterator[nn.Module]:
        """Itself and all modules in it."""
        ...

    def output(self, p: PatchValues, noise_rows: Tensor) -> Tensor:
        """The patch."""
        ...


class WiredType(ABCMeta):
    """The type of synths: a part has one name, and a new synth is tried before it is handed out."""

    @classmethod
    def __prepare__(cls, name: str, bases: tuple[type, ...], /, **kwargs: object) -> PatchBody:
        """Return the namespace that a synth's class is written into."""
        return PatchBody(name)

    @property
    def __signature__(cls) -> inspect.Signature:
        """What ``help`` and ``inspect.signature`` show: the arguments of ``__init__``."""
        signature = inspect.signature(cls.__init__)  # type: ignore[misc]  # the class's, no object's
        return signature.replace(
            parameters=[*signature.parameters.values()][1:],
            return_annotation=inspect.Signature.empty,
        )

    if not TYPE_CHECKING:  # a type checker would take it for the synth's own signature

        def __call__(cls, *args: object, **kwargs: object) -> Any:  # noqa: ANN401
            """Return a synth, made and tried."""
            synth = super().__call__(*args, **kwargs)
            synth.unchecked = _check_once(synth)
            return synth


def _check_once(synth: Patch) -> str | None:
    """Check the wiring of a synth unless one like it was tried: same class, settings, parameters.

    The synths of this package are tried by its tests.
    """
    kind = type(synth)
    if kind.__module__.startswith(_PACKAGE):
        return None
    if not kind.__init__.__module__.startswith(_PACKAGE):
        # What an __init__ of its own puts into a synth may change the patch.
        return _check(synth)
    tried: dict[object, str | None] = vars(kind).get("_tried", {})
    config = replace(synth.synthconfig, batch_size=1)
    like = kind.output, config, synth.parameter_table, synth.dtype, synth.device
    if like not in tried:
        tried[like] = _check(synth)
        type.__setattr__(kind, "_tried", tried)
    return tried[like]


def _check(synth: Patch) -> str | None:
    with one_thread_in_a_fork():
        unchecked = check_wiring(synth)
        if unchecked is None:
            check_sounds(synth, _shortened(synth.synthconfig))
    return unchecked


def check_wiring(synth: Patch) -> str | None:
    """Run a copy of the synth on two sounds of a few hundred samples, and watch its cables.

    It uses real tensors, not the meta device, whose first import takes 2 s. What fails on short
    sounds is tried in full length before it is called wrong.

    Args:
        synth: A synth with all its attributes; it is left as it is.

    Returns:
        None where the wiring was checked, else why it could not be.

    Raises:
        WiringError: If a cable does not fit, or a part is not used; it names both.
    """
    error = _tried(synth, shorten=True)
    if error is None:
        return None
    config = synth.synthconfig
    # Where both rates are one, full length does not tell one signal from the other.
    if not (isinstance(error, SignalError) and config.buffer_size == config.control_buffer_size):
        error = _tried(synth, shorten=False)
    if isinstance(error, WiringError):
        raise error
    return None if error is None else f"{type(error).__name__}: {error}"


def _tried(synth: Patch, *, shorten: bool) -> Exception | None:
    """Return what running a copy of the synth raised."""
    try:
        config = _shortened(synth.synthconfig) if shorten else synth.synthconfig
        table = synth.parameter_table
        with untouched_random_states():
            _run(copy.deepcopy(synth, {id(table): table}), config)
    except Exception as error:
        return error
    return None


def _run(trial: Patch, config: SynthConfig) -> None:
    """Run a copy, which is spoilt by it."""
    for module in trial.modules():
        attributes = vars(module)
        if "synthconfig" in attributes:
            attributes["synthconfig"] = config
        if isinstance(module, SynthModule):
            attributes["_check_range"] = _any_value
        if isinstance(module, Noise):
            silence = torch.zeros(1, dtype=torch.float32, device=trial.device)
            attributes["table"] = _Silence(silence.expand(32, config.buffer_size))
    reached = vars(trial)["_modules"] = _Reached(vars(trial)["_modules"])
    names = trial.parameter_table.names
    middle = torch.full((_NUM_SOUNDS, len(names)), 0.5, dtype=torch.float32, device=trial.device)
    values = WatchedValues(names, trial.parameter_table.to_physical(middle).to(trial.dtype))
    rows = torch.zeros(_NUM_SOUNDS, dtype=torch.int64, device=trial.device)
    cables = Cables(type(trial).__name__, config, values)
    for part in trial._parts:
        cables.watch(part, dict.__getitem__(reached, part))
    with torch.no_grad(), torch.autocast(trial.device.type, enabled=False), cables:
        try:
            audio = trial.output(values, rows)
        except (AttributeError, TypeError, ValueError) as error:
            if isinstance(error, WiringError) or not refused_by_package(error):
                raise
            raise WiringError(f"{type(trial).__name__}: {error}") from error
    cables.check_output(audio, (_NUM_SOUNDS, config.buffer_size))
    cables.check_used(trial._parts, reached.names)


def _shortened(config: SynthConfig) -> SynthConfig:
    """Return the config with short sounds, and with rates that differ."""
    length = _seconds(config.sample_rate, config.control_rate)
    short = replace(config, buffer_size_seconds=length)
    short = min(config, short, key=lambda given: given.buffer_size)
    if short.buffer_size != short.control_buffer_size:
        return short
    # Rates that are one, or so near each other that short sounds do not tell them apart.
    rate = max(config.sample_rate, 4)
    length = _seconds(rate, rate // 4)
    return replace(config, sample_rate=rate, control_rate=rate // 4, buffer_size_seconds=length)


def _seconds(sample_rate: int, control_rate: int) -> float:
    return max(_NUM_SAMPLES / sample_rate, _FEWEST_FRAMES / control_rate)


def _any_value(*_: object) -> None:
    """Values are checked where they are rendered."""


class _Silence:
    """A noise table of zeros, which takes no memory."""

    def __init__(self, table: Tensor) -> None:
        self.table = table

    def __call__(self, device: torch.device) -> Tensor:
        return self.table.to(device)


class _Reached(dict[str, nn.Module]):
    """A synth's modules, and the names of those that the patch reached for."""

    def __init__(self, modules: dict[str, nn.Module]) -> None:
        super().__init__(modules)
        self.names: set[str] = set()

    def __getitem__(self, name: str) -> nn.Module:
        self.names.add(name)
        return super().__getitem__(name)
