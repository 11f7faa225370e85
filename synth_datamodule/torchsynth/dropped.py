"""torchsynth's names that are not here, each with the line that does it."""

_LIGHTNING = "a synth is no LightningModule here; SynthDataModule hands a Trainer sounds"
_ENVELOPE = "synth_datamodule.modules.adsr_envelope returns the whole envelope"
_LINES = {
    "ramp": _ENVELOPE,
    "make_attack": _ENVELOPE,
    "make_decay": _ENVELOPE,
    "make_release": _ENVELOPE,
    "make_lfo_shapes": "synth_datamodule.modules.lfo_shapes returns the five shapes",
    "test_step": _LIGHTNING,
    "trainer": _LIGHTNING,
    "log": _LIGHTNING,
    "on_post_move_to_device": ".to(device) moves all there is",
}


def said(name: str) -> str:
    """Return the end of an AttributeError: what to write instead, or nothing."""
    line = _LINES.get(name)
    return f": {line}" if line else ""
