"""What modules are written in: pitches, phases, weights."""

import pytest

from synth_datamodule.program import Builder, Unknown
from synth_datamodule.program.builder import AUDIO, CONTROL, PHASE, VALUE
from synth_datamodule.program.words import (
    bent_octave,
    bent_phase,
    first_largest,
    fm_phase,
    octaves,
    shares,
    weighted,
)


@pytest.fixture
def build():
    return Builder()


def numbers(build, count):
    return [build.parameter(k) for k in range(count)]


def evaluated(build, signal, values):
    """Compute numbers by Python's arithmetic."""
    node = build.nodes[signal.place]
    given = [evaluated(build, type(signal)(build, place), values) for place in node.inputs]
    ways = {
        "parameter": lambda: values[node.data[0]],
        "constant": lambda: node.data[0],
        "add": lambda: given[0] + given[1],
        "subtract": lambda: given[0] - given[1],
        "divide": lambda: given[0] / given[1],
        "larger": lambda: max(given),
        "equal": lambda: float(given[0] == given[1]),
        "share": lambda: (given[0] / given[1] if given[1] > 0 else 1.0) ** 2.718281828,
    }
    return ways[node.kind]()


@pytest.mark.parametrize(
    ("weights", "chosen"),
    [
        ([0.3, 0.9, 0.5], [0, 1, 0]),
        ([0.9, 0.9, 0.9], [1, 0, 0]),
        ([0.0, 0.0], [1, 0]),
        ([0.1, 0.2, 0.2], [0, 1, 0]),
        ([0.7], [1]),
    ],
)
def test_the_first_of_the_largest_is_chosen(build, weights, chosen):
    made = first_largest(build, numbers(build, len(weights)))
    assert [evaluated(build, one, weights) for one in made] == chosen


@pytest.mark.parametrize("weights", [[0.3, 0.9, 0.5], [0.0, 0.0], [1.0]])
def test_shares_sum_to_1_and_zeros_are_equal(build, weights):
    made = [evaluated(build, one, weights) for one in shares(build, numbers(build, len(weights)))]
    assert sum(made) == pytest.approx(1, abs=1e-15)
    if not any(weights):
        assert made == [1 / len(weights)] * len(weights)
    else:
        raised = [weight**2.718281828 for weight in weights]
        assert made == pytest.approx([one / sum(raised) for one in raised], abs=1e-15)


def test_a_pitch_that_is_bent_by_a_line_is_bent_at_control_rate(build):
    centre, depth, low, high = numbers(build, 4)
    line = build.upsample(build.node("envelope", CONTROL, [centre]))
    bent = bent_octave(build, centre, depth, line, low, high)
    assert bent.node.kind == "octave_line"
    assert [build.nodes[place].rate for place in bent.node.inputs] == [CONTROL, VALUE, VALUE]


def test_a_pitch_that_is_bent_by_audio_is_bent_at_audio_rate(build):
    centre, depth, low, high = numbers(build, 4)
    noise = build.node("noise", AUDIO, data=(13,))
    assert bent_octave(build, centre, depth, noise, low, high).node.kind == "octave"


def test_a_pitch_that_rests_is_a_steady_phase_and_no_clamp(build):
    pitch, depth, radians = numbers(build, 3)
    phase = bent_phase(build, pitch, depth, radians, None)
    assert (phase.node.kind, phase.rate) == ("steady", PHASE)
    kinds = {node.kind for node in build.nodes}
    assert "octave" not in kinds
    assert "octave_line" not in kinds


def test_frequency_is_bent_by_audio_alone(build):
    pitch, depth, start = numbers(build, 3)
    control = build.filled(pitch, CONTROL)
    with pytest.raises(Unknown, match="a control signal is given where audio is taken"):
        fm_phase(build, pitch, depth, control, start)
    with pytest.raises(Unknown, match="a control signal is given where a number is taken"):
        octaves(build, control)


@pytest.mark.parametrize("count", range(1, 14))
def test_any_number_of_signals_is_weighted_in_order(build, count):
    signals = [build.node("envelope", CONTROL, [one]) for one in numbers(build, count)]
    made = weighted(build, numbers(build, count), signals)
    heard = []

    def gather(place):
        node = build.nodes[place]
        if node.kind == "weighted":
            assert len(node.inputs) <= 8
            for taken in node.inputs:
                gather(taken)
        elif node.kind == "envelope":
            heard.append(place)

    gather(made.place)
    assert heard == [one.place for one in signals]
