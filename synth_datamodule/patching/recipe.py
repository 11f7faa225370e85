"""SynthRecipe: what makes a synth, said once, as a value."""

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from synth_datamodule import checks
from synth_datamodule.config import SynthConfig
from synth_datamodule.parameters.nebula import nebula_value
from synth_datamodule.parameters.own import OwnParameters, own_parameters
from synth_datamodule.parameters.settings import Pinned as Pinned
from synth_datamodule.parameters.settings import Ranges, Values
from synth_datamodule.patching.constructing import NO_ARGUMENTS, Arguments, check_arguments
from synth_datamodule.patching.finding import find_synth
from synth_datamodule.patching.naming import find, loaded, public_name
from synth_datamodule.patching.sampler import Function, name_of, named_sampler
from synth_datamodule.patching.source import made_of, source_of
from synth_datamodule.patching.synth import AbstractSynth


@dataclass(frozen=True)
class SynthRecipe:
    """What makes a synth and decides on every sound it makes; compared and hashed by value.

    Args:
        synth: Public import path of the synth's class, or the class itself.
        backend: Renderer, ``"auto"`` or one of the synth's: ``"fused"`` and ``"reference"`` for the
            Voice.
        sample_rate: Audio rate in hertz.
        buffer_size_seconds: Length of a sound in seconds.
        control_rate: Rate of envelopes and LFOs in hertz.
        eps: Offset that keeps envelope ramps off zero, in control samples.
        nebula: Region of parameter space, ``"default"``, ``"drum"``, the path of a nebula file, or
            its entries, which are kept as one JSON text.
        pinned: Parameter values that hold for every sound, as in ``{"keyboard.midi_f0": 60.0}``.
        synth_arguments: Arguments of an own synth's constructor, plain values by name, as in
            ``{"gain": 0.3}``.
        ranges: Narrower ranges, ``{"keyboard.midi_f0": (48, 72)}``; parameters in [0, 1] span them.
        values: Lists of values that a parameter's draws pick from, in its unit.
        parameters: Sounds of one's own, OwnParameters or what they are made of, such as a file.
        sampler: Pure function from int64 sound numbers ``[B]`` to parameters in [0, 1] ``[B, P]``,
            or its import path, in place of torchsynth's draws.

    Raises:
        TypeError: If a field is of another type.
        ValueError: If a rate or length is out of bounds. What only the synth can tell, whether it
            has such a backend or parameter, is told by ``make``.

    Example:
        >>> recipe = SynthRecipe(sample_rate=16000)
        >>> recipe.changed()
        {'sample_rate': 16000}
        >>> recipe.make().synthconfig.buffer_size
        64000
    """

    synth: str | type[AbstractSynth] = "synth_datamodule.Voice"
    backend: str = "auto"
    sample_rate: int = 44100
    buffer_size_seconds: float = 4.0
    control_rate: int = 441
    eps: float = 1e-6
    nebula: str = "default"
    pinned: Mapping[str, float] = field(default_factory=Pinned)
    ranges: Mapping[str, tuple[float, float]] = field(default_factory=Ranges)
    values: Mapping[str, Sequence[float]] = field(default_factory=Values)
    synth_arguments: Mapping[str, Any] = field(default_factory=lambda: NO_ARGUMENTS)
    parameters: str | OwnParameters | None = None
    sampler: str | Function | None = None

    def __post_init__(self) -> None:
        config = self.config(reproducible=False)
        for setting in fields(config):
            if hasattr(self, setting.name):
                self._keep(setting.name, getattr(config, setting.name))
        self._keep("synth", _named(self.synth))
        if not isinstance(self.backend, str):
            raise TypeError(f"backend must be a string, got {checks.shown(self.backend)}")
        self._keep("backend", str.__str__(self.backend))
        nebula: object = self.nebula
        if isinstance(nebula, Mapping):
            nebula = nebula_value(nebula)
        if not isinstance(nebula, str | Path):
            raise TypeError(
                f"nebula must be a name or the path of a file, got {checks.shown(nebula)}"
            )
        self._keep("nebula", nebula if isinstance(nebula, str) else str(nebula))
        self._keep("pinned", Pinned(self.pinned))
        self._keep("ranges", Ranges(self.ranges))
        self._keep("values", Values(self.values))
        given = self.synth_arguments
        self._keep("synth_arguments", Arguments({} if given is None else given))
        if self.parameters is not None:
            self._keep("parameters", own_parameters(self.parameters))
        if self.sampler is not None:
            self._keep("sampler", named_sampler(self.sampler))

    def _keep(self, name: str, value: object) -> None:
        # One form per value, so that repr, == and hash agree: 4 and 4.0 seconds are one length.
        object.__setattr__(self, name, value)

    @staticmethod
    def of(synth: AbstractSynth) -> "SynthRecipe":
        """Return the recipe of a synth.

        Args:
            synth: The synth, made with any switches.
        """
        config, table = synth.synthconfig, synth.parameter_table
        fixed = {one.name for one in table.ranges if one.is_fixed}  # which the synth itself says
        return SynthRecipe(
            synth=type(synth),
            backend=synth.backend,
            sample_rate=config.sample_rate,
            buffer_size_seconds=config.buffer_size_seconds,
            control_rate=config.control_rate,
            eps=config.eps,
            nebula=synth.nebula,
            pinned={name: table.pinned[name] for name in table.pinned.keys() - fixed},
            synth_arguments=synth.synth_arguments,
            ranges=synth._narrowed,
            values=synth._grid.values,
            **made_of(synth.source),
        )

    def config(self, **switches: Any) -> SynthConfig:  # noqa: ANN401
        """Return the synth's settings.

        Args:
            switches: SynthConfig's fields that decide on no sound, such as ``no_grad=False``.
        """
        made_of = {
            setting.name: getattr(self, setting.name)
            for setting in fields(SynthConfig)
            if hasattr(self, setting.name)
        }
        return SynthConfig(**made_of, **switches)

    def make(self, **switches: Any) -> AbstractSynth:  # noqa: ANN401
        """Return the synth.

        Args:
            switches: SynthConfig's fields that decide on no sound, such as ``no_grad=False``.

        Raises:
            TypeError: If a setting is of another type, or the path leads to no synth.
            ValueError: If a name is unknown, a value out of range, or nothing can be imported from
                the path.
        """
        synth = find_synth(self.synth)
        own = Arguments(self.synth_arguments)
        check_arguments(synth, AbstractSynth, own)
        config, asked = self.config(**switches), self.parameter_settings()
        made = synth(config, self.nebula, self.backend, **asked, **own.plain())
        assert not isinstance(self.parameters, str), "they are read when the recipe is made"
        if self.parameters is not None and self.values:
            raise ValueError("values must be left out with parameters, which are taken as they are")
        made.source = source_of(self.parameters, self.sampler, made.parameter_table)
        return made

    def parameter_settings(self) -> dict[str, Any]:
        """Return what a synth's class is given of single parameters, by argument."""
        # A class with an __init__ of its own may know none of the later ones.
        later = {"ranges": self.ranges, "values": self.values}
        return {"pinned": self.pinned, **{name: given for name, given in later.items() if given}}

    def without_source(self) -> "SynthRecipe":
        """Return the recipe of the same synth with torchsynth's draws."""
        return replace(self, parameters=None, sampler=None)

    def changed(self) -> dict[str, Any]:
        """Return the fields that are not at their default, by name."""
        changed = {}
        for setting in fields(self):
            factory, value = setting.default_factory, getattr(self, setting.name)
            default = setting.default if factory is MISSING else factory()
            if value != default:
                changed[setting.name] = value
        return changed

    def plain(self) -> dict[str, Any]:
        """Return the fields by name as JSON and checkpoints take them, a class by its name."""
        values = {setting.name: getattr(self, setting.name) for setting in fields(self)}
        if isinstance(self.synth, type):
            values["synth"] = public_name(self.synth)
        if isinstance(self.parameters, OwnParameters):
            values["parameters"] = self.parameters.settings
        if self.sampler is not None:
            values["sampler"] = name_of(self.sampler)
        by_name = ("pinned", "ranges", "values", "synth_arguments")
        return values | {name: values[name].plain() for name in by_name}


def _named(synth: object) -> str | type[AbstractSynth]:
    """Return a synth's public name, where that can be told without running anybody's code."""
    found = synth
    if isinstance(synth, str):
        if not synth.startswith("synth_datamodule."):
            return synth  # imported by ``make`` alone
        with contextlib.suppress(ValueError):
            found = find(synth)
        if isinstance(found, str):
            return found
    if not (isinstance(found, type) and issubclass(found, AbstractSynth)):
        raise TypeError(
            f"synth must be an AbstractSynth, or its import path, got {checks.shown(synth)}"
        )
    name = public_name(found)
    return name if loaded(name) is found else found
