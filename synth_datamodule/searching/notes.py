"""Notes that a target may have: the peaks of its mean spectrum, for a search to try."""

import torch
from torch import Tensor

from synth_datamodule.searching.semitones import LOWEST, NUM_BANDS

_BESIDE_PEAKS = 0.02  # what a band that is no peak counts


def note_chances(spectrum: Tensor) -> tuple[Tensor, Tensor]:
    """Return MIDI notes ``[104]``, float64, and how likely each is worth a try, which sum to 1.

    A band is as likely as it is loud on average, where it is a peak: partials and notes alike, for
    which of them is the note, renders tell.

    Args:
        spectrum: Target's spectrogram of ``Semitones``. Shape ``[104, T]``.

    Example:
        >>> spectrum = torch.zeros(104, 2)
        >>> spectrum[45] = 1.0
        >>> notes, chances = note_chances(spectrum)
        >>> notes[chances.argmax()]
        tensor(69., dtype=torch.float64)
    """
    loud = 10 ** (4 * (spectrum - 1))  # of 80 dB to a magnitude
    loud = loud.double().mean(1)
    peak = torch.ones_like(loud, dtype=torch.bool)
    peak[1:-1] = (loud[1:-1] >= loud[:-2]) & (loud[1:-1] >= loud[2:])
    chances = torch.where(peak, loud, _BESIDE_PEAKS * loud)
    notes = torch.arange(LOWEST, LOWEST + NUM_BANDS, dtype=torch.float64, device=loud.device)
    return notes, chances / chances.sum()
