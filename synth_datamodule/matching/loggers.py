"""Sounds and pictures to a logger, by the calls that it has; none of them is imported."""

import io
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

from torch import Tensor

from synth_datamodule import reporting

Figure: TypeAlias = Any  # matplotlib's, which has no types
FOLDER = "sounds"
"""Name of the folder, beside a log of files, of the sounds and pictures."""


class Calls(NamedTuple):
    """How a logger takes a sound and a picture.

    Args:
        sound: Function of name, audio ``[N]`` on the CPU, sample rate and step.
        picture: Function of name, figure and step.
    """

    sound: Callable[[str, Tensor, int, int], object]
    picture: Callable[[str, Figure, int], object]


def calls_of(logger: Any) -> Calls | None:  # noqa: ANN401  # of any Lightning, or one's own
    """Return how a logger takes sounds and pictures; None where it takes none.

    Args:
        logger: Logger of a Trainer, asked for what its experiment can do: TensorBoard's
            ``add_audio`` and ``add_figure``; Weights & Biases' ``log_audio`` and ``log_image``;
            MLflow's ``log_artifact`` and ``log_figure``; a package with ``Audio``, ``Image`` and
            runs that ``log``, such as Trackio. What has none of these and a ``log_dir`` gets files.
    """
    if _has(logger, "log_audio", "log_image"):
        return _own(logger)
    experiment = getattr(logger, "experiment", None)
    if _has(experiment, "add_audio", "add_figure"):
        return _summaries(experiment)
    if _has(experiment, "log_artifact", "log_figure") and hasattr(logger, "run_id"):
        return _artifacts(experiment, str(logger.run_id))
    package = sys.modules.get(type(experiment).__module__.partition(".")[0])
    if _has(experiment, "log") and _has(package, "Audio", "Image"):
        return _media(experiment, package)
    folder = getattr(logger, "log_dir", None)
    if isinstance(folder, str | Path):
        return _files(Path(folder) / FOLDER)
    return None


def _has(thing: object, *names: str) -> bool:
    return all(callable(getattr(thing, name, None)) for name in names)


def _own(logger: Any) -> Calls:  # noqa: ANN401
    def sound(name: str, audio: Tensor, rate: int, step: int) -> None:
        logger.log_audio(name, [audio.numpy()], step=step, sample_rate=[rate])

    def picture(name: str, figure: Figure, step: int) -> None:
        logger.log_image(name, [_pixels(figure)], step=step)

    return Calls(sound, picture)


def _summaries(writer: Any) -> Calls:  # noqa: ANN401
    def sound(name: str, audio: Tensor, rate: int, step: int) -> None:
        writer.add_audio(name, audio[None], global_step=step, sample_rate=rate)

    def picture(name: str, figure: Figure, step: int) -> None:
        # It knows no window that would have to be closed.
        writer.add_figure(name, figure, global_step=step, close=False)

    return Calls(sound, picture)


def _artifacts(client: Any, run: str) -> Calls:  # noqa: ANN401
    def sound(name: str, audio: Tensor, rate: int, step: int) -> None:
        above, _, last = name.rpartition("/")
        with tempfile.TemporaryDirectory() as folder:
            path = reporting.write_wave(Path(folder) / _at(last, step, "wav"), audio, rate)
            client.log_artifact(run, str(path), above)

    def picture(name: str, figure: Figure, step: int) -> None:
        client.log_figure(run, figure, _at(name, step, "png"))

    return Calls(sound, picture)


def _media(run: Any, package: Any) -> Calls:  # noqa: ANN401
    def sound(name: str, audio: Tensor, rate: int, step: int) -> None:
        run.log({name: package.Audio(audio.numpy(), sample_rate=rate)}, step=step)

    def picture(name: str, figure: Figure, step: int) -> None:
        run.log({name: package.Image(_pixels(figure))}, step=step)

    return Calls(sound, picture)


def _files(folder: Path) -> Calls:
    # A run that goes on in its old folder writes anew what it comes to again, as its log does.
    def sound(name: str, audio: Tensor, rate: int, step: int) -> None:
        path = folder / _at(name.removeprefix(f"{FOLDER}/"), step, "wav")
        reporting.write_wave(path, audio, rate, overwrite=True)

    def picture(name: str, figure: Figure, step: int) -> None:
        path = folder / _at(name.removeprefix(f"{FOLDER}/"), step, "png")
        reporting.write_figure(path, figure, overwrite=True)

    return Calls(sound, picture)


def _at(name: str, step: int, suffix: str) -> str:
    return f"{name}_step_{step}.{suffix}"


def _pixels(figure: Figure) -> Any:  # noqa: ANN401  # a numpy array [H, W, 4]
    from matplotlib.image import imread

    return (imread(io.BytesIO(reporting.drawn(figure))) * 255).astype("uint8")
