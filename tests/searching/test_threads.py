import pytest
import torch

from synth_datamodule.searching.threads import each_on_one_thread


@pytest.mark.parametrize("threads", [1, 2])
def test_torch_has_its_threads_again_whatever_happens(threads):
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        with pytest.raises(ZeroDivisionError):
            each_on_one_thread(lambda place: 1 / (place - 2), 4)
        assert torch.get_num_threads() == threads
        assert each_on_one_thread(lambda place: place, 5) == [0, 1, 2, 3, 4]
    finally:
        torch.set_num_threads(before)
