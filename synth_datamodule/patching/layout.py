"""A layered layout of a small graph: columns from left to right, few crossings, short lines."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

_SWEEPS = 24
_WAY = 12.0
PORTS = 14.0
"""Distance of two lines at one side of a box."""


@dataclass(frozen=True)
class Box:
    """A box of a layout, or a line's way through a column.

    Args:
        name: Name, unique in the layout.
        height: Height, with the room it keeps free.
        outputs: Names of what leaves it on the right, from the top; "" for the only one.
    """

    name: str
    height: float
    outputs: tuple[str, ...] = ("",)


@dataclass
class Line:
    """A bundle of lines from one output of a box to all that it goes to.

    Args:
        source: Name of the box.
        output: Name of the output.
        targets: Names of the boxes that it goes to.
        ways: Boxes that stand for it in the columns that it crosses, by column.
    """

    source: str
    output: str
    targets: list[str]
    ways: dict[int, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Layout:
    """Where boxes lie.

    Args:
        columns: Names of boxes and of lines' ways, from the left, each from the top.
        middles: Height of the middle of each.
        boxes: The boxes by name, their outputs in the order in which they lie.
        lines: The lines, with their ways.
    """

    columns: Sequence[Sequence[str]]
    middles: Mapping[str, float]
    boxes: Mapping[str, Box]
    lines: Sequence[Line]

    def goal(self, box: str, output: str) -> float:
        """Return the mean height of where an output of a box first goes to."""
        steps = {name: step for step, column in enumerate(self.columns) for name in column}
        following = steps[box] + 1
        heights = [
            self.middles[name]
            for line in self.lines
            if (line.source, line.output) == (box, output)
            for name in (*line.targets, *line.ways.values())
            if steps[name] == following
        ]
        return sum(heights) / len(heights) if heights else 0.0


def layout(boxes: Sequence[Box], lines: Sequence[Line]) -> Layout:
    """Lay out a graph without circles.

    Boxes stand as far to the right as what they go to allows. In each column they are ordered by
    the mean height of their neighbours, then moved to it, as near as their order and heights let
    them: Sugiyama, Tagawa and Toda, "Methods for Visual Understanding of Hierarchical System
    Structures", 1981.

    Args:
        boxes: The boxes.
        lines: Lines between them, the ways of which are filled in.

    Example:
        >>> boxes = [Box("vco", 20), Box("adsr", 20), Box("vca", 20)]
        >>> laid = layout(boxes, [Line("vco", "", ["vca"]), Line("adsr", "", ["vca"])])
        >>> laid.columns, laid.middles["vca"]
        ([['vco', 'adsr'], ['vca']], 20.0)
    """
    first = _laid(boxes, lines)
    # A box's outputs leave it in the order of what they go to.
    sorted_boxes = [
        replace(box, outputs=tuple(sorted(box.outputs, key=partial(first.goal, box.name))))
        for box in boxes
    ]
    return _laid(sorted_boxes, lines)


def _laid(boxes: Sequence[Box], lines: Sequence[Line]) -> Layout:
    all_boxes = {box.name: box for box in boxes}
    place = _columns_of(list(all_boxes), lines)
    for number, line in enumerate(lines):
        last = max(place[target] for target in line.targets)
        for step in range(place[line.source] + 1, last):
            way = Box(f"way {number} {step}", _WAY)
            line.ways[step] = way.name
            all_boxes[way.name], place[way.name] = way, step
    columns: list[list[str]] = [[] for _ in range(max(place.values()) + 1)]
    for name in all_boxes:
        columns[place[name]].append(name)
    links = _Links(all_boxes, _segments(lines, place))
    middles: dict[str, float] = {}
    for column in columns:
        middles.update(zip(column, _stacked(column, all_boxes, None), strict=True))
    for sweep in range(_SWEEPS):
        forth = sweep % 2 == 0
        # First by one side, so that boxes can change places, then by both.
        late = sweep >= _SWEEPS // 2
        for column in columns if forth else columns[::-1]:
            goals = {
                name: links.mean(name, middles, left=forth or late, right=not forth or late)
                for name in column
            }
            if not late:
                column.sort(key=goals.__getitem__)
            stacked = _stacked(column, all_boxes, [goals[name] for name in column])
            middles.update(zip(column, stacked, strict=True))
    top = min(middles[name] - all_boxes[name].height / 2 for name in all_boxes)
    heights = {name: middle - top for name, middle in middles.items()}
    return Layout(columns, heights, {box.name: box for box in boxes}, lines)


def _columns_of(names: Sequence[str], lines: Sequence[Line]) -> dict[str, int]:
    """The column of each box: one less than the leftmost that it goes to."""
    after: dict[str, set[str]] = {name: set() for name in names}
    for line in lines:
        after[line.source] |= set(line.targets)
    from_end: dict[str, int] = {}

    def steps(name: str) -> int:
        if name not in from_end:
            from_end[name] = 1 + max((steps(other) for other in after[name]), default=-1)
        return from_end[name]

    longest = max(map(steps, names))
    return {name: longest - steps(name) for name in names}


def _segments(lines: Sequence[Line], place: Mapping[str, int]) -> Iterable[tuple[str, str, str]]:
    """Each piece of a line, between neighbouring columns: from where, by which output, to where."""
    for line in lines:
        before = line.source
        for way in line.ways.values():
            yield before, line.output if before == line.source else "", way
            before = way
        for target in line.targets:
            column = place[target] - 1
            start = line.ways.get(column, line.source)
            yield start, line.output if start == line.source else "", target


class _Links:
    """Which boxes a box is joined to, and how high above its middle."""

    def __init__(self, boxes: Mapping[str, Box], segments: Iterable[tuple[str, str, str]]) -> None:
        self._boxes = boxes
        self._left: dict[str, list[tuple[str, float]]] = {name: [] for name in boxes}
        self._right: dict[str, list[tuple[str, float]]] = {name: [] for name in boxes}
        for source, output, target in segments:
            port = port_height(boxes[source], output)
            self._left[target].append((source, port))
            self._right[source].append((target, -port))

    def mean(self, name: str, middles: Mapping[str, float], *, left: bool, right: bool) -> float:
        """The mean height that its neighbours would have it at."""
        joined = (self._left[name] if left else []) + (self._right[name] if right else [])
        if not joined:
            return middles[name]
        return sum(middles[other] + port for other, port in joined) / len(joined)


def port_height(box: Box, output: str) -> float:
    """Return how far below a box's middle one of its outputs lies.

    Example:
        >>> keyboard = Box("keyboard", 40, ("midi_f0", "duration"))
        >>> port_height(keyboard, "midi_f0"), port_height(keyboard, "duration")
        (-7.0, 7.0)
    """
    place = box.outputs.index(output) if output in box.outputs else 0
    return PORTS * (place - (len(box.outputs) - 1) / 2)


def _stacked(
    column: Sequence[str], boxes: Mapping[str, Box], goals: Sequence[float] | None
) -> list[float]:
    """Middles in this order without overlap, nearest to the goals in the sum of squares.

    What is left once half of each height is taken off must only grow: neighbours that would go
    down are pooled at their mean.
    """
    heights = [boxes[name].height for name in column]
    starts = [sum(heights[:place]) + heights[place] / 2 for place in range(len(column))]
    if goals is None:
        return [start - sum(heights) / 2 for start in starts]
    pools: list[tuple[float, int]] = []
    for goal, start in zip(goals, starts, strict=True):
        mean, size = goal - start, 1
        while pools and pools[-1][0] > mean:
            above, number = pools.pop()
            mean, size = (above * number + mean * size) / (number + size), number + size
        pools.append((mean, size))
    offsets = [mean for mean, size in pools for _ in range(size)]
    return [start + offset for start, offset in zip(starts, offsets, strict=True)]
