"""Which patches the kernels compute: the Voice's own, with ranges and curves of one's choice."""

from collections.abc import Mapping

from torch import nn

# What the class of a part may say anew; all else is inherited.
_SAYS = {
    *("parameter_ranges", "__module__", "__doc__", "__qualname__", "__annotations__"),
    *("__annotate__", "__annotate_func__", "__annotations_cache__"),
    *("__static_attributes__", "__firstlineno__", "__parameters__", "__orig_bases__"),
}
# Kernels are given the ranges by the table, and the noise as it is.
_GIVEN = {"parameter_ranges", "seed", "is_seeded", "_tables"}


def why_not_fused(parts: Mapping[str, nn.Module], own: Mapping[str, nn.Module]) -> str:
    """Return why the kernels cannot render a patch; "" where they can.

    A part may be of a class that only changes ``parameter_ranges``, or be made with other curves. A
    range must lie within the Voice's own: there the kernels are known to be right.

    Args:
        parts: The patch's parts by name.
        own: Parts of the Voice by the same names, made with the same config.

    Example:
        >>> from synth_datamodule import SynthConfig
        >>> from synth_datamodule.modules import LFO, SineVCO
        >>> config = SynthConfig()
        >>> why_not_fused({"vco_1": LFO(config)}, {"vco_1": SineVCO(config)})
        'vco_1 is of class LFO, not SineVCO'
    """
    for name, made in parts.items():
        if why := _why_not(name, made, own[name]):
            return why
    return ""


def why_no_longer_fused(parts: Mapping[str, nn.Module], made: Mapping[str, nn.Module]) -> str:
    """Return what was changed in a patch since it was made, else than in its ranges; "" is nothing.

    Args:
        parts: The patch's parts by name, as they are now.
        made: Parts that it was made with.

    Example:
        >>> from synth_datamodule import SynthConfig
        >>> from synth_datamodule.modules import SineVCO
        >>> vco = SineVCO(SynthConfig())
        >>> vco.forward = print
        >>> why_no_longer_fused({"vco_1": vco}, {"vco_1": vco})
        'vco_1 has a forward of its own'
    """
    for name, own in made.items():
        now = parts.get(name)
        if now is None:
            return f"{name} was taken out"
        if now is not own and (why := _why_not(name, now, own)):
            return f"{name} was replaced, and {why}"
        if "forward" in vars(now):
            return f"{name} has a forward of its own"
    return ""


def _why_not(name: str, made: nn.Module, own: nn.Module) -> str:
    kind, own_kind = type(made), type(own)
    if not issubclass(kind, own_kind):
        return f"{name} is of class {kind.__name__}, not {own_kind.__name__}"
    for changed in kind.__mro__:
        if changed not in own_kind.__mro__ and vars(changed).keys() - _SAYS:
            return f"{name} is of class {kind.__name__}, which changes more than the ranges"
    if _state(made) != _state(own):
        return f"{name} is made otherwise than the Voice's"
    ranges, own_ranges = (getattr(one, "parameter_ranges", ()) for one in (made, own))
    if [one.name for one in ranges] != [one.name for one in own_ranges]:
        return f"{name} has other parameters than the Voice's"
    for one, least in zip(ranges, own_ranges, strict=True):
        if not least.minimum <= one.minimum <= one.maximum <= least.maximum:
            return (
                f"{name}.{one.name} ranges over [{one.minimum:g}, {one.maximum:g}], beyond "
                f"[{least.minimum:g}, {least.maximum:g}]"
            )
    return ""


def _state(module: nn.Module) -> dict[str, object]:
    return {name: value for name, value in vars(module).items() if name not in _GIVEN}
