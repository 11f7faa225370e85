"""A synth that knows which of its parameters' moves leave its sound as it is."""

from typing import Any
from weakref import WeakKeyDictionary

from torch import Tensor

from synth_datamodule import checks
from synth_datamodule.patching.opened import graph_of
from synth_datamodule.patching.peaks import raw_peaks
from synth_datamodule.patching.unmoved import unmoved
from synth_datamodule.symmetry.base import Symmetry
from synth_datamodule.symmetry.bounds import Bounds
from synth_datamodule.symmetry.finding import found
from synth_datamodule.symmetry.gain import Gain
from synth_datamodule.symmetry.group import Group
from synth_datamodule.symmetry.numbers import numbers_of
from synth_datamodule.symmetry.swap import Swap
from synth_datamodule.symmetry.wires import Wires

_PACKAGE = "synth_datamodule."


class _Known:
    """What is known of a synth: its symmetries, and the group of its swaps."""

    def __init__(self, synth: Any) -> None:  # noqa: ANN401  # the synth
        try:
            graph = graph_of(synth)
        except ValueError:  # its cables cannot be told
            self.symmetries: tuple[Symmetry, ...] = ()
        else:
            parts = {name: one for name, one in synth.named_children() if name in synth._parts}
            table = synth.parameter_table
            candidates = found(Wires(parts, graph.nodes, graph.cables), table)
            # The patches of this package do what their cables tell; its tests say so.
            own = type(synth).output.__module__.startswith(_PACKAGE)
            self.symmetries = candidates if own else unmoved(synth, candidates)
        swaps = [one for one in self.symmetries if isinstance(one, Swap)]
        self.group = Group(swaps, len(synth.parameter_table))


# Not in the synth, which is copied and pickled without it.
_KNOWN: "WeakKeyDictionary[object, _Known]" = WeakKeyDictionary()


def _known(synth: object) -> _Known:
    if synth not in _KNOWN:
        _KNOWN[synth] = _Known(synth)
    return _KNOWN[synth]


class Symmetric:
    """A synth whose parameters have a canonical form, one for all that sound the same."""

    @property
    def symmetries(self: Any) -> tuple[Symmetry, ...]:  # the synth
        """The moves of parameters that leave every sound as it is, as far as the cables tell.

        What pinned and narrowed parameters do not allow is left out. The patch of a synth of one's
        own is tried: only what leaves 16 of its sounds as they are is listed.

        Example:
            >>> from synth_datamodule import Voice
            >>> from collections import Counter
            >>> Counter(one.kind for one in Voice().symmetries)["scale"]
            5
            >>> print(Voice().symmetries[0].sentence)
            keyboard.midi_f0 raised and vco_1.tuning and vco_2.tuning lowered by as much: only the
            sums are heard
        """
        return _known(self).symmetries

    def canonical(
        self: Any,  # the synth
        parameters: Tensor,
        noise_rows: Tensor | None = None,
        *,
        clipping: bool = False,
    ) -> Tensor:
        """Return the one form that all parameters of the same sound have, up to the symmetries.

        It is the representative of the orbit under ``symmetries``: notes in the middle of the
        pitches that they play, largest weights at 1, what a note cuts off at its maximum, parts
        that are wired alike in the order of their values. Rendered in float64 it is the same sound
        within 1e-6. Differentiable, but for the jumps from one order, or from one end of a range,
        to the other.

        Args:
            parameters: Numbers in [0, 1], float32 or float64. Shape ``[B, P]``.
            noise_rows: Row of the noise table that each sound reads, for ``clipping``; None is row
                0 for all. Shape ``[B]``.
            clipping: Whether the common gain of sounds that clip is normalised too, so that they
                just do not clip; it renders each sound by its modules, in float64.

        Returns:
            Numbers in [0, 1], float64; pinned parameters as pinned. Shape ``[B, P]``.

        Raises:
            TypeError: If ``parameters`` is no float tensor, ``noise_rows`` not int64, or
                ``clipping`` no bool.
            ValueError: If a shape differs, or (on the CPU) a number is out of range.

        Example:
            >>> from synth_datamodule import Voice
            >>> voice = Voice()
            >>> u = voice.draw([0, 1])
            >>> moved = u.double()
            >>> for symmetry in voice.symmetries:
            ...     moved = symmetry.moved(moved)
            >>> (voice.canonical(moved) - voice.canonical(u)).abs().max() < 1e-9
            tensor(True)
        """
        checks.truth_value("clipping", clipping)
        parameters, noise_rows = self._checked(parameters, noise_rows)
        table, known = self.parameter_table, _known(self)
        given = table.to_physical(parameters)
        bounds = Bounds(table, given.device)
        values = given
        for symmetry in known.symmetries:
            values = symmetry.settled(values, bounds)
            if clipping and isinstance(symmetry, Gain):
                values = bounds.kept(values, given)
                peaks = raw_peaks(self, values, noise_rows, symmetry.columns)
                values = symmetry.normalized(values, bounds, peaks)
        values = bounds.kept(known.group.settled(values, bounds), given)
        return numbers_of(values, table)

    def aligned(self: Any, parameters: Tensor, target: Tensor) -> Tensor:  # the synth
        """Return the canonical form of guesses, parts in the order that is nearest to a target.

        Parts that are wired alike can stand in any order: of the Voice the two ADSRs and the two
        LFOs, four orders in all. The canonical order may put a guess's parts the other way round
        than its target's, where the two are near each other; this takes the order with the smallest
        mean absolute error. It is what to average samples in, and what to tell errors from.

        Args:
            parameters: Numbers of the guesses, in [0, 1]. Shape ``[B, P]``.
            target: Numbers of the targets, in [0, 1], in any form. Shape ``[B, P]`` or ``[1, P]``.

        Returns:
            Numbers in [0, 1], float64, beside ``canonical(target)``. Shape ``[B, P]``.

        Raises:
            TypeError: If an argument is no float tensor.
            ValueError: If a shape differs, or (on the CPU) a number is out of range.

        Example:
            >>> from synth_datamodule import Voice
            >>> voice = Voice()
            >>> u = voice.draw([0, 1])
            >>> (voice.aligned(u, u) == voice.canonical(u)).all()
            tensor(True)
        """
        checks.float_tensor("target", target, "[B, P]", (None, len(self.parameter_table)))
        target = checks.normalized("target", target, always=False)
        numbers, there = self.canonical(parameters), self.canonical(target)
        if len(there) not in (1, len(numbers)):
            raise ValueError(
                f"target must have as many sounds as parameters, {len(numbers)}, or one, "
                f"got {len(there)}"
            )
        nearest: Tensor = _known(self).group.nearest(numbers, there.expand_as(numbers))
        return nearest
