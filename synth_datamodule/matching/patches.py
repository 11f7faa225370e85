"""PatchEncoder: a transformer over patches of a spectrogram."""

import torch
from torch import Tensor, nn
from torch.nn.functional import pad

from synth_datamodule import checks
from synth_datamodule.matching.attention import Block, waves
from synth_datamodule.matching.matcher import NUM_MELS

MOST_WIDTH = 2048
"""Numbers that a token of this task's transformers has at most."""

MOST_DEPTH = 64
"""Blocks that one of them has at most."""

_HEAD = 32  # numbers of a head


class PatchEncoder(nn.Module):
    """A transformer over patches of log-mel frames, each a few frames of all bands.

    Gong, Chung and Glass, "AST: Audio Spectrogram Transformer", Interspeech 2021,
    https://arxiv.org/abs/2104.01778, with patches as high as the spectrogram: a pitch is told by
    bands that lie far apart.

    Args:
        width: Numbers of a token, a multiple of 32, the numbers of a head.
        depth: Number of blocks.
        num_frames: Number of frames of a patch.

    Raises:
        TypeError: If an argument is no integer.
        ValueError: If one is out of bounds.

    Example:
        >>> PatchEncoder(width=64, depth=1)(torch.zeros(2, 96, 125)).shape
        torch.Size([2, 32, 64])
    """

    def __init__(self, width: int = 192, depth: int = 4, num_frames: int = 4) -> None:
        super().__init__()
        self.width = check_width(width)
        checks.whole_number("depth", depth, 1, MOST_DEPTH)
        self.num_frames = checks.whole_number("num_frames", num_frames, 1, 1024)
        self.patch = nn.Linear(NUM_MELS * num_frames, width)
        self.blocks = nn.ModuleList([Block(width, heads_of(width)) for _ in range(depth)])
        self.norm = nn.LayerNorm(width)

    def patches(self, frames: Tensor) -> Tensor:
        """Return the patches of log-mel frames ``[B, F, T]``, ``[B, L, F * num_frames]``."""
        whole = pad(frames, (0, -frames.shape[2] % self.num_frames)).transpose(1, 2)
        return whole.reshape(len(frames), -1, self.num_frames * frames.shape[1])

    def tokens(
        self, patches: Tensor, is_hidden: Tensor | None = None, instead: Tensor | None = None
    ) -> Tensor:
        """Return the tokens of patches, each told where it stands.

        Args:
            patches: Patches. Shape ``[B, L, F * num_frames]``.
            is_hidden: Whether each is hidden, bool; None where none is. Shape ``[B, L]``.
            instead: Token in place of a hidden one. Shape ``[W]``.

        Returns:
            Tokens. Shape ``[B, L, W]``.
        """
        tokens: Tensor = self.patch(patches)
        if is_hidden is not None and instead is not None:
            tokens = torch.where(is_hidden[:, :, None], instead, tokens)
        places = torch.arange(patches.shape[1], dtype=torch.float32, device=patches.device)
        return tokens + waves(places, self.width)

    def forward(self, frames: Tensor) -> Tensor:
        """Return what is heard, for log-mel frames ``[B, F, T]``, ``[B, L, W]``."""
        return self.heard(self.tokens(self.patches(frames)))

    def heard(self, tokens: Tensor) -> Tensor:
        """Return what the blocks make of tokens, ``[B, L, W]``."""
        for block in self.blocks:
            tokens = block(tokens)
        found: Tensor = self.norm(tokens)
        return found


def check_width(width: int) -> int:
    """Return a width that heads can share, or raise.

    Args:
        width: Numbers of a token.

    Raises:
        TypeError: If it is no integer.
        ValueError: If it is no multiple of 32, below 32 or above 2048.

    Example:
        >>> check_width(128)
        128
    """
    if checks.whole_number("width", width, _HEAD, MOST_WIDTH) % _HEAD:
        raise ValueError(f"width must be a multiple of {_HEAD}, got {width}")
    return width


def heads_of(width: int) -> int:
    """Return the number of heads of a width, 32 numbers each.

    Args:
        width: Numbers of a token.

    Example:
        >>> heads_of(128)
        4
    """
    return width // _HEAD
