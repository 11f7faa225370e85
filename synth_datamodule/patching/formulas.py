"""Which parts have a formula, and whether it is still theirs."""

from torch import nn

# What a subclass of a part with a formula may say anew; its formula reads all else from the part.
_SAYS = {
    *("parameter_ranges", "parameter_defaults", "outputs", "inputs", "__init__"),
    *("__module__", "__doc__", "__qualname__", "__annotations__", "__annotate__"),
    *("__annotate_func__", "__annotations_cache__", "__static_attributes__", "__firstlineno__"),
    *("__parameters__", "__orig_bases__"),
}


def has_own_formula(module: nn.Module) -> bool:
    """Return whether a part has a formula that is none of this package's.

    Args:
        module: The part's module.
    """
    said = next((base for base in type(module).__mro__ if "exact" in vars(base)), None)
    return said is not None and not said.__module__.startswith("synth_datamodule.")


def why_no_formula(module: nn.Module, own: bool) -> str:
    """Return why a part has no formula; "" where it has one.

    Args:
        module: The part's module.
        own: Whether its ``forward`` was set on the module itself.
    """
    if own:
        return "with a forward of its own"
    kind = type(module)
    bases = kind.__mro__
    formula = next((base for base in bases if "exact" in vars(base)), None)
    if formula is None:
        return "which has no exact() beside its forward()"
    for base in bases[: bases.index(formula)]:
        if changed := sorted(vars(base).keys() - _SAYS):
            return f"which changes {changed[0]} beneath its formula; give it an exact() too"
    return ""
