"""What a study found, as files of its own: Optuna's pictures and the best trial's settings."""

import hashlib
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from synth_datamodule.reporting import write_figure

if TYPE_CHECKING:
    from optuna import Study

PICTURES = ("history.png", "parallel_coordinates.png", "importances.png")
"""Files that ``write_plots`` may write."""


def write_plots(
    study: "Study", folder: Path, monitor: str = "val_error", *, overwrite: bool = False
) -> list[Path]:
    """Write Optuna's pictures of a study as PNG files.

    Pictures that this study wrote, and nobody has changed since, are replaced.

    Args:
        study: A study with at least one complete trial.
        folder: Folder of the files; it is made where it does not exist.
        monitor: Name of the value that the trials were compared by.
        overwrite: Whether other files may be replaced too.

    Returns:
        The files written: the history and, where complete trials differ in their results, these
        in parallel coordinates and how much each setting matters; none without matplotlib.

    Raises:
        FileExistsError: If a file is in the way.
    """
    import optuna

    try:
        import matplotlib.pyplot as plt
        from optuna.visualization import matplotlib as draw
    except ImportError:
        return []
    plots: list[Callable[..., Any]] = [draw.plot_optimization_history]
    complete = study.get_trials(deepcopy=False, states=(optuna.trial.TrialState.COMPLETE,))
    if len({trial.value for trial in complete}) > 1:
        plots += [draw.plot_parallel_coordinate, draw.plot_param_importances]
    written = []
    # Optuna sets matplotlib's style for the whole process.
    with plt.rc_context(), warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        # An axis on which all trials are the same.
        warnings.filterwarnings("ignore", "Attempting to set identical low and high", UserWarning)
        for name, plot in zip(PICTURES, plots, strict=False):
            path, figure = Path(folder) / name, plot(study, target_name=monitor).figure
            replaces = overwrite or is_own(study, path)
            write_figure(path, figure, overwrite=replaces, bbox_inches="tight")
            plt.close(figure)
            written.append(own(study, path))
    return written


def is_own(study: "Study", path: Path) -> bool:
    """Return whether a file holds what a study has written: its hash is one of its attributes."""
    return path.is_file() and _hash(path) in study.user_attrs


def own(study: "Study", path: Path) -> Path:
    """Record a file as written by a study, and return its path."""
    study.set_user_attr(_hash(path), path.name)
    return path


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
