"""What the package can tell of a sound without a download: its pitch, envelope and modulation."""

import torch
from torch import Tensor

from synth_datamodule import checks
from synth_datamodule.kernels.differentiable import control_signals
from synth_datamodule.patching.synth import AbstractSynth
from synth_datamodule.synths import FilteredVoice, FmVoice, OneOscillator
from synth_datamodule.voice import Voice

_SILENT = 1e-9


def labels_of(synth: AbstractSynth, parameters: Tensor) -> dict[str, Tensor]:
    """Return labels of sounds by name, each in its unit.

    The Voice's are taken from its control signals: ``pitch``, the mean of both oscillators' pitches
    over time, weighted by their gains, in semitones; ``envelope``, the mean time of all gains, in
    seconds; ``modulation``, how far that pitch strays from its mean, ``log(1 + semitones)``. Those
    of the worked synths are parameters that are heard: the note, what shapes a sound in time, what
    modulates it, and of FilteredVoice the filter's cutoff.

    Args:
        synth: Voice, OneOscillator, FmVoice or FilteredVoice.
        parameters: Parameters of the sounds, in [0, 1]. Shape ``[B, P]``.

    Returns:
        Labels by name, float64. Shape ``[B]`` each.

    Raises:
        TypeError: If the synth is of another class, or ``parameters`` is no float tensor.
        ValueError: If the shape differs.

    Example:
        >>> voice = Voice()
        >>> [*labels_of(voice, voice.draw([7, 8]))]
        ['pitch', 'envelope', 'modulation']
    """
    kinds: tuple[type[AbstractSynth], ...] = (*_PARAMETERS, Voice)
    if type(synth) not in kinds:
        names = ", ".join(kind.__name__ for kind in kinds)
        raise TypeError(f"synth must be one of {names}, got {checks.shown(synth)}")
    table = synth.parameter_table
    checks.float_tensor("parameters", parameters, "[B, P]", (None, len(table)))
    values = table.to_physical(parameters.double())
    if isinstance(synth, Voice) and type(synth) is Voice:
        return _heard(synth, values)
    return {
        label: torch.stack([values[:, table.column(name)] for name in names]).sum(0)
        for label, names in _PARAMETERS[type(synth)].items()
    }


def _heard(voice: Voice, values: Tensor) -> dict[str, Tensor]:
    with torch.no_grad():
        controls = control_signals(values, voice.synthconfig)
    pitches, gains = controls.pitches.double(), controls.gains.double()
    tones = gains[:, :2]
    weight = tones.sum((1, 2)).clamp(min=_SILENT)
    at_each = (tones * pitches).sum(1) / tones.sum(1).clamp(min=_SILENT)
    over_time = tones.sum(1) / weight[:, None]
    pitch = (over_time * at_each).sum(1)
    strays = (over_time * (at_each - pitch[:, None]).square()).sum(1).sqrt()
    loudness = gains.sum(1)
    seconds = torch.arange(loudness.shape[1], dtype=torch.float64, device=values.device)
    seconds = seconds / voice.synthconfig.control_rate
    return {
        "pitch": pitch,
        "envelope": (loudness * seconds).sum(1) / loudness.sum(1).clamp(min=_SILENT),
        "modulation": strays.log1p(),
    }


_PARAMETERS: dict[type[AbstractSynth], dict[str, tuple[str, ...]]] = {
    OneOscillator: {
        "pitch": ("keyboard.midi_f0", "vco.tuning"),
        "envelope": ("keyboard.duration",),
        "modulation": ("vco.mod_depth",),
    },
    FmVoice: {
        "pitch": ("keyboard.midi_f0",),
        "envelope": ("body_adsr.decay",),
        "modulation": ("body.mod_depth",),
    },
    FilteredVoice: {
        "pitch": ("keyboard.midi_f0",),
        "envelope": ("keyboard.duration",),
        "modulation": ("filter.mod_depth",),
        "cutoff": ("filter.cutoff",),
    },
}
