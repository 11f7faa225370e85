"""The GPU's way back: its memory and launches."""

import numpy as np
import torch
import triton
from torch import Tensor

from synth_datamodule.config import BASE_REPRODUCIBLE_BATCH_SIZE
from synth_datamodule.kernels.differentiable import Controls
from synth_datamodule.kernels.exact.columns import HIGHEST, LEVEL, LOWEST, PHASE_1, STEEPNESS, VCO_2
from synth_datamodule.kernels.gpu.control_gradient import control_gradient_kernel
from synth_datamodule.kernels.gpu.gradient import (
    frame_gradient_kernel,
    sample_gradient_kernel,
    through_peak,
)
from synth_datamodule.kernels.gpu.launch import EXACT, SAMPLES, WIDTH, WINDOW, GpuVoice
from synth_datamodule.kernels.plan import STEEP_PER_PARTIAL, by_controls
from synth_datamodule.numerics.constants import MIDI_MAX

_FRAME_SAMPLES = 256  # of the 200 on both sides of a default sound's control sample
# Control samples at once, one a thread. ptxas (sm_90a) gives each 255 registers and spills 1.4 kB.
_FRAMES = 256


class GpuGradient:
    """The gradient of one Voice's audio, on one device.

    Beside the gradients a sound takes 24 bytes per audio sample.

    Args:
        voice: The Voice on the device to differentiate on.
    """

    def __init__(self, voice: GpuVoice) -> None:
        self.voice = voice
        lefts, _ = voice.plan.positions()
        num_frames, num_samples = voice.plan.num_frames, voice.plan.num_samples
        firsts = np.searchsorted(lefts, np.arange(num_frames - 1)).astype(np.int32)
        # The last segment ends with its last control sample, and the sound.
        firsts = np.append(firsts, np.array([num_samples, num_samples], np.int32))
        with torch.inference_mode(False):
            self.firsts = torch.from_numpy(firsts).to(voice.device)
            tiles = torch.ones(voice.num_tiles, voice.num_tiles, dtype=torch.float64, device="cpu")
            self.after = tiles.tril(-1).to(voice.device)
            bounds = voice.plan.octaves(
                torch.tensor([0.0, MIDI_MAX], dtype=torch.float64, device="cpu")
            )
            self.bounds = bounds.to(voice.device)

    def __call__(
        self, controls: Controls, rows: Tensor, noise: Tensor, grad_audio: Tensor
    ) -> Controls:
        """Return the gradient with respect to each of the controls, float64, without waiting.

        Args:
            controls: Control signals and constants of ``B`` sounds, float64.
            rows: Row of the noise table for each sound, int64. Shape ``[B]``.
            noise: The noise table, float32. Shape ``[32, N]``.
            grad_audio: Gradient with respect to the audio. Shape ``[B, N]``.
        """
        plan, num_sounds = self.voice.plan, len(rows)
        sums = torch.zeros(
            num_sounds, 2, self.voice.num_tiles, dtype=torch.int64, device=self.voice.device
        )
        made = (
            self._values(controls),
            plan.octaves(controls.pitches).contiguous(),
            controls.gains.to(torch.float32).contiguous(),
            sums,
            torch.zeros(num_sounds, dtype=torch.int32, device=self.voice.device),
        )
        return by_controls(*self._through_audio(made, rows, noise, grad_audio))

    def by_parameters(
        self, parameters: Tensor, rows: Tensor, noise: Tensor, grad_audio: Tensor
    ) -> Tensor:
        """Return the gradient with respect to parameters, float64 ``[B, P]``, without waiting.

        Args:
            parameters: Numbers in [0, 1]. Shape ``[B, P]``.
            rows: Row of the noise table for each sound, int64. Shape ``[B]``.
            noise: The noise table, float32. Shape ``[32, N]``.
            grad_audio: Gradient with respect to the audio. Shape ``[B, N]``.
        """
        parameters, rows = parameters.contiguous(), rows.contiguous()
        made = self.voice.controls(parameters, rows)
        grads = self._through_audio(made, rows, noise, grad_audio)
        return self.through_controls(parameters, made[0], *grads)

    def through_controls(
        self,
        parameters: Tensor,
        values: Tensor,
        by_pitch: Tensor,
        by_gain: Tensor,
        by_constant: Tensor,
    ) -> Tensor:
        """Return the gradient with respect to parameters, from that by control signals.

        Args:
            parameters: Numbers in [0, 1]. Shape ``[B, P]``.
            values: Values of the sounds, as ``GpuVoice.controls`` gives them. Shape ``[B, WIDTH]``.
            by_pitch: Gradient by pitch in octaves, float64. Shape ``[B, 2, C]``.
            by_gain: Gradient by the gains, float64. Shape ``[B, 3, C]``.
            by_constant: Gradient by both initial phases in cycles, by steepness and by shape,
                float64. Shape ``[B, 4]``.
        """
        num_frames = self.voice.plan.num_frames
        frames = min(_FRAMES, triton.next_power_of_2(max(num_frames, 32)))
        found = torch.empty(*parameters.shape, dtype=torch.float64, device=self.voice.device)
        control_gradient_kernel[(len(parameters),)](
            parameters.contiguous(),
            self.voice.table,
            self.voice.rates,
            values,
            by_pitch,
            by_gain,
            by_constant,
            found,
            num_frames,
            NUM_PARAMETERS=self.voice.num_parameters,
            WIDTH=WIDTH,
            FRAMES=frames,
            NUM_TILES=-(-num_frames // frames),
            num_warps=max(frames // 32, 1),
            **EXACT,
        )
        return found

    def _through_audio(
        self,
        made: tuple[Tensor, Tensor, Tensor, Tensor, Tensor],
        rows: Tensor,
        noise: Tensor,
        grad_audio: Tensor,
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Return the gradient by pitches, gains and constants, from what ``controls`` made."""
        values, pitches, gains, sums, peaks = made
        voice, plan = self.voice, self.voice.plan
        num_sounds, device = len(rows), voice.device
        num_frames, num_samples, num_tiles = plan.num_frames, plan.num_samples, voice.num_tiles

        def empty(*shape: int, dtype: torch.dtype = torch.float32) -> Tensor:
            return torch.empty(num_sounds, *shape, dtype=dtype, device=device)

        rows, grad = rows.contiguous(), grad_audio.to(torch.float32).contiguous()
        mixture = empty(num_samples)
        voice.mix(values, rows, pitches, gains, noise, mixture, sums, peaks)
        normalisation = through_peak(grad, mixture, peaks.view(torch.float32))
        by_gain, by_phase = empty(3, num_samples), empty(2, num_samples)
        totals = empty(4, num_tiles, dtype=torch.float64)
        sample_gradient_kernel[(num_sounds, num_tiles)](
            values,
            rows,
            pitches,
            gains,
            noise,
            voice.lefts,
            voice.remainders,
            mixture,
            sums,
            normalisation,
            grad,
            by_gain,
            by_phase,
            totals,
            num_frames,
            num_samples,
            BITS=plan.bits,
            WIDTH=WIDTH,
            NUM_ROWS=BASE_REPRODUCIBLE_BATCH_SIZE,
            SAMPLES=SAMPLES,
            WINDOW=WINDOW,
            num_warps=SAMPLES // 256,
            **EXACT,
        )
        grad_pitches = empty(2, num_frames, dtype=torch.float64)
        grad_gains = empty(3, num_frames, dtype=torch.float64)
        frame_gradient_kernel[(num_frames, num_sounds)](
            values,
            pitches,
            self.firsts,
            voice.lefts,
            voice.remainders,
            by_gain,
            by_phase,
            (totals[:, :2] @ self.after).contiguous(),
            grad_pitches,
            grad_gains,
            num_frames,
            num_samples,
            num_tiles,
            BITS=plan.bits,
            WIDTH=WIDTH,
            TILE=SAMPLES,
            SAMPLES=_FRAME_SAMPLES,
            num_warps=1,
            **EXACT,
        )
        return grad_pitches, grad_gains, totals.sum(-1)

    def _values(self, controls: Controls) -> Tensor:
        """Return what audio_kernel reads beside the control signals. Shape ``[B, WIDTH]``."""
        values = controls.shape.new_zeros(len(controls.shape), WIDTH)
        values[:, LOWEST : HIGHEST + 1] = self.bounds
        values[:, STEEPNESS] = controls.partials * STEEP_PER_PARTIAL
        values[:, LEVEL] = 1 - controls.shape / 2
        values[:, PHASE_1 : PHASE_1 + 2] = self.voice.plan.phases(controls.initial_phases).double()
        values[:, VCO_2 + 3] = controls.shape
        return values
