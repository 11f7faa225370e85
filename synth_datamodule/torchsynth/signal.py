"""Signal: a tensor that knows how many sounds and samples it holds."""

from typing import Any

from torch import Tensor


class Signal(Tensor):
    """Audio ``[B, N]`` or a control signal ``[B, C]``; what is computed from one is one.

    Any tensor becomes one by ``as_subclass(Signal)``, and plain again by ``as_subclass(Tensor)``.

    Example:
        >>> import torch
        >>> signal = torch.zeros(2, 5).as_subclass(Signal)
        >>> signal.batch_size, signal.num_samples
        (2, 5)
    """

    @property
    def batch_size(self) -> int:
        """Number of sounds, B."""
        return self._sizes()[0]

    @property
    def num_samples(self) -> int:
        """Number of samples of a sound."""
        return self._sizes()[1]

    def _sizes(self) -> tuple[int, int]:
        if self.ndim != 2:
            raise ValueError(f"a signal must have shape [B, N], got {list(self.shape)}")
        return self.shape[0], self.shape[1]

    def new_empty(self, *args: Any, **kwargs: Any) -> "Signal":  # noqa: ANN401  # torch's own
        """Return an empty signal; ``copy.deepcopy`` asks for one."""
        return super().new_empty(*args, **kwargs).as_subclass(Signal)
