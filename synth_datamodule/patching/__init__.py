"""Patches: parts, their cables, and the synth that they make."""
