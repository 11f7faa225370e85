"""One part as a program, given any audio: what a synth's noise tables hold is read row by row."""

import torch

from synth_datamodule import SynthConfig
from synth_datamodule.kernels.program import ProgramRenderer
from synth_datamodule.modules import StateVariableFilter
from synth_datamodule.parameters.table import ParameterRange, ParameterTable
from synth_datamodule.program import Builder
from synth_datamodule.program.builder import AUDIO
from synth_datamodule.program.lowering import program_of

MOST = 256.0
"""Numbers lie below it: a power of two, by which they are divided exactly."""
FILTER_MODES = ("lowpass", "bandpass", "highpass")
_KNOBS = ("cutoff", "resonance", "tracking", "mod_depth")


class Alone:
    """A part's program, its parameters and tables of the audio that it takes.

    Args:
        config: Rates and lengths.
        ranges: Ranges of its parameters.
        numbers: Names of other numbers that it takes, in their units.
    """

    def __init__(self, config, ranges, numbers=()):
        self.config, self.build, self.tables = config, Builder(), {}
        more = [ParameterRange(name, 0.0, MOST) for name in numbers]
        self.table = ParameterTable((*ranges, *more))
        self.values = {
            name: self.build.parameter(column) for column, name in enumerate(self.table.names)
        }
        self.numbers = [self.values.pop(name) for name in numbers]

    def audio(self, signal):
        """Return given audio, float64 ``[B, N]``: the sum of two tables in float32."""
        high = signal.to(torch.float32)
        halves = []
        for half in (high, (signal - high).to(torch.float32)):
            self.tables[len(self.tables)] = half.contiguous()
            halves.append(self.build.node("noise", AUDIO, data=(len(self.tables) - 1,)))
        return halves[0] + halves[1]

    def rendered(self, parameters, made):
        """Return what the program gives for what the part made, by name."""
        signals = made if isinstance(made, (list, tuple)) else [made]
        extras = {str(k): one for k, one in enumerate(signals)}
        audio = (
            signals[0]
            if signals[0].rate == AUDIO
            else self.audio(torch.zeros(1, self.config.buffer_size))
        )
        renderer = ProgramRenderer(program_of(self.build, audio, extras), self.config, self.table)
        rows = torch.arange(len(parameters))
        return renderer.render(parameters, rows, lambda device: self.tables)[1]


def filtered(audio, cutoff, resonance, sample_rate, moving=False, mod=None, depth=0.0):
    """Return what a filter's program makes of one sound: low-, band- and high-pass, ``[3, N]``.

    Args:
        audio: The sound, ``[1, N]``.
        cutoff: Pitch of the cutoff in semitones.
        resonance: Resonance in [0, 1].
        sample_rate: Audio rate in hertz.
        moving: Whether its coefficients are made at each sample, or once.
        mod: Signal that moves the cutoff, ``[1, N]``; None moves it by 0.
        depth: Semitones per unit of it.
    """
    config = SynthConfig(sample_rate=sample_rate, buffer_size_seconds=audio.shape[1] / sample_rate)
    alone = Alone(config, (), _KNOBS)
    values = dict(zip(_KNOBS, alone.numbers, strict=True))
    values["cutoff"] = values["cutoff"] * 2.0 - MOST
    given = [alone.audio(audio)]
    if moving:
        given += [None, alone.audio(torch.zeros_like(audio) if mod is None else mod)]
    made = [
        StateVariableFilter(config, mode=mode).exact(alone.build, values, *given)
        for mode in FILTER_MODES
    ]
    u = torch.tensor([[(cutoff + MOST) / 2, resonance, 0.0, depth]], dtype=torch.float64) / MOST
    found = alone.rendered(u, made)
    return torch.cat([found[str(k)] for k in range(3)])
