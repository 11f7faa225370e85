"""What the page is made of: read once, kept in memory, so that no request opens a file."""

import json
from importlib import resources

from synth_datamodule.playing.calls import Answer
from synth_datamodule.playing.instrument import Instrument

_KINDS = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


def assets(instrument: Instrument) -> dict[str, Answer]:
    """Return the answers to what a page is made of, by name; "" is the page.

    Args:
        instrument: Instrument that is played.
    """
    folder = resources.files("synth_datamodule") / "playing" / "web"
    found = {
        file.name: Answer(file.read_bytes(), _KINDS[f".{file.name.rpartition('.')[2]}"])
        for file in folder.iterdir()
        if f".{file.name.rpartition('.')[2]}" in _KINDS
    }
    found[""] = found.pop("index.html")
    found["diagram.svg"] = Answer(instrument.svg.encode(), _KINDS[".svg"])
    told = json.dumps(instrument.described(), allow_nan=False)
    found["synth.json"] = Answer(told.encode(), "application/json")
    return found
