import pytest
import torch

from synth_datamodule import AbstractSynth, SynthConfig, Voice, part, plot_sound
from synth_datamodule.modules import AudioMixer, MonophonicKeyboard, SineVCO
from synth_datamodule.synths import FmVoice

pytest.importorskip("matplotlib")

CONFIG = SynthConfig(sample_rate=8000, buffer_size_seconds=0.5, control_rate=100)


class Whistle(AbstractSynth):
    keyboard, vco = part(MonophonicKeyboard), part(SineVCO)
    mixer = part(AudioMixer, inputs=("vco",))

    def output(self, p, noise_rows):
        midi_f0, _ = self.keyboard(p.keyboard)
        return self.mixer(p.mixer, self.vco(p.vco, midi_f0))


@pytest.fixture(scope="module")
def voice():
    return Voice(CONFIG)


def panels(figure):
    """The lines of each panel of control signals, by the kind of part, each by its name."""
    return {
        axis.get_ylabel().split("\n")[0]: {
            line.get_label(): line for line in axis.lines if not line.get_label().startswith("_")
        }
        for axis in figure.axes[2:]
    }


def test_every_control_signal_has_a_line_in_the_panel_of_its_kind(voice):
    drawn = panels(plot_sound(voice, 7))
    control = {cable.source for cable in voice.cables if cable.kind == "control"}
    assert {name for lines in drawn.values() for name in lines} == control
    assert list(drawn) == ["ADSR", "LFO", "ControlRateVCA", "ModulationMixer"]
    assert set(drawn["LFO"]) == {"lfo_1", "lfo_2"}


def test_a_line_is_the_signal_over_time_in_seconds(voice):
    line = panels(plot_sound(voice, 7))["ADSR"]["adsr_1"]
    signal = voice.signals(voice.draw([7]), torch.tensor([7])).adsr_1[0]
    assert line.get_ydata().tolist() == signal.tolist()
    assert line.get_xdata().tolist() == [place / 100 for place in range(50)]


def test_lines_of_a_panel_have_colours_of_their_own(voice):
    for lines in panels(plot_sound(voice, 7)).values():
        assert len({(one.get_color(), one.get_linestyle()) for one in lines.values()}) == len(lines)


@pytest.mark.parametrize(
    ("names", "there"),
    [
        (["lfo_1"], {"LFO": {"lfo_1"}}),
        (["control_vca"], {"ControlRateVCA": {"control_vca.lfo_1", "control_vca.lfo_2"}}),
        ([], {}),
    ],
)
def test_names_choose_what_is_drawn(voice, names, there):
    drawn = panels(plot_sound(voice, 7, names))
    assert {kind: set(lines) for kind, lines in drawn.items()} == there


def test_a_sound_may_have_other_parameters_by_now(voice):
    sound = voice.sound(7)
    other = sound._replace(parameters=torch.full_like(sound.parameters, 0.5))
    line = panels(plot_sound(voice, other, ["adsr_2"]))["ADSR"]["adsr_2"]
    middle = voice.signals(other.parameters[None], names=["adsr_2"]).adsr_2[0]
    assert line.get_ydata().tolist() == middle.tolist()


def test_the_axes_say_what_they_show_and_in_which_unit(voice):
    figure = plot_sound(voice, 7, ["lfo_1"])
    labels = [axis.get_ylabel() for axis in figure.axes]
    assert labels == ["level\n(full scale 1)", "frequency (Hz)", "LFO\n(full scale 1)"]
    assert figure.axes[-1].get_xlabel() == "time (s)"
    assert figure.axes[0].get_title() == "Voice, sound 7"
    assert figure.axes[0].get_xlim() == (0, 0.5)


def test_the_released_key_is_a_line_where_it_lies_within_the_sound():
    for duration, there in ((0.2, True), (3.0, False)):
        synth = Voice(CONFIG, pinned={"keyboard.duration": duration})
        (wave, *_) = plot_sound(synth, 7, ["lfo_1"]).axes
        dotted = [line.get_xdata()[0] for line in wave.lines if line.get_linestyle() == ":"]
        assert dotted == pytest.approx([duration] if there else [])


def test_a_patch_without_control_signals_is_wave_and_spectrogram():
    assert len(plot_sound(Whistle(CONFIG), 3).axes) == 2


@pytest.mark.parametrize("backend", ["auto", "reference"])
def test_any_synth_is_drawn(backend, tmp_path):
    figure = plot_sound(FmVoice(CONFIG, backend=backend), 3)
    figure.savefig(tmp_path / "sound.png")
    assert list(panels(figure)) == ["StruckADSR"]


def test_a_synth_with_gradients_is_drawn_and_none_is_kept():
    synth = Voice(SynthConfig(sample_rate=8000, buffer_size_seconds=0.2, no_grad=False))
    sound = synth.sound(7)
    plot_sound(synth, sound._replace(parameters=sound.parameters.requires_grad_()), ["lfo_1"])


def test_a_whole_batch_is_an_error_that_names_plot_batch(voice):
    with pytest.raises(ValueError, match=r"sound must be one sound.*plot_batch draws several"):
        plot_sound(voice, voice.render_sounds([0, 1]))


def test_a_name_that_is_no_control_signal_is_told_the_nearest(voice):
    with pytest.raises(ValueError, match=r"names must be control signals, got 'lfo1'; .*'lfo_1'"):
        plot_sound(voice, 7, ["lfo1"])
