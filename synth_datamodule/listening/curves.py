"""Envelopes and LFOs of sounds, as they are drawn over the waveform."""

from collections.abc import Sequence

import torch
from torch import Tensor

from synth_datamodule.modules import ADSR, LFO
from synth_datamodule.patching.synth import AbstractSynth

POINTS = 160
"""Places at which a curve is drawn, at most."""
MOST = 8
"""Curves of a sound, at most."""


def curve_names(synth: AbstractSynth) -> tuple[str, ...]:
    """Return the signals that are drawn: envelopes and LFOs, without any other control signals.

    Args:
        synth: Synth that renders.

    Example:
        >>> from synth_datamodule import Voice
        >>> curve_names(Voice())[:4]
        ('adsr_1', 'adsr_2', 'lfo_1', 'lfo_2')
    """
    control = synth.synthconfig.control_buffer_size
    if control == synth.num_samples:  # at one rate they cannot be told from audio
        return ()
    with torch.no_grad():
        signals = synth.signals(synth.draw([0]))
    parts = dict(synth.named_children())
    ranks = {}
    for name, signal in signals.items():
        if signal.shape == (1, control):
            part = parts.get(name)
            kind = 0 if isinstance(part, ADSR) else 1 if isinstance(part, LFO) else 2
            # adsr_1 and lfo_1 shape the sound, lfo_1_amp_adsr shapes lfo_1.
            ranks[name] = (kind == 2, name.count("_"), kind, name)
    few = sorted(ranks, key=ranks.__getitem__)
    drawn = [name for name in few if not ranks[name][0]] or few
    return tuple(drawn[:MOST])


def curves(
    synth: AbstractSynth, names: Sequence[str], parameters: Tensor, noise_rows: Tensor
) -> Tensor:
    """Return the lowest and highest value of each curve at each of its places.

    Args:
        synth: Synth that renders.
        names: Names of the curves.
        parameters: Parameters in [0, 1]. Shape ``[B, P]``.
        noise_rows: Row of the noise table that each sound reads. Shape ``[B]``.

    Returns:
        Lowest and highest values, at 160 places or fewer. Shape ``[B, K, 2, C]``.
    """
    if not names:
        return torch.zeros(len(parameters), 0, 2, 1, dtype=torch.float32, device="cpu")
    with torch.no_grad():
        signals = synth.signals(parameters, noise_rows, names)
    stacked = torch.stack([signals[name].float().cpu() for name in names], 1)
    size = min(POINTS, stacked.shape[-1])
    pool = torch.nn.functional.adaptive_max_pool1d
    return torch.stack([-pool(-stacked, size), pool(stacked, size)], 2)
