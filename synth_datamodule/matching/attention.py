"""Transformer blocks: plain ones, and ones that a condition steers."""

import math
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention

_WIDER = 4  # the hidden layer of a block, in widths


class Attention(nn.Module):
    """Multi-head attention: ``softmax(Q K^T / sqrt(d)) V``, joined and projected.

    Vaswani et al., "Attention Is All You Need", NeurIPS 2017, https://arxiv.org/abs/1706.03762.

    Args:
        width: Numbers of a token.
        num_heads: Number of heads, of which ``width`` is a multiple.
    """

    def __init__(self, width: int, num_heads: int) -> None:
        super().__init__()
        self.num_heads = num_heads
        self.query = nn.Linear(width, width)
        self.key_value = nn.Linear(width, 2 * width)
        self.out = nn.Linear(width, width)

    def forward(self, tokens: Tensor, context: Tensor) -> Tensor:
        """Return what each token takes from a context.

        Args:
            tokens: Tokens that ask. Shape ``[B, L, W]``.
            context: Tokens that answer. Shape ``[B, K, W]``.
        """
        key, value = self.key_value(context).chunk(2, -1)
        query, key, value = (self._heads(one) for one in (self.query(tokens), key, value))
        taken = scaled_dot_product_attention(query, key, value)
        return cast(Tensor, self.out(taken.transpose(1, 2).flatten(2)))

    def _heads(self, tokens: Tensor) -> Tensor:
        num_sounds, length, width = tokens.shape
        heads = tokens.view(num_sounds, length, self.num_heads, width // self.num_heads)
        return heads.transpose(1, 2)


class Block(nn.Module):
    """A transformer block that normalises first: attention among the tokens, then two layers.

    Args:
        width: Numbers of a token.
        num_heads: Number of heads.
    """

    def __init__(self, width: int, num_heads: int) -> None:
        super().__init__()
        self.norms = nn.ModuleList([nn.LayerNorm(width) for _ in range(2)])
        self.attention = Attention(width, num_heads)
        self.layers = two_layers(width)

    def forward(self, tokens: Tensor) -> Tensor:
        """Return tokens of the same shape, ``[B, L, W]``."""
        normal = self.norms[0](tokens)
        tokens = tokens + self.attention(normal, normal)
        return cast(Tensor, tokens + self.layers(self.norms[1](tokens)))


class SteeredBlock(nn.Module):
    """A block that also asks a context, and whose scales, shifts and gates a condition sets.

    Gates begin at 0, so that a new block does nothing: adaLN-Zero of Peebles and Xie, "Scalable
    Diffusion Models with Transformers", ICCV 2023, https://arxiv.org/abs/2212.09748.

    Args:
        width: Numbers of a token.
        num_heads: Number of heads.
    """

    _PARTS = 3

    def __init__(self, width: int, num_heads: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width, elementwise_affine=False)
        self.among, self.asking = Attention(width, num_heads), Attention(width, num_heads)
        self.layers = two_layers(width)
        self.steering = nn.Sequential(nn.SiLU(), nn.Linear(width, 3 * self._PARTS * width))
        for weight in self.steering[1].parameters():
            nn.init.zeros_(weight)

    def forward(self, tokens: Tensor, context: Tensor, condition: Tensor) -> Tensor:
        """Return tokens of the same shape.

        Args:
            tokens: Tokens. Shape ``[B, L, W]``.
            context: Tokens to ask. Shape ``[B, K, W]``.
            condition: Condition that steers. Shape ``[B, W]``.
        """
        steered = self.steering(condition)[:, None].chunk(3 * self._PARTS, -1)
        for part in range(self._PARTS):
            scale, shift, gate = steered[3 * part : 3 * part + 3]
            normal = self.norm(tokens) * (1 + scale) + shift
            if part == 0:
                done = self.among(normal, normal)
            else:
                done = self.asking(normal, context) if part == 1 else self.layers(normal)
            tokens = tokens + gate * done
        return tokens


def two_layers(width: int) -> nn.Sequential:
    """Return the two layers of a block, each token by itself.

    Args:
        width: Numbers of a token.
    """
    hidden = _WIDER * width
    return nn.Sequential(nn.Linear(width, hidden), nn.GELU(), nn.Linear(hidden, width))


def waves(places: Tensor, width: int, longest: float = 1e4) -> Tensor:
    """Return sines and cosines of places, which tell tokens where they stand.

    Half of them are ``sin(p / longest^(k / K))``, K half the width, the other half cosines.

    Args:
        places: Places, or times. Shape ``[L]``.
        width: Numbers of a token, even.
        longest: Longest wave, in units of 2 pi.

    Returns:
        Numbers in [-1, 1]. Shape ``[L, W]``.

    Example:
        >>> waves(torch.zeros(2), 4)
        tensor([[0., 0., 1., 1.],
                [0., 0., 1., 1.]])
    """
    steps = torch.arange(width // 2, dtype=places.dtype, device=places.device)
    angles = places[:, None] * torch.exp(-math.log(longest) * steps / (width // 2))
    return torch.cat((angles.sin(), angles.cos()), 1)
