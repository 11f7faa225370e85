"""What every part shares: the golden signals, its parameters by name, and what it refuses."""

import inspect
import math

import numpy as np
import pytest
import torch

from synth_datamodule import SynthConfig, SynthModule, modules
from synth_datamodule.modules import (
    ADSR,
    LFO,
    AudioMixer,
    CrossfadeKnob,
    FmVCO,
    HardModeSelector,
    ModulationMixer,
    MonophonicKeyboard,
    SineVCO,
    SoftModeSelector,
    SquareSawVCO,
)
from synth_datamodule.parameters.table import ParameterRange, ParameterTable

CONFIG = SynthConfig(sample_rate=16000, buffer_size_seconds=0.25, control_rate=400)

# Golden signals are float64: the steepest edge of a square wave in parts.npz, some 1e3 per radian,
# times the 1e-12 rad that two orders of summation may differ by.
GOLDEN_TOLERANCE = 1e-9

LEVELS = ["level0", "level1"]
CURVES = [0.75, 1.5]
MODES = 5


class Gain(SynthModule):
    parameter_ranges = (
        ParameterRange("gain", 0.0, 2.0),
        ParameterRange("offset", -1.0, 1.0),
    )

    def forward(self, values, audio):
        self.check(values)
        return values["gain"][:, None] * audio + values["offset"][:, None]


def gain_values(gain=1.0, offset=0.0):
    return {"gain": torch.tensor([gain]), "offset": torch.tensor([offset])}


# By the name of the golden signal: the part, and what drives it.
PARTS = {
    "fm": (FmVCO(CONFIG), ["midi_f0", "mod"]),
    "sine": (SineVCO(CONFIG), ["midi_f0"]),
    "squaresaw": (SquareSawVCO(CONFIG), ["midi_f0"]),
    "soft": (SoftModeSelector(CONFIG, num_modes=MODES), []),
    "hard": (HardModeSelector(CONFIG, num_modes=MODES), []),
    "audiomixer": (AudioMixer(CONFIG, inputs=LEVELS, curves=CURVES), ["in"]),
    "modulationmixer": (
        ModulationMixer(CONFIG, inputs=("0", "1"), outputs=("0", "1", "2")),
        ["in"],
    ),
    "lfo": (LFO(CONFIG), ["mod"]),
}


@pytest.mark.parametrize("name", PARTS)
def test_each_part_gives_its_golden_signal(golden, name):
    module, signals = PARTS[name]
    parts = golden("parts")
    table = ParameterTable(module.parameter_ranges)
    assert list(table.names) == parts[f"{name}/names"].tolist()
    physical = table.to_physical(torch.from_numpy(parts[f"{name}/u"]))
    values = dict(zip(table.names, physical.unbind(-1), strict=True))
    inputs = [torch.from_numpy(parts[f"{name}/{signal}"]) for signal in signals]
    if signals == ["in"]:
        inputs = inputs[0].unbind(1)
    out = module(values, *inputs)
    if isinstance(out, tuple):
        out = torch.stack(out, dim=1)
    np.testing.assert_allclose(
        out.numpy(), parts[f"{name}/out"], rtol=0, atol=GOLDEN_TOLERANCE, strict=True
    )


def test_the_envelope_gives_its_golden_signals(golden):
    parts = golden("parts")
    attack, *others, duration = torch.from_numpy(parts["adsr/cases"]).unbind(-1)
    # One case's attack equals its note, but came back from [0, 1] a last bit short of it, and a
    # note that outlasts its attack by a last bit decays at once.
    attack = torch.where(attack == duration, torch.nextafter(attack, torch.zeros(())), attack)
    names = ["attack", "decay", "sustain", "release", "alpha"]
    out = ADSR(CONFIG)(dict(zip(names, [attack, *others], strict=True)), duration)
    np.testing.assert_allclose(
        out.numpy(), parts["adsr/out"], rtol=0, atol=GOLDEN_TOLERANCE, strict=True
    )


def test_every_part_is_exported_and_has_a_length_in_plain_integers():
    parts = [
        part
        for name in modules.__all__
        if inspect.isclass(part := getattr(modules, name)) and issubclass(part, SynthModule)
    ]
    assert {ADSR, LFO, CrossfadeKnob, MonophonicKeyboard} < set(parts)
    module = SynthModule(CONFIG)
    sizes = module.sample_rate, module.control_rate, module.buffer_size, module.control_buffer_size
    assert sizes == (16000, 400, 4000, 100)
    assert {type(size) for size in sizes} == {int}


@pytest.mark.parametrize(
    "module",
    [
        ADSR(CONFIG),
        LFO(CONFIG),
        SquareSawVCO(CONFIG),
        modules.Noise(CONFIG),
        modules.ControlRateUpsample(CONFIG),
        SoftModeSelector(CONFIG, num_modes=MODES),
    ],
    ids=lambda module: type(module).__name__,
)
def test_a_part_holds_nothing_that_training_could_move(module):
    assert dict(module.named_parameters()) == {}
    assert dict(module.named_buffers()) == {}
    assert module.state_dict() == {}


def test_a_part_of_ones_own_reads_its_parameters_by_name():
    audio = torch.linspace(-1, 1, 4000)[None]
    out = Gain(CONFIG)(gain_values(gain=2.0, offset=0.5), audio)
    assert torch.equal(out, 2 * audio + 0.5)


@pytest.mark.parametrize(
    ("values", "error", "message"),
    [
        (
            {"gain": torch.ones(1)},
            ValueError,
            r"Gain has the parameters \['gain', 'offset'\], got \['gain'\]",
        ),
        (
            {**gain_values(), "pan": torch.ones(1)},
            ValueError,
            r"Gain has the parameters \['gain', 'offset'\], got \['gain', 'offset', 'pan'\]",
        ),
        (
            {"gian": torch.ones(1), "offset": torch.ones(1)},
            ValueError,
            r"Gain has the parameters \['gain', 'offset'\], got \['gian', 'offset'\]",
        ),
        (
            torch.ones(1, 2),
            TypeError,
            "Gain takes its parameters by name, got Tensor",
        ),
        (
            {**gain_values(), "gain": torch.ones(1, dtype=torch.int64)},
            TypeError,
            r"gain must be a float tensor \[B\], got dtype torch.int64",
        ),
        (
            {**gain_values(), "gain": 1.0},
            TypeError,
            r"gain must be a float tensor \[B\], got float",
        ),
        (
            {**gain_values(), "offset": torch.zeros(2)},
            ValueError,
            r"offset must be a float tensor \[B\] of sizes \[1\], got shape \[2\]",
        ),
        (
            {**gain_values(), "gain": torch.ones(1, 1)},
            ValueError,
            r"gain must be a float tensor \[B\] of sizes \[any\], got shape \[1, 1\]",
        ),
        (
            {"gain": torch.ones(0), "offset": torch.ones(0)},
            ValueError,
            r"gain must be a float tensor \[B\] of sizes \[any\], got shape \[0\]",
        ),
    ],
    ids=[
        "missing",
        "unknown",
        "misspelt",
        "not-by-name",
        "integers",
        "a-number",
        "two-batch-sizes",
        "a-column",
        "no-sound",
    ],
)
def test_wrong_parameters_are_refused_by_name(values, error, message):
    with pytest.raises(error, match=message):
        Gain(CONFIG)(values, torch.zeros(1, 4000))


@pytest.mark.parametrize(
    ("gain", "shown"), [(2.5, "2.5"), (-0.5, "-0.5"), (math.nan, "nan"), (math.inf, "inf")]
)
def test_a_value_out_of_range_is_refused(gain, shown):
    values, audio = gain_values(gain=gain), torch.ones(1, 4000)
    strict = Gain(CONFIG)
    message = rf"gain of Gain must lie in \[0, 2\], got {shown} at \[0\]"
    with pytest.raises(ValueError, match=message):
        strict(values, audio)
    assert torch.equal(strict(gain_values(gain=2.0), audio), 2 * audio)


@pytest.mark.parametrize(
    ("check", "signal", "error", "message"),
    [
        (
            "check_audio",
            torch.zeros(2, 100),
            ValueError,
            r"mod must be a float tensor \[B, N\] of sizes \[any, 4000\], got shape \[2, 100\]",
        ),
        (
            "check_control",
            torch.zeros(2, 4000),
            ValueError,
            r"mod must be a float tensor \[B, C\] of sizes \[any, 100\], got shape \[2, 4000\]",
        ),
        (
            "check_audio",
            torch.zeros(4000),
            ValueError,
            r"mod must be a float tensor \[B, N\] of sizes \[any, 4000\], got shape \[4000\]",
        ),
        (
            "check_control",
            torch.zeros(2, 100, dtype=torch.int16),
            TypeError,
            r"mod must be a float tensor \[B, C\], got dtype torch.int16",
        ),
        (
            "check_audio",
            np.zeros((2, 4000)),
            TypeError,
            r"mod must be a float tensor \[B, N\], got ndarray",
        ),
    ],
    ids=["control-for-audio", "audio-for-control", "no-batch-axis", "integers", "numpy"],
)
def test_a_signal_of_the_wrong_kind_is_refused(check, signal, error, message):
    with pytest.raises(error, match=message):
        getattr(SynthModule(CONFIG), check)(mod=signal)


def test_a_part_needs_a_config():
    with pytest.raises(TypeError, match=r"must be a SynthConfig, got \{.*\} \(dict\)"):
        SineVCO({"sample_rate": 16000})
