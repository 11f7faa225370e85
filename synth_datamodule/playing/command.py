"""``synth-datamodule play``: an instrument in the browser."""

import os
import sys
import threading
import webbrowser
from dataclasses import dataclass

from synth_datamodule import checks, reporting
from synth_datamodule.patching.recipe import SynthRecipe
from synth_datamodule.playing.instrument import Instrument
from synth_datamodule.playing.serving import served

_MOST_PORT = 65535


@dataclass(frozen=True)
class Play:
    """Play a synth in the browser: all its parameters, its patch, a piano, sounds by number.

    The page is served to this machine alone, at an address with a token that is printed. Ctrl-C
    ends it.

    Args:
        port: Port to listen on; 0 is a free one.
        open: Whether the page is opened in a browser, also where no display is seen.
        no_open: Whether the address is printed alone; by default the page is opened where there is
            a display.
        recipe: Synth that is played.

    Raises:
        TypeError: If a value is of another type.
        ValueError: If the port is out of range, or the page is both to be opened and not.

    Example:
        >>> Play(port=8765).recipe.synth
        'synth_datamodule.Voice'
    """

    port: int = 0
    open: bool = False
    no_open: bool = False
    recipe: SynthRecipe = SynthRecipe()  # noqa: RUF009  # frozen

    def __post_init__(self) -> None:
        checks.whole_number("port", self.port, 0, _MOST_PORT)
        checks.truth_value("open", self.open)
        checks.truth_value("no_open", self.no_open)
        if self.open and self.no_open:
            raise ValueError("open must not be given beside no_open")

    def __call__(self) -> int:
        """Serve until a signal ends it.

        Raises:
            OSError: If the port is taken.
            TypeError: If the recipe makes no synth.
            ValueError: If the recipe is wrong, or its sounds are too long.
        """
        instrument = Instrument(self.recipe.make())
        with served(instrument, self.port) as server:
            reporting.say(f"playing {type(instrument.synth).__name__} at {server.url}")
            reporting.say("open that address in a browser on this machine; Ctrl-C ends it")
            if self.open or (not self.no_open and display()):
                threading.Thread(
                    target=webbrowser.open, args=(server.url_once,), daemon=True
                ).start()
            server.serve()
        return 0


def display() -> bool:
    """Return whether a browser that is opened here would be seen."""
    if sys.platform in ("darwin", "win32"):
        return "SSH_CONNECTION" not in os.environ
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))
