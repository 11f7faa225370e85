"""Velocity: the network of a flow, one token a parameter, which asks what was heard."""

import torch
from torch import Tensor, nn

from synth_datamodule import checks
from synth_datamodule.matching.attention import SteeredBlock, waves
from synth_datamodule.matching.matcher import MOST_GUESSES
from synth_datamodule.matching.patches import MOST_DEPTH, check_width, heads_of

_CLOCK = 1000.0  # time 1, as places count


class Velocity(nn.Module):
    """Where parameters should move at a time, as a transformer over one token a parameter.

    Hayes, Saitis and Fazekas, "Audio synthesizer inversion in symmetric parameter spaces with
    approximately equivariant flow matching", ISMIR 2025, https://arxiv.org/abs/2506.07199.

    Args:
        num_parameters: Number of parameters, P.
        width: Numbers of a token, a multiple of 32.
        depth: Number of blocks.

    Raises:
        TypeError: If an argument is no integer.
        ValueError: If one is out of bounds.

    Example:
        >>> velocity = Velocity(num_parameters=3, width=64, depth=1)
        >>> velocity(torch.zeros(2, 3), torch.zeros(2), torch.zeros(2, 32, 64)).shape
        torch.Size([2, 3])
    """

    def __init__(self, num_parameters: int = 78, width: int = 128, depth: int = 4) -> None:
        super().__init__()
        checks.whole_number("num_parameters", num_parameters, 1, MOST_GUESSES)
        self.width = check_width(width)
        checks.whole_number("depth", depth, 1, MOST_DEPTH)
        into = torch.randn(3, num_parameters, width, dtype=torch.float32, device="cpu")
        into[2] *= width**-0.5
        self.value, self.name, self.readout = (nn.Parameter(one) for one in into)
        self.offset = nn.Parameter(torch.zeros(num_parameters, dtype=torch.float32, device="cpu"))
        self.time = nn.Sequential(nn.Linear(width, width), nn.SiLU(), nn.Linear(width, width))
        self.blocks = nn.ModuleList([SteeredBlock(width, heads_of(width)) for _ in range(depth)])
        self.norm = nn.LayerNorm(width)

    def forward(self, places: Tensor, times: Tensor, heard: Tensor) -> Tensor:
        """Return velocities.

        Args:
            places: Places of the parameters. Shape ``[B, P]``.
            times: Times in [0, 1]. Shape ``[B]``.
            heard: Tokens of what was heard. Shape ``[B, L, W]``.

        Returns:
            Change of the places by time. Shape ``[B, P]``.
        """
        condition = self.time(waves(_CLOCK * times, self.width)) + heard.mean(1)
        tokens = places[:, :, None] * self.value + self.name
        for block in self.blocks:
            tokens = block(tokens, heard, condition)
        found: Tensor = (self.norm(tokens) * self.readout).sum(-1) + self.offset
        return found
