"""The fused Voice's gradient, held against the readable modules' in float64."""

import runpy
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from synth_datamodule import SynthConfig, Voice
from synth_datamodule.corpus.draws import noise_rows

cases = runpy.run_path(str(Path(__file__).with_name("cases.py")))

# Waves and their derivatives are float32, each good to 1e-7 of its largest.
CLOSE = 1e-5
RELEASES = ("adsr_1", "adsr_2", "lfo_1_amp_adsr", "lfo_2_amp_adsr")


def voices(nebula="default", pinned=None, **config):
    config = SynthConfig(no_grad=False, **config)
    return [Voice(config, nebula, backend, pinned=pinned) for backend in ("fused", "reference")]


def gradient(voice, parameters, rows, cotangent):
    u = parameters.clone().requires_grad_()
    voice.render(u, rows).backward(cotangent)
    return u.grad


def distances(both, parameters, rows, seed=0):
    """Of each sound, relative to the length of the reference's gradient; and the two gradients."""
    num_samples = both[0].synthconfig.buffer_size
    generator = torch.Generator().manual_seed(seed)
    cotangent = torch.randn(len(parameters), num_samples, generator=generator)
    ours, theirs = (gradient(voice, parameters, rows, cotangent) for voice in both)
    assert ours.isfinite().all()
    assert ours.dtype == parameters.dtype
    return (ours - theirs).norm(dim=1) / theirs.norm(dim=1), ours, theirs


@pytest.mark.parametrize("nebula", ["default", "drum"])
def test_whole_sounds_have_the_gradient_of_the_formulas(nebula):
    both = voices(nebula)
    numbers = torch.arange(6) + 9216
    far, _, _ = distances(both, both[0].draw(numbers), noise_rows(numbers))
    assert far.max() < CLOSE


@pytest.mark.parametrize("name", [name for name in cases["SHORT"] if name != "ends"])
def test_short_and_odd_sounds_do(name):
    voice, numbers = cases["sounds"](cases["SHORT"][name])
    config = {
        field: getattr(voice.synthconfig, field)
        for field in ("sample_rate", "buffer_size_seconds", "control_rate")
    }
    both = voices(voice.nebula, voice.parameter_table.pinned, **config)
    parameters = both[0].draw(numbers)
    _, ours, theirs = distances(both, parameters, noise_rows(numbers))
    # A sound of a few samples may have a gradient that is nearly 0: compared with all of them.
    assert (ours - theirs).norm() < CLOSE * theirs.norm()


@settings(max_examples=25, deadline=None)
@given(
    number=st.integers(0, 2**32 - 1),
    sample_rate=st.integers(4000, 96000),
    num_samples=st.integers(40, 3000),
    control_rate=st.integers(50, 4000),
)
def test_any_rates_and_lengths_do(number, sample_rate, num_samples, control_rate):
    both = voices(
        sample_rate=sample_rate,
        buffer_size_seconds=num_samples / sample_rate,
        control_rate=max(control_rate, 3 * sample_rate // num_samples),
    )
    numbers = torch.tensor([number])
    far, _, theirs = distances(both, both[0].draw(numbers), noise_rows(numbers), seed=number)
    assert far.max() < CLOSE or theirs.norm() < 1e-3


def test_every_parameter_at_either_end_has_a_finite_one_and_the_references():
    both = voices(buffer_size_seconds=0.05)
    parameters = cases["ends"](both[0])
    rows = torch.arange(len(parameters)) % 32
    far, _, theirs = distances(both, parameters, rows)
    assert theirs.isfinite().all()
    assert far[theirs.norm(dim=1) > 1e-3].max() < CLOSE


def test_a_sound_that_clips_pulls_at_its_peak():
    loud = {f"mixer.{name}": 1.0 for name in ("vco_1", "vco_2", "noise")}
    both = voices(pinned=loud, buffer_size_seconds=0.2)
    numbers = torch.arange(16)
    parameters, rows = both[0].draw(numbers), noise_rows(numbers)
    loudest = both[1].synthesize(parameters, rows).abs().amax(1)
    clipped = (loudest - 1).abs() < 1e-12
    assert clipped.sum() >= 4
    far, _, _ = distances(both, parameters, rows)
    assert far.max() < CLOSE


def test_parameters_that_are_pinned_have_none():
    both = voices(pinned={"keyboard.midi_f0": 60.0}, buffer_size_seconds=0.05)
    numbers = torch.arange(4)
    _, ours, _ = distances(both, both[0].draw(numbers), noise_rows(numbers))
    assert (ours[:, 0] == 0).all()
    assert (ours[:, 1:] != 0).any()


def test_a_gradient_that_is_wanted_changes_no_bit_of_the_sound():
    wanted, _ = voices()
    numbers = torch.arange(40)
    batch = Voice().render_sounds(numbers)
    audio = wanted.render(batch.parameters.requires_grad_(), noise_rows(numbers))
    assert audio.requires_grad
    assert torch.equal(audio.detach().view(torch.int32), batch.audio.view(torch.int32))


def test_a_sounds_gradient_does_not_depend_on_its_batch():
    voice, _ = voices(buffer_size_seconds=0.1)
    numbers = torch.arange(70)
    parameters, rows = voice.draw(numbers), noise_rows(numbers)
    cotangent = torch.randn(70, 4410, generator=torch.Generator().manual_seed(1))
    together = gradient(voice, parameters, rows, cotangent)
    alone = [
        gradient(voice, parameters[k : k + 1], rows[k : k + 1], cotangent[k : k + 1])
        for k in (0, 31, 32, 69)
    ]
    assert torch.equal(together[[0, 31, 32, 69]], torch.cat(alone))


def test_it_does_not_depend_on_the_number_of_threads():
    voice, _ = voices(buffer_size_seconds=0.1)
    numbers, threads = torch.arange(37), torch.get_num_threads()
    parameters, rows = voice.draw(numbers), noise_rows(numbers)
    cotangent = torch.randn(37, 4410, generator=torch.Generator().manual_seed(1))
    found = []
    try:
        for count in (1, 2, 5):
            torch.set_num_threads(count)
            found.append(gradient(voice, parameters, rows, cotangent))
    finally:
        torch.set_num_threads(threads)
    assert torch.equal(found[0], found[1])
    assert torch.equal(found[0], found[2])


def test_what_is_known_of_clipping_changes_no_bit_of_it():
    fused = voices(buffer_size_seconds=0.1)[0]._fused
    numbers = torch.arange(32)
    parameters, rows = Voice().draw(numbers), noise_rows(numbers)
    noise = voices(buffer_size_seconds=0.1)[0].noise.table(torch.device("cpu"))
    audio = fused.render(parameters, rows, noise)
    known = fused.may_clip(audio)
    assert torch.equal(known, audio.abs().amax(1) >= 1)
    assert 2 <= known.sum() < 28
    cotangent = torch.randn(audio.shape, generator=torch.Generator().manual_seed(1))
    given = parameters, rows, noise
    found = fused.gradient_by_parameters(*given, known, cotangent)
    expected = fused.gradient_by_parameters(*given, torch.ones_like(known), cotangent)
    assert torch.equal(found, expected)


def test_silence_after_a_sounds_end_has_no_part_in_it():
    voice, other = voices(pinned={f"{name}.release": 0.01 for name in RELEASES})
    numbers = torch.arange(4)
    parameters, rows = voice.draw(numbers), noise_rows(numbers)
    # Notes of half a second.
    parameters[:, 1] = voice.parameter_table["keyboard.duration"].to_normalized(0.5)
    cotangent = torch.randn(4, 176400, generator=torch.Generator().manual_seed(1))
    found = gradient(voice, parameters, rows, cotangent)
    late = cotangent.clone()
    late[:, 44100:] = 1e6
    assert torch.equal(found, gradient(voice, parameters, rows, late))
    far, _, _ = distances((voice, other), parameters, rows)
    assert far.max() < CLOSE


def test_float64_parameters_have_a_float64_gradient():
    both = voices(buffer_size_seconds=0.05)
    numbers = torch.arange(3)
    far, ours, _ = distances(both, both[0].draw(numbers).double(), noise_rows(numbers))
    assert ours.dtype == torch.float64
    assert far.max() < CLOSE


def test_a_second_derivative_is_refused():
    voice, _ = voices(buffer_size_seconds=0.05)
    u = voice.draw(torch.arange(2)).requires_grad_()
    (slope,) = torch.autograd.grad(voice.render(u).square().sum(), u, create_graph=True)
    with pytest.raises(ValueError, match="no derivative of its own"):
        slope.sum().backward()
