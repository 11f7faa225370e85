"""The fused Voice: one sound's bits, whichever device computes them."""

import contextlib
import functools
import warnings
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from synth_datamodule.config import SynthConfig
from synth_datamodule.kernels.cpu.memory import free_audio
from synth_datamodule.kernels.differentiable import Controls
from synth_datamodule.kernels.plan import Plan
from synth_datamodule.parameters.table import ParameterTable

if TYPE_CHECKING:
    from synth_datamodule.kernels.cpu.launch import CpuVoice
    from synth_datamodule.kernels.cpu.launch_gradient import CpuGradient
    from synth_datamodule.kernels.gpu.launch import GpuVoice
    from synth_datamodule.kernels.gpu.launch_gradient import GpuGradient

_OLDEST_CAPABILITY = (7, 0)  # Triton's


class FusedVoice:
    """Renders the Voice from its parameters, exactly and in few passes.

    It chooses: numba's kernels on a CPU, Triton's on an NVIDIA GPU; any other device gets what the
    CPU renders, copied. Kernels are imported at their first use: numba alone takes longer to import
    than the rest of the package.

    Args:
        synthconfig: Rates and lengths.
        parameters: Ranges, curves and pinned values of the Voice's parameters.

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
        """Return the device that renders for ``device``: itself, or the CPU (with one warning)."""
        if device.type == "cpu" or self.draws_on(device):
            return device
        _say_once(str(device), _why_no_kernel(device))
        return torch.device("cpu")

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
        device = parameters.device
        with _current(device):
            return self._voice(device).render(parameters.detach(), rows, noise)

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
        with _current(device):
            grads = self._gradient(device)(wide, rows, noise, grad_audio)
        return Controls(*(g.to(c.dtype) for g, c in zip(grads, controls, strict=True)))

    def _voice(self, device: torch.device) -> "CpuVoice | GpuVoice":
        if device.type != "cpu":
            return self._gpu(device)
        from synth_datamodule.kernels.cpu.launch import CpuVoice

        return CpuVoice(self.plan)

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


def _current(device: torch.device) -> contextlib.AbstractContextManager[object]:
    """Triton launches on the current GPU, whichever its tensors lie on."""
    return contextlib.nullcontext() if device.type == "cpu" else torch.cuda.device(device)


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
