"""What files hold: text, JSON, rows of a table, sound."""

import contextlib
import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from torch import Tensor

from synth_datamodule import checks
from synth_datamodule.reporting.files import AnyPath, new_file, write_bytes


def write_text(path: AnyPath, text: str, *, overwrite: bool = False) -> Path:
    """Write text as UTF-8, its line breaks as they are; see ``write_bytes``."""
    return write_bytes(path, text.encode(), overwrite=overwrite)


def write_json(path: AnyPath, value: object, *, overwrite: bool = False) -> Path:
    """Write a value as JSON, indented by two; see ``write_bytes``."""
    return write_text(path, json.dumps(value, indent=2) + "\n", overwrite=overwrite)


def write_rows(
    path: AnyPath,
    header: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    overwrite: bool = False,
) -> Path:
    """Write a CSV file: the names of the columns, then the rows; see ``write_bytes``."""
    with new_rows(path, header, overwrite=overwrite) as add:
        add(rows)
    return Path(path)


def write_wave(path: AnyPath, audio: Tensor, sample_rate: int, *, overwrite: bool = False) -> Path:
    """Write one sound as a float32 WAV file; the same sound gives the same bytes.

    Args:
        path: The file's path, as in ``write_bytes``.
        audio: The sound. Shape ``[N]``.
        sample_rate: Audio rate in hertz.
        overwrite: Whether a file with other bytes may be replaced.

    Returns:
        The path.
    """
    import soundfile

    samples = checks.float_tensor("audio", audio, "[N]", (None,)).detach().cpu().float()
    file = io.BytesIO()
    soundfile.write(file, samples.numpy(), sample_rate, format="WAV", subtype="FLOAT")
    content = bytearray(file.getvalue())
    # libsndfile writes the time of day into the chunk that holds the loudest sample.
    peak = content.find(b"PEAK", 0, content.find(b"data"))
    if peak >= 0:
        content[peak + 12 : peak + 16] = bytes(4)
    return write_bytes(path, bytes(content), overwrite=overwrite)


@contextlib.contextmanager
def new_rows(
    path: AnyPath, header: Sequence[str], *, overwrite: bool = False
) -> Iterator[Callable[[Iterable[Sequence[object]]], None]]:
    """Open a CSV file that gets its name when the block ends; see ``new_file``.

    Args:
        path: The file's path, as in ``write_bytes``.
        header: Names of the columns.
        overwrite: Whether a file with other bytes may be replaced.

    Yields:
        A function that adds rows.
    """
    with new_file(path, overwrite=overwrite) as write:

        def add(rows: Iterable[Sequence[object]]) -> None:
            text = io.StringIO(newline="")
            csv.writer(text).writerows(rows)
            write(text.getvalue().encode())

        add([header])
        yield add
