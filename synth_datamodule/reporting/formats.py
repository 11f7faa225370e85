"""What files hold: text, JSON, rows of a table, sound, pictures; written by ``write_bytes``."""

import contextlib
import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from synth_datamodule.reporting.files import AnyPath, new_file, write_bytes
from synth_datamodule.reporting.notebooks import let_show

if TYPE_CHECKING:
    import numpy.typing as npt
    from torch import Tensor

    Array = npt.NDArray[Any]


def write_text(path: AnyPath, text: str, *, overwrite: bool = False) -> Path:
    """Write text as UTF-8, its line breaks as they are."""
    return write_bytes(path, text.encode(), overwrite=overwrite)


def write_json(path: AnyPath, value: object, *, overwrite: bool = False) -> Path:
    """Write a value as JSON, indented by two."""
    return write_text(path, json.dumps(value, indent=2) + "\n", overwrite=overwrite)


@contextlib.contextmanager
def new_rows(
    path: AnyPath, header: Sequence[str], *, overwrite: bool = False
) -> Iterator[Callable[[Iterable[Sequence[object]]], None]]:
    """Open a CSV file that gets its name when the block ends; yield a function that adds rows."""
    with new_file(path, overwrite=overwrite) as write:

        def add(rows: Iterable[Sequence[object]]) -> None:
            text = io.StringIO(newline="")
            csv.writer(text).writerows(rows)
            write(text.getvalue().encode())

        add([header])
        yield add


def write_state(path: AnyPath, state: object, *, overwrite: bool = False) -> Path:
    """Write what ``torch.load`` reads."""
    import torch  # late, as all that takes long: the command speaks before

    file = io.BytesIO()
    torch.save(state, file)
    return write_bytes(path, file.getvalue(), overwrite=overwrite)


def write_arrays(path: AnyPath, *, overwrite: bool = False, **arrays: "Array") -> Path:
    """Write arrays by name, as ``numpy.load`` reads them; the same arrays give the same bytes."""
    import numpy as np  # late, as above

    file = io.BytesIO()
    np.savez(file, **arrays)  # type: ignore[arg-type]  # of arrays, not of its other option
    return write_bytes(path, file.getvalue(), overwrite=overwrite)


def write_wave(
    path: AnyPath, audio: "Tensor", sample_rate: int, *, overwrite: bool = False
) -> Path:
    """Write one sound ``[N]`` as a float32 WAV file; the same sound gives the same bytes."""
    return write_bytes(path, wave_bytes(audio, sample_rate), overwrite=overwrite)


def wave_bytes(audio: "Tensor", sample_rate: int) -> bytes:
    """Return one sound ``[N]`` as the contents of a float32 WAV file."""
    import soundfile

    from synth_datamodule import checks

    samples = checks.float_tensor("audio", audio, "[N]", (None,)).detach().cpu().float()
    file = io.BytesIO()
    soundfile.write(file, samples.numpy(), sample_rate, format="WAV", subtype="FLOAT")
    content = bytearray(file.getvalue())
    # libsndfile writes the time of day into the chunk that holds the loudest sample.
    peak = content.find(b"PEAK", 0, content.find(b"data"))
    if peak >= 0:
        content[peak + 12 : peak + 16] = bytes(4)
    return bytes(content)


def check_flac_rate(sample_rate: int) -> None:
    """Check that FLAC has a code for a sample rate."""
    if sample_rate > 65_535 and (sample_rate > 655_350 or sample_rate % 10):
        raise ValueError(
            "sample_rate of FLAC must be at most 65535, or a multiple of 10 up to 655350, got "
            f"{sample_rate}"
        )


def write_flac(
    path: AnyPath, audio: "Tensor", sample_rate: int, *, overwrite: bool = False
) -> Path:
    """Write one sound ``[N]`` in [-1, 1] as a 24-bit FLAC file."""
    return write_bytes(path, flac_bytes(audio, sample_rate, path), overwrite=overwrite)


def flac_bytes(audio: "Tensor", sample_rate: int, name: AnyPath = "audio") -> bytes:
    """Return one sound ``[N]`` in [-1, 1] as the contents of a 24-bit FLAC file.

    Each sample is the nearest multiple of 2**-23, of which 1 - 2**-23 is the highest.
    """
    import soundfile
    import torch

    from synth_datamodule import checks

    check_flac_rate(sample_rate)
    samples = checks.float_tensor("audio", audio, "[N]", (None,)).detach().cpu()
    peak = float(samples.abs().max())
    if not peak <= 1:
        raise ValueError(
            f"{name} must have samples in [-1, 1], all that FLAC holds, one reaches {peak:.3g}: "
            "write WAV"
        )
    levels = (samples.double() * 2.0**23).round().clamp(max=2.0**23 - 1).to(torch.int32)
    file = io.BytesIO()
    # In the upper 24 of 32 bits, which libsndfile takes as they are.
    soundfile.write(file, (levels * 256).numpy(), sample_rate, format="FLAC", subtype="PCM_24")
    return file.getvalue()


def picture(
    path: AnyPath,
    draw: Callable[[Any], object],
    *,
    overwrite: bool = False,
    figsize: tuple[float, float] = (6, 4.5),
) -> list[Path]:
    """Draw a picture and write it; return no path without matplotlib, which ``say_written`` says.

    ``draw`` is given a ``matplotlib.figure.Figure`` of ``figsize`` inches, of 100 pixels each. The
    path's suffix is the format.
    """
    try:
        figure = new_figure(figsize)
    except ImportError:
        return []
    draw(figure)
    return [write_figure(path, figure, overwrite=overwrite)]


def new_figure(
    figsize: tuple[float, float], layout: Literal["constrained"] | None = "constrained"
) -> Any:  # noqa: ANN401  # matplotlib's
    """Return an empty figure of matplotlib's, which knows no window; a notebook shows it.

    Raises:
        ImportError: If matplotlib is not installed; it names the extra.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        rule = "a picture needs matplotlib: pip install 'synth_datamodule[plots]'"
        raise ImportError(rule) from error
    let_show(Figure)
    return Figure(figsize=figsize, layout=layout)


def write_figure(
    path: AnyPath,
    figure: Any,  # noqa: ANN401  # matplotlib's, which has no types
    *,
    overwrite: bool = False,
    **options: object,
) -> Path:
    """Write a figure of matplotlib's, with 100 pixels per inch and more options of ``savefig``."""
    content = drawn(figure, Path(path).suffix[1:], **options)
    return write_bytes(path, content, overwrite=overwrite)


def drawn(
    figure: Any,  # noqa: ANN401  # matplotlib's, which has no types
    kind: str = "png",
    **options: object,
) -> bytes:
    """Return the bytes of a figure of matplotlib's in a format, with 100 pixels per inch."""
    file = io.BytesIO()
    figure.savefig(file, format=kind, dpi=100, **options)
    return file.getvalue()
