"""Memory for audio: large tensors in pages that are used again, never while anyone sees them."""

import gc
import mmap
import os
import subprocess
import sys
import threading

import numpy as np
import pytest
import torch

from synth_datamodule.kernels.cpu.memory import empty_audio, free_audio

LARGE = (3, 400_000)  # 4.8 MB: neither a whole number of large pages nor of small ones
pages = pytest.mark.skipif(
    not hasattr(mmap, "MADV_HUGEPAGE"), reason="this system has no large pages to ask for"
)


@pytest.fixture(scope="module", autouse=True)
def _no_other_audio_dies():
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.fixture(autouse=True)
def _nothing_kept():
    free_audio()
    yield
    free_audio()


def marked(mark, *shape):
    return empty_audio(*(shape or LARGE)).fill_(mark)


def mark_of(audio):
    """The number that all of it holds; memory from the system holds zeros."""
    lowest, highest = audio.aminmax()
    assert lowest == highest
    return lowest.item()


@pytest.mark.parametrize("shape", [(2, 3), LARGE, (1_048_576,), (2, 3, 200_001), (0, 44100)])
def test_audio_is_one_piece_of_writable_float32(shape):
    audio = empty_audio(*shape)
    assert audio.shape == shape
    assert audio.dtype == torch.float32
    assert audio.device.type == "cpu"
    assert audio.is_contiguous()
    assert audio.numpy().flags.writeable
    numbers = torch.arange(audio.numel(), dtype=torch.float32).view(shape)
    audio.copy_(numbers)
    assert torch.equal(audio, numbers)


def test_audio_may_be_learned_from():
    audio = marked(0.5)
    gain = torch.ones(1, requires_grad=True)
    (audio * gain).sum().backward()
    assert gain.grad.item() == pytest.approx(0.5 * audio.numel())
    with torch.inference_mode():
        assert mark_of(empty_audio(*LARGE).fill_(2.0)) == 2


@pages
def test_memory_of_a_dead_tensor_is_used_again():
    audio = marked(7.0)
    address = audio.data_ptr()
    del audio
    again = empty_audio(*LARGE)
    assert again.data_ptr() == address
    assert mark_of(again) == 7


@pages
def test_memory_is_used_again_in_another_shape_of_as_many_samples():
    rows, samples = LARGE
    audio = marked(7.0)
    del audio
    assert mark_of(empty_audio(2 * rows, samples // 2)) == 7


@pages
@pytest.mark.parametrize("shape", [(4, 400_000), (3, 390_000)], ids=["larger", "smaller"])
def test_memory_of_another_size_is_not_used(shape):
    audio = marked(7.0)
    del audio
    other = empty_audio(*shape)
    assert mark_of(other) == 0
    assert other.shape == shape


VIEWS = {
    "itself": lambda audio: audio,
    "a row": lambda audio: audio[1],
    "a sample": lambda audio: audio[2, -1:],
    "another shape": lambda audio: audio.view(-1),
    "other types": lambda audio: audio.view(torch.int32),
    "detached": lambda audio: audio.detach(),
    "numpy": lambda audio: audio.numpy(),
    "a row in numpy": lambda audio: audio.numpy()[1],
    "numpy of a row": lambda audio: audio[1].numpy(),
    "a tensor of numpy": lambda audio: torch.from_numpy(audio.numpy()[1]),
    "its bytes": lambda audio: memoryview(audio.numpy()),
    "dlpack": lambda audio: torch.from_dlpack(audio),
}


@pages
@pytest.mark.parametrize("look", VIEWS.values(), ids=VIEWS)
def test_memory_that_anyone_sees_is_never_used_again(look):
    audio = marked(7.0)
    view = look(audio)
    del audio
    for mark in (1.0, 2.0, 3.0):
        others = [marked(mark), marked(mark)]
        del others
    assert (np.asarray(view).view(np.float32) == 7).all()
    free_audio()
    del view
    assert mark_of(empty_audio(*LARGE)) == 7


@pages
def test_memory_that_a_gradient_needs_is_never_used_again():
    audio, gain = marked(7.0), torch.ones(1, requires_grad=True)
    loss = (audio * gain).mean()
    del audio
    others = [marked(1.0), marked(2.0)]
    loss.backward()
    assert gain.grad.item() == pytest.approx(7)
    assert [mark_of(audio) for audio in others] == [1, 2]


@pages
def test_living_tensors_share_nothing():
    generator = np.random.default_rng(0)
    alive = {}
    for mark in range(25):
        if len(alive) == 5:
            del alive[generator.choice(list(alive))]
        alive[mark] = marked(float(mark))
        assert {mark: mark_of(audio) for mark, audio in alive.items()} == {k: k for k in alive}


@pages
def test_the_memory_of_one_is_kept_and_no_more():
    alive = [marked(7.0) for _ in range(5)]
    del alive
    again = [empty_audio(*LARGE) for _ in range(5)]
    assert sorted(map(mark_of, again)) == [0, 0, 0, 0, 7]


def no_memory(*_arguments, **_keywords):
    raise AssertionError("asked the system for pages")


@pages
def test_one_batch_in_use_and_one_on_its_way_need_no_memory_from_the_system(monkeypatch):
    in_use, before = marked(1.0), marked(2.0)
    del before
    monkeypatch.setattr(mmap, "mmap", no_memory)
    for _ in range(20):
        ahead = empty_audio(*LARGE)
        assert ahead.data_ptr() != in_use.data_ptr()
        in_use = ahead
        del ahead


@pages
def test_freed_audio_goes_back_to_the_system():
    audio, alive = marked(7.0), marked(8.0)
    del audio
    free_audio()
    assert mark_of(empty_audio(*LARGE)) == 0
    assert mark_of(alive) == 8


def test_small_audio_is_torchs_own(monkeypatch):
    monkeypatch.setattr(mmap, "mmap", no_memory)
    assert empty_audio(2, 3).shape == (2, 3)
    assert empty_audio(1, 1_048_575).shape == (1, 1_048_575)
    assert empty_audio(0, 44100).shape == (0, 44100)


def test_where_there_are_no_large_pages_all_audio_is_torchs_own(monkeypatch):
    monkeypatch.setattr(mmap, "mmap", no_memory)
    monkeypatch.delattr(mmap, "MADV_HUGEPAGE", raising=False)
    assert mark_of(marked(7.0)) == 7


@pages
def test_large_audio_is_not_torchs_own(monkeypatch):
    monkeypatch.setattr(mmap, "mmap", no_memory)
    with pytest.raises(AssertionError, match="asked the system for pages"):
        empty_audio(1, 1_048_576)


@pages
def test_threads_never_share_memory():
    start, wrong = threading.Barrier(4), []

    def batches(mark):
        start.wait(timeout=20)
        kept = marked(mark)
        for _ in range(40):
            audio = marked(mark)
            if audio.ne(mark).any() or kept.ne(mark).any():
                wrong.append(mark)
            kept = audio
            del audio

    threads = [threading.Thread(target=batches, args=(float(mark),)) for mark in range(1, 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert wrong == []
    assert not any(thread.is_alive() for thread in threads)


SCRIPT = """
import os
import torch
from synth_datamodule.kernels.cpu.memory import empty_audio

torch.set_num_threads(1)
alive, dead = empty_audio(3, 400_000).fill_(7), empty_audio(3, 400_000).fill_(8)
del dead
child = os.fork()
if child == 0:
    own = empty_audio(3, 400_000)
    right = own.eq(8).all() and alive.eq(7).all()
    own.fill_(1)
    alive.fill_(2)
    os._exit(0 if right else 1)
again = empty_audio(3, 400_000)
print(os.waitpid(child, 0)[1], alive.eq(7).all().item(), again.eq(8).all().item())
"""


@pages
@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork")
def test_what_a_forked_child_writes_its_parent_never_hears():
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "0 True True"


def test_where_the_system_takes_no_advice_memory_is_taken_without(monkeypatch):
    class Stubborn(mmap.mmap):
        def madvise(self, *advice):
            raise OSError(22, "Invalid argument")

    free_audio()
    monkeypatch.setattr("synth_datamodule.kernels.cpu.memory.mmap.mmap", Stubborn)
    audio = empty_audio(3, 2**20)
    assert audio.fill_(1).sum() == 3 * 2**20
    free_audio()
