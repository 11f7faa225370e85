"""Numbers of the instrument that modules and kernels both compute with, each said once."""

A4_HZ = 440.0
"""Frequency of the A above middle C, in hertz."""

A4_MIDI = 69.0
"""Its pitch in semitones, as MIDI counts them."""

MIDI_MAX = 127.0
"""Highest MIDI pitch in semitones: 12,543.85 Hz. A bent pitch is clamped to [0, MIDI_MAX]."""

SHAPE_EXPONENT = 2.718281828
"""Exponent that sharpens a choice among weights; torchsynth's digits of e, not all of them.

In float32 it would cost 4e-5 of a share."""
