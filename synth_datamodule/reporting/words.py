"""Lines of text: what a command says, and how it complains."""

import sys


def say(text: str) -> None:
    """Print a line on standard output as it is, however long.

    Args:
        text: The line; nothing in it is markup.

    Example:
        >>> say("written: [bold]sounds[/bold]/:smile:.wav")
        written: [bold]sounds[/bold]/:smile:.wav
    """
    sys.stdout.write(f"{printable(text)}\n")
    sys.stdout.flush()


def complain(command: str, error: BaseException) -> None:
    """Print an error on standard error in one line, without a traceback.

    Args:
        command: The command's name, such as ``"render"``.
        error: The error, whose message names the value and the rule.
    """
    text = str(error)
    if isinstance(error, OSError):
        text = text.removeprefix(f"[Errno {error.errno}] ")
    # A message's own line breaks are folded: one error is one line of a log.
    text = " ".join(line.strip() for line in text.splitlines() if line.strip())
    text = printable(text or type(error).__name__)
    sys.stderr.write(f"synth-datamodule {command}: error: {text}\n")
    sys.stderr.flush()


def printable(text: str) -> str:
    r"""Return text with control characters spelled out, so that no file's words move a cursor.

    Args:
        text: The text; its line breaks stay.

    Example:
        >>> printable("a name\x1b[2J")
        'a name\\x1b[2J'
    """
    return "".join(
        character if character.isprintable() or character == "\n" else ascii(character)[1:-1]
        for character in text
    )
