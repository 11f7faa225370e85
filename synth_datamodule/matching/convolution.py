"""A convolution that is right in bfloat16 on a CPU too."""

import torch
from torch import Tensor, nn


class Convolution(nn.Conv2d):
    """``torch.nn.Conv2d``, on a CPU in float32 wherever torch would compute it in bfloat16.

    torch 2.14's bfloat16 convolution is wrong on CPUs with AMX: it reads memory that is nobody's.
    Of finite numbers ``[2, 32, 12, 1]``, with strides (2, 2), all of 1,500 calls gave NaN; others
    gave other finite numbers each time (pytorch/pytorch issues 163347 and 169688 are its kin). Its
    float32 is right.

    Example:
        >>> convolution = Convolution(32, 64, kernel_size=3, stride=(2, 2), padding=1)
        >>> frames = torch.ones(2, 32, 12, 1, dtype=torch.bfloat16)
        >>> bool(convolution.to(torch.bfloat16)(frames).isfinite().all())
        True
    """

    def forward(self, input: Tensor) -> Tensor:
        """Return the convolution of a batch.

        Args:
            input: Images. Shape ``[B, C, H, W]``.

        Returns:
            Images in the dtype of ``input``. Shape ``[B, C', H', W']``.
        """
        autocasts = torch.is_autocast_enabled("cpu") and (
            torch.get_autocast_dtype("cpu") is torch.bfloat16
        )
        if not (input.is_cpu and (input.dtype is torch.bfloat16 or autocasts)):
            return super().forward(input)
        bias = None if self.bias is None else self.bias.float()
        with torch.autocast("cpu", enabled=False):
            wide: Tensor = self._conv_forward(input.float(), self.weight.float(), bias)
        return wide.to(input.dtype)
