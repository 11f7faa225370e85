"""Checks of devices: known, and there."""

import torch

from synth_datamodule.checks.values import shown


def device(name: str, value: object) -> torch.device:
    """Return ``value`` as a device that is there.

    Raises:
        TypeError: If it is not a device, a string or a CUDA device's number.
        ValueError: If a string names no device, or the device is not there.

    Example:
        >>> device("device", "cpu")
        device(type='cpu')
    """
    rule = f"{name} must be a device, such as 'cpu' or 'cuda:0'"
    if isinstance(value, bool) or not isinstance(value, (torch.device, str, int)):
        raise TypeError(f"{rule}, got {shown(value)} ({type(value).__name__})")
    try:
        found = torch.device(value)
    except RuntimeError as error:
        raise ValueError(f"{rule}, got {shown(value)}") from error
    if found.type == "cuda":
        if (found.index or 0) >= torch.cuda.device_count():
            raise ValueError(
                f"{name} must be there, got {shown(str(value))} and {torch.cuda.device_count()} "
                "CUDA devices"
            )
    elif found.type not in ("cpu", "meta") and not torch.compiler.is_compiling():
        try:
            torch.empty(0, dtype=torch.float32, device=found)
        except Exception as error:  # each backend has its own
            raise ValueError(f"{name} must be there, got {shown(str(value))}") from error
    return found


def rendering_device(name: str, value: object) -> torch.device:
    """Return ``value`` as a device that sounds can be on: any that is there, and holds values.

    Raises:
        TypeError: If it is not a device, a string or a CUDA device's number.
        ValueError: If a string names no device, or the device is not there, or it is ``meta``.

    Example:
        >>> rendering_device("device", "cpu")
        device(type='cpu')
    """
    found = device(name, value)
    if found.type == "meta":
        raise ValueError(f"{name} must be one that holds values, got 'meta'")
    return found


def compute_device(name: str, value: object) -> torch.device:
    """Return ``value`` as a device of this machine that sounds can be rendered on.

    Args:
        name: The argument's name, for the message.
        value: The CPU or a CUDA device: a device, a string or a CUDA device's number.

    Raises:
        TypeError: If it is not a device, a string or a CUDA device's number.
        ValueError: If it is a device of another kind, or not there.

    Example:
        >>> compute_device("device", "cpu")
        device(type='cpu')
    """
    found = device(name, value)
    if found.type not in ("cpu", "cuda"):
        raise ValueError(f"{name} must be 'cpu' or a CUDA device, got {shown(str(value))}")
    return found
