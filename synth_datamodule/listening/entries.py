"""What a page holds of sounds: a line of figures for the list, a block to draw and play."""

import base64
import hashlib
import json
import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from synth_datamodule.listening.analysis import Analysis, analyse, eighths, places
from synth_datamodule.listening.curves import curve_names, curves
from synth_datamodule.listening.encoding import as_bytes, as_letters, encoded
from synth_datamodule.listening.sounds import Sounds, corpus_name, split_name
from synth_datamodule.numerics.cores import Over
from synth_datamodule.patching.recipe import SynthRecipe
from synth_datamodule.patching.synth import AbstractSynth

# Of an axis: a curve that moves less within most columns is drawn as one line, an LFO that is
# faster as what it sweeps over.
_STILL = 0.02


class Entries:
    """The sounds of a page, added a few at a time.

    Args:
        kind: Format of the audio, ``"ogg"`` or ``"flac"``.
        over: Function that calls another for each place of a range, on all cores.
    """

    def __init__(self, kind: str, over: Over) -> None:
        self.kind = kind
        self.sounds: list[dict[str, Any]] = []
        self.tables: list[dict[str, Any]] = []
        self.blocks: list[str] = []
        self._over = over
        self._table_of: dict[str, int] = {}
        self._mels: list[Tensor] = []

    def add(self, sounds: Sounds) -> None:
        """Add sounds.

        Raises:
            ValueError: If a sound cannot be encoded; it says which.
        """
        drawn: list[list[str]] = [[] for _ in sounds.names]
        made_from: list[dict[str, Any]] = [{} for _ in sounds.names]
        if sounds.synth is not None and sounds.parameters is not None:
            table = self._table(sounds.synth)
            values = sounds.synth.parameter_table.to_physical(sounds.parameters).tolist()
            assert sounds.noise_rows is not None, "a synth's sounds have them"
            drawn = self._curves(table, sounds.synth, sounds.parameters, sounds.noise_rows)
            made_from = [
                {"table": table, "values": [plain(one) for one in row], "noise": noise_row}
                for row, noise_row in zip(values, sounds.noise_rows.tolist(), strict=True)
            ]
        shown = self._over(lambda place: show(sounds, place, self.kind), len(sounds.names))
        for place, (found, audio) in enumerate(shown):
            self._mels.append(eighths(found.mel)[0])
            self.sounds.append(line(sounds, place, found) | made_from[place])
            self.blocks.append(block(found, audio, drawn[place]))

    def put_on_map(self) -> None:
        """Give each sound its place on the map."""
        for line, place in zip(self.sounds, places(torch.stack(self._mels)), strict=True):
            line["place"] = [round(one, 4) for one in place.tolist()]

    def _table(self, synth: AbstractSynth) -> int:
        """Return the place among ``tables`` of a synth's parameters and curves."""
        recipe = SynthRecipe.of(synth).plain()
        text = json.dumps(recipe, sort_keys=True, default=str)
        if text not in self._table_of:
            self._table_of[text] = len(self.tables)
            changed = SynthRecipe.of(synth).changed()
            self.tables.append(
                {
                    "synth": str(recipe["synth"]).rpartition(".")[2],
                    "fingerprint": hashlib.sha256(text.encode()).hexdigest()[:16],
                    "recipe": {name: str(value) for name, value in changed.items()},
                    "parameters": [
                        [one.name, one.minimum, one.maximum, one.unit]
                        for one in synth.parameter_table.ranges
                    ],
                    "curves": list(curve_names(synth)),
                }
            )
        return self._table_of[text]

    def _curves(
        self, table: int, synth: AbstractSynth, parameters: Tensor, noise_rows: Tensor
    ) -> list[list[str]]:
        drawn = curves(synth, self.tables[table]["curves"], parameters, noise_rows)
        return [[_curve(curve) for curve in sound] for sound in drawn]


def _curve(curve: Tensor) -> str:
    """Return a curve's axis and its course: one line, or lowest and highest values ``[2, C]``."""
    least, most = curve.min().item(), curve.max().item()
    for low, high in ((0.0, 1.0), (-1.0, 1.0)):
        if low - 1e-6 <= least and most <= high + 1e-6:
            least, most = low, high
            break
    still = (curve[1] - curve[0]).quantile(0.75).item() <= _STILL * (most - least)
    shown = curve.mean(0) if still else curve.T
    return f"{least:.4g} {most:.4g} {1 if still else 2} {as_bytes(shown, least, most)}"


def show(sounds: Sounds, place: int, kind: str) -> tuple[Analysis, str]:
    """Return the analysis of one sound, ``B`` 1, and its file in base64.

    Raises:
        ValueError: If it cannot be encoded; it says which.
    """
    audio = sounds.audio[place]
    try:
        content = encoded(audio, sounds.sample_rate, kind)
    except ValueError as error:
        raise ValueError(f"{sounds.names[place]:.100} cannot be put in a page: {error}") from error
    return analyse(audio[None], sounds.sample_rate), base64.b64encode(content).decode()


def line(sounds: Sounds, place: int, found: Analysis) -> dict[str, Any]:
    """Return what the list says of one sound."""
    number, audio = sounds.numbers[place], sounds.audio[place]
    return {
        "name": sounds.names[place],
        "number": number,
        "corpus": corpus_name(number),
        "split": split_name(number),
        "sha256": digest(audio),
        "seconds": round(len(audio) / sounds.sample_rate, 4),
        "rate": sounds.sample_rate,
        "figures": {name: plain(value.item()) for name, value in found.figures().items()},
    }


def block(found: Analysis, audio: str, drawn: Sequence[str] = ()) -> str:
    """Return what is drawn and played of a sound: one line of JSON, then the file in base64."""
    picture = {
        "wave": as_bytes(torch.stack([found.lowest[0], found.highest[0]], 1), -1.0, 1.0),
        "frames": found.mel.shape[2],
        "mel": as_letters(found.mel[0]),
        "curves": list(drawn),
    }
    return f"{json.dumps(picture, separators=(',', ':'))}\n{audio}"


def digest(audio: Tensor) -> str:
    """Return the SHA-256 of a sound's samples, as float32, least byte first.

    Example:
        >>> digest(torch.zeros(2))[:16]
        'af5570f5a1810b7a'
    """
    samples = audio.detach().cpu().float().contiguous().numpy()
    return hashlib.sha256(samples.astype("<f4", copy=False).tobytes()).hexdigest()


def plain(value: float) -> float | None:
    """Return a figure as JSON has it, to five digits; None for what is no number."""
    return float(f"{value:.5g}") if math.isfinite(value) else None
