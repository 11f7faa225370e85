import pytest
import torch
from bandwidth import copy_bandwidth


@pytest.mark.gpu
def test_a_gpu_copies_between_a_gigabyte_and_a_hundred_terabytes_a_second():
    assert 1e9 < copy_bandwidth(2**28, torch.device("cuda")) < 1e14
