"""Loudness under control, at both rates."""

import pytest
import torch

from synth_datamodule import SynthConfig
from synth_datamodule.modules import VCA, ControlRateVCA

CONFIG = SynthConfig(sample_rate=16000, buffer_size_seconds=0.25, control_rate=400)
NUM_SAMPLES, NUM_FRAMES = 4000, 100

both_rates = pytest.mark.parametrize(
    ("vca", "length"),
    [(VCA(CONFIG), NUM_SAMPLES), (ControlRateVCA(CONFIG), NUM_FRAMES)],
    ids=["audio-rate", "control-rate"],
)


@both_rates
def test_a_signal_is_as_loud_as_its_control_says(vca, length):
    signal = torch.linspace(-1, 1, length).repeat(2, 1)
    control = torch.linspace(0, 1, length).repeat(2, 1) * torch.tensor([[1.0], [0.5]])
    out = vca(signal, control)
    assert torch.equal(out[0], signal[0] * torch.linspace(0, 1, length))
    assert torch.equal(out[1], 0.5 * out[0])


@both_rates
def test_silence_in_gives_silence_out(vca, length):
    noise = torch.rand(3, length, generator=torch.Generator().manual_seed(0))
    assert vca(torch.zeros(3, length), noise).eq(0).all()
    assert vca(noise, torch.zeros(3, length)).eq(0).all()


@both_rates
def test_an_open_vca_lets_the_signal_through(vca, length):
    noise = torch.rand(3, length, generator=torch.Generator().manual_seed(0))
    assert torch.equal(vca(noise, torch.ones(3, length)), noise)


@pytest.mark.parametrize(
    ("vca", "first", "second", "error", "message"),
    [
        (
            VCA(CONFIG),
            torch.zeros(2, NUM_SAMPLES),
            torch.zeros(2, NUM_FRAMES),
            ValueError,
            r"control .* \[B, N\] of sizes \[2, 4000\], got shape \[2, 100\]",
        ),
        (
            VCA(CONFIG),
            torch.zeros(2, NUM_FRAMES),
            torch.zeros(2, NUM_SAMPLES),
            ValueError,
            r"audio .* \[B, N\] of sizes \[any, 4000\], got shape \[2, 100\]",
        ),
        (
            ControlRateVCA(CONFIG),
            torch.zeros(2, NUM_SAMPLES),
            torch.zeros(2, NUM_FRAMES),
            ValueError,
            r"signal .* \[B, C\] of sizes \[any, 100\], got shape \[2, 4000\]",
        ),
        (
            ControlRateVCA(CONFIG),
            torch.zeros(2, NUM_FRAMES),
            torch.zeros(2, NUM_SAMPLES),
            ValueError,
            r"control .* \[B, C\] of sizes \[2, 100\], got shape \[2, 4000\]",
        ),
        (
            VCA(CONFIG),
            torch.zeros(2, NUM_SAMPLES),
            torch.zeros(1, NUM_SAMPLES),
            ValueError,
            r"control .* of sizes \[2, 4000\], got shape \[1, 4000\]",
        ),
        (
            ControlRateVCA(CONFIG),
            torch.zeros(2, NUM_FRAMES),
            torch.zeros(2, NUM_FRAMES, dtype=torch.int64),
            TypeError,
            r"control must be a float tensor \[B, C\], got dtype torch.int64",
        ),
    ],
    ids=[
        "control-rate-control-of-audio",
        "control-rate-audio",
        "audio-rate-signal",
        "audio-rate-control",
        "one-control-for-two",
        "integers",
    ],
)
def test_wrong_wiring_is_refused_by_name(vca, first, second, error, message):
    with pytest.raises(error, match=message):
        vca(first, second)
