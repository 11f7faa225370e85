"""FilteredVoice: the Voice through a low-pass filter, by subclassing."""

from torch import Tensor

from synth_datamodule.modules import ADSR, StateVariableFilter, normalize_if_clipping
from synth_datamodule.parameters.table import ParameterRange
from synth_datamodule.patching.patch import PatchValues, part
from synth_datamodule.voice import Voice


class SweepFilter(StateVariableFilter):
    """The filter, in the ranges of a synthesizer's: an envelope opens it, resonance rarely rings.

    Example:
        >>> SweepFilter.parameter_ranges[0].minimum
        36.0
    """

    parameter_ranges = (
        ParameterRange("cutoff", 36.0, 120.0, unit="semitones"),
        ParameterRange("resonance", 0.0, 0.8, curve=0.5),
        ParameterRange("tracking", 0.0, 1.0, curve=2.0),
        ParameterRange("mod_depth", 0.0, 72.0, unit="semitones"),
    )


class FilteredVoice(Voice):
    """The Voice and a resonant low-pass filter, its cutoff moved by an envelope and the note.

    The Voice's 78 parameters and nine more.

    Example:
        >>> from synth_datamodule import SynthConfig
        >>> synth = FilteredVoice(SynthConfig(batch_size=2, buffer_size_seconds=0.5))
        >>> synth(0)[0].shape, len(synth.parameter_names)
        (torch.Size([2, 22050]), 87)
    """

    filter_adsr = part(ADSR)
    filter = part(SweepFilter)

    def output(self, p: PatchValues, noise_rows: Tensor) -> Tensor:
        """Return audio in [-1, 1], ``[B, N]``."""
        voice = super().output(p, noise_rows)
        midi_f0, duration = self.keyboard(p.keyboard)
        sweep = self.upsample(self.filter_adsr(p.filter_adsr, duration))
        return normalize_if_clipping(self.filter(p.filter, voice, midi_f0, sweep))
