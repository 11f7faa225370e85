"""The fused Voice: one sound's bits, whichever device computes them."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from synth_datamodule.config import SynthConfig
from synth_datamodule.kernels.cpu.memory import free_audio
from synth_datamodule.kernels.devices import current, has_kernels, renders_for
from synth_datamodule.kernels.differentiable import Controls
from synth_datamodule.kernels.plan import Plan
from synth_datamodule.parameters.table import ParameterTable
from synth_datamodule.program import Program

if TYPE_CHECKING:
    from synth_datamodule.kernels.cpu.launch_gradient import CpuGradient
    from synth_datamodule.kernels.cpu.program.launch import CpuProgram
    from synth_datamodule.kernels.gpu.launch import GpuVoice
    from synth_datamodule.kernels.gpu.launch_gradient import GpuGradient


class FusedVoice:
    """Renders the Voice from its parameters, exactly and in few passes.

    It chooses: the Voice's program on a CPU, kernels in Triton on an NVIDIA GPU; any other device
    gets what the CPU renders, copied. Kernels are imported at their first use: numba alone takes
    longer to import than the rest of the package.

    Args:
        synthconfig: Rates and lengths.
        parameters: Ranges, curves and pinned values of the Voice's parameters.
        program: Function that returns the Voice's program.

    Raises:
        ValueError: If the buffer is too long for the phase's format.

    Example:
        >>> from synth_datamodule import SynthConfig, Voice
        >>> from synth_datamodule.corpus.draws import noise_table
        >>> from synth_datamodule.voice import voice_program
        >>> config = SynthConfig(buffer_size_seconds=0.5)
        >>> fused = FusedVoice(config, Voice(config).parameter_table, voice_program)
        >>> rows = torch.zeros(1, dtype=torch.int64)
        >>> fused.render(torch.full((1, 78), 0.5), rows, noise_table(22050)).shape
        torch.Size([1, 22050])
    """

    def __init__(
        self,
        synthconfig: SynthConfig,
        parameters: ParameterTable,
        program: Callable[[], Program],
    ) -> None:
        self.plan = Plan(synthconfig, parameters)
        self._program = program
        self._on_cpu: CpuProgram | None = None
        self._on_device: dict[torch.device, GpuVoice] = {}
        self._gradient_on_device: dict[torch.device, GpuGradient] = {}

    def __getstate__(self) -> dict[str, object]:
        return {**self.__dict__, "_on_cpu": None, "_on_device": {}, "_gradient_on_device": {}}

    def free(self) -> None:
        """Drop what is kept on devices; the next render makes it anew."""
        self._on_cpu = None
        self._on_device.clear()
        self._gradient_on_device.clear()
        free_audio()

    def draws_on(self, device: torch.device) -> bool:
        """Return whether a device draws the parameters itself."""
        return has_kernels(device)

    def renders_on(self, device: torch.device) -> torch.device:
        """Return the device that renders for ``device``: itself, or the CPU (with one warning)."""
        return renders_for(device)

    def draw(self, numbers: Tensor) -> tuple[Tensor, Tensor]:
        """Return parameters ``[B, P]`` and is_train ``[B]``, for sound numbers on a GPU."""
        with torch.cuda.device(numbers.device):
            return self._gpu(numbers.device).draw(numbers)

    def render(self, parameters: Tensor, rows: Tensor, noise: Tensor) -> Tensor:
        """Return audio in [-1, 1], float32, on the device of the parameters, which can render.

        Args:
            parameters: Numbers in [0, 1]. Shape ``[B, P]``.
            rows: Row of the noise table for each sound, int64. Shape ``[B]``.
            noise: The noise table, on the same device. Shape ``[32, N]``.
        """
        device, parameters = parameters.device, parameters.detach()
        with current(device):
            if device.type != "cpu":
                return self._gpu(device).render(parameters, rows, noise)
            on_cpu = self._cpu()
            return on_cpu.render(parameters, rows, dict.fromkeys(on_cpu.layout.seeds, noise))[0]

    def gradient(
        self, controls: Controls, rows: Tensor, noise: Tensor, grad_audio: Tensor
    ) -> Controls:
        """Return the gradient with respect to the controls, on their device, which can render.

        Args:
            controls: Control signals and constants of ``B`` sounds.
            rows: Row of the noise table for each sound, int64. Shape ``[B]``.
            noise: The noise table, on the same device. Shape ``[32, N]``.
            grad_audio: Gradient with respect to the audio. Shape ``[B, N]``.
        """
        wide = Controls(*(control.detach().to(torch.float64) for control in controls))
        device = grad_audio.device
        with current(device):
            grads = self._gradient(device)(wide, rows, noise, grad_audio)
        return Controls(*(g.to(c.dtype) for g, c in zip(grads, controls, strict=True)))

    def may_clip(self, audio: Tensor) -> Tensor | None:
        """Return which sounds may have been normalised, bool ``[B]``; None on a GPU.

        Args:
            audio: Audio that ``render`` made. Shape ``[B, N]``.
        """
        if audio.device.type != "cpu":
            return None
        from synth_datamodule.kernels.cpu.launch_gradient import reaches_one

        return reaches_one(audio)

    def gradient_by_parameters(
        self, parameters: Tensor, rows: Tensor, noise: Tensor, may_clip: Tensor, grad_audio: Tensor
    ) -> Tensor:
        """Return the gradient with respect to the parameters, float64 ``[B, P]``, on the CPU.

        Args:
            parameters: Numbers in [0, 1]. Shape ``[B, P]``.
            rows: Row of the noise table for each sound, int64. Shape ``[B]``.
            noise: The noise table, on the same device. Shape ``[32, N]``.
            may_clip: Answers of the method of this name. Shape ``[B]``.
            grad_audio: Gradient with respect to the audio. Shape ``[B, N]``.
        """
        from synth_datamodule.kernels.cpu.launch_gradient import CpuGradient

        back = CpuGradient(self.plan).by_parameters
        return back(parameters.detach(), rows, noise, may_clip, grad_audio.detach())

    def _cpu(self) -> "CpuProgram":
        if self._on_cpu is None:
            from synth_datamodule.kernels.cpu.program.launch import CpuProgram

            self._on_cpu = CpuProgram(self._program(), self.plan)
        return self._on_cpu

    def _gpu(self, device: torch.device) -> "GpuVoice":
        if device not in self._on_device:
            from synth_datamodule.kernels.gpu.launch import GpuVoice

            self._on_device[device] = GpuVoice(self.plan, device)
        return self._on_device[device]

    def _gradient(self, device: torch.device) -> "CpuGradient | GpuGradient":
        if device.type == "cpu":
            from synth_datamodule.kernels.cpu.launch_gradient import CpuGradient

            return CpuGradient(self.plan)
        if device not in self._gradient_on_device:
            from synth_datamodule.kernels.gpu.launch_gradient import GpuGradient

            self._gradient_on_device[device] = GpuGradient(self._gpu(device))
        return self._gradient_on_device[device]
