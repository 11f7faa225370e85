"""The Voice of torchsynth: the patch behind synth1B1."""

import sys
from collections.abc import Sequence
from functools import cache
from typing import ClassVar

import torch
from torch import Tensor

from synth_datamodule.batch import Audio
from synth_datamodule.config import SynthConfig
from synth_datamodule.corpus.splits import sound_numbers
from synth_datamodule.kernels.differentiable import Controls, control_signals
from synth_datamodule.kernels.fitting import why_no_longer_fused, why_not_fused
from synth_datamodule.kernels.fused import FusedVoice
from synth_datamodule.kernels.gradient import render_with_gradient
from synth_datamodule.modules import (
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
from synth_datamodule.numerics.hashing import Integers
from synth_datamodule.numerics.tracing import transformed
from synth_datamodule.patching.forming import formed
from synth_datamodule.patching.hooks import hook_in
from synth_datamodule.patching.patch import PatchValues, part
from synth_datamodule.patching.synth import AbstractSynth, Bend
from synth_datamodule.program import Program
from synth_datamodule.symmetry.inert import inert_reasons
from synth_datamodule.symmetry.invariants import Invariants, voice_invariants


class Voice(AbstractSynth):
    """Two oscillators and noise, shaped by six envelopes and two LFOs through a matrix.

    Turian, Shier, Tzanetakis, McNally and Henry, "One Billion Audio Sounds from GPU-enabled Modular
    Synthesis", DAFx 2021, https://arxiv.org/abs/2104.12922.

    A subclass whose parts only have other ranges or curves, within the Voice's own ranges, has the
    fused renderer too; one that writes ``output``, or has other parts, the reference alone.

    Args:
        synthconfig: Rates, lengths and switches; None is ``SynthConfig()``, which makes synth1B1.
        nebula: ``"default"``, ``"drum"``, the path of a nebula file, or its entries.
        backend: Renderer. ``"fused"``, which ``"auto"`` is: kernels that compute this patch, the
            same bits on every device, and a gradient beside them. ``"reference"``: these modules,
            in torch, always.
        dtype: Precision of the modules, float64 (the definition) or float32. Audio is float32.
        pinned: Values in the parameters' units that hold for every sound.
        ranges: Narrower ranges by name, ``(minimum, maximum)``, which parameters in [0, 1] span.
        values: Lists of values by name, of which a draw picks one.

    Raises:
        TypeError: If an argument is of another type.
        ValueError: If a name is unknown, or a value out of range.

    Example:
        >>> from synth_datamodule import SynthConfig
        >>> voice = Voice(SynthConfig(batch_size=2, buffer_size_seconds=1.0))
        >>> audio, parameters, is_train = voice(0)
        >>> audio.shape, parameters.shape, is_train
        (torch.Size([2, 44100]), torch.Size([2, 78]), tensor([True, True]))
    """

    keyboard = part(MonophonicKeyboard)
    adsr_1 = part(ADSR)
    adsr_2 = part(ADSR)
    lfo_1 = part(LFO)
    lfo_2 = part(LFO)
    lfo_1_amp_adsr = part(ADSR)
    lfo_2_amp_adsr = part(ADSR)
    lfo_1_rate_adsr = part(ADSR)
    lfo_2_rate_adsr = part(ADSR)
    control_vca = part(ControlRateVCA)
    mod_matrix = part(
        ModulationMixer,
        inputs=("adsr_1", "adsr_2", "lfo_1", "lfo_2"),
        outputs=("vco_1_pitch", "vco_1_amp", "vco_2_pitch", "vco_2_amp", "noise_amp"),
    )
    upsample = part(ControlRateUpsample)
    vco_1 = part(SineVCO)
    vco_2 = part(SquareSawVCO)
    noise = part(Noise)
    vca = part(VCA)
    mixer = part(AudioMixer, inputs=("vco_1", "vco_2", "noise"), curves=(1.0, 1.0, 0.025))

    def output(self, p: PatchValues, noise_rows: Tensor) -> Tensor:
        """Return audio in [-1, 1], ``[B, N]``: the patch diagram, top to bottom."""
        midi_f0, duration = self.keyboard(p.keyboard)

        lfo_1_rate = self.lfo_1_rate_adsr(p.lfo_1_rate_adsr, duration)
        lfo_2_rate = self.lfo_2_rate_adsr(p.lfo_2_rate_adsr, duration)
        lfo_1_amp = self.lfo_1_amp_adsr(p.lfo_1_amp_adsr, duration)
        lfo_2_amp = self.lfo_2_amp_adsr(p.lfo_2_amp_adsr, duration)

        lfo_1 = self.control_vca(self.lfo_1(p.lfo_1, lfo_1_rate), lfo_1_amp)
        lfo_2 = self.control_vca(self.lfo_2(p.lfo_2, lfo_2_rate), lfo_2_amp)
        adsr_1 = self.adsr_1(p.adsr_1, duration)
        adsr_2 = self.adsr_2(p.adsr_2, duration)

        vco_1_pitch, vco_1_amp, vco_2_pitch, vco_2_amp, noise_amp = self.mod_matrix(
            p.mod_matrix, adsr_1, adsr_2, lfo_1, lfo_2
        )

        vco_1 = self.vco_1(p.vco_1, midi_f0, self.upsample(vco_1_pitch))
        vco_2 = self.vco_2(p.vco_2, midi_f0, self.upsample(vco_2_pitch))
        noise = self.noise(noise_rows, midi_f0.dtype)

        audio: Tensor = self.mixer(
            p.mixer,
            self.vca(vco_1, self.upsample(vco_1_amp)),
            self.vca(vco_2, self.upsample(vco_2_amp)),
            self.vca(noise, self.upsample(noise_amp)),
        )
        return audio

    backends: ClassVar[tuple[str, ...]] = ("reference", "program", "fused")

    def __init_subclass__(cls, **kwargs: object) -> None:
        super().__init_subclass__(**kwargs)
        if [*cls._parts] != [*Voice._parts] or cls.output is not Voice.output:
            cls.backends = AbstractSynth.backends  # the kernels compute this patch, no other

    def _chosen(self, backend: str) -> str:
        others = {name for name, one in self._parts.items() if one is not Voice._parts.get(name)}
        if others and "fused" in self.backends:
            made = {name: module for name, module in self.named_children() if name in others}
            own = {name: Voice._parts[name].make(self.synthconfig) for name in others}
            if why := why_not_fused(made, own):
                if backend == "fused":
                    raise ValueError(
                        f"backend must be 'auto', 'program' or 'reference' for "
                        f"{type(self).__name__}: the kernels of 'fused' compute the Voice, and "
                        f"{why}"
                    )
                vars(self)["backends"] = AbstractSynth.backends
        return (
            self.backends[-1]
            if backend == "auto" and "fused" in self.backends
            else super()._chosen(backend)
        )

    def _finish(self) -> None:
        self._fused = (
            FusedVoice(self.synthconfig, self.parameter_table, voice_program)
            if self.backend == "fused"
            else None
        )
        self._made_with = dict(self.named_children())

    def invariants(self, parameters: Tensor) -> Invariants:
        """Return what sounds are made from, without what cannot be heard of their parameters.

        It is the same for all parameters of one canonical form: pitches instead of a note and its
        tunings, gains and bends instead of levels, depths and weights, shares of an LFO's shapes,
        envelopes as far as the note lasts. Differentiable in the parameters.

        Args:
            parameters: Numbers in [0, 1], float32 or float64. Shape ``[B, P]``.

        Returns:
            Named tensors in units, float64; ``Invariants`` says which.

        Raises:
            TypeError: If ``parameters`` is no float tensor.
            ValueError: If the shape differs, (on the CPU) a number is out of range, or the Voice is
                a subclass with another patch.

        Example:
            >>> voice = Voice()
            >>> found = voice.invariants(voice.draw([7]))
            >>> found.pitches.round()
            tensor([[57., 72.]], dtype=torch.float64)
        """
        self._must_be_the_patch("invariants")
        values = self.parameter_table.to_physical(self.canonical(parameters))
        return voice_invariants(values, self.parameter_table)

    def inert(self, parameters: Tensor) -> Tensor:
        """Return which parameters move nothing in a sound: a mask for errors of what is heard.

        Wherever one of them alone is moved in its range, no sample moves by more than 1e-6: its
        channel, level, depth or modulator is silent, or the note ends before it. ``inert_reasons``
        tells why.

        Args:
            parameters: Numbers in [0, 1], float32 or float64. Shape ``[B, P]``.

        Returns:
            Whether each parameter is inert, bool; all pinned ones are. Shape ``[B, P]``.

        Raises:
            TypeError: If ``parameters`` is no float tensor.
            ValueError: If the shape differs, (on the CPU) a number is out of range, or the Voice is
                a subclass with another patch.

        Example:
            >>> voice = Voice()
            >>> voice.inert(voice.draw(range(256))).sum(1).median()
            tensor(6)
        """
        reasons = self.inert_reasons(parameters)
        mask = torch.zeros(parameters.shape, dtype=torch.bool, device=parameters.device)
        for reason in reasons.values():
            mask = mask | reason
        return mask

    def inert_reasons(self, parameters: Tensor) -> dict[str, Tensor]:
        """Return why parameters move nothing in a sound: ``inert``, taken apart.

        Args:
            parameters: Numbers in [0, 1], float32 or float64. Shape ``[B, P]``.

        Returns:
            Masks by reason, bool, those alone that hold in some sound. Shape ``[B, P]``.

        Raises:
            TypeError: If ``parameters`` is no float tensor.
            ValueError: If the shape differs, (on the CPU) a number is out of range, or the Voice is
                a subclass with another patch.

        Example:
            >>> voice = Voice()
            >>> list(voice.inert_reasons(voice.draw([1])))
            ['the level of noise is 0']
        """
        self._must_be_the_patch("inert")
        parameters, _ = self._checked(parameters, None)
        table, seconds = self.parameter_table, self.synthconfig.buffer_size_seconds
        values = table.to_physical(parameters.detach())
        return inert_reasons(values, table, seconds)

    def _must_be_the_patch(self, name: str) -> None:
        if type(self).output is not Voice.output:
            raise ValueError(
                f"{name}() tells of the Voice's patch, {type(self).__name__} writes its own"
            )

    def free(self) -> None:
        """Drop what rendering keeps; the next render makes it anew."""
        super().free()
        if self._fused is not None:
            self._fused.free()

    def _draws(self, indices: Tensor | Sequence[int] | Integers) -> Tensor:
        fused = self._fused if self.source is None else None
        if fused is not None and isinstance(indices, Tensor) and fused.draws_on(indices.device):
            return fused.draw(sound_numbers(indices))[0]
        return super()._draws(indices)

    def _drawn(
        self, numbers: Tensor, device: torch.device, bend: Bend | None = None
    ) -> tuple[Tensor, Tensor, Tensor]:
        own = self.source is not None
        if own or self._fused is None or not self._fused.draws_on(device):
            return super()._drawn(numbers, device, bend)
        numbers = numbers.to(device, non_blocking=True)
        draws, train = self._fused.draw(numbers)
        return numbers, self._grid(draws if bend is None else bend(draws)), train

    def _audio(self, parameters: Tensor, noise_rows: Tensor) -> Audio:
        compiling, wants_gradient = torch.compiler.is_compiling(), self._wants_gradient(parameters)
        if self._fused is None or transformed(parameters) or (compiling and wants_gradient):
            return super()._audio(parameters, noise_rows)
        render = self._fused_audio
        if compiling:
            render = torch.compiler.disable(render)  # type: ignore[no-untyped-call]
        return render(self._fused, parameters, noise_rows)

    def _fused_audio(self, fused: FusedVoice, parameters: Tensor, noise_rows: Tensor) -> Tensor:
        if hook := hook_in(self):
            raise ValueError(
                f"{hook}, and the kernels of the fused renderer call no part: make the Voice with "
                "backend='reference', or take its signals()"
            )
        if why := why_no_longer_fused(dict(self.named_children()), self._made_with):
            raise ValueError(
                f"{why}, which the kernels of the fused renderer do not compute: make the Voice "
                "with backend='reference'"
            )
        device = fused.renders_on(parameters.device)
        inputs = parameters.to(device), noise_rows.to(device), self.noise.table(device)
        if self._wants_gradient(parameters):
            audio = render_with_gradient(*inputs, fused, self._controls)
        else:
            audio = fused.render(*inputs)
        return audio.to(parameters.device)

    def _controls(self, parameters: Tensor) -> Controls:
        """Return what the kernels make audio from, differentiable by the parameters."""
        return control_signals(self.parameter_table.to_physical(parameters), self.synthconfig)


@cache
def voice_program() -> Program:
    """Return the Voice's program, which is the same at all rates and lengths."""
    voice = Voice(SynthConfig(), backend="reference")
    return formed(Voice, dict(voice.named_children()), voice.parameter_names)


# The package exports it, and imports it when it is asked for it; by that name it is written down.
vars(sys.modules["synth_datamodule"])["Voice"] = Voice
