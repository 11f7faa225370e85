"""Where the Voice's parameters stand, by what they do."""

from typing import NamedTuple

from synth_datamodule.parameters.table import ParameterTable

SOURCES = ("adsr_1", "adsr_2", "lfo_1", "lfo_2")
"""Modulators of the matrix, in its order."""
CHANNELS = ("vco_1", "vco_2", "noise")
"""Channels of the mixer, in its order."""
ENVELOPES = (
    *("adsr_1", "adsr_2", "lfo_1_amp_adsr", "lfo_2_amp_adsr"),
    *("lfo_1_rate_adsr", "lfo_2_rate_adsr"),
)
"""Envelopes, in the order in which they are declared."""
_SHAPES = ("sin", "tri", "saw", "rsaw", "sqr")
_ENVELOPE = ("attack", "decay", "sustain", "release", "alpha")


class VoiceColumns(NamedTuple):
    """Columns of the Voice's table.

    Args:
        midi_f0: Column of the note.
        duration: Column of its duration.
        tunings: Columns of both oscillators' tunings.
        depths: Columns of both oscillators' depths.
        phases: Columns of both oscillators' initial phases.
        shape: Column of the second oscillator's shape.
        levels: Columns of the mixer's levels.
        amps: Columns of the weights to each channel's gain, ``[3][4]``.
        bends: Columns of the weights to each oscillator's pitch, ``[2][4]``.
        envelopes: Columns of each envelope, ``[6][5]``.
        rates: Columns of both LFOs' frequencies.
        rate_depths: Columns of both LFOs' depths.
        lfo_phases: Columns of both LFOs' initial phases.
        shapes: Columns of the weights of each LFO's shapes, ``[2][5]``.
    """

    midi_f0: int
    duration: int
    tunings: list[int]
    depths: list[int]
    phases: list[int]
    shape: int
    levels: list[int]
    amps: list[list[int]]
    bends: list[list[int]]
    envelopes: list[list[int]]
    rates: list[int]
    rate_depths: list[int]
    lfo_phases: list[int]
    shapes: list[list[int]]


def voice_columns(table: ParameterTable) -> VoiceColumns:
    """Return where the Voice's parameters stand in its table.

    Args:
        table: Parameters of a Voice.

    Example:
        >>> from synth_datamodule import Voice
        >>> voice_columns(Voice().parameter_table).tunings
        [68, 71]
    """
    vcos, lfos = ("vco_1", "vco_2"), ("lfo_1", "lfo_2")

    def of(parts: tuple[str, ...], parameter: str) -> list[int]:
        return [table.column(f"{part}.{parameter}") for part in parts]

    def weights(target: str) -> list[int]:
        return [table.column(f"mod_matrix.{source}->{target}") for source in SOURCES]

    def each(part: str, parameters: tuple[str, ...]) -> list[int]:
        return [table.column(f"{part}.{parameter}") for parameter in parameters]

    return VoiceColumns(
        midi_f0=table.column("keyboard.midi_f0"),
        duration=table.column("keyboard.duration"),
        tunings=of(vcos, "tuning"),
        depths=of(vcos, "mod_depth"),
        phases=of(vcos, "initial_phase"),
        shape=table.column("vco_2.shape"),
        levels=each("mixer", CHANNELS),
        amps=[weights(f"{channel}_amp") for channel in CHANNELS],
        bends=[weights(f"{vco}_pitch") for vco in vcos],
        envelopes=[each(envelope, _ENVELOPE) for envelope in ENVELOPES],
        rates=of(lfos, "frequency"),
        rate_depths=of(lfos, "mod_depth"),
        lfo_phases=of(lfos, "initial_phase"),
        shapes=[each(lfo, _SHAPES) for lfo in lfos],
    )
