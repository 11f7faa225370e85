"""A patch tried once before it is heard: every cable fits, every part is used."""

import inspect
from abc import ABCMeta
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import torch

from synth_datamodule.config import SynthConfig
from synth_datamodule.numerics.ambient import one_thread_in_a_fork, untouched_random_states
from synth_datamodule.numerics.tracing import beneath_func
from synth_datamodule.patching.cables import (
    Cables,
    SignalError,
    WiringError,
    refused_by_package,
)
from synth_datamodule.patching.constructing import arguments_given
from synth_datamodule.patching.graph import Graph
from synth_datamodule.patching.patch import PatchBody
from synth_datamodule.patching.sounding import check_sounds
from synth_datamodule.patching.traced import check_formulas
from synth_datamodule.patching.trial import NUM_SOUNDS, Patch, copied, prepared, shortened

_PACKAGE = "synth_datamodule."


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
            base = next(one for one in reversed(cls.__mro__) if type(one) is WiredType)
            synth.synth_arguments = arguments_given(cls, base, args, kwargs)
            synth.unchecked = _check_once(synth)
            synth._settle()
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
    of_modules = synth._asked == "reference"
    like = kind.output, config, synth.parameter_table, synth.dtype, synth.device, of_modules
    if like not in tried:
        tried[like] = _check(synth)
        type.__setattr__(kind, "_tried", tried)
    return tried[like]


def _check(synth: Patch) -> str | None:
    with one_thread_in_a_fork():
        unchecked = check_wiring(synth)
        if unchecked is None:
            check_sounds(synth, shortened(synth.synthconfig))
            if synth._asked != "reference":
                check_formulas(synth, shortened(synth.synthconfig))
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
    watched = _watched(synth)
    return watched if isinstance(watched, str) else None


def patch_graph(synth: Patch) -> Graph:
    """Return the graph of a patch, as a copy of the synth shows it.

    Args:
        synth: A synth with all its attributes; it is left as it is.

    Raises:
        ValueError: If the patch cannot be run on two short sounds; it says why.
        WiringError: If it is wired wrongly.
    """
    with one_thread_in_a_fork(), beneath_func():
        watched = _watched(synth)
    if isinstance(watched, str):
        raise ValueError(f"the cables of {type(synth).__name__} cannot be told: {watched}")
    return watched.graph()


def _watched(synth: Patch) -> Cables | str:
    """Return the cables of a patch, or why they could not be watched."""
    watched = _tried(synth, shorten=True)
    if isinstance(watched, Cables):
        return watched
    config = synth.synthconfig
    same = config.buffer_size == config.control_buffer_size
    # Where both rates are one, full length does not tell one signal from the other.
    if not (isinstance(watched, SignalError) and same):
        watched = _tried(synth, shorten=False)
    if isinstance(watched, WiringError):
        raise watched
    return watched if isinstance(watched, Cables) else f"{type(watched).__name__}: {watched}"


def _tried(synth: Patch, *, shorten: bool) -> Cables | Exception:
    """Return what running a copy of the synth showed, or raised."""
    try:
        config = shortened(synth.synthconfig) if shorten else synth.synthconfig
        with untouched_random_states():
            return _run(copied(synth), config)
    except Exception as error:
        return error


def _run(trial: Patch, config: SynthConfig) -> Cables:
    """Run a copy, which is spoilt by it."""
    values, rows, reached = prepared(trial, config)
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
    cables.check_output(audio, (NUM_SOUNDS, config.buffer_size))
    cables.check_used(trial._parts, reached.names)
    return cables
