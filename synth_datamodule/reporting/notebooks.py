"""Notebooks: whether this is one, and that it shows figures."""

import sys
from typing import Any


def in_notebook() -> bool:
    """Return whether a notebook's kernel runs this; nothing is imported to tell.

    Example:
        >>> in_notebook()
        False
    """
    return hasattr(_shell(), "kernel")


def let_show(figures: type) -> None:
    """Let a notebook show figures that pyplot has not made, as PNG, where it cannot yet.

    Args:
        figures: Class of the figures, matplotlib's.
    """
    if not in_notebook():
        return
    shell: Any = _shell()
    known = shell.display_formatter.formatters.values()
    if not any(figures in formatter.type_printers for formatter in known):
        from IPython.core import pylabtools

        tools: Any = pylabtools  # without types
        tools.select_figure_formats(shell, {"png"})


def _shell() -> object:
    ipython = sys.modules.get("IPython")
    return None if ipython is None else ipython.get_ipython()
