"""The graph drawn: all of it, nothing over anything, and the same every time."""

import re
from itertools import pairwise
from xml.etree import ElementTree

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from synth_datamodule import AbstractSynth, SynthConfig, SynthModule, Voice, part, synths
from synth_datamodule.modules import LFO, ControlRateUpsample, MonophonicKeyboard, SineVCO
from synth_datamodule.patching.layout import Box, Line, layout

CONFIG = SynthConfig(sample_rate=8000, buffer_size_seconds=0.1, control_rate=200)
SVG = "{http://www.w3.org/2000/svg}"
SYNTHS = [Voice, synths.OneOscillator, synths.FmVoice, synths.FilteredVoice]
each_synth = pytest.mark.parametrize("kind", SYNTHS)


def rectangles(picture):
    found = []
    for rect in picture.iter(f"{SVG}rect"):
        if "x" in rect.attrib:
            x, y = float(rect.get("x")), float(rect.get("y"))
            found.append((x, y, x + float(rect.get("width")), y + float(rect.get("height"))))
    return found


def groups(picture, kind):
    return [group for group in picture.iter(f"{SVG}g") if group.get("class").split()[0] == kind]


@each_synth
def test_every_part_and_every_cable_is_drawn_once(kind):
    synth = kind(CONFIG)
    picture = ElementTree.fromstring(synth.diagram().svg)  # our own
    told = [one.find(f"{SVG}title").text for one in groups(picture, "cable")]
    expected = {f"{one.source} -> {one.target} ({one.kind})" for one in synth.cables}
    assert sorted(told) == sorted(expected)
    names = [text.text for text in picture.iter(f"{SVG}text")]
    nodes = {one.target for one in synth.cables} | {"keyboard"}
    assert all(names.count(node) == 1 for node in nodes)


@each_synth
def test_a_page_finds_the_box_of_each_node_and_the_ends_of_each_cable(kind):
    synth = kind(CONFIG)
    picture = ElementTree.fromstring(synth.diagram().svg)  # our own
    nodes = [*synth.diagram().parts, "output"]
    assert sorted(one.get("data-part") for one in groups(picture, "part")) == sorted(nodes)
    assert sorted(one.get("id") for one in groups(picture, "part")) == sorted(
        f"part-{node}" for node in nodes
    )
    ends = {
        (one.get("data-source"), one.get("data-target"), one.get("class"))
        for one in groups(picture, "cable")
    }
    assert ends == {(one.source, one.target, f"cable {one.kind}") for one in synth.cables}


@each_synth
def test_boxes_lie_in_the_picture_and_none_over_another(kind):
    picture = ElementTree.fromstring(kind(CONFIG).diagram().svg)  # our own
    width, height = float(picture.get("width")), float(picture.get("height"))
    boxes = rectangles(picture)
    for left, top, right, bottom in boxes:
        assert 0 < left < right < width
        assert 0 < top < bottom < height
    for place, (left, top, right, bottom) in enumerate(boxes):
        for other in boxes[place + 1 :]:
            apart = other[0] >= right or other[2] <= left or other[1] >= bottom or other[3] <= top
            assert apart


@each_synth
def test_signals_go_from_left_to_right(kind):
    for path in re.findall(r'<path d="(M[^"]*C[^"]*)"', kind(CONFIG).diagram().svg):
        steps = [float(x) for x in re.findall(r"[ML ]?([\d.]+) [\d.]+", path)]
        assert steps == sorted(steps)


def test_a_diagram_is_the_same_every_time():
    first, second = Voice(CONFIG).diagram(), Voice(CONFIG).diagram()
    assert first.svg == second.svg == first._repr_svg_()
    assert str(first) == str(second)


def test_as_text_it_tells_who_takes_what_in_the_order_of_the_calls():
    lines = str(Voice(CONFIG).diagram()).splitlines()
    assert lines[0] == "Voice"
    assert lines[1].split() == ["keyboard", "MonophonicKeyboard"]
    assert lines[-1].split() == ["output", "<-", "mixer"]
    assert [line.split() for line in lines if line.startswith("vca.noise")] == [
        ["vca.noise", "VCA", "<-", "noise,", "upsample.noise_amp"]
    ]
    # Each line takes from those above it.
    seen = set()
    for line in lines[1:]:
        name, _, taken = line.partition("<-")
        assert all(source.strip().startswith(tuple(seen)) for source in taken.split(",") if taken)
        seen.add(name.split()[0])


def test_what_is_returned_beside_the_audio_is_drawn_too():
    class More(AbstractSynth):
        keyboard = part(MonophonicKeyboard)
        lfo = part(LFO)
        upsample = part(ControlRateUpsample)
        vco = part(SineVCO)

        def output(self, p, noise_rows):
            lfo = self.lfo(p.lfo)
            return self.vco(p.vco, self.keyboard(p.keyboard)[0], self.upsample(lfo)), {"mod": lfo}

    svg = More(CONFIG).diagram().svg
    assert "lfo -&gt; output (control)" in svg


def test_a_synth_of_one_part_can_be_drawn():
    class Hum(SynthModule):
        def forward(self, rows):
            return torch.zeros(len(rows), self.buffer_size)

    class Alone(AbstractSynth):
        hum = part(Hum)

        def output(self, p, noise_rows):
            return self.hum(noise_rows)

        def draw(self, indices):
            return torch.zeros(len(indices), 0)

    assert "hum -&gt; output (audio)" in Alone(CONFIG).diagram().svg


@st.composite
def graphs(draw):
    """Any graph without circles: each box goes to some of those after it."""
    size = draw(st.integers(2, 9))
    boxes, lines = [], []
    for number in range(size):
        later = list(range(number + 1, size))
        targets = draw(st.lists(st.sampled_from(later), unique=True)) if later else []
        outputs = ("a", "b") if draw(st.booleans()) and targets else ("",)
        height = draw(st.sampled_from([30.0, 42.0, 70.0]))
        boxes.append(Box(str(number), height, outputs))
        names = [str(target) for target in targets]
        lines += [Line(str(number), output, list(names)) for output in outputs if targets]
    return boxes, lines


@given(graphs())
@settings(deadline=None, derandomize=True, max_examples=150)
def test_any_graph_is_laid_out(graph):
    boxes, lines = graph
    laid = layout(boxes, lines)
    heights = {box.name: box.height for box in boxes}
    assert sorted(n for column in laid.columns for n in column if n in heights) == sorted(heights)
    step = {name: number for number, column in enumerate(laid.columns) for name in column}
    for column in laid.columns:
        for above, below in pairwise(column):
            room = (heights.get(above, 12.0) + heights.get(below, 12.0)) / 2
            assert laid.middles[below] - laid.middles[above] >= room - 1e-6
    for line in laid.lines:
        last = max(step[target] for target in line.targets)
        assert all(step[line.source] < step[target] for target in line.targets)
        assert sorted(line.ways) == list(range(step[line.source] + 1, last))
