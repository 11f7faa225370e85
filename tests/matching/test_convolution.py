"""What a convolution computes in 16 bits, on whatever CPU this is."""

import pytest
import torch

from synth_datamodule.matching.convolution import Convolution
from synth_datamodule.matching.model import SoundMatcher

# Those of a matcher's last layers where a sound has few frames: NaN on CPUs with AMX.
SHAPES = [(4, 8, 12, 1), (4, 4, 24, 2), (32, 64, 12, 1), (32, 32, 24, 2), (32, 64, 12, 22)]


def numbers(*shape):
    return torch.randn(shape, generator=torch.Generator().manual_seed(0))


def made(num_in, num_out):
    convolution = Convolution(num_in, num_out, kernel_size=3, stride=(2, 2), padding=1)
    with torch.no_grad():
        convolution.weight.copy_(numbers(*convolution.weight.shape).bfloat16())
        convolution.bias.copy_(numbers(num_out).bfloat16())
    return convolution


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_in_bfloat16_it_is_its_float32_rounded_once(shape):
    num_in, num_out, height, width = shape
    convolution, image = made(num_in, num_out), numbers(2, num_in, height, width).bfloat16()
    expected = convolution(image.float()).bfloat16()
    for _ in range(20):
        assert torch.equal(convolution.bfloat16()(image), expected)
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(convolution.float()(image), expected)


def test_in_float32_it_is_torchs():
    convolution, image = made(4, 8), numbers(2, 4, 12, 1)
    expected = torch.nn.functional.conv2d(
        image, convolution.weight, convolution.bias, stride=(2, 2), padding=1
    )
    assert torch.equal(convolution(image), expected)


def test_its_gradient_in_bfloat16_is_finite():
    convolution, image = made(32, 64).bfloat16(), numbers(2, 32, 12, 1).bfloat16()
    convolution(image).float().square().sum().backward()
    assert convolution.weight.grad.dtype is torch.bfloat16
    assert bool(convolution.weight.grad.isfinite().all())


@pytest.mark.parametrize("width", [2, 16])
def test_a_matcher_in_bfloat16_guesses_the_same_each_time(width):
    model = SoundMatcher(num_parameters=3, sample_rate=8000, width=width).bfloat16().eval()
    audio = numbers(2, 4000).mul(0.1).bfloat16()
    with torch.no_grad():
        guesses = {tuple(model(audio).flatten().tolist()) for _ in range(20)}
    assert len(guesses) == 1
    assert all(0 <= guess <= 1 for guess in guesses.pop())
