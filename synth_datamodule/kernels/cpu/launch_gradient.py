"""The CPU's way back: its memory and calls."""

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from synth_datamodule.kernels.cpu.control_gradient import control_gradients, control_signals
from synth_datamodule.kernels.cpu.gradient import audio_gradients, reach_one
from synth_datamodule.kernels.cpu.threads import spread
from synth_datamodule.kernels.differentiable import Controls
from synth_datamodule.kernels.plan import STEEP_PER_PARTIAL, Plan, by_controls
from synth_datamodule.numerics.ambient import denormals_kept

# Sounds that a thread takes at once: their control signals and the gradient by them are 140 kB a
# sound of 4 s.
_SOUNDS = 8


Floats = npt.NDArray[np.float64]
Singles = npt.NDArray[np.float32]
Integers = npt.NDArray[np.int64]
Truths = npt.NDArray[np.bool_]


def reaches_one(audio: Tensor) -> Tensor:
    """Return which sounds have a sample of 1 or more, or none that is a number; bool ``[B]``.

    Args:
        audio: Audio, float32. Shape ``[B, N]``.
    """
    found = torch.empty(len(audio), dtype=torch.bool, device="cpu")
    samples, reached = audio.numpy(), found.numpy()
    spread(lambda start, stop: reach_one(samples[start:stop], reached[start:stop]), len(audio))
    return found


class CpuGradient:
    """The gradient of one Voice's audio, on the CPU; GpuGradient's twin.

    Args:
        plan: The Voice's numbers.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan

    def __call__(
        self, controls: Controls, rows: Tensor, noise: Tensor, grad_audio: Tensor
    ) -> Controls:
        """Return the gradient with respect to each of the controls, float64.

        Args:
            controls: Control signals and constants of ``B`` sounds, float64.
            rows: Row of the noise table for each sound, int64. Shape ``[B]``.
            noise: The noise table, float32. Shape ``[32, N]``.
            grad_audio: Gradient with respect to the audio. Shape ``[B, N]``.
        """
        plan = self.plan
        pitches = plan.octaves(controls.pitches).contiguous().numpy()
        gains = controls.gains.to(torch.float32).contiguous().numpy()
        phases = plan.phases(controls.initial_phases).numpy()
        steeps = (controls.partials * STEEP_PER_PARTIAL).to(torch.float32).numpy()
        shapes = controls.shape.to(torch.float32).contiguous().numpy()
        row, table = rows.contiguous().numpy(), noise.numpy()
        grad = grad_audio.to(torch.float32).contiguous().numpy()
        # Of signals alone it is not known where a sound ends and whether it clips.
        ends, may_clip = np.full(len(row), plan.num_samples, np.int64), np.ones(len(row), np.bool_)
        by_pitch, by_gain = np.zeros_like(pitches), np.zeros(gains.shape)
        by_constant = np.zeros((len(row), 4))

        def back(start: int, stop: int) -> None:
            audio_gradients(
                pitches[start:stop],
                gains[start:stop],
                phases[start:stop],
                steeps[start:stop],
                shapes[start:stop],
                ends[start:stop],
                may_clip[start:stop],
                row[start:stop],
                table,
                plan.sample_rate,
                plan.bits,
                grad[start:stop],
                by_pitch[start:stop],
                by_gain[start:stop],
                by_constant[start:stop],
            )

        spread(back, len(row))
        found = (torch.from_numpy(grads) for grads in (by_pitch, by_gain, by_constant))
        return by_controls(*found)

    def by_parameters(
        self, parameters: Tensor, rows: Tensor, noise: Tensor, may_clip: Tensor, grad_audio: Tensor
    ) -> Tensor:
        """Return the gradient with respect to parameters, float64 ``[B, P]``.

        Args:
            parameters: Numbers in [0, 1]. Shape ``[B, P]``.
            rows: Row of the noise table for each sound, int64. Shape ``[B]``.
            noise: The noise table, float32. Shape ``[32, N]``.
            may_clip: Whether a sound may have been normalised. Shape ``[B]``.
            grad_audio: Gradient with respect to the audio. Shape ``[B, N]``.
        """
        u = parameters.to(torch.float64).contiguous().numpy()
        row, table = rows.contiguous().numpy(), noise.numpy()
        clips = may_clip.contiguous().numpy()
        grad = grad_audio.to(torch.float32).contiguous().numpy()
        found = np.empty_like(u)

        def back(start: int, stop: int) -> None:
            with denormals_kept():
                for first in range(start, stop, _SOUNDS):
                    some = slice(first, min(first + _SOUNDS, stop))
                    self._back(u[some], row[some], table, clips[some], grad[some], found[some])

        spread(back, len(row))
        return torch.from_numpy(found)

    def _back(
        self, u: Floats, rows: Integers, noise: Singles, clips: Truths, grad: Singles, found: Floats
    ) -> None:
        plan, count = self.plan, len(u)
        pitches = np.empty((count, 2, plan.num_frames))
        gains = np.empty((count, 3, plan.num_frames), np.float32)
        phases, ends = np.empty((count, 2), np.int64), np.empty(count, np.int64)
        steeps, shapes = np.empty(count, np.float32), np.empty(count, np.float32)
        control_signals(
            u,
            plan.table,
            plan.sample_rate,
            plan.control_rate,
            plan.eps,
            plan.bits,
            plan.num_samples,
            pitches,
            gains,
            phases,
            steeps,
            shapes,
            ends,
        )
        by_pitch, by_gain = np.zeros_like(pitches), np.zeros(gains.shape)
        by_constant = np.zeros((count, 4))
        audio_gradients(
            pitches,
            gains,
            phases,
            steeps,
            shapes,
            ends,
            clips,
            rows,
            noise,
            plan.sample_rate,
            plan.bits,
            grad,
            by_pitch,
            by_gain,
            by_constant,
        )
        control_gradients(
            u, plan.table, plan.control_rate, plan.eps, by_pitch, by_gain, by_constant, found
        )
