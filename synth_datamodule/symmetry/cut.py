"""Cut: what the end of a note leaves unheard of an envelope's attack and decay."""

from collections.abc import Sequence
from typing import ClassVar, NamedTuple

import torch
from torch import Tensor

from synth_datamodule.parameters.table import ParameterTable
from synth_datamodule.symmetry.base import Random, Symmetry, put
from synth_datamodule.symmetry.bounds import Bounds, is_free


class Cuts(NamedTuple):
    """Which parts of envelopes a note cuts off.

    Args:
        attack: Whether the note ends within the attack. Shape ``[B]``.
        decay: Whether the decay is as long as what the note leaves of it, or never comes to be
            heard. Shape ``[B]``.
        sustain: Whether the sustain level is never come near. Shape ``[B]``.
    """

    attack: Tensor
    decay: Tensor
    sustain: Tensor


def cuts(duration: Tensor, attack: Tensor, decay: Tensor) -> Cuts:
    """Return what a note of some duration cuts off an envelope.

    A decay of exactly 0 means never, see ``adsr_envelope``.

    Args:
        duration: Note-on time in seconds. Shape ``[B]``.
        attack: Attack in seconds. Shape ``[B]``.
        decay: Decay in seconds. Shape ``[B]``.

    Example:
        >>> note, attack = torch.ones(3), torch.tensor([2.0, 0.5, 0.5])
        >>> cuts(note, attack, torch.tensor([0.1, 0.6, 0.4])).decay
        tensor([ True,  True, False])
    """
    never = attack >= duration
    return Cuts(never, never | ((decay >= duration - attack) & (decay > 0)), never | (decay == 0))


class Cut(Symmetry):
    """An envelope whose attack or decay outlasts the note: by how much is not heard.

    The representative has what is cut at its maximum, exactly, and the sustain of an envelope that
    never comes near it at its maximum too.

    Args:
        table: Parameters of the synth.
        name: Name of the envelope's part.
        duration: Column of the note's duration.
        envelope: Columns of attack, decay and sustain.

    Example:
        >>> from synth_datamodule import Voice
        >>> voice = Voice()
        >>> sum(one.kind == "cut" for one in voice.symmetries)
        6
    """

    kind: ClassVar[str] = "cut"

    def __init__(
        self, table: ParameterTable, name: str, duration: int, envelope: Sequence[int]
    ) -> None:
        sentence = f"what is left of {name}'s attack and decay when the note ends is not heard"
        free = [column for column in envelope if is_free(table, column)]
        super().__init__(table, f"{name}.cut", free, sentence)
        self._duration, self._envelope = duration, list(envelope)

    def settled(self, values: Tensor, bounds: Bounds) -> Tensor:
        """Return values with what is cut at its maximum."""
        envelope = values[:, self._envelope]
        ends = bounds.high[self._envelope].expand_as(envelope)
        cut = torch.stack(self._cuts(values), 1)
        return put(values, self._envelope, torch.where(cut, ends, envelope))

    def shaken(self, values: Tensor, bounds: Bounds, random: Random) -> Tensor:
        """Return values with what is cut anywhere from where it is cut on."""
        duration, envelope = values[:, self._duration], values[:, self._envelope]
        attack, _, _ = envelope.unbind(1)
        cut = self._cuts(values)
        low, high = bounds.low[self._envelope], bounds.high[self._envelope]
        rest = torch.where(cut.attack, 0.0, duration - attack)
        least = torch.stack((duration, rest, torch.zeros_like(rest)), 1).maximum(low)
        # A little above, so that no rounding makes of it what the note does not cut.
        least = torch.minimum(least + 1e-9 * (high - low), high)
        anywhere = least + (high - least) * random(envelope)
        # A decay of 0 is never reached, but one of more would be.
        shakeable = torch.stack((cut.attack, cut.decay, cut.sustain), 1)
        return put(values, self._envelope, torch.where(shakeable, anywhere, envelope))

    def _cuts(self, values: Tensor) -> Cuts:
        attack, decay, _ = values[:, self._envelope].unbind(1)
        return cuts(values[:, self._duration], attack, decay)
