"""Names of parameters: which column each has, its module, and whether it is free."""

from collections.abc import Iterable, Mapping

from synth_datamodule import checks
from synth_datamodule.parameters.ranges import ParameterRange


class NamedColumns:
    """Ranges in column order, the values some are pinned at, and their names.

    Args:
        ranges: Ranges named ``module.parameter``, in column order.
        pinned: Values that replace whatever is drawn or given, in the parameters' units.

    Raises:
        TypeError: If ``pinned`` is not a mapping, or a value not a number.
        ValueError: If a name occurs twice, a pinned name is unknown, or its value out of range.

    Example:
        >>> note = ParameterRange("keyboard.midi_f0", 0.0, 127.0)
        >>> NamedColumns([note, ParameterRange("keyboard.duration", 0.01, 4.0)]).modules
        {'keyboard': ('keyboard.midi_f0', 'keyboard.duration')}
    """

    def __init__(
        self, ranges: Iterable[ParameterRange], pinned: Mapping[str, float] | None = None
    ) -> None:
        if not isinstance(ranges, Iterable):
            raise TypeError(f"ranges must be ParameterRanges, got {checks.shown(ranges)}")
        self.ranges = tuple(ranges)
        for one in self.ranges:
            checks.instance("a range", one, ParameterRange)
        self.names = tuple(parameter.name for parameter in self.ranges)
        self._columns = {name: column for column, name in enumerate(self.names)}
        if len(self._columns) < len(self.names):
            twice = sorted({name for name in self.names if self.names.count(name) > 1})
            raise ValueError(
                f"a parameter's name must occur once, these occur twice: {checks.shown(twice)}"
            )
        if not isinstance(pinned, Mapping | None):
            raise TypeError(
                f"pinned must map parameter names to values, got {checks.shown(pinned)}"
            )
        self.pinned = {
            name: self.ranges[self.column(name)].within(value)
            for name, value in (pinned or {}).items()
        }
        for parameter in self.ranges:
            if parameter.is_fixed:
                self.pinned.setdefault(parameter.name, float(parameter.minimum))

    def __len__(self) -> int:
        return len(self.ranges)

    @property
    def draw_order(self) -> list[int]:
        """For each column the number of its draw: parameters are drawn sorted by name."""
        drawn = {name: draw for draw, name in enumerate(sorted(self.names))}
        return [drawn[name] for name in self.names]

    @property
    def free(self) -> tuple[str, ...]:
        """Names of the parameters that are not pinned, F of them, in column order."""
        return tuple(name for name in self.names if name not in self.pinned)

    @property
    def free_columns(self) -> list[int]:
        """Columns of the parameters that are not pinned."""
        return [self._columns[name] for name in self.free]

    @property
    def modules(self) -> dict[str, tuple[str, ...]]:
        """Names of the parameters by module, both in column order."""
        found: dict[str, tuple[str, ...]] = {}
        for name in self.names:
            module = name.partition(".")[0] if "." in name else ""
            found[module] = (*found.get(module, ()), name)
        return found

    def column(self, name: str) -> int:
        """Return the column of a parameter.

        Raises:
            TypeError: If ``name`` is not a string.
            ValueError: If there is no parameter of this name.
        """
        if not isinstance(name, str):
            raise TypeError(f"a parameter is named by a string, got {checks.shown(name)}")
        if name not in self._columns:
            raise ValueError(
                f"no parameter is named {checks.shown(name)}; {checks.nearest(name, self.names)}"
            )
        return self._columns[name]
