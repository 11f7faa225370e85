"""Masked frames: patches of a spectrogram are hidden, and told from the others."""

import torch
from torch import Tensor, nn

from synth_datamodule import checks
from synth_datamodule.matching.patches import PatchEncoder


class MaskedFrames(nn.Module):
    """Hides half of the patches from an encoder, and asks it for what they hold.

    He, Chen, Xie, Li, Dollar and Girshick, "Masked Autoencoders Are Scalable Vision Learners", CVPR
    2022, https://arxiv.org/abs/2111.06377; for audio Gong, Lai, Chung and Glass, "SSAST", AAAI
    2022, https://arxiv.org/abs/2110.09784.

    Args:
        encoder: Encoder that learns.
        share: Share of the patches that are hidden.

    Raises:
        TypeError: If an argument is of another type.
        ValueError: If ``share`` is not between 0 and 1.

    Example:
        >>> masked = MaskedFrames(PatchEncoder(width=32, depth=1))
        >>> bool(masked(torch.rand(2, 96, 32)) > 0)
        True
    """

    def __init__(self, encoder: PatchEncoder, share: float = 0.5) -> None:
        super().__init__()
        self.encoder = checks.instance("encoder", encoder, PatchEncoder)
        if checks.positive_number("share", share) >= 1:
            raise ValueError(f"share must lie between 0 and 1, got {share:g}")
        self.share = share
        hidden = torch.zeros(encoder.width, dtype=torch.float32, device="cpu")
        self.hidden = nn.Parameter(hidden)
        self.told = nn.Linear(encoder.width, encoder.patch.in_features)

    def forward(self, frames: Tensor) -> Tensor:
        """Return the mean squared error of the hidden patches, for frames ``[B, F, T]``."""
        patches = self.encoder.patches(frames)
        num_hidden = min(max(round(self.share * patches.shape[1]), 1), patches.shape[1])
        draws = torch.rand(patches.shape[:2], dtype=torch.float32, device=patches.device)
        is_hidden = draws.argsort(1).argsort(1) < num_hidden
        told = self.told(self.encoder.heard(self.encoder.tokens(patches, is_hidden, self.hidden)))
        loss: Tensor = (told - patches)[is_hidden].square().mean()
        return loss
