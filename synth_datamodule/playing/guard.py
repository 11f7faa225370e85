"""Who may ask: only the page that this server handed out, in a browser on this machine."""

import hmac
import secrets
from collections.abc import Sequence

MOST_BYTES = 2**20
"""Bytes of the largest body: a preset's contents, many times over."""

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
        "img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), midi=(self)",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
"""Headers of every answer: a page that asks no other place and stands in no other page."""


class Refused(Exception):
    """A request that is not answered.

    Args:
        status: HTTP status of the refusal.
        text: Words for whoever asked.
    """

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status, self.text = status, text


def new_token() -> str:
    """Return a token that nobody guesses: 256 bits."""
    return secrets.token_urlsafe(32)


def names_of_host(port: int) -> set[str]:
    """Return what a browser calls this server.

    Args:
        port: Port that it listens on.

    Example:
        >>> sorted(names_of_host(8000))
        ['127.0.0.1:8000', 'localhost:8000']
    """
    hosts = ("127.0.0.1", "localhost")
    names = {f"{host}:{port}" for host in hosts}
    return names | set(hosts) if port == 80 else names


def check_place(hosts: Sequence[str], origins: Sequence[str], port: int, *, asks: bool) -> None:
    """Refuse what another site asks, also one whose name leads here.

    Args:
        hosts: Values of the request's Host headers.
        origins: Values of its Origin headers.
        port: Port that the server listens on.
        asks: Whether it asks for work, which a browser sends no request for without an Origin.

    Raises:
        Refused: If a header is missing, is there twice, or names another place.

    Example:
        >>> check_place(["127.0.0.1:8000"], ["http://127.0.0.1:8000"], 8000, asks=True)
        >>> check_place(["rebound.example:8000"], [], 8000, asks=False)
        Traceback (most recent call last):
        ...
        synth_datamodule.playing.guard.Refused: Host must be this machine's own
    """
    known = names_of_host(port)
    if len(hosts) != 1 or hosts[0].lower() not in known:
        raise Refused(403, "Host must be this machine's own")
    if not origins and not asks:
        return
    if len(origins) != 1 or origins[0].lower() != f"http://{hosts[0].lower()}":
        raise Refused(403, "Origin must be this server's own")


def asked_for(path: str, token: str) -> str:
    """Return what is asked for behind the token, as it stands in the request.

    Args:
        path: Target of the request, ``/TOKEN/NAME``.
        token: The server's token.

    Raises:
        Refused: If the token is missing or another.

    Example:
        >>> asked_for("/abc/style.css", "abc")
        'style.css'
    """
    before, slash, rest = path[1:].partition("/")
    given = before.encode("utf-8", "surrogateescape")
    if path[:1] != "/" or not slash or not hmac.compare_digest(given, token.encode()):
        raise Refused(403, "the token is missing or wrong; open the address that was printed")
    return rest


def body_length(lengths: Sequence[str], codings: Sequence[str], kinds: Sequence[str]) -> int:
    """Return how many bytes a request's body has.

    Args:
        lengths: Values of the request's Content-Length headers.
        codings: Values of its Transfer-Encoding headers.
        kinds: Values of its Content-Type headers.

    Raises:
        Refused: If the length is missing, no number or too large, or the body is no JSON.

    Example:
        >>> body_length(["12"], [], ["application/json"])
        12
    """
    if codings:
        raise Refused(501, "Transfer-Encoding must be left out, Content-Length given")
    if len(kinds) != 1 or kinds[0].partition(";")[0].strip().lower() != "application/json":
        raise Refused(415, "Content-Type must be application/json")
    digits = lengths[0] if len(lengths) == 1 else ""
    if not (digits.isascii() and digits.isdecimal()):
        raise Refused(411, "Content-Length must be given once, a number")
    if len(digits) > 12 or int(digits) > MOST_BYTES:
        raise Refused(413, f"a body must have at most {MOST_BYTES} bytes")
    return int(digits)
