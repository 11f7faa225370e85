"""What a page can ask an instrument for: the calls by name, and the checks of what they are given.

A request is a JSON object. Nothing in it is a path, and nothing is opened, imported or written.
"""

import json
import struct
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import torch

from synth_datamodule import checks
from synth_datamodule.config import BASE_REPRODUCIBLE_BATCH_SIZE
from synth_datamodule.corpus.splits import sound_number
from synth_datamodule.playing.instrument import Instrument, Playable
from synth_datamodule.playing.neighbours import Neighbours
from synth_datamodule.reporting import json_of

_SOUND = ("parameters", "noise_row")
_MOST_LETTERS = 200  # of a preset's name
_JSON, _BYTES = "application/json", "application/octet-stream"


class Answer(NamedTuple):
    """An answer: its bytes, and their kind as HTTP names it."""

    content: bytes
    kind: str


class Calls:
    """The calls of a page.

    Args:
        instrument: Instrument that is played.
        neighbours: Sounds that are looked among.
    """

    def __init__(self, instrument: Instrument, neighbours: Neighbours) -> None:
        self._instrument, self._neighbours = instrument, neighbours
        self._calls: dict[str, tuple[tuple[str, ...], Callable[[Mapping[str, Any]], Answer]]] = {
            "draw": (("number",), self._draw),
            "number": (("name", "value"), self._number),
            "sound": (_SOUND, self._sound),
            "meters": (_SOUND, self._meters),
            "nearest": (_SOUND, self._nearest),
            "save": ((*_SOUND, "kind", "number", "name"), self._save),
            "load": (("text",), self._load),
        }

    @property
    def names(self) -> frozenset[str]:
        """Names of the calls."""
        return frozenset(self._calls)

    def answer(self, name: str, body: bytes) -> Answer:
        """Return the answer to a request.

        Args:
            name: Name of the call.
            body: The request's body.

        Raises:
            TypeError: If something in it is of another type.
            ValueError: If it is no such request, or a value is not allowed.
        """
        fields, call = self._calls[name]
        try:
            given = json_of(body.decode(), "the request")
        except UnicodeDecodeError as error:
            raise ValueError("the request must be UTF-8 text") from error
        if not isinstance(given, dict) or given.keys() != set(fields):
            raise ValueError(f"the request must be a JSON object of {', '.join(fields)}")
        with torch.inference_mode():
            return call(given)

    def _draw(self, given: Mapping[str, Any]) -> Answer:
        return _json(self._instrument.draw(given["number"]))

    def _number(self, given: Mapping[str, Any]) -> Answer:
        value = checks.real_number("value", given["value"])
        return _json(self._instrument.number_of(given["name"], value))

    def _sound(self, given: Mapping[str, Any]) -> Answer:
        told, content = self._instrument.sound(self._playable(given))
        head = json.dumps(told, allow_nan=False).encode()
        head += b" " * (-len(head) % 4)  # so that the samples behind it are aligned
        return Answer(struct.pack("<I", len(head)) + head + content, _BYTES)

    def _meters(self, given: Mapping[str, Any]) -> Answer:
        return _json(self._instrument.meters(self._playable(given)))

    def _nearest(self, given: Mapping[str, Any]) -> Answer:
        return _json(self._neighbours.nearest(self._playable(given)))

    def _save(self, given: Mapping[str, Any]) -> Answer:
        name = checks.instance("name", given["name"], str)
        if len(name) > _MOST_LETTERS:
            raise ValueError(f"name must have at most {_MOST_LETTERS} letters, got {len(name)}")
        number = given["number"]
        if number is not None:
            number = sound_number(checks.whole_number("number", number, 0))
        sound = self._playable(given)
        return Answer(self._instrument.saved(given["kind"], sound, number, name), _BYTES)

    def _load(self, given: Mapping[str, Any]) -> Answer:
        return _json(self._instrument.loaded(checks.instance("text", given["text"], str)))

    def _playable(self, given: Mapping[str, Any]) -> Playable:
        names = self._instrument.synth.parameter_names
        numbers = checks.instance("parameters", given["parameters"], list)
        if len(numbers) != len(names):
            raise ValueError(f"parameters must be {len(names)} numbers, got {len(numbers)}")
        pairs = zip(names, numbers, strict=True)
        checked = [checks.normalized_number(name, number) for name, number in pairs]
        row = given["noise_row"]
        row = checks.whole_number("noise_row", row, 0, BASE_REPRODUCIBLE_BATCH_SIZE - 1)
        parameters = torch.tensor(checked, dtype=torch.float32, device="cpu")
        return self._instrument.playable(parameters, row)


def _json(told: object) -> Answer:
    return Answer(json.dumps(told, allow_nan=False).encode(), _JSON)
