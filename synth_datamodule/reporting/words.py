"""Lines of text: what a command says, and how it complains."""

import os
import sys
from collections.abc import Iterable

_MOST_CHARACTERS = 300
NO_PICTURE = "no picture: that needs matplotlib, pip install 'synth_datamodule[plots]'"


def say(text: str) -> None:
    """Print a line on standard output as it is, however long; nothing in it is markup."""
    sys.stdout.write(f"{printable(text)}\n")
    sys.stdout.flush()


def say_written(paths: Iterable[str | os.PathLike[str]], *, with_picture: bool = True) -> None:
    """Name the files written, a line each, and say why no picture (``.png``) is among them."""
    names = [os.fspath(path) for path in paths]
    say("\n  ".join(["written:", *names]))
    if with_picture and not any(name.endswith(".png") for name in names):
        say(NO_PICTURE)


def complain(command: str, error: BaseException) -> None:
    """Print a command's error on standard error in one line, without a traceback."""
    text = str(error)
    if isinstance(error, OSError):
        text = text.removeprefix(f"[Errno {error.errno}] ")
    sys.stderr.write(complaint(command, text or type(error).__name__))
    sys.stderr.flush()


def complaint(command: str, text: str) -> str:
    """Return the line that a command complains in."""
    # A message's own line breaks are folded: one error is one line of a log.
    text = " ".join(line.strip() for line in text.splitlines() if line.strip())
    text = printable(text)
    if len(text) > _MOST_CHARACTERS:  # another library's; where it begins and ends says most
        text = f"{text[: _MOST_CHARACTERS // 2]} ... {text[5 - _MOST_CHARACTERS // 2 :]}"
    return f"synth-datamodule {command}: error: {text}\n"


def printable(text: str) -> str:
    """Spell control characters out but for line breaks: no file's words move a cursor."""
    return "".join(
        character if character.isprintable() or character == "\n" else ascii(character)[1:-1]
        for character in text
    )
