import pytest
import torch

from synth_datamodule import SynthDataModule, Voice, plot_parameters
from synth_datamodule.patching.recipe import SynthRecipe
from synth_datamodule.plotting.drawing import BLUE, GREEN, PURPLE, RED
from synth_datamodule.synths import FmVoice

pytest.importorskip("matplotlib")
from matplotlib.colors import to_rgba

PITCH = "keyboard.midi_f0"


def rows(figure):
    """Axis and place of each parameter by its name."""
    return {
        label.get_text(): (axis, row)
        for axis in figure.axes
        for row, label in enumerate(axis.get_yticklabels())
    }


def drawn(figure, name):
    """Heights and colour of a parameter's bars, left to right."""
    axis, row = rows(figure)[name]
    (bars,) = [one for one in axis.patches if one.get_data().baseline == row + 0.35]
    return row + 0.35 - bars.get_data().values, bars.get_facecolor()


def words(figure, name):
    axis, row = rows(figure)[name]
    return [text.get_text() for text in axis.texts if text.get_position()[1] == row]


@pytest.mark.parametrize("synth", [Voice, FmVoice])
def test_each_parameter_is_a_row_with_its_full_range_in_its_unit(synth):
    table = synth().parameter_table
    figure = plot_parameters(synth(), num_sounds=16)
    assert list(rows(figure)) == list(table.names)
    for one in table.ranges:
        (told,) = words(figure, one.name)
        assert told.startswith(f"{one.minimum:.3g} to {one.maximum:.3g}")
        assert told.endswith(one.unit)


def test_bars_are_how_often_values_come():
    voice = Voice()
    heights, colour = drawn(plot_parameters(voice, num_sounds=200), PITCH)
    values = voice.parameter_table.to_physical(voice.draw(range(200)))[:, 0] / 127
    counts = torch.histc(values, len(heights), 0, 1)
    assert heights == pytest.approx(0.75 * (counts / counts.max()).numpy())
    assert colour == to_rgba(BLUE)


def test_a_pinned_parameter_is_a_diamond_at_its_value_with_its_unit():
    figure = plot_parameters(SynthRecipe(pinned={PITCH: 63.5}), num_sounds=16)
    axis, row = rows(figure)[PITCH]
    (diamond,) = [line for line in axis.lines if line.get_marker() == "D"]
    assert (*diamond.get_xdata(), *diamond.get_ydata()) == (0.5, row)
    assert diamond.get_color() == RED
    assert "63.5 semitones" in words(figure, PITCH)


def test_a_narrowed_parameter_lies_within_its_shade_of_the_full_range():
    figure = plot_parameters(SynthRecipe(ranges={PITCH: (48, 72)}), num_sounds=500)
    heights, colour = drawn(figure, PITCH)
    assert colour == to_rgba(GREEN)
    inside = [place for place, height in enumerate(heights) if height > 0]
    assert min(inside) == int(48 / 127 * len(heights))
    assert max(inside) == int(72 / 127 * len(heights))
    assert "0 to 127 semitones" in words(figure, PITCH)
    axis, _ = rows(figure)[PITCH]
    (shade,) = axis.collections
    assert shade.get_datalim(axis.transData).intervalx == pytest.approx([48 / 127, 72 / 127])


def test_listed_values_are_all_that_is_drawn():
    figure = plot_parameters(SynthRecipe(values={PITCH: [10.0, 100.0]}), num_sounds=100)
    heights, colour = drawn(figure, PITCH)
    assert colour == to_rgba(PURPLE)
    places = {int(value / 127 * len(heights)) for value in (10, 100)}
    assert {place for place, height in enumerate(heights) if height > 0} == places


def test_the_legend_names_the_kinds_that_are_there():
    def told(**settings):
        (legend,) = plot_parameters(SynthRecipe(**settings), num_sounds=4).legends
        return [text.get_text() for text in legend.get_texts()]

    assert len(told()) == 1
    assert told(pinned={PITCH: 60})[1:] == ["pinned"]
    assert len(told(pinned={PITCH: 60}, ranges={"adsr_1.attack": (0, 1)})) == 3


def test_a_data_modules_recipe_is_drawn_rows_of_ones_own_too(tmp_path):
    dm = SynthDataModule(4, parameters=torch.full((20, 78), 0.25), buffer_size_seconds=0.1)
    figure = plot_parameters(dm.recipe)
    figure.savefig(tmp_path / "parameters.png")
    assert "20 sounds" in figure.get_suptitle()
    heights, _ = drawn(figure, PITCH)
    assert [place for place, height in enumerate(heights) if height > 0] == [len(heights) // 4]
