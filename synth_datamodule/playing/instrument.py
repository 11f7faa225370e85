"""The instrument: a synth's sounds by number and by parameter, as a page asks for them."""

import contextlib
import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from synth_datamodule import checks
from synth_datamodule.config import BASE_REPRODUCIBLE_BATCH_SIZE
from synth_datamodule.corpus.splits import NUM_SOUNDS, Split, sound_number
from synth_datamodule.parameters.own import OwnParameters
from synth_datamodule.patching.diagram import Diagram
from synth_datamodule.patching.preset import Preset
from synth_datamodule.patching.synth import AbstractSynth
from synth_datamodule.playing.meters import NUM_BINS, levels
from synth_datamodule.playing.nebula import nebula_around
from synth_datamodule.playing.uploads import preset_of
from synth_datamodule.reporting import wave_bytes

MOST_SAMPLES = 2**21
"""Samples of the longest sound that is played, 47 s at 44.1 kHz: 8 MB for each answer."""

KINDS = ("wav", "preset", "nebula")
"""What a sound can be saved as."""

_NOTES = 128
_NOTE = "midi_f0"
_AUDIBLE = 1e-4  # -80 dB: what comes after the last such sample is silence


@dataclass(frozen=True)
class Playable:
    """All that a sound is made of: parameters in [0, 1], float32 ``[P]``, and its row of noise.

    Args:
        parameters: Numbers in [0, 1], float32. Shape ``[P]``.
        noise_row: Row of the noise table.
    """

    parameters: Tensor
    noise_row: int


class Instrument:
    """A synth to be played.

    Args:
        synth: Synth that renders.

    Raises:
        ValueError: If its sounds are longer than 2**21 samples.

    Example:
        >>> from synth_datamodule import SynthConfig, Voice
        >>> instrument = Instrument(Voice(SynthConfig(buffer_size_seconds=0.5)))
        >>> drawn = instrument.draw("312")
        >>> drawn["number"], drawn["noise_row"], len(drawn["parameters"])
        (312, 24, 78)
    """

    def __init__(self, synth: AbstractSynth) -> None:
        self.synth = checks.instance("synth", synth, AbstractSynth)
        if synth.num_samples > MOST_SAMPLES:
            raise ValueError(
                f"seconds must give at most {MOST_SAMPLES} samples to be played, got "
                f"{synth.num_samples}"
            )
        self._diagram: Diagram | None = None
        with contextlib.suppress(ValueError):  # a patch that cannot be watched can be heard
            self._diagram = synth.diagram()

    @property
    def svg(self) -> str:
        """The patch, drawn; "" of a patch that cannot be watched."""
        return "" if self._diagram is None else self._diagram.svg

    @property
    def num_sounds(self) -> int:
        """Number of sounds that there are by number."""
        source = self.synth.source
        return source.num_rows if isinstance(source, OwnParameters) else NUM_SOUNDS

    def described(self) -> dict[str, Any]:
        """Return what a page needs to know of the synth, in JSON's types."""
        table, synth = self.synth.parameter_table, self.synth
        kinds = {name: type(part).__name__ for name, part in synth.named_children()}
        modules = [
            {
                "name": module,
                "kind": kinds.get(module, ""),
                "parameters": [self._parameter(name) for name in names],
            }
            for module, names in table.modules.items()
        ]
        return {
            "synth": type(synth).__name__,
            "sample_rate": synth.sample_rate,
            "num_samples": synth.num_samples,
            "num_sounds": self.num_sounds,
            "of_a_corpus": synth.source is None,
            "modules": modules,
            "keys": self._keys(),
            "num_bins": NUM_BINS,
        }

    def _parameter(self, name: str) -> dict[str, Any]:
        parameter = self.synth.parameter_table[name]
        return {
            "name": name,
            "column": parameter.column,
            "minimum": parameter.range.minimum,
            "maximum": parameter.range.maximum,
            "unit": parameter.range.unit,
            "pinned": name in self.synth.parameter_table.pinned,
        }

    def _keys(self) -> dict[str, Any] | None:
        """Return which parameter a keyboard plays, and its number for each note that it has."""
        table = self.synth.parameter_table
        found = [n for n in table.free if n.rpartition(".")[2] == _NOTE]
        if not found:
            return None
        parameter = table[found[0]]
        numbers: list[float | None] = []
        for note in range(_NOTES):
            inside = parameter.range.minimum <= note <= parameter.range.maximum
            numbers.append(parameter.to_normalized(float(note)) if inside else None)
        return {"parameter": found[0], "numbers": numbers}

    def draw(self, name: int | str) -> dict[str, Any]:
        """Return the parameters of a sound by its number or name, in JSON's types.

        Args:
            name: Sound number, or ``"synth1B1-312-6"``.

        Raises:
            TypeError: If it is neither a string nor an integer.
            ValueError: If it names no sound.
        """
        number = sound_number(name)
        if number >= self.num_sounds:
            raise ValueError(
                f"sound must be a whole number >= 0 and <= {self.num_sounds - 1}, got {number}"
            )
        parameters = self.synth.draw([number])[0]
        split = None if self.synth.source is not None else Split.of(number).value
        row = number % BASE_REPRODUCIBLE_BATCH_SIZE
        return {"number": number, "split": split, **self._told(parameters, row)}

    def _told(self, parameters: Tensor, noise_row: int) -> dict[str, Any]:
        return {
            "parameters": parameters.tolist(),
            "values": self.synth.parameter_table.to_physical(parameters).tolist(),
            "noise_row": noise_row,
        }

    def number_of(self, name: str, value: float) -> dict[str, float]:
        """Return the number in [0, 1] of a parameter's value in its unit.

        Args:
            name: Name of the parameter.
            value: Value in its range.

        Raises:
            TypeError: If an argument is of another type.
            ValueError: If there is no such parameter, or the value is out of its range.
        """
        return {"number": self.synth.parameter_table[name].to_normalized(value)}

    def render(self, sound: Playable) -> Tensor:
        """Return a sound's audio, float32. Shape ``[N]``."""
        return self.synth.render(sound.parameters[None], self._rows(sound))[0].cpu()

    def sound(self, sound: Playable) -> tuple[dict[str, Any], bytes]:
        """Return what is told of a sound, in JSON's types, and its audio as float32's bytes.

        Args:
            sound: Sound to render.
        """
        audio = self.render(sound)
        content = np.ascontiguousarray(audio.numpy(), dtype="<f4").tobytes()
        peak = float(audio.abs().max())
        heard = (audio.abs() > _AUDIBLE).nonzero()
        told = {
            "values": self.synth.parameter_table.to_physical(sound.parameters).tolist(),
            "peak": peak if math.isfinite(peak) else None,
            "samples_heard": int(heard[-1]) + 1 if len(heard) else 0,
            "sha256": hashlib.sha256(content).hexdigest(),
        }
        return told, content

    def meters(self, sound: Playable) -> dict[str, Any]:
        """Return how strong each node of the diagram is over time, in JSON's types.

        Args:
            sound: Sound to look into.
        """
        if self._diagram is None:
            return {}
        signals = self.synth.signals(sound.parameters[None], self._rows(sound))
        return levels(signals, [*self._diagram.parts, "output"])

    def saved(self, kind: str, sound: Playable, number: int | None, name: str) -> bytes:
        """Return a sound as the contents of a file.

        Args:
            kind: Kind of file: ``"wav"``, ``"preset"`` or ``"nebula"``.
            sound: Sound to keep.
            number: Number of the sound that it began as; None began as none.
            name: Words for people, in a preset.

        Raises:
            TypeError: If an argument is of another type.
            ValueError: If the kind is another, or there is no such sound.
        """
        checks.one_of("kind", kind, KINDS)
        if kind == "wav":
            return wave_bytes(self.render(sound), self.synth.sample_rate)
        if kind == "nebula":
            return _json(nebula_around(self.synth.parameter_table, sound.parameters))
        preset = Preset.of(self.synth, sound.parameters, noise_row=sound.noise_row, name=name)
        if number is not None and self.synth.source is None:
            preset.sound = sound_number(number)
        return _json(preset.document())

    def loaded(self, text: str) -> dict[str, Any]:
        """Return the sound that a preset's contents hold, in JSON's types.

        Args:
            text: Contents of a preset's file.

        Raises:
            TypeError: If something in it is of another type.
            ValueError: If it is no preset of this synth.
        """
        preset, parameters, remark = preset_of(text, self.synth)
        told = self._told(parameters, preset.noise_row)
        return {"number": preset.sound, "name": preset.name, "remark": remark, **told}

    def playable(self, parameters: Tensor, noise_row: int) -> Playable:
        """Return numbers in [0, 1] as a sound, pinned ones as pinned.

        Args:
            parameters: Numbers in [0, 1], float32. Shape ``[P]``.
            noise_row: Row of the noise table.
        """
        return Playable(self.synth.parameter_table.pin(parameters), noise_row)

    def _rows(self, sound: Playable) -> Tensor:
        return torch.tensor([sound.noise_row], dtype=torch.int64, device="cpu")


def _json(document: Mapping[str, Any]) -> bytes:
    return (json.dumps(document, indent=2) + "\n").encode()
