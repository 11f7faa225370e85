"""Programs on a real GPU: the CPU's bits, in any batch, within their memory.

Run ``pytest -m gpu tests/kernels`` where there is one; the files here are all it needs.
"""

import runpy
import warnings
from pathlib import Path

import pytest
import torch

from synth_datamodule import SynthConfig
from synth_datamodule.kernels.cpu.program.launch import CpuProgram
from synth_datamodule.kernels.plan import Plan

programs = runpy.run_path(str(Path(__file__).with_name("programs.py")))
SYNTHS = programs["SYNTHS"]
pytestmark = pytest.mark.gpu


def same_bits(a, b):
    as_integers = torch.int64 if a.dtype == torch.float64 else torch.int32
    return torch.equal(a.cpu().view(as_integers), b.cpu().view(as_integers))


def on_the_gpu(program, plan):
    from synth_datamodule.kernels.gpu.program.launch import GpuProgram

    return GpuProgram(program, plan, torch.device("cuda"))


def whole(name, **settings):
    """A synth's program, its plan, and noise on both devices, for sounds of a usual length."""
    synth = SYNTHS[name](SynthConfig(**settings))
    plan = Plan(synth.synthconfig, synth.parameter_table)
    return synth, synth.program, plan, programs["noise"](plan), programs["noise"](plan, "cuda")


@pytest.mark.parametrize("name", [*SYNTHS, *programs["BUILT"]])
def test_short_sounds_of_every_kind_of_step_are_the_cpus(name):
    program, plan, parameters, rows = programs["case"](name)
    audio, handed = CpuProgram(program, plan).render(parameters, rows, programs["noise"](plan))
    there, handed_there = on_the_gpu(program, plan).render(
        parameters.cuda(), rows.cuda(), programs["noise"](plan, "cuda")
    )
    assert there.is_cuda
    assert same_bits(there, audio)
    for told, ours, theirs in zip(program.handed, handed, handed_there, strict=True):
        assert same_bits(theirs, ours), told[0]


@pytest.mark.parametrize("batch_size", [1, 33, 300])
@pytest.mark.parametrize("name", SYNTHS)
def test_whole_sounds_are_the_cpus_in_any_batch(name, batch_size):
    synth, program, plan, noise, noise_there = whole(name)
    generator = torch.Generator().manual_seed(batch_size)
    numbers = torch.randint(0, 2**32, (batch_size,), generator=generator)
    parameters, rows = synth.draw(numbers), numbers % 32
    audio, _ = CpuProgram(program, plan).render(parameters, rows, noise)
    there, _ = on_the_gpu(program, plan).render(parameters.cuda(), rows.cuda(), noise_there)
    assert same_bits(there, audio)


@pytest.mark.parametrize("name", SYNTHS)
def test_odd_lengths_and_rates_are_the_cpus(name):
    settings = {"sample_rate": 22050, "buffer_size_seconds": 27283 / 22050, "control_rate": 150}
    synth, program, plan, noise, noise_there = whole(name, **settings)
    numbers = torch.arange(40) + 9216
    parameters, rows = synth.draw(numbers), numbers % 32
    audio, _ = CpuProgram(program, plan).render(parameters, rows, noise)
    there, _ = on_the_gpu(program, plan).render(parameters.cuda(), rows.cuda(), noise_there)
    assert same_bits(there, audio)


def test_a_synth_renders_there_by_its_program():
    synth = SYNTHS["FilteredVoice"]()
    ours, theirs = synth.render_sounds(range(8)), synth.render_sounds(range(8), "cuda")
    assert theirs.audio.is_cuda
    assert same_bits(theirs.audio, ours.audio)


def test_a_batch_in_parts_is_the_whole_batch(monkeypatch):
    from synth_datamodule.kernels.gpu.program import launch

    synth, program, plan, _, noise = whole("FilteredVoice", buffer_size_seconds=0.5)
    numbers = torch.arange(100)
    parameters, rows = synth.draw(numbers).cuda(), (numbers % 32).cuda()
    gpu = on_the_gpu(program, plan)
    at_once, _ = gpu.render(parameters, rows, noise)
    monkeypatch.setattr(launch, "_WORK_BYTES", 7 * 8 * gpu.layout.size)
    assert gpu.sounds_at_once == 7
    assert torch.equal(gpu.render(parameters, rows, noise)[0], at_once)


def test_a_hundred_renders_are_one():
    synth, program, plan, _, noise = whole("FmVoice")
    numbers = torch.arange(64)
    parameters, rows = synth.draw(numbers).cuda(), (numbers % 32).cuda()
    gpu = on_the_gpu(program, plan)
    first = gpu.render(parameters, rows, noise)[0].clone()
    for _ in range(100):
        assert torch.equal(gpu.render(parameters, rows, noise)[0], first)


def test_what_is_out_of_range_is_nan_throughout_and_touches_no_other_sound():
    program, plan, parameters, rows = programs["case"]("endings")
    audio, handed = CpuProgram(program, plan).render(parameters, rows, programs["noise"](plan))
    given = [one.cuda() for one in programs["wrong"](parameters, rows)]
    there, handed_there = on_the_gpu(program, plan).render(*given, programs["noise"](plan, "cuda"))
    for ours, theirs in zip((audio, *handed), (there, *handed_there), strict=True):
        assert theirs[:4].isnan().all()
        assert same_bits(theirs[4], ours[1])


def test_memory_beside_the_audio_is_bounded_whatever_the_batch():
    synth, program, plan, _, noise = whole("FilteredVoice")
    numbers = torch.arange(1024)
    parameters, rows = synth.draw(numbers).cuda(), (numbers % 32).cuda()
    gpu = on_the_gpu(program, plan)
    gpu.render(parameters[:2], rows[:2], noise)
    torch.cuda.synchronize()
    torch.cuda.reset_peak_memory_stats()
    before = torch.cuda.memory_allocated()
    audio, _ = gpu.render(parameters, rows, noise)
    peak = torch.cuda.max_memory_allocated() - before
    assert peak <= audio.numel() * audio.element_size() + 2**29 + 2**27


def test_a_batch_waits_for_nothing():
    synth, program, plan, _, noise = whole("FilteredVoice")
    numbers = torch.arange(64)
    parameters, rows = synth.draw(numbers).cuda(), (numbers % 32).cuda()
    gpu = on_the_gpu(program, plan)
    gpu.render(parameters, rows, noise)
    torch.cuda.synchronize()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Synchronization debug mode is a prototype")
        torch.cuda.set_sync_debug_mode("error")
    try:
        gpu.render(parameters, rows, noise)
    finally:
        torch.cuda.set_sync_debug_mode("default")
