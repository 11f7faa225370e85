"""The fused Voice on a real GPU: the CPU's bits, at real sizes, within its memory.

Run ``pytest -m gpu tests/kernels`` where there is one; the files here are all it needs.
"""

import runpy
import warnings
from pathlib import Path

import pytest
import torch

from synth_datamodule import SynthConfig, SynthDataModule, Voice

cases = runpy.run_path(str(Path(__file__).parents[1] / "cases.py"))
pytestmark = pytest.mark.gpu


@pytest.fixture(scope="module")
def voice():
    return Voice()


def same_bits(a, b):
    return torch.equal(a.cpu().view(torch.int32), b.cpu().view(torch.int32))


@pytest.mark.parametrize("name", cases["SHORT"])
def test_short_and_odd_sounds_are_the_cpus(name):
    voice, numbers = cases["sounds"](cases["SHORT"][name])
    if name == "ends":
        parameters = cases["ends"](voice)
        rows = torch.arange(len(parameters)) % 32
        audio = voice.render(parameters.cuda(), rows.cuda())
        assert same_bits(audio, voice.render(parameters, rows))
        return
    ours, theirs = voice.render_sounds(numbers), voice.render_sounds(numbers, "cuda")
    assert theirs.audio.is_cuda
    for field in ("audio", "parameters"):
        assert same_bits(getattr(theirs, field), getattr(ours, field)), field
    assert torch.equal(theirs.is_train.cpu(), ours.is_train)
    assert torch.equal(theirs.index.cpu(), ours.index)


@pytest.mark.parametrize("nebula", ["default", "drum"])
@pytest.mark.parametrize("batch_size", [1, 2, 31, 128, 1000, 1024])
def test_whole_sounds_are_the_cpus_in_any_batch(nebula, batch_size):
    voice = Voice(nebula=nebula)
    generator = torch.Generator().manual_seed(batch_size)
    numbers = torch.randint(0, 2**32, (batch_size,), generator=generator)
    ours, theirs = voice.render_sounds(numbers), voice.render_sounds(numbers, "cuda")
    assert same_bits(theirs.parameters, ours.parameters)
    assert same_bits(theirs.audio, ours.audio)


def test_every_parameter_at_either_end_of_a_whole_sound_is_the_cpus(voice):
    parameters = cases["ends"](voice)
    rows = torch.arange(len(parameters)) % 32
    assert same_bits(voice.render(parameters.cuda(), rows.cuda()), voice.render(parameters, rows))


def test_a_hundred_renders_are_one(voice):
    numbers = torch.arange(128, device="cuda") + 9216
    first = voice.render_sounds(numbers).audio.clone()
    for _ in range(100):
        assert torch.equal(voice.render_sounds(numbers).audio, first)


def test_pinned_parameters_and_moved_ones_are_the_cpus():
    pinned = {"keyboard.midi_f0": 60.0, "lfo_1.frequency": 0.0, "mixer.noise": 1.0}
    voice = Voice(SynthConfig(buffer_size_seconds=1.0), pinned=pinned)
    ours, theirs = voice.render_sounds(range(40)), voice.render_sounds(range(40), "cuda")
    assert same_bits(theirs.parameters, ours.parameters)
    assert same_bits(theirs.audio, ours.audio)


def test_draws_on_the_gpu_are_those_of_the_cpu(voice):
    numbers = torch.cat((torch.arange(5000), 2**32 - 1 - torch.arange(5000)))
    assert torch.equal(voice.draw(numbers.cuda()).cpu(), voice.draw(numbers))


def test_what_is_out_of_range_is_nan_and_touches_no_other_sound(voice):
    parameters = voice.draw(torch.arange(5)).cuda()
    rows = torch.arange(5, device="cuda")
    right = voice.render(parameters, rows)
    parameters[0, 3], parameters[1, 70], parameters[2, 77], rows[3] = -0.1, 1.5, torch.nan, 32
    audio = voice.render(parameters, rows)
    assert audio[:4].isnan().all()
    assert same_bits(audio[4], right[4])
    outside = torch.tensor([-1, 2**32, 7], device="cuda")
    assert voice.render_sounds(outside).audio.isnan().all(1).tolist() == [True, True, False]


def test_a_batch_takes_little_more_memory_than_its_audio(voice):
    numbers = torch.arange(1024, device="cuda")
    voice.render_sounds(numbers[:2])
    torch.cuda.synchronize()
    torch.cuda.reset_peak_memory_stats()
    before = torch.cuda.memory_allocated()
    audio = voice.render_sounds(numbers).audio
    peak = torch.cuda.max_memory_allocated() - before
    output = audio.numel() * audio.element_size()
    assert peak <= 1.3 * output + 64 * 2**20


def test_a_batch_waits_for_nothing(voice):
    numbers = torch.arange(64, device="cuda")
    voice.render_sounds(numbers)
    torch.cuda.synchronize()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Synchronization debug mode is a prototype")
        torch.cuda.set_sync_debug_mode("error")
    try:
        voice.render_sounds(numbers)
    finally:
        torch.cuda.set_sync_debug_mode("default")


def test_the_data_module_renders_there():
    dm = SynthDataModule(batch_size=16, train_sounds=1024, buffer_size_seconds=0.5)
    dm.setup("fit")
    numbers = next(iter(dm.train_dataloader()))
    ours, theirs = numbers.to("cpu"), numbers.to("cuda")
    assert theirs.audio.is_cuda
    assert same_bits(theirs.audio, ours.audio)


def test_a_side_stream_renders_the_same(voice):
    numbers = torch.arange(32, device="cuda")
    audio = voice.render_sounds(numbers).audio
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        aside = voice.render_sounds(numbers).audio
    torch.cuda.current_stream().wait_stream(stream)
    assert torch.equal(aside, audio)


def gradient(voice, parameters, rows, cotangent):
    u = parameters.clone().requires_grad_()
    audio = voice.render(u, rows)
    audio.backward(cotangent)
    return audio.detach(), u.grad


@pytest.mark.parametrize("nebula", ["default", "drum"])
def test_the_gradient_is_the_cpus_but_for_float32(nebula):
    voice = Voice(SynthConfig(no_grad=False), nebula)
    numbers = torch.arange(40) + 9216
    parameters, rows = voice.draw(numbers), numbers % 32
    cotangent = torch.randn(40, 176400, generator=torch.Generator().manual_seed(1))
    audio, ours = gradient(voice, parameters, rows, cotangent)
    there = (parameters.cuda(), rows.cuda(), cotangent.cuda())
    audio_there, theirs = gradient(voice, *there)
    assert same_bits(audio_there, audio)
    assert theirs.isfinite().all()
    far = (theirs.cpu() - ours).norm(dim=1) / ours.norm(dim=1)
    assert far.max() < 1e-5
    for _ in range(3):
        assert torch.equal(gradient(voice, *there)[1], theirs)


def test_the_gradient_at_either_end_of_each_parameter_is_finite():
    voice = Voice(SynthConfig(no_grad=False, buffer_size_seconds=0.25))
    parameters = cases["ends"](voice)
    rows = torch.arange(len(parameters)) % 32
    cotangent = torch.randn(len(parameters), 11025, generator=torch.Generator().manual_seed(1))
    _, ours = gradient(voice, parameters, rows, cotangent)
    _, theirs = gradient(voice, parameters.cuda(), rows.cuda(), cotangent.cuda())
    assert theirs.isfinite().all()
    assert (theirs.cpu() - ours).norm() < 1e-5 * ours.norm()


@pytest.mark.parametrize("seconds", [0.1, 4.0])
def test_kernels_alone_go_back_to_the_parameters_as_the_cpus_do(seconds):
    from synth_datamodule.kernels.cpu.launch_gradient import CpuGradient
    from synth_datamodule.kernels.gpu.launch_gradient import GpuGradient

    voice = Voice(SynthConfig(buffer_size_seconds=seconds))
    parameters = torch.cat((cases["ends"](voice)[:40], voice.draw(torch.arange(24) + 9216)))
    rows, noise = torch.arange(64) % 32, voice.noise.table(torch.device("cpu"))
    cotangent, clips = cases["cotangent"](voice, 64), torch.ones(64, dtype=torch.bool)
    fused = voice._fused
    ours = CpuGradient(fused.plan).by_parameters(parameters, rows, noise, clips, cotangent)
    there = [one.cuda() for one in (parameters, rows, noise, cotangent)]
    back = GpuGradient(fused._gpu(there[0].device)).by_parameters
    theirs = back(*there)
    assert theirs.isfinite().all()
    far = (theirs.cpu() - ours).norm(dim=1) / ours.norm(dim=1).clamp(min=1e-12)
    assert far.max() < 1e-5
    assert torch.equal(back(*there), theirs)


def test_listed_values_other_notes_and_stages_are_the_cpus():
    from synth_datamodule.loading import Handed, Rendering

    ranges = {"keyboard.midi_f0": (48, 72), "vco_1.tuning": (-1, 1)}
    values = {"keyboard.midi_f0": [48, 50, 52.5, 72], "lfo_1.frequency": [1, 2, 3]}
    config = SynthConfig(sample_rate=16000, buffer_size_seconds=0.5)
    voice = Voice(config, ranges=ranges, values=values)
    numbers = torch.arange(64)
    assert same_bits(voice.draw(numbers.cuda()), voice.draw(numbers))
    stages = {0: {"vco_1.tuning": (-0.3, 0.7)}, 4: {}}
    handed = Handed(notes_per_sound=3, paired_delta=0.1, curriculum=stages, labels="free")
    index = numbers[:20].repeat_interleave(3)
    for epoch in (0, 4):
        rendering = Rendering(voice, handed, chunk=7).of_epoch(epoch)
        ours = rendering(index, torch.device("cpu"), torch.float32)
        theirs = rendering(index, torch.device("cuda"), torch.float32)
        for view, view_there in zip(ours, theirs, strict=True):
            assert same_bits(view.parameters, view_there.parameters)
            assert same_bits(view.audio, view_there.audio)


def test_a_split_with_ranges_and_notes_is_verified_there():
    from synth_datamodule.identity import verify

    settings = {"sample_rate": 8000, "buffer_size_seconds": 0.1, "control_rate": 200}
    bent = {"ranges": {"keyboard.midi_f0": (48, 72)}, "notes": [48, 55.5, 72]}
    dm = SynthDataModule(test_sounds=40, **bent, **settings)
    assert verify(dm.manifest("test"), device="cuda").same
