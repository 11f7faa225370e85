import threading
import time

import pytest
import torch

from synth_datamodule import Split
from synth_datamodule.loading import RenderAhead, Rendering, SoundLoader, SoundSet

CPU = torch.device("cpu")


class Watched(Rendering):
    """A rendering that notes which sounds it began, and on which thread."""

    def __init__(self, synth):
        super().__init__(synth)
        self.begun = []

    def begin(self, index, device, dtype):
        self.begun.append((index.tolist(), threading.current_thread() is threading.main_thread()))
        return super().begin(index, device, dtype)


def eventually(condition):
    for _ in range(1000):
        if condition():
            return True
        time.sleep(0.01)
    return False


def test_ahead_or_not_the_bits_are_the_same(voice):
    sounds = SoundSet(Split.train, 11, shuffle=True)
    plain = SoundLoader(sounds, voice, 4)
    ahead = SoundLoader(sounds, voice, 4, render_ahead=True)
    for _ in range(2):
        for one, other in zip(plain, ahead, strict=True):
            for wanted, given in zip(one.to("cpu"), other.to("cpu"), strict=True):
                assert torch.equal(wanted, given)


def test_one_batch_is_begun_ahead_and_no_more(voice):
    rendering = Watched(voice)
    batches = iter(SoundLoader(SoundSet(Split.val, 8), rendering, 2, render_ahead=True))
    next(batches).to("cpu")
    assert eventually(lambda: len(rendering.begun) == 2)
    time.sleep(0.1)
    assert rendering.begun == [([8192, 8193], True), ([8194, 8195], False)]
    next(batches).to("cpu")
    assert eventually(lambda: len(rendering.begun) == 3)
    batches.close()


def test_the_last_batch_begins_nothing_and_the_thread_ends(voice):
    rendering = Watched(voice)
    for numbers in SoundLoader(SoundSet(Split.val, 4), rendering, 2, render_ahead=True):
        numbers.to("cpu")
    assert [index for index, _ in rendering.begun] == [[8192, 8193], [8194, 8195]]
    assert eventually(
        lambda: not [t for t in threading.enumerate() if t.name.startswith("render-ahead")]
    )


def test_batches_taken_out_of_order_are_rendered_on_the_spot(voice):
    loader = SoundLoader(SoundSet(Split.val, 6), voice, 2, render_ahead=True)
    numbers = list(loader)
    for one in reversed(numbers):
        assert torch.equal(one.to("cpu").audio, voice.render_sounds(one.index).audio)


def test_an_error_ahead_is_raised_where_the_batch_is_asked_for(voice):
    class Failing(Rendering):
        def begin(self, index, device, dtype):
            if 8194 in index.tolist():
                raise RuntimeError("no sound today")
            return super().begin(index, device, dtype)

    batches = iter(SoundLoader(SoundSet(Split.val, 4), Failing(voice), 2, render_ahead=True))
    next(batches).to("cpu")
    second = next(batches)
    with pytest.raises(RuntimeError, match="no sound today"):
        second.to("cpu")
    batches.close()


def test_a_position_does_not_count_what_was_rendered_ahead(voice):
    loader = SoundLoader(SoundSet(Split.val, 8), voice, 2, render_ahead=True)
    batches = iter(loader)
    next(batches).to("cpu")
    state = loader.state_dict()
    assert (state["epoch"], state["sounds_done"], state["steps_done"]) == (0, 2, 1)
    batches.close()


@pytest.mark.gpu
def test_on_cuda_the_bits_are_those_of_the_same_stream(voice):
    device = torch.device("cuda", 0)
    rendering = Rendering(voice)
    ahead = RenderAhead(rendering)
    for step in range(50):
        index = torch.arange(step * 8, step * 8 + 8)
        ahead.following = index + 8
        batch = ahead(index, device, torch.float32)
        assert torch.equal(batch.index.cpu(), index)
        assert torch.equal(batch.parameters.cpu(), voice.draw(index))
    ahead.close()
