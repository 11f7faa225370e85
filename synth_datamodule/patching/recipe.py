"""SynthRecipe: what makes a synth, said once, as a value."""

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from typing import Any

from synth_datamodule import checks
from synth_datamodule.config import SynthConfig
from synth_datamodule.parameters.nebula import nebula_value
from synth_datamodule.patching.naming import find, loaded, public_name
from synth_datamodule.patching.synth import AbstractSynth, find_synth


class Pinned(Mapping[str, float]):
    """Parameter values by name that cannot be changed, compared and hashed by value.

    Args:
        values: Values in the parameters' units, in any order.

    Example:
        >>> Pinned({"b": 1, "a": 2.0})
        Pinned({'a': 2.0, 'b': 1.0})
    """

    def __init__(self, values: Mapping[str, float]) -> None:
        for name in values:
            if not isinstance(name, str):
                raise TypeError(f"pinned must name parameters, got {name!r}")
        # Adding 0.0 makes one zero of two, which are equal but written otherwise.
        self._values = {
            str(name): checks.real_number(name, value) + 0.0
            for name, value in sorted(values.items())
        }

    def __getitem__(self, name: str) -> float:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __hash__(self) -> int:
        return hash(tuple(self._values.items()))

    def __repr__(self) -> str:
        return f"Pinned({self._values})"


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
    pinned: Mapping[str, float] = field(default_factory=lambda: Pinned({}))

    def __post_init__(self) -> None:
        config = self.config(reproducible=False)
        for setting in fields(config):
            if hasattr(self, setting.name):
                self._keep(setting.name, getattr(config, setting.name))
        self._keep("synth", _named(self.synth))
        if not isinstance(self.backend, str):
            raise TypeError(f"backend must be a string, got {self.backend!r}")
        nebula: object = self.nebula
        if isinstance(nebula, Mapping):
            nebula = nebula_value(nebula)
        if not isinstance(nebula, str | Path):
            raise TypeError(f"nebula must be a name or the path of a file, got {nebula!r}")
        self._keep("nebula", nebula if isinstance(nebula, str) else str(nebula))
        if not isinstance(self.pinned, Mapping | None):
            raise TypeError(
                f"pinned must map parameter names to values, got {type(self.pinned).__name__}"
            )
        self._keep("pinned", Pinned(self.pinned or {}))

    def _keep(self, name: str, value: object) -> None:
        # One form per value, so that repr, == and hash agree: 4 and 4.0 seconds are one length.
        object.__setattr__(self, name, value)

    @staticmethod
    def of(synth: AbstractSynth) -> "SynthRecipe":
        """Return the recipe of a synth.

        Args:
            synth: The synth, made with any switches.
        """
        config = synth.synthconfig
        return SynthRecipe(
            synth=type(synth),
            backend=synth.backend,
            sample_rate=config.sample_rate,
            buffer_size_seconds=config.buffer_size_seconds,
            control_rate=config.control_rate,
            eps=config.eps,
            nebula=synth.nebula,
            pinned=synth.parameter_table.pinned,
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
        return synth(self.config(**switches), self.nebula, self.backend, pinned=self.pinned)

    def changed(self) -> dict[str, Any]:
        """Return the fields that are not at their default, by name."""
        changed = {}
        for setting in fields(self):
            factory, value = setting.default_factory, getattr(self, setting.name)
            default = setting.default if factory is MISSING else factory()
            if value != default:
                changed[setting.name] = value
        return changed


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
        raise TypeError(f"synth must be an AbstractSynth, or its import path, got {synth!r}")
    name = public_name(found)
    return name if loaded(name) is found else found
