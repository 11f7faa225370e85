"""What a search moves at once: the two pitches that are heard, and groups of parameters."""

import torch
from torch import Tensor

from synth_datamodule.parameters.table import ParameterTable
from synth_datamodule.symmetry.voice_columns import ENVELOPES, SOURCES, voice_columns


class Coordinates:
    """The Voice's parameters as a search takes them.

    The note and the tunings are heard as two pitches alone (``voice.symmetries``), so pitches are
    what is moved; other parameters go from one candidate to another in groups that do one thing: a
    channel's gain, an oscillator's bend, a modulator, a phase.

    Args:
        table: Parameters of a Voice.

    Example:
        >>> from synth_datamodule import Voice
        >>> voice = Voice()
        >>> coordinates = Coordinates(voice.parameter_table)
        >>> u = voice.draw([7])
        >>> higher = coordinates.at_pitches(u, coordinates.pitches(u) + 2)
        >>> (coordinates.pitches(higher) - coordinates.pitches(u)).round()
        tensor([[2., 2.]], dtype=torch.float64)
    """

    def __init__(self, table: ParameterTable) -> None:
        self.table = table
        self._k = k = voice_columns(table)
        self._notes = table.ranges[k.midi_f0]
        self._tunings = [table.ranges[column] for column in k.tunings]
        lfos = [
            [column for column, name in enumerate(table.names) if name.split(".")[0] in parts]
            for parts in ({s, f"{s}_amp_adsr", f"{s}_rate_adsr"} for s in SOURCES[2:])
        ]
        envelopes = [k.envelopes[ENVELOPES.index(s)] for s in SOURCES[:2]]
        self.groups: list[list[int]] = [
            *([level, *weights] for level, weights in zip(k.levels, k.amps, strict=True)),
            *([depth, *weights] for depth, weights in zip(k.depths, k.bends, strict=True)),
            *lfos,
            *envelopes,
            *([column] for column in (*k.phases, k.shape, k.duration)),
        ]
        """Columns of each group; all but the note's and the tunings' are in one."""
        self.pitched: list[int] = [k.midi_f0, *k.tunings]
        """Columns of the note and of the tunings."""

    def pitches(self, parameters: Tensor) -> Tensor:
        """Return both oscillators' pitches at rest in semitones, ``[B, 2]``, float64."""
        values = self.table.to_physical(parameters.double())
        return values[:, self._k.midi_f0, None] + values[:, self._k.tunings]

    def at_pitches(self, parameters: Tensor, pitches: Tensor) -> Tensor:
        """Return parameters ``[B, P]`` with other pitches, ``[B, 2]``, as near as ranges allow."""
        values = self.table.to_physical(parameters.double())
        low = torch.stack([pitches[:, j] - one.maximum for j, one in enumerate(self._tunings)], 1)
        high = torch.stack([pitches[:, j] - one.minimum for j, one in enumerate(self._tunings)], 1)
        note = (low.mean(1) + high.mean(1)) / 2
        note = torch.minimum(torch.maximum(note, low.amax(1)), high.amin(1))
        note = note.clamp(self._notes.minimum, self._notes.maximum)
        values[:, self._k.midi_f0] = note
        for j, one in enumerate(self._tunings):
            tuning = (pitches[:, j] - note).clamp(one.minimum, one.maximum)
            values[:, self._k.tunings[j]] = tuning
        moved = self.table.to_normalized(values).to(parameters.dtype)
        kept = parameters.clone()
        kept[:, self.pitched] = moved[:, self.pitched]
        return self.table.pin(kept.clamp(0, 1))
