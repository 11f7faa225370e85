"""A program reads like its patch."""

from synth_datamodule import AbstractSynth, SynthConfig, part
from synth_datamodule.modules import AudioMixer, MonophonicKeyboard, SineVCO

SHORT = SynthConfig(sample_rate=16000, buffer_size_seconds=0.25, control_rate=400)


class Duo(AbstractSynth):
    keyboard = part(MonophonicKeyboard)
    low = part(SineVCO)
    high = part(SineVCO)
    mixer = part(AudioMixer, inputs=("low", "high"))

    def output(self, p, noise_rows):
        midi_f0, _ = self.keyboard(p.keyboard)
        high = self.high(p.high, midi_f0 + 7)
        return self.mixer(p.mixer, self.low(p.low, midi_f0, high), high), {"high": high}


def lines():
    return str(Duo(SHORT).program).splitlines()


def test_parameters_parts_and_numbers_have_their_names():
    text = "\n".join(lines())
    for told in ("keyboard.midi_f0 = parameter 0", "low.tuning = parameter", "low = sine(", ", 7)"):
        assert told in text


def test_each_line_begins_with_its_rate_and_the_last_names_the_audio():
    rates = {line.split()[0] for line in lines()}
    assert rates == {"value", "single", "double", "phase", "wide", "audio"}
    assert lines()[-1] == "audio    mixer"


def test_no_two_lines_have_one_name_and_each_name_is_said_before_it_is_used():
    names = [line.split(" = ")[0].split()[1] for line in lines()[:-1]]
    assert len(set(names)) == len(names)
    known = {"offset", "cutoff", "lowest", "highest", "quarter", "bits"}
    for line, name in zip(lines()[:-1], names, strict=True):
        formula = line.split(" = ")[1]
        if "(" in formula:
            for taken in formula[formula.index("(") + 1 : -1].split(", "):
                assert taken in known or taken.lstrip("-").replace(".", "").isdigit(), taken
        known.add(name)


def test_printing_shows_what_str_gives(capsys):
    program = Duo(SHORT).program
    print(program)
    assert capsys.readouterr().out == f"{program}\n"
