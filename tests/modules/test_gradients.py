"""Gradients of every module: the slope inside its range, the one-sided one at its ends."""

import functools
import math
import zlib

import pytest
import torch
from torch.autograd import gradcheck

from synth_datamodule import SynthConfig
from synth_datamodule.modules import (
    ADSR,
    LFO,
    VCA,
    AudioMixer,
    ControlRateUpsample,
    ControlRateVCA,
    CrossfadeKnob,
    FmVCO,
    HardModeSelector,
    ModulationMixer,
    MonophonicKeyboard,
    SineVCO,
    SoftModeSelector,
    SquareSawVCO,
    adsr_envelope,
    fm_frequency,
    lfo_shapes,
    lfo_signal,
    midi_to_hz,
    modulated_pitch,
    normalize_if_clipping,
    num_partials,
    oscillator_cycles,
    square_saw,
    upsample,
)
from synth_datamodule.numerics.powers import power, power_shares
from synth_datamodule.parameters.table import ParameterTable

# torch's own: it scripts its rules for forward mode when they are first asked for.
forward_mode = pytest.mark.filterwarnings("ignore:.*torch.jit.script.*is deprecated:FutureWarning")

CONFIG = SynthConfig(sample_rate=1000, buffer_size_seconds=0.03, control_rate=200)
N, C = CONFIG.buffer_size, CONFIG.control_buffer_size  # 30 and 6


def generator_of(name):
    return torch.Generator().manual_seed(zlib.crc32(name.encode()))


def uniform(low, high, *shape, generator):
    share = torch.rand(*shape, generator=generator, dtype=torch.float64)
    return (low + (high - low) * share).requires_grad_()


# What each pure function is given: range and shape.
FUNCTIONS = {
    "power": (power, [(0.1, 2, 3, 4), (0.2, 3, 4)]),
    "power_shares": (functools.partial(power_shares, exponent=math.e), [(0.1, 1, 3, 5)]),
    "adsr_envelope": (
        functools.partial(adsr_envelope, num_frames=12, control_rate=4),
        [(0.5, 2.5, 6), (0.1, 2, 6), (0.1, 2, 6), (0, 1, 6), (0.1, 2, 6), (0.5, 4, 6)],
    ),
    "lfo_shapes": (lfo_shapes, [(0, 1, 2, 9)]),
    "lfo_signal": (
        functools.partial(lfo_signal, rate=20),
        [(0, 20, 2, 9), (-math.pi, math.pi, 2), (0, 1, 2, 5)],
    ),
    "midi_to_hz": (midi_to_hz, [(0, 127, 5)]),
    "oscillator_cycles": (
        functools.partial(oscillator_cycles, rate=20),
        [(0, 9, 2, 9), (-math.pi, math.pi, 2)],
    ),
    "modulated_pitch": (
        modulated_pitch,
        [(0, 127, 4), (-24, 24, 4), (-96, 96, 4), (0, 1, 4, 9)],
    ),
    "fm_frequency": (
        functools.partial(fm_frequency, sample_rate=1000),
        [(40, 80, 4), (-3, 3, 4), (-1, 1, 4, 9)],
    ),
    "num_partials": (num_partials, [(0, 127, 5)]),
    "square_saw": (square_saw, [(0, 2 * math.pi, 3, 9), (1, 10, 3), (0, 1, 3)]),
    "normalize_if_clipping": (normalize_if_clipping, [(-1.5, 1.5, 3, 9)]),
    "upsample": (functools.partial(upsample, num_samples=11), [(0, 1, 2, 4)]),
}


@forward_mode
@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_functions_gradient_is_its_slope_backwards_and_forwards(name):
    function, inputs = FUNCTIONS[name]
    generator = generator_of(name)
    given = [uniform(*of, generator=generator) for of in inputs]
    assert gradcheck(function, given, check_forward_ad=True, check_batched_grad=True)


# Each module, and the range and shape (without the batch) of its input signals.
MIXER = {"inputs": ("a", "b", "c")}
MODULES = {
    "ADSR": (lambda: ADSR(CONFIG), [(0.011, 0.02)]),
    "AudioMixer": (lambda: AudioMixer(CONFIG, **MIXER), [(-1, 1, N)] * 3),
    "ControlRateUpsample": (lambda: ControlRateUpsample(CONFIG), [(0, 1, C)]),
    "ControlRateVCA": (lambda: ControlRateVCA(CONFIG), [(0, 1, C)] * 2),
    "CrossfadeKnob": (lambda: CrossfadeKnob(CONFIG), []),
    "FmVCO": (lambda: FmVCO(CONFIG), [(20, 50), (-1, 1, N)]),
    "LFO": (lambda: LFO(CONFIG), [(0, 1, C)]),
    "LFO without modulation": (lambda: LFO(CONFIG), []),
    "ModulationMixer": (
        lambda: ModulationMixer(CONFIG, **MIXER, outputs=("x", "y")),
        [(0, 1, C)] * 3,
    ),
    "MonophonicKeyboard": (lambda: MonophonicKeyboard(CONFIG), []),
    "SineVCO": (lambda: SineVCO(CONFIG), [(30, 90), (0, 1, N)]),
    "SineVCO without modulation": (lambda: SineVCO(CONFIG), [(30, 90)]),
    "SoftModeSelector": (lambda: SoftModeSelector(CONFIG, 3), []),
    "SquareSawVCO": (lambda: SquareSawVCO(CONFIG), [(30, 90), (0, 1, N)]),
    "SquareSawVCO without modulation": (lambda: SquareSawVCO(CONFIG), [(30, 90)]),
    "VCA": (lambda: VCA(CONFIG), [(-1, 1, N), (0, 1, N)]),
}
# A decay or release of 0 is none at all, one above 0 has an end: the gradient there is stated.
STEPS = {("ADSR", "decay", 0), ("ADSR", "release", 0)}
# An attack shorter than eps control samples, 5e-9 s, is at 1 from the first frame.
SHORTER = {("ADSR", "attack", 0): 1e-3}


def values_of(module, u):
    """The module's values for numbers in [0, 1], by name."""
    ranges = module.parameter_ranges
    if not ranges:
        return {}
    columns = ParameterTable(ranges).to_physical(u).unbind(-1)
    return {parameter.name: column for parameter, column in zip(ranges, columns, strict=True)}


def as_function(module):
    """The module as a function of plain tensors: one per parameter, then its signals."""
    names = [parameter.name for parameter in module.parameter_ranges]

    def function(*given):
        values = dict(zip(names, given, strict=False))
        return module(*([values] if names else []), *given[len(names) :])

    return names, function


def module_and_input(name, num_sounds=2):
    make, signals = MODULES[name]
    generator, module = generator_of(name), make()
    u = uniform(0.1, 0.9, num_sounds, len(module.parameter_ranges), generator=generator)
    values = [value.detach().requires_grad_() for value in values_of(module, u).values()]
    others = [
        uniform(low, high, num_sounds, *shape, generator=generator) for low, high, *shape in signals
    ]
    return module, [*values, *others]


@forward_mode
@pytest.mark.parametrize("name", MODULES)
def test_a_modules_gradient_is_its_slope(name):
    module, given = module_and_input(name)
    _, function = as_function(module)
    assert gradcheck(function, given, check_forward_ad=True)


def projected(output):
    """One number of a module's output, to which all of it adds."""
    parts = output if isinstance(output, tuple) else (output,)
    generator = torch.Generator().manual_seed(0)
    weights = [torch.randn(part.shape, generator=generator, dtype=part.dtype) for part in parts]
    return sum((weight * part).sum() for weight, part in zip(weights, parts, strict=True))


def one_sided_slope(function, at, direction, step):
    """The slope at a point from the values on one side of it, to second order in the step."""
    with torch.no_grad():
        near, next_to, beside = (function(at + direction * k * step) for k in range(3))
    return direction * (4 * next_to - 3 * near - beside) / (2 * step)


def end_cases():
    for name, (make, _) in MODULES.items():
        for parameter in make().parameter_ranges:
            for end in (0, 1):
                if (name, parameter.name, end) not in STEPS:
                    yield pytest.param(name, parameter, end, id=f"{name}-{parameter.name}-{end}")


@pytest.mark.parametrize(("name", "parameter", "end"), list(end_cases()))
def test_at_an_end_of_a_range_the_gradient_is_the_one_sided_slope(name, parameter, end):
    module, given = module_and_input(name, num_sounds=1)
    names, function = as_function(module)
    place = names.index(parameter.name)
    bound = (parameter.minimum, parameter.maximum)[end]

    def of_one(value):
        inputs = [*given[:place], value, *given[place + 1 :]]
        return projected(function(*inputs))

    at = torch.full((1,), bound, dtype=torch.float64, requires_grad=True)
    (found,) = torch.autograd.grad(of_one(at), at, allow_unused=True, materialize_grads=True)
    step = 1e-6 * (parameter.maximum - parameter.minimum)
    step *= SHORTER.get((name, parameter.name, end), 1)
    expected = one_sided_slope(of_one, at.detach(), 1 - 2 * end, step)
    # An error of the second order in the step, and two roundings over it.
    torch.testing.assert_close(found[0], expected, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("name", [name for name in MODULES if MODULES[name][0]().parameter_ranges])
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32], ids=["float64", "float32"])
def test_gradients_are_finite_at_every_corner_and_beside_it(name, dtype):
    generator = generator_of(name)
    module, signals = MODULES[name][0](), MODULES[name][1]
    num_parameters = len(module.parameter_ranges)
    corners = torch.tensor([0, 1, 0.5, 1e-45, 1e-38, 1e-20, 1e-9, 1 - 2**-24, 0.5 + 2**-24])
    corners = torch.cat((corners.double(), torch.tensor([5e-324, 1e-310, 1e-200, 1e-100]).double()))
    same = corners[:, None].expand(-1, num_parameters)
    mixed = corners[torch.randint(0, len(corners), (60, num_parameters), generator=generator)]
    u = torch.cat((same, mixed)).requires_grad_()
    values = {key: value.to(dtype) for key, value in values_of(module, u).items()}
    for others in [0, 1] if signals else [0]:
        given = [
            torch.full((len(u), *shape), (low, high)[others], dtype=dtype, requires_grad=True)
            for low, high, *shape in signals
        ]
        output = module(values, *given)
        inputs = [u, *given]
        found = torch.autograd.grad(projected(output), inputs, retain_graph=True)
        assert all(gradient.isfinite().all() for gradient in found)


# Where a function bends or jumps: what its docstring says.


def slopes(function, *given):
    given = [torch.as_tensor(value, dtype=torch.float64).requires_grad_() for value in given]
    return [found.tolist() for found in torch.autograd.grad(function(*given).sum(), given)]


def test_an_envelope_gives_ties_to_attack_and_decay():
    def envelope(duration, attack, decay):
        one = torch.ones_like(duration)
        return adsr_envelope(
            duration, attack, decay, 0.5 * one, one, one, num_frames=16, control_rate=8
        )[:, :7]  # before the release, which starts with the note's end

    def slope_by(place, direction, values):
        def of_one(value):
            given = [torch.tensor([v], dtype=torch.float64) for v in values]
            given[place] = value
            return envelope(*given).sum()

        at = torch.tensor([values[place]], dtype=torch.float64)
        return one_sided_slope(of_one, at, direction, 1e-6).item()

    # A decay that takes all that the note leaves of it, and a note as long as its attack.
    decays = (1.0, 0.3, 0.7)
    by_duration, by_attack, by_decay = (
        found[0] for found in slopes(envelope, *([v] for v in decays))
    )
    assert by_decay == pytest.approx(slope_by(2, -1, decays), rel=1e-5)
    assert by_duration == pytest.approx(slope_by(0, 1, decays), rel=1e-5)
    assert by_attack == pytest.approx(slope_by(1, -1, decays), rel=1e-5)
    rises = (1.0, 1.0, 0.5)
    by_duration, by_attack, by_decay = (
        found[0] for found in slopes(envelope, *([v] for v in rises))
    )
    assert by_decay == by_duration == 0
    assert by_attack < -0.1


def test_an_envelopes_lengths_of_zero_have_a_gradient_of_zero():
    one = torch.ones(1, dtype=torch.float64)
    shape = {"num_frames": 16, "control_rate": 8}
    by_decay, by_release = slopes(
        lambda decay, release: adsr_envelope(one, one / 2, decay, one / 2, release, one, **shape),
        [0.0],
        [0.0],
    )
    assert by_decay == by_release == [0.0]


def test_a_pitch_has_no_gradient_beyond_its_clamp_and_all_of_it_at_it():
    def pitch(midi_f0, mod):
        zero, one = torch.zeros_like(midi_f0), torch.ones_like(midi_f0)
        return modulated_pitch(midi_f0, zero, 12 * one, mod[:, None])

    notes, mods = [126.0, 127.0, 128.0, 0.0, -1.0], [0.0] * 5
    assert slopes(pitch, notes, mods) == [[1, 1, 0, 1, 0], [12, 12, 0, 12, 0]]


def test_a_frequency_has_no_gradient_beyond_its_clamp():
    def frequency(mod):
        a4, index = torch.tensor([69.0]).double(), torch.tensor([2.0]).double()
        return fm_frequency(a4, index, mod[None], sample_rate=1760)

    # 880 Hz each side of 440: from standing still to half the sample rate.
    assert slopes(frequency, [-0.6, -0.5, 0.0, 0.5, 0.6]) == [[0, 880, 880, 880, 0]]


def test_an_lfo_below_0_hz_stands_still_and_has_no_gradient():
    lfo = LFO(CONFIG)
    values = {name: torch.tensor([0.5]).double() for name in ("sin", "tri", "saw", "rsaw", "sqr")}
    values["initial_phase"] = torch.tensor([0.3]).double()

    def moves(frequency, mod_depth):
        mod = torch.ones(1, C, dtype=torch.float64)
        return lfo({**values, "frequency": frequency, "mod_depth": mod_depth}, mod)

    assert slopes(moves, [2.0], [-5.0]) == [[0.0], [0.0]]
    by_frequency, by_mod_depth = slopes(moves, [0.0], [0.0])
    assert by_frequency == by_mod_depth != [0.0]


def test_shapes_have_the_slopes_that_their_drawing_has():
    cycles = torch.tensor([[0.0, 0.1, 0.25, 0.5, 0.6, 0.9]], dtype=torch.float64)
    found = [slopes(lambda s, k=k: lfo_shapes(s)[:, k], cycles)[0][0] for k in range(5)]
    sine = [math.pi * math.sin(2 * math.pi * s) for s in cycles[0].tolist()]
    assert found[0] == pytest.approx(sine, abs=1e-12)
    assert found[1:] == [[2, 2, 2, 2, -2, -2], [1] * 6, [-1] * 6, [0] * 6]


def test_a_phase_has_its_gradient_where_it_wraps():
    # 4 samples a cycle: the fourth is 0 again.
    frequency = torch.full((1, 5), 1.0, dtype=torch.float64)
    by_frequency, by_phase = slopes(
        lambda frequency, phase: oscillator_cycles(frequency, phase, rate=4), frequency, [0.0]
    )
    assert by_frequency[0] == pytest.approx([5 / 4, 4 / 4, 3 / 4, 2 / 4, 1 / 4])
    assert by_phase == pytest.approx([5 / (2 * math.pi)])


def test_normalisation_goes_through_the_peak_and_in_equal_shares_through_equal_ones():
    def first(audio):
        return normalize_if_clipping(audio)[:, 0]

    # x / 4, the peak elsewhere; x / |x|; two peaks of 4; a peak of 1 does not clip; silence.
    assert slopes(first, [[2.0, -4.0, 0.0]]) == [[[1 / 4, 2 / 16, 0]]]
    assert slopes(first, [[4.0, 0.0, 0.0]]) == [[[0, 0, 0]]]
    assert slopes(first, [[2.0, 4.0, -4.0]]) == [[[1 / 4, -1 / 16, 1 / 16]]]
    assert slopes(first, [[0.5, 1.0, 0.0]]) == [[[1, 0, 0]]]
    assert slopes(first, [[1.0, 0.0, 0.0]]) == [[[1, 0, 0]]]
    assert slopes(first, [[0.0, 0.0, 0.0]]) == [[[1, 0, 0]]]


@pytest.mark.parametrize(
    "weights",
    [[0.5, 0.5, 0.2], [0.5, 0.5, 0.5], [0.0, 0.4, 0.4], [1.0, 1.0, 0.0]],
    ids=["two-largest", "all-largest", "one-at-0", "two-at-1"],
)
def test_shares_have_their_slope_where_several_are_the_largest(weights):
    weights = torch.tensor([weights], dtype=torch.float64)
    found = torch.autograd.functional.jacobian(lambda w: power_shares(w, math.e)[0], weights)
    for k in range(3):
        direction = torch.eye(3, dtype=torch.float64)[k]
        side = 1 if weights[0, k] < 1 else -1
        expected = one_sided_slope(
            lambda step, direction=direction: power_shares(weights + step * direction, math.e)[0],
            torch.tensor(0.0, dtype=torch.float64),
            side,
            1e-6,
        )
        torch.testing.assert_close(found[:, 0, k], expected, rtol=1e-5, atol=1e-6)


def test_a_hard_choice_has_a_gradient_of_zero_and_a_soft_one_has_its_slope():
    weights = {f"mode{k}weight": torch.tensor([0.3 + 0.2 * k], requires_grad=True) for k in (0, 1)}
    chosen = HardModeSelector(CONFIG, 2)(weights)
    assert not chosen.requires_grad
    soft = SoftModeSelector(CONFIG, 2)(weights)
    soft[0, 0].backward()
    assert weights["mode0weight"].grad > 0 > weights["mode1weight"].grad
