"""Flow: from noise to the parameters of what is heard, a likely one rather than the middle."""

from typing import cast

import torch
from torch import Tensor, nn

from synth_datamodule import checks
from synth_datamodule.matching.canonical import CanonicalTargets
from synth_datamodule.matching.patches import PatchEncoder
from synth_datamodule.matching.velocity import Velocity

_MOST_STEPS = 10**4


class Flow(nn.Module):
    """Conditional flow matching over canonical parameters.

    ``x_t = (1 - t) x_0 + t x_1``, x_0 Gaussian, x_1 the parameters on [-1, 1]; the network learns
    ``x_1 - x_0`` from x_t, t and the sound, and a sample follows it from 0 to 1.

    Lipman, Chen, Ben-Hamu, Nickel and Le, "Flow Matching for Generative Modeling", ICLR 2023,
    https://arxiv.org/abs/2210.02747.

    Args:
        num_parameters: Number of parameters, P.
        width: Numbers of a parameter's token, a multiple of 32.
        depth: Number of blocks that move them.
        encoder_width: Numbers of a patch's token, a multiple of 32.
        encoder_depth: Number of blocks that hear.

    Raises:
        TypeError: If an argument is no integer.
        ValueError: If one is out of bounds.

    Example:
        >>> flow = Flow(num_parameters=3, width=64, depth=1)
        >>> flow.sample(torch.zeros(2, 96, 125), torch.zeros(4, 3), num_steps=2).shape
        torch.Size([2, 4, 3])
    """

    def __init__(
        self,
        num_parameters: int = 78,
        width: int = 64,
        depth: int = 3,
        encoder_width: int = 128,
        encoder_depth: int = 3,
    ) -> None:
        super().__init__()
        self.velocity = Velocity(num_parameters, width, depth)
        self.encoder = nn.Sequential(
            PatchEncoder(encoder_width, encoder_depth), nn.Linear(encoder_width, width)
        )

    def loss(self, frames: Tensor, targets: CanonicalTargets) -> Tensor:
        """Return the mean squared error of velocities, of those parameters that are heard.

        Args:
            frames: Log-mel frames. Shape ``[B, F, T]``.
            targets: Targets of the same sounds.
        """
        there = 2 * targets.parameters - 1
        begin = torch.randn_like(there)
        times = torch.rand(len(there), dtype=there.dtype, device=there.device)
        places = begin + times[:, None] * (there - begin)
        error = self.velocity(places, times, self.encoder(frames)) - (there - begin)
        heard = targets.heard.to(error.dtype)
        return cast(Tensor, (error.square() * heard).sum() / heard.sum().clamp(min=1))

    @torch.no_grad()
    def sample(self, frames: Tensor, noise: Tensor, num_steps: int = 16) -> Tensor:
        """Return samples of the parameters of sounds, by Euler's steps.

        Args:
            frames: Log-mel frames. Shape ``[B, F, T]``.
            noise: Gaussian noise to begin from, the same for each sound, so that no sound's samples
                depend on its batch. Shape ``[S, P]``.
            num_steps: Number of steps.

        Returns:
            Parameters in [0, 1]. Shape ``[B, S, P]``.

        Raises:
            TypeError: If ``num_steps`` is no integer.
            ValueError: If it is out of bounds.
        """
        checks.whole_number("num_steps", num_steps, 1, _MOST_STEPS)
        num_sounds, num_samples = len(frames), len(noise)
        heard = self.encoder(frames).repeat_interleave(num_samples, 0)
        places = noise.repeat(num_sounds, 1)
        for step in range(num_steps):
            times = torch.full_like(places[:, 0], step / num_steps)
            places = places + self.velocity(places, times, heard) / num_steps
        return ((places + 1) / 2).clamp(0, 1).view(num_sounds, num_samples, -1)
