"""The parts of a patch under the name that they were first taught by; see ``patching.patch``."""

from synth_datamodule.patching.patch import Part, PatchBody, PatchValues, part

__all__ = ["Part", "PatchBody", "PatchValues", "part"]
