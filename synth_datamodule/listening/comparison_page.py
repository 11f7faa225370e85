"""The page of a comparison: target and every candidate in one row."""

from typing import Any

from synth_datamodule.listening.comparing import Comparison
from synth_datamodule.listening.entries import block, digest, plain, show
from synth_datamodule.listening.page import page
from synth_datamodule.listening.sounds import corpus_name
from synth_datamodule.numerics.cores import a_sound_on_each_core
from synth_datamodule.reporting import Advance


def comparison_page(comparison: Comparison, title: str, kind: str, advance: Advance) -> str:
    """Return the page of a comparison as HTML.

    Args:
        comparison: Candidates beside each other.
        title: Words above the page.
        kind: Format of the audio, ``"ogg"`` or ``"flac"``.
        advance: Function to call with the number of targets added.
    """
    rows: list[dict[str, Any]] = []
    blocks = []
    with a_sound_on_each_core() as over:
        for place, row in enumerate(comparison.rows()):
            sounds = row.sounds
            shown = over(lambda k, of=sounds: show(of, k, kind), len(comparison.systems))  # type: ignore[misc]
            rows.append(
                {
                    "name": sounds.names[0],
                    "number": sounds.numbers[0],
                    "corpus": corpus_name(sounds.numbers[0]),
                    "seconds": round(sounds.audio.shape[1] / sounds.sample_rate, 4),
                    "rate": sounds.sample_rate,
                    "sha256": [digest(audio) for audio in sounds.audio],
                    "figures": {
                        name: [plain(value) for value in values]
                        for name, values in row.figures.items()
                    },
                }
            )
            blocks += [
                (f"s{place}_{k}", block(found, audio)) for k, (found, audio) in enumerate(shown)
            ]
            advance()
    about = {
        "subtitle": comparison.about,
        "format": kind,
        "systems": list(comparison.systems),
        "figures": list(comparison.figures),
        "rows": rows,
    }
    return page("compare", title, about, blocks)
