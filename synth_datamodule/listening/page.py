"""The page: one HTML file that opens from the disk and asks nobody for anything."""

import base64
import hashlib
import html
import importlib.metadata
from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any

from synth_datamodule.listening.encoding import script_json
from synth_datamodule.reporting import printable

KINDS = {
    "sounds": ("common.js", "drawing.js", "listbox.js", "map.js", "sounds.js"),
    "compare": ("common.js", "drawing.js", "listbox.js", "switching.js", "compare.js"),
    "abx": ("common.js", "switching.js", "blind.js", "abx.js"),
    "mushra": ("common.js", "switching.js", "blind.js", "mushra.js"),
}
"""Kinds of pages, with the scripts that each is made of, in order."""

_WEB = files("synth_datamodule") / "listening" / "web"


def page(kind: str, title: str, about: Mapping[str, Any], blocks: Sequence[tuple[str, str]]) -> str:
    """Return a page as HTML.

    It carries its own law: a content security policy under which no script runs but the page's,
    known by its SHA-256, and nothing is fetched. So a name that holds markup is a name, whatever
    the page does with it.

    Args:
        kind: Kind of the page, one of ``KINDS``.
        title: Words above it.
        about: Object that the script reads first, in JSON's types.
        blocks: Identities and texts that it reads when it needs them.
    """
    script = "\n".join(_web(name) for name in KINDS[kind])
    style = _web("style.css")
    policy = "; ".join(
        [
            "default-src 'none'",
            f"script-src '{_hash(script)}'",
            f"style-src '{_hash(style)}'",
            "media-src blob: data:",
            "img-src data: blob:",
            "base-uri 'none'",
            "form-action 'none'",
        ]
    )
    inside = {
        "kind": kind,
        "title": html.escape(printable(title)),
        "policy": policy,
        "style": style,
        "body": _web(f"{'blind' if kind in ('abx', 'mushra') else kind}.html"),
        "about": script_json(
            {"title": title, "version": importlib.metadata.version("synth_datamodule"), **about}
        ),
        "script": script,
        "blocks": "\n".join(
            f'<script type="text/plain" id="{name}">{text}</script>' for name, text in blocks
        ),
    }
    made = []
    # What is filled in is not looked at again: a title may hold the name of a place.
    for piece in _web("page.html").split("{{"):
        name, closed, rest = piece.partition("}}")
        made += [inside[name], rest] if closed else [piece]
    return "".join(made)


def _web(name: str) -> str:
    return (_WEB / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
