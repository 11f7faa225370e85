"""What every patch shares, on a synth of four parts."""

import copy
import json
import math
import pickle

import numpy as np
import pytest
import torch

from synth_datamodule import AbstractSynth, SynthBatch, SynthConfig, Voice
from synth_datamodule.modules import (
    ADSR,
    VCA,
    AudioMixer,
    ControlRateUpsample,
    MonophonicKeyboard,
    Noise,
    SineVCO,
)
from synth_datamodule.patching.patch import PatchValues, part

CONFIG = SynthConfig(batch_size=4, sample_rate=16000, buffer_size_seconds=0.25, control_rate=400)
WITH_GRAD = SynthConfig(
    batch_size=4, sample_rate=16000, buffer_size_seconds=0.25, control_rate=400, no_grad=False
)
NUM_SAMPLES = 4000


class Flute(AbstractSynth):
    """A sine with breath, shaped by one envelope."""

    keyboard = part(MonophonicKeyboard)
    adsr = part(ADSR)
    vco = part(SineVCO)
    noise = part(Noise)
    upsample = part(ControlRateUpsample)
    vca = part(VCA)
    mixer = part(AudioMixer, inputs=("vco", "noise"), curves=(1.0, 0.1))

    def output(self, p, noise_rows):
        midi_f0, duration = self.keyboard(p.keyboard)
        level = self.upsample(self.adsr(p.adsr, duration))
        tone = self.vca(self.vco(p.vco, midi_f0), level)
        breath = self.vca(self.noise(noise_rows, midi_f0.dtype), level)
        return self.mixer(p.mixer, tone, breath)


NAMES = (
    "keyboard.midi_f0",
    "keyboard.duration",
    "adsr.attack",
    "adsr.decay",
    "adsr.sustain",
    "adsr.release",
    "adsr.alpha",
    "vco.tuning",
    "vco.mod_depth",
    "vco.initial_phase",
    "mixer.vco",
    "mixer.noise",
)


def middle(num_sounds=2):
    return torch.full((num_sounds, len(NAMES)), 0.5)


@pytest.fixture(scope="module")
def flute():
    return Flute(CONFIG)


def test_the_table_lists_the_parts_parameters_in_the_order_of_declaration(flute):
    assert flute.parameter_names == NAMES
    assert flute.parameter_table.names == NAMES
    assert flute.parameter_table.ranges[-1].curve == 0.1


def test_a_sound_is_drawn_as_torch_draws_it_sorted_by_name(flute):
    batch = flute.render_sounds([3, 2**32 - 1])
    for number, drawn in zip((3, 2**32 - 1), batch.parameters, strict=True):
        generator = torch.Generator().manual_seed(number)
        in_order = dict(zip(sorted(NAMES), torch.rand(12, generator=generator), strict=True))
        assert drawn.tolist() == [in_order[name].item() for name in NAMES]


def test_a_batch_holds_audio_parameters_labels_and_numbers(flute):
    numbers = [9215, 9216, 10239, 10240, 7]
    batch = flute.render_sounds(numbers)
    assert isinstance(batch, SynthBatch)
    assert batch.index.tolist() == numbers
    assert batch.is_train.tolist() == [True, False, False, True, True]
    assert batch.audio.dtype == batch.parameters.dtype == torch.float32
    assert torch.equal(batch.audio, flute.render(batch.parameters, batch.index % 32))
    assert len({row.tobytes() for row in batch.audio.numpy()}) == 5


def test_a_call_renders_the_sounds_of_one_batch(flute):
    audio, parameters, is_train = flute(2304)
    batch = flute.render_sounds(range(9216, 9220))
    assert torch.equal(audio, batch.audio)
    assert torch.equal(parameters, batch.parameters)
    assert is_train.tolist() == [False] * 4


@pytest.mark.parametrize("batch_size", [1, 2, 3, 12])
def test_the_batch_size_only_says_where_batches_are_cut(flute, batch_size):
    config = SynthConfig(
        batch_size=batch_size, sample_rate=16000, buffer_size_seconds=0.25, control_rate=400
    )
    synth = Flute(config)
    audio = torch.cat([synth(batch_idx)[0] for batch_idx in range(12 // batch_size)])
    assert torch.equal(audio, flute.render_sounds(range(12)).audio)


@pytest.mark.parametrize(
    "numbers",
    [
        torch.tensor([5, 0, 5]),
        [5, 0, 5],
        (5, 0, 5),
        np.array([5, 0, 5], dtype=np.uint32),
    ],
    ids=["tensor", "list", "tuple", "array"],
)
def test_numbers_come_as_tensor_sequence_or_array(flute, numbers):
    batch = flute.render_sounds(numbers)
    assert torch.equal(batch.audio[0], flute.sound(5).audio)
    assert torch.equal(batch.audio[1], flute.sound(0).audio)
    assert torch.equal(batch.audio[0], batch.audio[2])


def test_one_sound_has_no_batch_axis(flute):
    sound = flute.sound(9216)
    batch = flute.render_sounds([9216])
    assert [field.ndim for field in sound] == [1, 1, 0, 0]
    for alone, row in zip(sound, batch, strict=True):
        assert torch.equal(alone, row[0])


def test_rendering_is_a_function_of_parameters_and_noise_rows(flute):
    first = flute.render(middle(), torch.tensor([3, 4]))
    assert torch.equal(first, flute.render(middle(), torch.tensor([3, 4])))
    assert not torch.equal(first[0], first[1])
    assert torch.equal(first.flip(0), flute.render(middle(), torch.tensor([4, 3])))


def test_without_noise_rows_every_sound_hears_row_0(flute):
    audio = flute.render(middle())
    assert torch.equal(audio, flute.render(middle(), torch.tensor([0, 0])))
    assert torch.equal(audio[0], audio[1])
    assert not torch.equal(audio, flute.render(middle(), torch.tensor([1, 1])))


@pytest.mark.parametrize(
    "dtype", [torch.float64, torch.float16, torch.bfloat16], ids=["float64", "float16", "bfloat16"]
)
def test_parameters_may_be_of_any_float_dtype_and_audio_is_float32(flute, dtype):
    # A half is exact in all of them.
    audio = flute.render(middle().to(dtype))
    assert audio.dtype == torch.float32
    assert torch.equal(audio, flute.render(middle()))


def test_render_rounds_what_synthesize_returns(flute):
    exact = flute.synthesize(middle())
    assert exact.dtype == torch.float64
    assert torch.equal(Flute(CONFIG, backend="reference").render(middle()), exact.float())
    assert not torch.equal(exact, exact.float().double())
    single = Flute(CONFIG, dtype=torch.float32).synthesize(middle())
    assert single.dtype == torch.float32
    # 4000 steps of a phase that is a float32 number of up to 2 pi, and a float32 pitch.
    torch.testing.assert_close(single.double(), exact, rtol=0, atol=1e-4)


def test_the_same_note_sounds_as_its_formula_says():
    # 440 Hz held at full level, no envelope, no noise: a cosine.
    pinned = {
        "keyboard.midi_f0": 69.0,
        "keyboard.duration": 4.0,
        "adsr.attack": 0.0,
        "adsr.decay": 0.0,
        "adsr.release": 0.0,
        "vco.tuning": 0.0,
        "vco.mod_depth": 0.0,
        "vco.initial_phase": 0.0,
        "mixer.vco": 0.5,
        "mixer.noise": 0.0,
    }
    audio = Flute(CONFIG, pinned=pinned).synthesize(middle(1))[0]
    time = torch.arange(1, NUM_SAMPLES + 1, dtype=torch.float64) / 16000
    expected = 0.5 * torch.cos(2 * math.pi * 440 * time)
    torch.testing.assert_close(audio, expected, rtol=0, atol=1e-10)  # 4000 phase steps


def test_a_pinned_value_holds_exactly_for_every_sound(flute):
    pinned = {"keyboard.midi_f0": 60.1, "vco.tuning": -7 / 3, "adsr.attack": 0.123}
    synth = Flute(CONFIG, pinned=pinned)
    batch = synth.render_sounds(range(8))
    values = synth.parameter_table.to_physical(batch.parameters)
    for name, value in pinned.items():
        column = synth.parameter_table.column(name)
        assert values[:, column].tolist() == [value] * 8
        assert batch.parameters[:, column].unique().numel() == 1
    # The others are drawn as ever.
    free = [column for column, name in enumerate(NAMES) if name not in pinned]
    drawn = flute.render_sounds(range(8)).parameters
    assert torch.equal(batch.parameters[:, free], drawn[:, free])
    # What is given in a pinned column does not count.
    assert torch.equal(synth.render(drawn, torch.arange(8)), batch.audio)


def test_a_nebula_file_bends_a_synth_of_ones_own(flute, tmp_path):
    curves = {name: {"curve": 1.0, "symmetric": False} for name in NAMES}
    curves["keyboard.midi_f0"] = {"curve": 0.5, "symmetric": True}
    file = tmp_path / "low.json"
    file.write_text(json.dumps(curves))
    bent = Flute(CONFIG, nebula=file)
    u = torch.tensor([[0.25, 0.5] + 10 * [0.5]])
    # Symmetric, curve 0.5: 0.25 is half way down, squared a quarter.
    assert bent.parameter_table.to_physical(u)[0, :2].tolist() == [127 * 3 / 8, 0.01 + 3.99 / 2]
    assert flute.parameter_table.to_physical(u)[0, 0].item() == 127 / 4
    assert torch.equal(bent.render_sounds([1]).parameters, flute.render_sounds([1]).parameters)


def test_abstract_synth_has_no_output_of_its_own():
    message = r"AbstractSynth must write output\(self, p, noise_rows\)"
    with pytest.raises(NotImplementedError, match=message):
        AbstractSynth(CONFIG).output(PatchValues([], torch.zeros(1, 0)), torch.tensor([0]))


def test_a_patch_without_output_says_so():
    class Unfinished(AbstractSynth):
        keyboard = part(MonophonicKeyboard)

    with pytest.raises(
        NotImplementedError, match=r"Unfinished must write output\(self, p, noise_r"
    ):
        Unfinished(CONFIG)(0)


# Parameters are an input, never state.


def test_a_synth_has_nothing_to_save_and_nothing_to_train(flute):
    flute(0)
    assert flute.state_dict() == {}
    assert list(flute.parameters()) == []
    flute.load_state_dict({})


@pytest.mark.parametrize(
    "clone",
    [copy.deepcopy, lambda synth: pickle.loads(pickle.dumps(synth))],
    ids=["deepcopy", "pickle"],
)
def test_a_copy_renders_the_same_and_carries_no_noise_table(flute, clone):
    heard = flute.render_sounds([31]).audio
    assert torch.equal(clone(flute).render_sounds([31]).audio, heard)
    assert len(pickle.dumps(flute)) < 100_000 < 32 * NUM_SAMPLES * 4


def test_rendering_moves_no_random_state(flute, unchanged_random_state):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        first = flute.render_sounds([4, 5]).audio
        torch.manual_seed(2)
        assert torch.equal(flute.render_sounds([4, 5]).audio, first)
    flute(0)


def test_casting_the_module_changes_no_bit(flute):
    # Lightning casts a model with everything in it.
    cast = Flute(CONFIG).to(torch.bfloat16)
    assert torch.equal(cast(0)[0], flute(0)[0])
    assert cast.half().device == torch.device("cpu")


class Widened(Flute):
    """Blends neighbouring samples by a matrix product, which autocast would round to bfloat16."""

    def output(self, p, noise_rows):
        audio = super().output(p, noise_rows)
        blend = torch.tensor([[0.7, 0.3], [0.3, 0.7]], dtype=audio.dtype)
        return (audio.unflatten(1, (-1, 2)) @ blend).flatten(1)


def test_autocast_outside_changes_no_bit():
    synth = Widened(CONFIG, dtype=torch.float32)
    plain = synth(0)[0]
    with torch.autocast("cpu", dtype=torch.bfloat16):
        found = synth(0)[0]
    assert found.dtype == torch.float32
    assert torch.equal(found, plain)


def test_the_default_dtype_changes_no_bit(flute):
    expected = flute(0)[0]
    torch.set_default_dtype(torch.float64)
    try:
        found = Flute(CONFIG)(0)[0]
    finally:
        torch.set_default_dtype(torch.float32)
    assert found.dtype == torch.float32
    assert torch.equal(found, expected)


# Gradients, where they are asked for.


def test_audio_is_differentiable_where_the_config_says_so():
    parameters = middle(2).requires_grad_()
    audio = Flute(WITH_GRAD).render(parameters)
    assert audio.requires_grad
    audio.square().mean().backward()
    assert parameters.grad.isfinite().all()
    # Louder with its levels, softer with a slower or more bent attack; no bend, so no slope of it.
    slopes = dict(zip(NAMES, parameters.grad[0].tolist(), strict=True))
    assert slopes["mixer.vco"] > 0 < slopes["mixer.noise"]
    assert slopes["adsr.attack"] < 0 > slopes["adsr.alpha"]
    assert slopes["vco.mod_depth"] == 0


def test_a_gradient_is_the_slope():
    synth = Flute(WITH_GRAD)
    parameters = middle(1).double()

    def loudness(u):
        return synth.synthesize(u).square().mean()

    given = parameters.clone().requires_grad_()
    loudness(given).backward()
    for name in ("mixer.vco", "adsr.alpha", "adsr.release", "vco.tuning"):
        step = torch.zeros_like(parameters)
        step[0, NAMES.index(name)] = 1e-6
        with torch.no_grad():
            slope = (loudness(parameters + step) - loudness(parameters - step)) / 2e-6
        # Central differences of a curved function, steps of 1e-6.
        expected = given.grad[0, NAMES.index(name)].item()
        assert slope.item() == pytest.approx(expected, rel=1e-4, abs=1e-8)


def test_no_grad_records_no_graph():
    parameters = middle(2).requires_grad_()
    audio = Flute(CONFIG).render(parameters)
    assert not audio.requires_grad
    assert audio.grad_fn is None


def test_recording_gradients_changes_no_bit(flute):
    batch = flute.render_sounds(range(7))
    recorded = Flute(WITH_GRAD).render(batch.parameters.requires_grad_(), torch.arange(7))
    assert torch.equal(recorded.detach(), batch.audio)


def test_a_synth_first_used_in_inference_mode_can_be_trained_through_later():
    synth = Flute(WITH_GRAD)
    with torch.inference_mode():
        inferred = synth.render_sounds([0, 1])
    parameters = synth.render_sounds([0, 1]).parameters.requires_grad_()
    audio = synth.render(parameters, torch.tensor([0, 1]))
    audio.square().sum().backward()
    assert torch.equal(audio.detach(), inferred.audio)
    assert parameters.grad.isfinite().all()
    assert parameters.grad.abs().sum() > 0


@pytest.mark.parametrize("used", [True, False], ids=["used-before", "fresh"])
def test_a_compiled_synth_renders_the_same(flute, used):
    synth, rows = Flute(CONFIG), torch.tensor([0, 1])
    if used:
        synth.render(middle(), rows)
    torch._dynamo.reset()
    # The backend that runs the traced graphs as they are, so that no compiler is needed.
    compiled = torch.compile(synth.render, backend="eager")
    assert torch.equal(compiled(middle(), rows), flute.render(middle(), rows))


# What is refused, and how it is said.


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"synthconfig": 44100}, TypeError, "synthconfig must be a SynthConfig, got 44100"),
        ({"nebula": "kazoo"}, ValueError, "nebula must be 'default', 'drum' or .*, got 'kazoo'"),
        (
            {"nebula": 1},
            TypeError,
            "nebula must be a name, the path of a JSON file or its entries, got 1",
        ),
        ({"nebula": "drum"}, ValueError, "nebula 'drum' names parameters that this synth lacks: "),
        (
            {"backend": "cuda"},
            ValueError,
            "backend must be one of 'auto', 'reference', 'program', got 'cuda'",
        ),
        ({"backend": None}, TypeError, "backend must be one of .*, got None"),
        (
            {"dtype": torch.float16},
            ValueError,
            "dtype must be torch.float64 or torch.float32, got torch.float16",
        ),
        ({"dtype": "float64"}, ValueError, "dtype must be .*, got 'float64'"),
        ({"pinned": {"vco.tunning": 0.0}}, ValueError, "'vco.tunning'; did you mean 'vco.tuning'"),
        (
            {"pinned": {"vco.tuning": 25}},
            ValueError,
            r"vco.tuning must lie in \[-24, 24\] semitones, got 25",
        ),
        (
            {"pinned": {"vco.tuning": "C4"}},
            TypeError,
            r"vco.tuning must be a finite number, got 'C4' \(str\)",
        ),
        (
            {"pinned": {"vco.tuning": math.nan}},
            ValueError,
            "vco.tuning must be a finite number, got nan",
        ),
    ],
    ids=[
        "config-type",
        "unknown-nebula",
        "nebula-type",
        "voices-nebula",
        "unknown-backend",
        "no-backend",
        "half-precision",
        "dtype-in-words",
        "pinned-misspelt",
        "pinned-out-of-range",
        "pinned-in-words",
        "pinned-nan",
    ],
)
def test_a_synth_that_cannot_be_is_refused(arguments, error, message):
    with pytest.raises(error, match=message):
        Flute(**({"synthconfig": CONFIG} | arguments))


@pytest.mark.parametrize(
    ("parameters", "error", "message"),
    [
        (
            middle()[:, :11],
            ValueError,
            r"parameters .* \[B, P\] of sizes \[any, 12\], got shape \[2, 11\]",
        ),
        (middle()[0], ValueError, r"parameters .* of sizes \[any, 12\], got shape \[12\]"),
        (middle()[:0], ValueError, r"parameters .* of sizes \[any, 12\], got shape \[0, 12\]"),
        (middle() + 1, ValueError, r"parameters must lie in \[0, 1\], got 1.5 at \[0, 0\]"),
        (middle() - 1, ValueError, r"parameters must lie in \[0, 1\], got -0.5 at \[0, 0\]"),
        (middle() * math.nan, ValueError, r"parameters must lie in \[0, 1\], got nan at \[0, 0\]"),
        (
            middle().long(),
            TypeError,
            r"parameters must be a float tensor \[B, P\], got dtype torch.int64",
        ),
        (
            middle().tolist(),
            TypeError,
            r"parameters must be a float tensor \[B, P\], got list",
        ),
    ],
    ids=["a-column-short", "1-D", "empty", "1.5", "negative", "nan", "integers", "list"],
)
def test_parameters_that_are_no_sound_are_refused(flute, parameters, error, message):
    with pytest.raises(error, match=message):
        flute.render(parameters)


def test_the_first_bad_parameter_is_named_by_its_place(flute):
    parameters = middle(3)
    parameters[2, 7] = math.inf
    with pytest.raises(ValueError, match=r"parameters must lie in \[0, 1\], got inf at \[2, 7\]"):
        flute.render(parameters)


@pytest.mark.parametrize(
    ("rows", "error", "message"),
    [
        (
            torch.tensor([0.0, 1.0]),
            TypeError,
            "noise rows must be int64 .*, got dtype torch.float32",
        ),
        (
            torch.tensor([0, 1]).int(),
            TypeError,
            "noise rows must be int64 .*, got dtype torch.int32",
        ),
        ([0, 1], TypeError, "noise rows must be int64 .*, got .*list"),
        (torch.tensor([0, 32]), ValueError, r"noise rows .* in \[0, 32\), .*, got \[0, 32\]"),
        (torch.tensor([-1, 0]), ValueError, r"noise rows .* in \[0, 32\), .*, got \[-1, 0\]"),
        (torch.tensor([[0, 1]]), ValueError, r"noise rows .*, got shape \[1, 2\]"),
        (torch.tensor([0]), ValueError, "noise_rows must be one row per sound on cpu, 2, got 1 on"),
        (torch.tensor([0, 1, 2]), ValueError, "noise_rows must be one row per sound on cpu, 2, go"),
    ],
    ids=["floats", "int32", "list", "row-32", "row--1", "2-D", "too-few", "too-many"],
)
def test_noise_rows_that_do_not_fit_are_refused(flute, rows, error, message):
    with pytest.raises(error, match=message):
        flute.render(middle(), rows)


@pytest.mark.parametrize(
    ("batch_idx", "error", "message"),
    [
        (-1, ValueError, "batch_idx must be a whole number >= 0 and <= 1073741823, got -1"),
        (
            2**30,
            ValueError,
            "batch_idx must be a whole number >= 0 and <= 1073741823, got 1073741824",
        ),
        (0.5, TypeError, r"batch_idx must be a whole number .*, got 0.5 \(float\)"),
        (True, TypeError, r"batch_idx must be a whole number .*, got True \(bool\)"),
        (torch.tensor(0), TypeError, r"batch_idx must be a whole number .*\(Tensor\)"),
    ],
    ids=["negative", "too-large", "float", "bool", "tensor"],
)
def test_a_batch_that_is_not_in_the_corpus_is_refused(flute, batch_idx, error, message):
    with pytest.raises(error, match=message):
        flute(batch_idx)


def test_the_last_batch_ends_with_the_last_sound(flute):
    _, parameters, _ = flute(2**30 - 1)
    assert torch.equal(parameters[-1], flute.sound(2**32 - 1).parameters)


@pytest.mark.parametrize(
    ("numbers", "error", "message"),
    [
        ([2**32], ValueError, "sound number must be a whole number >= 0 and <= 4294967295, got 42"),
        (torch.tensor([-1]), ValueError, r"sound numbers must be whole numbers in \[0, .*, got -1"),
        ([], ValueError, r"sound numbers must be .*, shape \[B\], got shape \[0\]"),
        (torch.tensor([[1]]), ValueError, r"sound numbers must be .*, got shape \[1, 1\]"),
        (torch.tensor([1.0]), TypeError, "as an int64 tensor, got dtype torch.float32"),
        ([1.5], TypeError, r"sound number must be a whole number .*, got 1.5 \(float\)"),
        (7, TypeError, r"sound numbers must be .*, got 7 \(int\)"),
    ],
    ids=["too-large", "negative", "none", "2-D", "float-tensor", "float", "a-number"],
)
def test_numbers_that_are_no_sounds_are_refused(flute, numbers, error, message):
    with pytest.raises(error, match=message):
        flute.render_sounds(numbers)


def test_debug_checks_the_values_inside_a_patch():
    class Detuned(Flute):
        def output(self, p, noise_rows):
            p.vco["tuning"] = p.vco["tuning"] + 30
            return super().output(p, noise_rows)

    strict = SynthConfig(sample_rate=16000, buffer_size_seconds=0.25, control_rate=400, debug=True)
    Flute(strict).render(middle())
    with pytest.raises(ValueError, match=r"tuning of SineVCO must lie in \[-24, 24\], got 30.0 at"):
        Detuned(strict).render(middle())


def test_rates_and_sizes_are_where_hands_look():
    config = SynthConfig(
        batch_size=6,
        sample_rate=16000,
        buffer_size_seconds=0.25,
        control_rate=400,
        reproducible=False,
    )
    for synth in (Flute(config), Voice(config)):
        assert (synth.sample_rate, synth.control_rate, synth.batch_size) == (16000, 400, 6)
        assert synth.buffer_size == synth.num_samples == 4000
        assert (synth.control_buffer_size, synth.buffer_size_seconds) == (100, 0.25)
        assert synth.num_parameters == len(synth.parameter_names)
        audio, parameters, _ = synth(0)
        assert audio.shape == (synth.batch_size, synth.num_samples)
        assert parameters.shape == (synth.batch_size, synth.num_parameters)
