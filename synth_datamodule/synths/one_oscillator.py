"""OneOscillator: the smallest synth that is one, in ten lines."""

from torch import Tensor

from synth_datamodule.modules import (
    ADSR,
    VCA,
    AudioMixer,
    ControlRateUpsample,
    MonophonicKeyboard,
    SquareSawVCO,
)
from synth_datamodule.patching.patch import PatchValues, part
from synth_datamodule.patching.synth import AbstractSynth


class OneOscillator(AbstractSynth):
    """A square-saw oscillator; one envelope opens it and bends its pitch.

    Of its first 1024 sounds 44 stay below a hundredth of full scale: the oscillator rounds its
    edges where the pitch may be bent far up, until nothing is left.

    Example:
        >>> from synth_datamodule import SynthConfig
        >>> synth = OneOscillator(SynthConfig(batch_size=2, buffer_size_seconds=1.0))
        >>> synth(0)[0].shape, len(synth.parameter_names)
        (torch.Size([2, 44100]), 12)
    """

    keyboard = part(MonophonicKeyboard)
    adsr = part(ADSR)
    upsample = part(ControlRateUpsample)
    vco = part(SquareSawVCO)
    vca = part(VCA)
    mixer = part(AudioMixer, inputs=("vco",))

    def output(self, p: PatchValues, noise_rows: Tensor) -> Tensor:
        """Return audio in [-1, 1], ``[B, N]``."""
        midi_f0, duration = self.keyboard(p.keyboard)
        envelope = self.upsample(self.adsr(p.adsr, duration))
        tone = self.vca(self.vco(p.vco, midi_f0, envelope), envelope)
        audio: Tensor = self.mixer(p.mixer, tone)
        return audio
