"""Hooks on the parts of a synth, which only what calls the parts can call."""

from torch import nn


def hook_in(synth: nn.Module) -> str | None:
    """Return which part of a synth, or module in one, has a hook, and which kind; None is none.

    A hook on the synth itself is called with ``synth(batch_idx)``, whatever renders.

    Example:
        >>> from synth_datamodule.synths import OneOscillator
        >>> synth = OneOscillator()
        >>> handle = synth.vco.register_forward_hook(print)
        >>> hook_in(synth)
        'vco has a forward hook'
    """
    for name, part in synth.named_modules():
        if name and (part._forward_hooks or part._forward_pre_hooks):
            return f"{name} has a forward hook"
        if name and (part._backward_hooks or part._backward_pre_hooks):
            return f"{name} has a backward hook"
    return None
