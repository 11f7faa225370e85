"""What a study found: Optuna's pictures and the best trial's settings, as files."""

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from optuna import Study


def write_plots(study: "Study", folder: Path, monitor: str = "val_error") -> list[Path]:
    """Write Optuna's pictures of a study as PNG files.

    Args:
        study: With at least one trial complete.
        folder: Made where it does not exist.
        monitor: What the trials were compared by.

    Returns:
        The files written: the history and, where complete trials differ in their results, these
        in parallel coordinates and how much each setting matters; none without matplotlib.
    """
    import optuna

    try:
        import matplotlib.pyplot as plt
        from optuna.visualization import matplotlib as draw
    except ImportError:
        return []
    plots: dict[str, Callable[..., Any]] = {"history": draw.plot_optimization_history}
    complete = study.get_trials(deepcopy=False, states=(optuna.trial.TrialState.COMPLETE,))
    if len({trial.value for trial in complete}) > 1:
        plots["parallel_coordinates"] = draw.plot_parallel_coordinate
        plots["importances"] = draw.plot_param_importances
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    # Optuna sets matplotlib's style for the whole process.
    with plt.rc_context(), warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        # An axis on which all trials are the same.
        warnings.filterwarnings("ignore", "Attempting to set identical low and high", UserWarning)
        for name, plot in plots.items():
            axes = plot(study, target_name=monitor)
            path = folder / f"{name}.png"
            axes.figure.savefig(path, dpi=100, bbox_inches="tight")
            plt.close(axes.figure)
            written.append(path)
    return written


def write_settings(settings: dict[str, Any], path: Path) -> None:
    """Write settings as ``fit --config`` reads them.

    Args:
        settings: By dotted name.
        path: Of the YAML file.
    """
    sections: dict[str, Any] = {}
    for name, value in settings.items():
        section, dot, setting = name.partition(".")
        if dot:
            sections.setdefault(section, {})[setting] = value
        else:
            sections[section] = value
    path.write_text(yaml.safe_dump(sections, sort_keys=False), encoding="utf-8")
