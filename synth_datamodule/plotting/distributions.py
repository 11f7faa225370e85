"""plot_parameters: how a recipe spreads its parameters, and which it holds."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import torch

from synth_datamodule import checks, reporting
from synth_datamodule.parameters.own import OwnParameters
from synth_datamodule.parameters.ranges import ParameterRange
from synth_datamodule.patching.recipe import SynthRecipe
from synth_datamodule.patching.synth import AbstractSynth
from synth_datamodule.plotting.drawing import BLUE, GREEN, PURPLE, RED

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST = 2**16
"""Sounds that are drawn from at most."""
_BINS = 48
_ROWS = 40  # of a column
_COLUMN, _LEFT, _RIGHT = 5.8, 2.2, 1.5  # widths in inches, of a column and of the words beside it


def plot_parameters(recipe: SynthRecipe | AbstractSynth, num_sounds: int = 1024) -> "Figure":
    """Return a figure of how a recipe spreads each parameter over its full range.

    A row is a parameter: how often its values come in the first sounds, over the range that the
    synth itself gives it, which stands at the right in its unit. A narrower range is shaded, a
    listed parameter is in a colour of its own, and a pinned one is a diamond beside its value.

    Args:
        recipe: Recipe such as ``dm.recipe``, or a synth.
        num_sounds: Number of sounds, the corpus's first; of rows of one's own as many as there are.

    Returns:
        A figure of matplotlib's; ``figure.savefig(path)`` writes it.

    Raises:
        ImportError: If matplotlib is not installed: ``pip install 'synth_datamodule[plots]'``.
        TypeError: If ``recipe`` is neither.
        ValueError: If ``num_sounds`` is out of bounds.

    Example:
        >>> from synth_datamodule import Voice
        >>> figure = plot_parameters(Voice(pinned={"keyboard.midi_f0": 60.0}), num_sounds=64)
        >>> sum(len(axis.get_yticks()) for axis in figure.axes if axis.get_xlabel())
        78
    """
    if isinstance(recipe, AbstractSynth):
        recipe = SynthRecipe.of(recipe)
    checks.instance("recipe", recipe, SynthRecipe)
    num_sounds = checks.whole_number("num_sounds", num_sounds, 1, MOST)
    if isinstance(recipe.parameters, OwnParameters):
        num_sounds = min(num_sounds, recipe.parameters.num_rows)
    figure: Figure = reporting.new_figure((1, 1), layout=None)  # before any work
    synth = recipe.make()
    table = synth.parameter_table
    whole = replace(recipe.without_source(), pinned={}, ranges={}, values={}).make().parameter_table
    numbers = torch.arange(num_sounds, dtype=torch.int64, device="cpu")
    drawn = table.to_physical(synth.draw(numbers).detach().double()).cpu().numpy()
    columns = _columns(table.names)
    widest = max(map(len, columns))
    width, height = _COLUMN * len(columns), 0.2 * widest + 1.5
    figure.set_size_inches(width, height)
    axes = figure.subplots(1, len(columns), squeeze=False)[0]
    figure.subplots_adjust(
        left=_LEFT / width,
        right=1 - _RIGHT / width,
        top=1 - 0.8 / height,
        bottom=0.6 / height,
        wspace=(_LEFT + _RIGHT) / (_COLUMN - _LEFT - _RIGHT),
    )
    for axis, names in zip(axes, columns, strict=True):
        right = []
        for row, name in enumerate(names):
            full, now = whole[name].range, table[name]
            right.append(_words(full))
            _draw_row(
                axis,
                row,
                full,
                drawn[:, now.column],
                now.pinned,
                (now.range.minimum, now.range.maximum) if name in recipe.ranges else None,
                listed=name in recipe.values,
            )
        axis.set_yticks(range(len(names)), labels=names, fontsize="small")
        axis.set(xlim=(-0.02, 1.02), ylim=(widest - 0.2, -0.8))
        axis.set_xticks([0, 0.5, 1], labels=["min", "middle", "max"])
        axis.set_xlabel("value within its full range, in the unit at the right", fontsize="small")
        for edge in ("top", "left", "right"):
            axis.spines[edge].set_visible(False)
        axis.tick_params(axis="y", length=0)
        for row, words in enumerate(right):
            axis.text(1.05, row, words, va="center", fontsize="small")
    _legend(figure, recipe, table.pinned)
    sounds = f"{num_sounds} sound{'' if num_sounds == 1 else 's'}"
    title = f"{type(synth).__name__}, {len(table)} parameters, {sounds}"
    figure.suptitle(title, x=0.1 / width, y=1 - 0.1 / height, ha="left", va="top")
    return figure


def _columns(names: Sequence[str]) -> list[list[str]]:
    """Return the names in columns of about one length; a module stays in one of them."""
    modules: dict[str, list[str]] = {}
    for name in names:
        modules.setdefault(name.split(".")[0], []).append(name)
    each = -(-len(names) // -(-len(names) // _ROWS))
    columns: list[list[str]] = [[]]
    for module in modules.values():
        if columns[-1] and len(columns[-1]) + len(module) / 2 > each:
            columns.append([])
        columns[-1] += module
    return columns


def _words(one: ParameterRange) -> str:
    return f"{one.minimum:.3g} to {one.maximum:.3g} {one.unit}".rstrip()


def _draw_row(
    axis: Any,  # noqa: ANN401  # matplotlib's
    row: int,
    full: ParameterRange,
    values: npt.NDArray[np.float64],
    pinned: float | None,
    narrowed: tuple[float, float] | None,
    *,
    listed: bool,
) -> None:
    """Draw one parameter, its values of each sound in its unit ``[B]``."""
    low, width = full.minimum, full.maximum - full.minimum or 1.0
    axis.plot((0, 1), (row + 0.35, row + 0.35), color="#bbbbbb", linewidth=0.8, zorder=1)
    if pinned is not None:
        place = (pinned - low) / width
        axis.plot([place], [row], marker="D", markersize=6, color=RED, linestyle="", zorder=3)
        beside = (
            {"ha": "left", "x": place + 0.05} if place < 0.6 else {"ha": "right", "x": place - 0.05}
        )
        unit = f" {full.unit}" if full.unit else ""
        axis.text(y=row, s=f"{pinned:g}{unit}", va="center", fontsize="small", color=RED, **beside)
        return
    colour = PURPLE if listed else GREEN if narrowed else BLUE
    if narrowed:
        start, stop = ((bound - low) / width for bound in narrowed)
        axis.fill_between(
            (start, stop), row - 0.45, row + 0.45, color=GREEN, alpha=0.2, linewidth=0, zorder=0
        )
    counts, edges = np.histogram((values - low) / width, bins=_BINS, range=(0, 1))
    heights = 0.75 * counts / max(counts.max(), 1)
    axis.stairs(row + 0.35 - heights, edges, baseline=row + 0.35, fill=True, color=colour, zorder=2)


def _legend(figure: Any, recipe: SynthRecipe, pinned: Mapping[str, float]) -> None:  # noqa: ANN401  # matplotlib's
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    shown: list[Any] = [Patch(color=BLUE, label="free: how often each value comes")]
    if recipe.ranges:
        shown.append(Patch(color=GREEN, label="narrowed to the shaded range"))
    if recipe.values:
        shown.append(Patch(color=PURPLE, label="listed values"))
    if pinned:
        shown.append(Line2D([], [], label="pinned", marker="D", linestyle="", color=RED))
    under_title = (0, 1 - 0.3 / figure.get_size_inches()[1])
    place = {"loc": "upper left", "bbox_to_anchor": under_title}
    figure.legend(handles=shown, ncols=len(shown), frameon=False, **place)
