"""Where kernels run: which device renders for another, and why it is another."""

import contextlib
import functools
import warnings

import torch

_OLDEST_CAPABILITY = (7, 0)  # Triton's


def has_kernels(device: torch.device) -> bool:
    """Return whether Triton's kernels run on a device.

    Args:
        device: Device, an NVIDIA GPU or another.

    Example:
        >>> has_kernels(torch.device("cpu"))
        False
    """
    return why_no_kernel(device) == ""


def renders_for(device: torch.device) -> torch.device:
    """Return the device that renders for another: itself, or the CPU (with one warning).

    Args:
        device: Device that sounds are wanted on.

    Example:
        >>> renders_for(torch.device("cpu"))
        device(type='cpu')
    """
    if device.type == "cpu" or has_kernels(device):
        return device
    _say_once(str(device), why_no_kernel(device))
    return torch.device("cpu")


def current(device: torch.device) -> contextlib.AbstractContextManager[object]:
    """Make a GPU the current one; Triton launches there, whichever its tensors lie on."""
    return contextlib.nullcontext() if device.type == "cpu" else torch.cuda.device(device)


@functools.cache
def why_no_kernel(device: torch.device) -> str:
    """Return why Triton's kernels do not run on a device; "" where they do."""
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
