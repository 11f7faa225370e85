"""OneOscillator in Faust's language, compiled and run by DawDreamer; for programs.py.

Orlarey, Fober and Letz, "FAUST: an Efficient Functional Approach to DSP Programming", 2009; Braun,
"DawDreamer: Bridging the Gap Between Digital Audio Workstations and Python Interfaces", ISMIR 2021.

The equations are OneOscillator's. What differs: all is float32, the phase too; envelope and pitch
are computed at each sample, not at each control sample; and nothing is divided by its peak, which
a program that hears one sample after another cannot know. A sound takes its parameters one by one.
"""

import importlib
import re

import torch

INSTALL = "pip install dawdreamer"
BLOCK = 512
_CODE = """
import("stdfaust.lib");
t = ba.time / ma.SR;
way(length, start) = min(1.0, max(0.0, t - start) / max(length, 0.000001));
alpha = knob("adsr.alpha");
held = knob("keyboard.duration");
attack = min(knob("adsr.attack"), held);
decay = min(max(held - knob("adsr.attack"), 0.0), knob("adsr.decay"));
level = knob("adsr.sustain");
rise = pow(way(attack, 0.0), alpha);
down(length, start) = select2(length > 0.0, 1.0, pow(1.0 - way(length, start), alpha));
fall = down(decay, attack);
end = down(knob("adsr.release"), held);
envelope = rise * ((1.0 - level) * fall + level) * end;
note = knob("keyboard.midi_f0") + knob("vco.tuning");
hertz(pitch) = 440.0 * pow(2.0, (pitch - 69.0) / 12.0);
pitch = max(0.0, min(127.0, note + knob("vco.mod_depth") * envelope));
cycles = (+(hertz(pitch) / ma.SR) : ma.frac) ~ _;
angle = 2.0 * ma.PI * cycles + knob("vco.initial_phase");
top = hertz(note + max(0.0, knob("vco.mod_depth")));
partials = 12000.0 / (top * log10(top));
shape = knob("vco.shape");
square = ma.tanh(ma.PI / 2.0 * partials * sin(angle));
wave = (1.0 - shape / 2.0) * square * (1.0 + shape * cos(angle));
process = knob("mixer.vco") * envelope * wave;
"""


# A label of Faust's must be written out.
CODE = re.sub(r"knob\((.*?)\)", r"hslider(\1, 0, -1000, 1000, 0.000001)", _CODE)


def why_no_faust(device):
    """Return why Faust cannot be measured, and how to install it; empty where it can be."""
    if device.type != "cpu":
        return f"Faust is measured on the CPU only, not on {device}"
    try:
        importlib.import_module("dawdreamer")
    except ImportError as error:
        return f"DawDreamer is not here ({error}): {INSTALL}"
    return ""


def faust_oscillator(synth):
    """Return a call from values ``[B, 12]``, in OneOscillator's units, to audio ``[B, N]``.

    Args:
        synth: A OneOscillator.

    Raises:
        ImportError: If DawDreamer cannot be imported.
    """
    engine = importlib.import_module("dawdreamer").RenderEngine(
        synth.synthconfig.sample_rate, BLOCK
    )
    faust = engine.make_faust_processor("oscillator")
    faust.set_dsp_string(CODE)
    engine.load_graph([(faust, [])])
    # A name is the end of a path, its dots written otherwise.
    paths = {one["label"]: one["index"] for one in faust.get_parameters_description()}
    indices = [paths[name] for name in synth.parameter_names]
    seconds, num_samples = synth.buffer_size_seconds, synth.num_samples

    def render(values):
        audio = torch.empty(len(values), num_samples)
        for row, numbers in zip(audio, values.tolist(), strict=True):
            for index, number in zip(indices, numbers, strict=True):
                faust.set_parameter(index, number)
            engine.render(seconds)
            row.copy_(torch.from_numpy(engine.get_audio()[0, :num_samples]))
        return audio

    return render
