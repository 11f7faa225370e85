"""Every signal of a patch by name: a mapping that cannot be changed."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from torch import Tensor

from synth_datamodule import checks


class Signals(Mapping[str, Tensor]):
    """The signals of a patch by name, in the order in which they come to be; read-only.

    Args:
        signals: Signals by name, ``[B, C]``, ``[B, N]`` or ``[B]``.

    Example:
        >>> import torch
        >>> signals = Signals({"adsr_1": torch.ones(1, 4), "mod_matrix.pitch": torch.ones(1, 4)})
        >>> signals["mod_matrix.pitch"] is signals.mod_matrix.pitch
        True
        >>> signals
        Signals(adsr_1 [1, 4], mod_matrix.pitch [1, 4])
    """

    _signals: dict[str, Tensor]

    def __init__(self, signals: Mapping[str, Tensor]) -> None:
        if not isinstance(signals, Mapping):
            raise TypeError(f"signals must be a mapping by name, got {checks.shown(signals)}")
        vars(self)["_signals"] = dict(signals)

    def __getitem__(self, name: str) -> Tensor:
        if name not in self._signals:
            raise KeyError(unknown(name, self._signals))
        return self._signals[name]

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  # a signal, or those of a part
        signals: dict[str, Tensor] = self.__dict__.get("_signals", {})
        if name in signals:
            return signals[name]
        inside = {
            path.removeprefix(f"{name}."): signal
            for path, signal in signals.items()
            if path.startswith(f"{name}.")
        }
        if not inside:
            raise AttributeError(unknown(name, signals))
        return Signals(inside)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError("signals cannot be changed; dict(signals) can")

    def __iter__(self) -> Iterator[str]:
        return iter(self._signals)

    def __len__(self) -> int:
        return len(self._signals)

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *(name.partition(".")[0] for name in self)]

    def __repr__(self) -> str:
        told = (f"{name} {list(signal.shape)}" for name, signal in self.items())
        return f"Signals({', '.join(told)})"


def unknown(name: object, names: Mapping[str, object] | Sequence[str]) -> str:
    """Return the line that says that there is no such signal, and which are near.

    Example:
        >>> unknown("adsr1", ["adsr_1", "lfo_1"])
        "no signal is named 'adsr1'; did you mean 'adsr_1'?"
    """
    return f"no signal is named {checks.shown(name)}; {checks.nearest(name, names)}"


def chosen(names: Sequence[str] | None, there: Sequence[str]) -> frozenset[str] | None:
    """Return the names of the signals that were asked for.

    Args:
        names: Names of signals, or of parts that give several; None is all.
        there: Names of all signals.

    Raises:
        TypeError: If they are not strings.
        ValueError: If there is none, one occurs twice, or there is no such signal.

    Example:
        >>> sorted(chosen(["vca", "lfo"], ["lfo", "vca.vco_1", "vca.vco_2"]))
        ['lfo', 'vca.vco_1', 'vca.vco_2']
    """
    if names is None:
        return None
    kept: set[str] = set()
    for name in checks.names("names", names):
        found = {one for one in there if one == name or one.startswith(f"{name}.")}
        if not found:
            raise ValueError(unknown(name, there))
        kept |= found
    return frozenset(kept)
