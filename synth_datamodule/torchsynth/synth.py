"""Voice: the synth behind synth1B1, keeping its parameters."""

from pathlib import Path
from typing import Any

from torch import Tensor, nn

from synth_datamodule import voice
from synth_datamodule.corpus.draws import NOISE_SEED
from synth_datamodule.numerics.constants import SHAPE_EXPONENT
from synth_datamodule.torchsynth.abstract_synth import AbstractSynth
from synth_datamodule.torchsynth.base import SynthModule, signal_of
from synth_datamodule.torchsynth.config import SynthConfig
from synth_datamodule.torchsynth.module import (
    ADSR,
    LFO,
    VCA,
    AudioMixer,
    ControlRateUpsample,
    ControlRateVCA,
    ModulationMixer,
    MonophonicKeyboard,
    Noise,
    SineVCO,
    SquareSawVCO,
)
from synth_datamodule.torchsynth.rendering import ByModules, NoValues, Renderer

__all__ = ["AbstractSynth", "Voice"]

_MATRIX: dict[str, Any] = {
    "n_input": 4,
    "n_output": 5,
    "input_names": ("adsr_1", "adsr_2", "lfo_1", "lfo_2"),
    "output_names": ("vco_1_pitch", "vco_1_amp", "vco_2_pitch", "vco_2_amp", "noise_amp"),
}
_MIXER: dict[str, Any] = {
    "n_input": 3,
    "curves": (1.0, 1.0, 0.025),
    "names": ("vco_1", "vco_2", "noise"),
}
_MODULES: tuple[tuple[str, type[Any], dict[str, Any]], ...] = (
    ("keyboard", MonophonicKeyboard, {}),
    ("adsr_1", ADSR, {}),
    ("adsr_2", ADSR, {}),
    ("lfo_1", LFO, {}),
    ("lfo_2", LFO, {}),
    ("lfo_1_amp_adsr", ADSR, {}),
    ("lfo_2_amp_adsr", ADSR, {}),
    ("lfo_1_rate_adsr", ADSR, {}),
    ("lfo_2_rate_adsr", ADSR, {}),
    ("control_vca", ControlRateVCA, {}),
    ("control_upsample", ControlRateUpsample, {}),
    ("mod_matrix", ModulationMixer, _MATRIX),
    ("vco_1", SineVCO, {}),
    ("vco_2", SquareSawVCO, {}),
    ("noise", Noise, {"seed": NOISE_SEED}),
    ("vca", VCA, {}),
    ("mixer", AudioMixer, _MIXER),
)


class Voice(AbstractSynth):
    """The synth behind synth1B1, with a state: ``synth_datamodule.Voice`` renders what it keeps.

    ``voice(batch_idx)`` has the bits of ``synth_datamodule.Voice``. A hook on a module, a method of
    its own, or a module of another class, seed or config in its place, is heard: then the modules
    render, one by one.

    Args:
        synthconfig: Rates, lengths and switches; None is ``SynthConfig()``, which makes synth1B1.
        nebula: ``"default"``, ``"drum"``, or the path of a nebula file.

    Raises:
        TypeError: If an argument is of another type.
        ValueError: If there is no such nebula.

    Example:
        >>> import torch
        >>> voice = Voice(SynthConfig(batch_size=2, buffer_size_seconds=1.0))
        >>> voice.set_parameters({("keyboard", "midi_f0"): torch.tensor([60.0, 64.0])}, freeze=True)
        >>> audio, parameters, is_train = voice(0)
        >>> voice.keyboard.p("midi_f0").tolist(), audio.shape, is_train
        ([60.0, 64.0], torch.Size([2, 44100]), tensor([True, True]))
    """

    def __init__(
        self, synthconfig: SynthConfig | None = None, nebula: str | Path = "default"
    ) -> None:
        super().__init__(synthconfig)
        self.add_synth_modules(_MODULES)
        self._columns = tuple(self.columns())
        if not (isinstance(nebula, str) and nebula == "default"):  # whose curves the modules have
            self.load_hyperparameters(nebula)
        self._renderer = Renderer()

    def output(self) -> Tensor:
        """Return audio in [-1, 1] of the parameters as they are, ``[B, N]``."""
        modules = self.synth_modules()
        if self._is_changed():
            parts: Any = ByModules(modules, {"upsample": "control_upsample"})
            values: Any = NoValues()
            audio = voice.Voice.output(parts, values, values.noise_rows)
        else:
            noise = self.noise.rows()
            audio = self._renderer.render(self.synthconfig.plain(), self.columns(), noise)
        return signal_of(audio)

    def _is_changed(self) -> bool:
        """Whether a module is not what ``synth_datamodule.Voice`` renders, or has a hook."""
        children: dict[str, Any] = dict(self.named_children())
        same = list(children) == [name for name, *_ in _MODULES] and all(
            type(children[name]) is kind
            and not _hooked(children[name])
            and not _rewritten(children[name])
            and self._has_settings_of(children[name])
            for name, kind, _ in _MODULES
        )
        return not (
            same
            and tuple(self.columns()) == self._columns
            and self.noise.is_of_table(NOISE_SEED)
            and all(lfo.exponent == SHAPE_EXPONENT for lfo in (self.lfo_1, self.lfo_2))
        )

    def _has_settings_of(self, module: SynthModule) -> bool:
        own, other = self.synthconfig, module.synthconfig
        return other is own or other.plain() == own.plain()


def _hooked(module: nn.Module) -> bool:
    return bool(
        module._forward_hooks
        or module._forward_pre_hooks
        or module._backward_hooks
        or module._backward_pre_hooks
    )


def _rewritten(module: nn.Module) -> bool:
    """Whether a module has methods of its own, put in the place of its class's."""
    return any(callable(getattr(type(module), name, None)) for name in vars(module))
