"""Any program: one sound's bits, whichever device computes them."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from synth_datamodule import checks
from synth_datamodule.config import SynthConfig
from synth_datamodule.kernels.cpu.memory import free_audio
from synth_datamodule.kernels.devices import current, renders_for
from synth_datamodule.kernels.plan import Plan
from synth_datamodule.parameters.table import ParameterTable
from synth_datamodule.program import Program

if TYPE_CHECKING:
    from synth_datamodule.kernels.cpu.program.launch import CpuProgram
    from synth_datamodule.kernels.gpu.program.launch import GpuProgram


class ProgramRenderer:
    """Renders a patch from its parameters by its program, exactly; FusedVoice's like.

    Args:
        program: The patch's program.
        synthconfig: Rates and lengths.
        parameters: Ranges, curves and pinned values of the patch's parameters.

    Raises:
        ValueError: If the buffer is too long for the phase's format.

    Example:
        >>> from synth_datamodule import SynthConfig
        >>> from synth_datamodule.synths import OneOscillator
        >>> synth = OneOscillator(SynthConfig(buffer_size_seconds=0.5))
        >>> renderer = ProgramRenderer(synth.program, synth.synthconfig, synth.parameter_table)
        >>> rows = torch.zeros(1, dtype=torch.int64)
        >>> renderer.render(torch.full((1, 12), 0.5), rows, lambda device: {})[0].shape
        torch.Size([1, 22050])
    """

    def __init__(
        self, program: Program, synthconfig: SynthConfig, parameters: ParameterTable
    ) -> None:
        self.program = program
        self.plan = Plan(synthconfig, parameters)
        self._on_device: dict[torch.device, CpuProgram | GpuProgram] = {}

    def render(
        self,
        parameters: Tensor,
        noise_rows: Tensor,
        noise: Callable[[torch.device], Mapping[int, Tensor]],
        debug: bool = False,
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Return audio in [-1, 1], float32 ``[B, N]``, and what is beside it, on the device.

        Args:
            parameters: Numbers in [0, 1]. Shape ``[B, P]``.
            noise_rows: Row of the noise tables for each sound, int64. Shape ``[B]``.
            noise: Function from a device to its noise tables by seed, ``[32, N]``.
            debug: Whether to wait for a GPU, to check what the patch computed.

        Raises:
            ValueError: If (on the CPU, or with ``debug``) a number that the patch computed for a
                part is out of its range.
        """
        device = renders_for(parameters.device)
        with current(device):
            audio, handed = self._on(device).render(
                parameters.detach().to(device), noise_rows.to(device), noise(device)
            )
        count = len(self.program.extras)
        audio = self._checked(audio, handed[count:], debug=debug)
        there = parameters.device
        extras = {
            name: _single(one).to(there)
            for (name, _), one in zip(self.program.extras, handed, strict=False)
        }
        return audio.to(there), extras

    def _checked(self, audio: Tensor, numbers: Sequence[Tensor], *, debug: bool) -> Tensor:
        """Check numbers that the patch computed; on a GPU a wrong one makes its sound NaN."""
        for number, (_, low, high, name) in zip(numbers, self.program.checks, strict=True):
            checks.within(name, number, low, high, always=debug)
            if number.is_cuda:
                right = (number >= low) & (number <= high) & number.isfinite()
                audio = torch.where(right[:, None], audio, torch.nan)
        return audio

    def free(self) -> None:
        """Drop what is kept on devices; the next render makes it anew."""
        self._on_device.clear()
        free_audio()

    def _on(self, device: torch.device) -> "CpuProgram | GpuProgram":
        if device not in self._on_device:
            self._on_device[device] = self._made(device)
        return self._on_device[device]

    def _made(self, device: torch.device) -> "CpuProgram | GpuProgram":
        if device.type != "cpu":
            from synth_datamodule.kernels.gpu.program.launch import GpuProgram

            return GpuProgram(self.program, self.plan, device)
        from synth_datamodule.kernels.cpu.program.launch import CpuProgram

        return CpuProgram(self.program, self.plan)


def _single(signal: Tensor) -> Tensor:
    """What is handed out, in float32 as the audio."""
    return signal.to(torch.float32)
