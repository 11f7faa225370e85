"""The page of sounds: a list, a map, the sound chosen, its parameters."""

from collections.abc import Iterable

from synth_datamodule.listening.analysis import FIGURES
from synth_datamodule.listening.entries import Entries
from synth_datamodule.listening.page import page
from synth_datamodule.listening.sounds import Sounds
from synth_datamodule.numerics.cores import a_sound_on_each_core
from synth_datamodule.reporting import Advance


def sounds_page(
    sounds: Iterable[Sounds], title: str, subtitle: str, kind: str, advance: Advance
) -> str:
    """Return the page of sounds as HTML.

    Args:
        sounds: Sounds, a few at a time.
        title: Words above the page.
        subtitle: Which sounds they are.
        kind: Format of the audio, ``"ogg"`` or ``"flac"``.
        advance: Function to call with the number of sounds added.
    """
    with a_sound_on_each_core() as over:
        entries = Entries(kind, over)
        for some in sounds:
            entries.add(some)
            advance(len(some.names))
    entries.put_on_map()
    about = {
        "subtitle": subtitle,
        "format": kind,
        "figures": list(FIGURES),
        "tables": entries.tables,
        "sounds": entries.sounds,
    }
    blocks = [(f"s{place}", block) for place, block in enumerate(entries.blocks)]
    return page("sounds", title, about, blocks)
