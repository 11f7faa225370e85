"""A linear probe: how much of a label a representation tells, by ridge regression."""

import torch
from torch import Tensor

from synth_datamodule import checks

_STRENGTHS = 25
_LEAST = 1e-9


def probe(train: Tensor, labels: Tensor, test: Tensor, truth: Tensor) -> float:
    """Return the share of a label's variance that a linear map of representations tells.

    ``R^2 = 1 - sum (t - p)^2 / sum (t - mean t)^2`` on held-out sounds, p ridge regression's answer
    from standardised representations. Its strength is the one of 25 with the least generalised
    cross-validation error on the sounds to learn from.

    Golub, Heath and Wahba, "Generalized Cross-Validation as a Method for Choosing a Good Ridge
    Parameter", Technometrics 21(2), 1979, https://doi.org/10.1080/00401706.1979.10489751.

    Args:
        train: Representations of the sounds to learn from. Shape ``[N, D]``.
        labels: Labels of these sounds. Shape ``[N]``.
        test: Representations of held-out sounds. Shape ``[M, D]``.
        truth: Labels of these. Shape ``[M]``.

    Returns:
        1 where all is told, 0 for always saying the mean, less for worse.

    Raises:
        TypeError: If an argument is no float tensor.
        ValueError: If a shape differs, or a value is not finite.

    Example:
        >>> generator = torch.Generator().manual_seed(0)
        >>> heard = torch.randn(64, 4, generator=generator, dtype=torch.float64)
        >>> label = heard @ torch.ones(4, dtype=torch.float64)
        >>> round(probe(heard[:32], label[:32], heard[32:], label[32:]), 3)
        1.0
    """
    checks.float_tensor("train", train, "[N, D]", (None, None))
    checks.float_tensor("labels", labels, "[N]", (len(train),))
    checks.float_tensor("test", test, "[M, D]", (None, train.shape[1]))
    checks.float_tensor("truth", truth, "[M]", (len(test),))
    for name, given in {"train": train, "labels": labels, "test": test, "truth": truth}.items():
        checks.within(name, given, always=True)
    x, y, x_test, y_test = (one.detach().double().cpu() for one in (train, labels, test, truth))
    mean, deviation = x.mean(0), x.std(0, correction=0).clamp(min=_LEAST)
    x, x_test = (x - mean) / deviation, (x_test - mean) / deviation
    centre = y.mean()
    u, s, v = torch.linalg.svd(x, full_matrices=False)
    told, rest = u.T @ (y - centre), (y - centre).square().sum()
    strengths = torch.logspace(-3, 5, _STRENGTHS, dtype=torch.float64, device="cpu")
    kept = s.square() / (s.square() + strengths[:, None])
    residual = rest - ((2 - kept) * kept * told.square()).sum(1)
    errors = residual / (len(x) - 1 - kept.sum(1)).clamp(min=_LEAST).square()
    best = int(errors.argmin())
    weights = v.T @ (s / (s.square() + strengths[best]) * told)
    off = (x_test @ weights + centre - y_test).square().sum()
    spread = (y_test - y_test.mean()).square().sum().clamp(min=_LEAST)
    return float(1 - off / spread)
