"""The fused Voice: one sound's bits, whichever device computes them."""

import functools
import math
import warnings
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from synth_datamodule.config import SynthConfig
from synth_datamodule.kernels.cpu.memory import empty_audio, free_audio
from synth_datamodule.kernels.cpu.threads import spread
from synth_datamodule.kernels.differentiable import Controls
from synth_datamodule.kernels.plan import STEEP_PER_PARTIAL, Plan
from synth_datamodule.parameters.table import ParameterTable

if TYPE_CHECKING:
    from synth_datamodule.kernels.gpu.launch import GpuVoice
    from synth_datamodule.kernels.gpu.launch_gradient import GpuGradient

_OLDEST_CAPABILITY = (7, 0)  # Triton's


class FusedVoice:
    """Renders the Voice from its parameters, exactly and in few passes.

    On a CPU numba's kernels, on an NVIDIA GPU Triton's; any other device gets what the CPU
    renders, copied.

    Args:
        synthconfig: Rates and lengths.
        parameters: Ranges, curves and pinned values.

    Raises:
        ValueError: If the buffer is too long for the phase's format.

    Example:
        >>> from synth_datamodule import SynthConfig, Voice
        >>> from synth_datamodule.corpus.draws import noise_table
        >>> config = SynthConfig(buffer_size_seconds=0.5)
        >>> fused = FusedVoice(config, Voice(config).parameter_table)
        >>> rows = torch.zeros(1, dtype=torch.int64)
        >>> fused.render(torch.full((1, 78), 0.5), rows, noise_table(22050)).shape
        torch.Size([1, 22050])
    """

    def __init__(self, synthconfig: SynthConfig, parameters: ParameterTable) -> None:
        self.plan = Plan(synthconfig, parameters)
        self._on_device: dict[torch.device, GpuVoice] = {}
        self._gradient_on_device: dict[torch.device, GpuGradient] = {}

    def __getstate__(self) -> dict[str, object]:
        return {**self.__dict__, "_on_device": {}, "_gradient_on_device": {}}

    def free(self) -> None:
        """Drop what is kept on devices; the next render makes it anew."""
        self._on_device.clear()
        self._gradient_on_device.clear()
        free_audio()

    def draws_on(self, device: torch.device) -> bool:
        """Return whether a device draws the parameters itself."""
        return _why_no_kernel(device) == ""

    def renders_on(self, device: torch.device) -> torch.device:
        """Return where audio for a device is computed: there, or on the CPU; that is said once."""
        if device.type == "cpu" or self.draws_on(device):
            return device
        _say_once(str(device), _why_no_kernel(device))
        return torch.device("cpu")

    def draw(self, numbers: Tensor) -> tuple[Tensor, Tensor]:
        """Return parameters ``[B, P]`` and is_train ``[B]``, for numbers on a GPU."""
        with torch.cuda.device(numbers.device):
            return self._gpu(numbers.device).draw(numbers)

    def render(self, parameters: Tensor, rows: Tensor, noise: Tensor) -> Tensor:
        """Return audio in [-1, 1], float32, on the device of the parameters, which can render.

        Args:
            parameters: In [0, 1]. Shape ``[B, P]``.
            rows: Of the noise table, int64. Shape ``[B]``.
            noise: The noise table, on the same device. Shape ``[32, N]``.
        """
        parameters = parameters.detach()
        if parameters.device.type == "cpu":
            return self._on_cpu(parameters, rows, noise)
        with torch.cuda.device(parameters.device):
            return self._gpu(parameters.device).render(parameters, rows, noise)

    def gradient(
        self, controls: Controls, rows: Tensor, noise: Tensor, grad_audio: Tensor
    ) -> Controls:
        """Return the gradient by each of the controls, on their device, which can render."""
        wide = Controls(*(control.detach().to(torch.float64) for control in controls))
        device = grad_audio.device
        if device.type == "cpu":
            grads = self._gradient_on_cpu(wide, rows, noise, grad_audio)
        else:
            with torch.cuda.device(device):
                grads = self._gpu_gradient(device)(wide, rows, noise, grad_audio)
        return Controls(*(g.to(c.dtype) for g, c in zip(grads, controls, strict=True)))

    def _gradient_on_cpu(
        self, controls: Controls, rows: Tensor, noise: Tensor, grad_audio: Tensor
    ) -> Controls:
        from synth_datamodule.kernels.cpu.gradient import audio_gradients

        plan = self.plan
        pitches = plan.octaves(controls.pitches).contiguous().numpy()
        gains = controls.gains.to(torch.float32).contiguous().numpy()
        phases = plan.phases(controls.initial_phases).numpy()
        steeps = (controls.partials * STEEP_PER_PARTIAL).to(torch.float32).numpy()
        shapes = controls.shape.to(torch.float32).contiguous().numpy()
        row, table = rows.contiguous().numpy(), noise.numpy()
        grad = grad_audio.to(torch.float32).contiguous().numpy()
        by_pitch, by_gain = np.zeros_like(pitches), np.zeros(gains.shape)
        by_constant = np.zeros((len(row), 4))

        def back(start: int, stop: int) -> None:
            audio_gradients(
                pitches[start:stop],
                gains[start:stop],
                phases[start:stop],
                steeps[start:stop],
                shapes[start:stop],
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
        constants = torch.from_numpy(by_constant)
        return Controls(
            torch.from_numpy(by_pitch) / 12,
            torch.from_numpy(by_gain),
            constants[:, :2] / (2 * math.pi),
            constants[:, 2] * STEEP_PER_PARTIAL,
            constants[:, 3],
        )

    def _on_cpu(self, parameters: Tensor, rows: Tensor, noise: Tensor) -> Tensor:
        # Imported at the first render: numba takes longer to import than the rest of the package.
        from synth_datamodule.kernels.cpu.render import render_sounds

        plan = self.plan
        audio = empty_audio(len(parameters), plan.num_samples)
        u = parameters.to(torch.float64).contiguous().numpy()
        row, table, out = rows.contiguous().numpy(), noise.numpy(), audio.numpy()

        def render(start: int, stop: int) -> None:
            render_sounds(
                u[start:stop],
                row[start:stop],
                plan.table,
                table,
                plan.sample_rate,
                plan.control_rate,
                plan.eps,
                plan.num_frames,
                plan.bits,
                out[start:stop],
            )

        spread(render, len(audio))
        return audio

    def _gpu(self, device: torch.device) -> "GpuVoice":
        if device not in self._on_device:
            from synth_datamodule.kernels.gpu.launch import GpuVoice

            self._on_device[device] = GpuVoice(self.plan, device)
        return self._on_device[device]

    def _gpu_gradient(self, device: torch.device) -> "GpuGradient":
        if device not in self._gradient_on_device:
            from synth_datamodule.kernels.gpu.launch_gradient import GpuGradient

            self._gradient_on_device[device] = GpuGradient(self._gpu(device))
        return self._gradient_on_device[device]


@functools.cache
def _why_no_kernel(device: torch.device) -> str:
    if device.type != "cuda" or torch.version.hip is not None:
        return "there is no kernel for it"
    if (found := torch.cuda.get_device_capability(device)) < _OLDEST_CAPABILITY:
        return "its compute capability is {}.{}, the kernel needs {}.{}".format(
            *found, *_OLDEST_CAPABILITY
        )
    try:
        import triton  # noqa: F401
    except ImportError:
        return "the kernel needs triton, which is not installed"
    return ""


@functools.cache
def _say_once(device: str, reason: str) -> None:
    warnings.warn(
        f"sounds for {device} are rendered on the CPU, bit for bit the same, and copied: {reason}",
        stacklevel=2,
    )
