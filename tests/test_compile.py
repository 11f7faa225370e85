"""torch.compile: every synth is one graph, and sounds the same."""

import shutil

import pytest
import torch

from synth_datamodule import SynthConfig, Voice, synths
from synth_datamodule.synths import FmVoice, OneOscillator

TINY = SynthConfig(sample_rate=4000, buffer_size_seconds=0.05, control_rate=100, no_grad=False)
SYNTHS = {"Voice": Voice, **{name: getattr(synths, name) for name in synths.__all__}}
each_synth = pytest.mark.parametrize("synth", SYNTHS.values(), ids=SYNTHS)
TOLERANCE = 1e-5
needs_compiler = pytest.mark.skipif(
    shutil.which("g++") is None and shutil.which("clang++") is None, reason="needs a C++ compiler"
)


@pytest.fixture(autouse=True)
def forgetful():
    """Nothing compiled for one test serves the next."""
    torch.compiler.reset()
    yield
    torch.compiler.reset()


def made(synth, **options):
    return synth(TINY, backend="reference", **options)


def inputs(synth, num_sounds=3):
    generator = torch.Generator().manual_seed(num_sounds)
    u = torch.rand(num_sounds, len(synth.parameter_names), generator=generator)
    return u, torch.arange(num_sounds) + 7


def sound_and_gradient(render, u, rows):
    u = u.clone().requires_grad_()
    audio = render(u, rows)
    audio.square().sum().backward()
    return audio.detach(), u.grad


def assert_same(found, expected):
    """Audio to 1e-5, and its gradient to 1e-5 of its largest slope."""
    torch.testing.assert_close(found[0], expected[0], rtol=0, atol=TOLERANCE)
    scale = expected[1].abs().max().item()
    assert scale > 0.1
    torch.testing.assert_close(found[1], expected[1], rtol=0, atol=TOLERANCE * scale)


@each_synth
def test_a_synth_is_one_graph_and_so_is_its_gradient(synth):
    synth = made(synth)  # fresh: what it keeps is made while it is traced
    compiled = torch.compile(synth.render, fullgraph=True, backend="aot_eager")
    found = sound_and_gradient(compiled, *inputs(synth))
    assert_same(found, sound_and_gradient(synth.render, *inputs(synth)))


@needs_compiler
def test_the_voice_in_machine_code_sounds_the_same():
    voice = made(Voice)
    found = torch.compile(voice.render, fullgraph=True)(*inputs(voice))
    expected = voice.render(*inputs(voice))
    assert expected.abs().amax(1).min() > 100 * TOLERANCE
    torch.testing.assert_close(found, expected, rtol=0, atol=TOLERANCE)


@needs_compiler
def test_a_gradient_in_machine_code_is_the_same():
    synth = made(OneOscillator)
    found = sound_and_gradient(torch.compile(synth.render, fullgraph=True), *inputs(synth))
    assert_same(found, sound_and_gradient(synth.render, *inputs(synth)))


@pytest.mark.parametrize("synth", [Voice, FmVoice])
def test_batches_of_all_sizes_take_two_compilations(synth):
    synth, graphs = made(synth), []

    def counting(graph, example_inputs):
        graphs.append(graph)
        return graph.forward

    compiled = torch.compile(synth.render, fullgraph=True, backend=counting)
    for num_sounds in (3, 5, 25, 4):
        given = inputs(synth, num_sounds)
        torch.testing.assert_close(compiled(*given), synth.render(*given), rtol=0, atol=TOLERANCE)
    # One for the first size, one for any other.
    assert len(graphs) == 2


def test_what_a_compiler_made_serves_without_it_and_the_other_way_round():
    voice, other = made(Voice), made(Voice)
    u, rows = inputs(voice)
    torch.compile(voice.render, fullgraph=True, backend="eager")(u, rows)
    table = voice.noise._tables[u.device]
    assert type(table) is torch.Tensor
    assert torch.equal(voice.render(u, rows), other.render(u, rows))
    assert voice.noise.table(u.device) is table
    compiled = torch.compile(other.render, fullgraph=True, backend="eager")
    expected = sound_and_gradient(voice.render, u, rows)
    assert_same(sound_and_gradient(compiled, u, rows), expected)
    # What is dropped is made anew, and the graph keeps its own.
    other.free()
    assert_same(sound_and_gradient(compiled, u, rows), expected)


def test_a_fused_voices_gradient_is_one_graph_of_the_modules():
    voice = Voice(TINY)
    compiled = torch.compile(voice.render, fullgraph=True, backend="eager")
    found = sound_and_gradient(compiled, *inputs(voice))
    assert_same(found, sound_and_gradient(made(Voice).render, *inputs(voice)))


def test_a_compiled_transform_is_the_transform():
    synth = made(OneOscillator)
    u, rows = inputs(synth)

    def loss(u):
        return synth.render(u, rows).square().sum()

    transform = torch.func.grad(loss)
    found = torch.compile(transform, fullgraph=True, backend="aot_eager")(u)
    expected = transform(u)
    scale = expected.abs().max().item()
    torch.testing.assert_close(found, expected, rtol=0, atol=TOLERANCE * scale)


def test_a_fused_voice_compiled_without_a_gradient_has_the_fused_bits():
    voice = Voice(TINY)
    u, rows = inputs(voice)
    compiled = torch.compile(voice.render, backend="aot_eager")
    assert torch.equal(compiled(u, rows), voice.render(u, rows))


@each_synth
def test_signals_in_a_compiled_function_are_those_outside(synth):
    synth = made(synth)
    u, _ = inputs(synth)
    name = next(name for name, signal in synth.signals(u).items() if signal.ndim == 2)

    def doubled(numbers):
        return 2 * synth.signals(1 * numbers)[name]

    assert torch.equal(torch.compile(doubled, backend="eager")(u), doubled(u))


def test_numbers_out_of_range_go_unnoticed_by_a_compiler_only():
    synth = made(OneOscillator)
    u, rows = inputs(synth)
    u[0, 0] = 1.5
    with pytest.raises(ValueError, match=r"parameters must lie in \[0, 1\], got 1.5 at \[0, 0\]"):
        synth.render(u, rows)
    compiled = torch.compile(synth.render, fullgraph=True, backend="eager")
    assert compiled(u, rows).shape == (3, TINY.buffer_size)
    # What needs no values is checked there too.
    with pytest.raises(Exception, match=r"parameters must be a float tensor \[B, P\] of sizes"):
        compiled(u[:, 1:], rows)
