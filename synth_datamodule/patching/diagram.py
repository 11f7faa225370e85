"""A patch drawn: as text, one line a part, and as an SVG picture."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from synth_datamodule.patching.graph import OUTPUT, Cable, signal_name
from synth_datamodule.patching.layout import PORTS, Box, Line, layout, port_height

_GAP = 46.0  # between columns
_APART = 12.0  # of the boxes of a column
_MARGIN = 14.0
_LEGEND = 44.0
_LETTER, _SMALL = 6.6, 5.2  # mean widths of a letter at 11 and at 9 pixels
# Told apart in grey too: by width and dashes.
_KINDS = {
    "audio": 'stroke="#1a1a1a" stroke-width="1.9"',
    "control": 'stroke="#2166ac" stroke-width="1.1"',
    "value": 'stroke="#777" stroke-width="0.9" stroke-dasharray="3 2.5"',
}
_FONT = "font-family=\"Helvetica, Arial, 'Liberation Sans', sans-serif\""


@dataclass(frozen=True)
class Diagram:
    """The graph of a patch, to look at; printed it is text, in a notebook a picture.

    Args:
        title: Name of the synth.
        parts: Kind of each of the graph's nodes by its name, in the order of the calls.
        cables: The cables.

    Example:
        >>> cables = [Cable("vco", "output", "audio", "audio")]
        >>> print(Diagram("Whistle", {"vco": "SineVCO"}, cables))
        Whistle
        vco     SineVCO
        output           <- vco
        >>> Diagram("Whistle", {"vco": "SineVCO"}, cables).svg.startswith("<svg")
        True
    """

    title: str
    parts: Mapping[str, str]
    cables: Sequence[Cable]

    def __str__(self) -> str:
        nodes = {**self.parts, OUTPUT: ""}
        wide, kind = max(map(len, nodes)), max(map(len, nodes.values()))
        lines = []
        for name, of in nodes.items():
            taken = dict.fromkeys(one.source for one in self.cables if one.target == name)
            told = f"  <- {', '.join(taken)}" if taken else ""
            lines.append(f"{name:<{wide}}  {of:<{kind}}{told}".rstrip())
        return "\n".join([self.title, *lines])

    @property
    def svg(self) -> str:
        """An SVG picture, as text: audio thick, control signals thin, values dashed.

        A page that shows it finds the box of each node by ``id="part-NAME"`` and ``data-part``, and
        each cable by ``class="cable KIND"``, ``data-source`` and ``data-target``. Colours are
        attributes, which any style sheet's go before.
        """
        return _Picture(self).drawn()

    def _repr_svg_(self) -> str:
        return self.svg


class _Picture:
    """Draws a diagram."""

    def __init__(self, diagram: Diagram) -> None:
        self._title = diagram.title
        self._nodes = {**diagram.parts, OUTPUT: ""}
        outputs: dict[str, dict[str, None]] = {name: {} for name in self._nodes}
        lines: dict[str, Line] = {}
        self._kinds: dict[tuple[str, str], str] = {}
        for cable in diagram.cables:
            source, output = self._split(cable.source)
            outputs[source][output] = None
            line = lines.setdefault(cable.source, Line(source, output, []))
            if cable.target not in line.targets:
                line.targets.append(cable.target)
                self._kinds[cable.source, cable.target] = cable.kind
        taken = {name: sum(name in line.targets for line in lines.values()) for name in outputs}
        boxes = [
            Box(name, _height(len(given), taken[name]) + _APART, tuple(given) or ("",))
            for name, given in outputs.items()
        ]
        self._laid = layout(boxes, list(lines.values()))
        self._boxes = self._laid.boxes
        self._lefts: list[float] = []
        self._widths: list[float] = []
        left = _MARGIN
        for column in self._laid.columns:
            self._lefts.append(left)
            self._widths.append(max(map(self._width, column)))
            left += self._widths[-1] + _GAP
        self._right = left - _GAP
        self._column = {n: place for place, c in enumerate(self._laid.columns) for n in c}

    def _split(self, source: str) -> tuple[str, str]:
        """The node that a signal comes from, and its name there."""
        node = max((n for n in self._nodes if source == n or source.startswith(f"{n}.")), key=len)
        return node, source[len(node) + 1 :]

    def _width(self, name: str) -> float:
        if name not in self._boxes:
            return 0.0
        widest = max(len(name) * _LETTER, len(self._nodes[name]) * _SMALL)
        return widest + 16 + (self._outputs_width(name) + 10 if self._has_outputs(name) else 0)

    def _has_outputs(self, name: str) -> bool:
        return self._boxes[name].outputs != ("",)

    def _outputs_width(self, name: str) -> float:
        return max(map(len, self._boxes[name].outputs)) * _SMALL

    def drawn(self) -> str:
        """The whole picture."""
        heights = [
            self._y(name) + (self._boxes[name].height / 2 if name in self._boxes else 6)
            for name in self._column
        ]
        height = max(heights) + _LEGEND
        size = f'width="{self._right + _MARGIN:.0f}" height="{height:.0f}"'
        box = f'viewBox="0 0 {self._right + _MARGIN:.0f} {height:.0f}"'
        return "\n".join(
            [
                f'<svg xmlns="http://www.w3.org/2000/svg" {size} {box} {_FONT}>',
                f"<title>{escape(self._title)}</title>",
                '<rect class="ground" width="100%" height="100%" fill="white"/>',
                *self._lines(),
                *(self._node(name) for name in self._boxes),
                *_legend(_MARGIN, height - 16),
                "</svg>",
            ]
        )

    def _y(self, name: str) -> float:
        return self._laid.middles[name] + _MARGIN

    def _lines(self) -> Iterator[str]:
        """Each line from its output through its ways to each box that takes it."""
        arriving: dict[str, list[Line]] = {name: [] for name in self._boxes}
        for line in self._laid.lines:
            for target in line.targets:
                arriving[target].append(line)
        for target, lines in arriving.items():
            # In the order in which they come in, so that none crosses another at the box.
            lines.sort(key=lambda line: self._end(line, self._column[target])[1])
            for place, line in enumerate(lines):
                y = self._y(target) + PORTS * (place - (len(lines) - 1) / 2)
                yield self._line(line, target, y)

    def _end(self, line: Line, column: int) -> tuple[float, float]:
        """Where a line stands on the right of the column before another."""
        before = column - 1
        box = self._boxes[line.source]
        if before in line.ways:
            return self._lefts[before] + self._widths[before], self._y(line.ways[before])
        at = self._column[line.source]
        right = self._lefts[at] + self._width_of(line.source)
        return right, self._y(line.source) + port_height(box, line.output)

    def _width_of(self, name: str) -> float:
        # All boxes of a column are as wide as its widest.
        return self._widths[self._column[name]]

    def _line(self, line: Line, target: str, y: float) -> str:
        end = self._column[target]
        x, start = self._end(line, self._column[line.source] + 1)
        path = [f"M{x:.1f} {start:.1f}"]
        before = (x, start)
        for column, way in line.ways.items():
            if column < end:
                path.append(_curve(before, (self._lefts[column], self._y(way))))
                before = self._lefts[column] + self._widths[column], self._y(way)
                path.append(f"L{before[0]:.1f} {before[1]:.1f}")
        path.append(_curve(before, (self._lefts[end] - 4, y)))
        source = signal_name(line.source, line.output)
        kind = self._kinds[source, target]
        tip = self._lefts[end]
        arrow = f"M{tip - 5:.1f} {y - 2.6:.1f}L{tip:.1f} {y:.1f}L{tip - 5:.1f} {y + 2.6:.1f}Z"
        colour = _KINDS[kind].split('"')[1]
        told = escape(f"{source} -> {target} ({kind})")
        ends = f'data-source="{escape(source)}" data-target="{escape(target)}"'
        return (
            f'<g class="cable {kind}" {ends}><title>{told}</title>'
            f'<path d="{"".join(path)}" fill="none" {_KINDS[kind]}/>'
            f'<path class="tip" d="{arrow}" fill="{colour}"/></g>'
        )

    def _node(self, name: str) -> str:
        box, kind = self._boxes[name], self._nodes[name]
        height, width, y = box.height - _APART, self._width_of(name), self._y(name)
        x = self._lefts[self._column[name]]
        outputs = self._has_outputs(name)
        middle = x + (width - (self._outputs_width(name) + 10 if outputs else 0)) / 2
        line = y - 2 if kind else y + 4
        shown = [
            f'<rect x="{x:.1f}" y="{y - height / 2:.1f}" width="{width:.1f}" '
            f'height="{height:.1f}" rx="4" fill="#f7f7f5" stroke="#444" stroke-width="0.9"/>',
            f'<text x="{middle:.1f}" y="{line:.1f}" font-size="11" text-anchor="middle" '
            f'fill="#111">{escape(name)}</text>',
            f'<text class="kind" x="{middle:.1f}" y="{y + 10:.1f}" font-size="9" '
            f'text-anchor="middle" fill="#666">{escape(kind)}</text>',
        ]
        shown += [
            f'<text x="{x + width - 5:.1f}" y="{y + port_height(box, output) + 3:.1f}" '
            f'font-size="9" text-anchor="end" fill="#333">{escape(output)}</text>'
            for output in (box.outputs if outputs else ())
        ]
        told = escape(name)
        return f'<g class="part" id="part-{told}" data-part="{told}">{"".join(shown)}</g>'


def _height(outputs: int, taken: int) -> float:
    return max(30.0, PORTS * max(outputs if outputs > 1 else 0, taken) + 8)


def _curve(start: tuple[float, float], end: tuple[float, float]) -> str:
    """A curve that leaves and arrives level."""
    half = (start[0] + end[0]) / 2
    return f"C{half:.1f} {start[1]:.1f} {half:.1f} {end[1]:.1f} {end[0]:.1f} {end[1]:.1f}"


def _legend(x: float, y: float) -> Iterator[str]:
    for kind, told in (("audio", "audio"), ("control", "control signal"), ("value", "value")):
        yield (
            f'<path class="cable {kind}" d="M{x:.0f} {y:.0f}h26" fill="none" {_KINDS[kind]}/>'
            f'<text x="{x + 32:.0f}" y="{y + 3:.0f}" font-size="9" fill="#333">{told}</text>'
        )
        x += 32 + len(told) * _SMALL + 22
