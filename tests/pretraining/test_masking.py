import torch

from synth_datamodule.matching.patches import PatchEncoder
from synth_datamodule.pretraining.masking import MaskedFrames


def made():
    torch.manual_seed(0)
    return MaskedFrames(PatchEncoder(width=32, depth=1))


def test_it_asks_for_what_is_hidden_and_for_nothing_else():
    masked, told = made(), []
    masked.told.register_forward_hook(lambda module, given, found: told.append(found.detach()))
    frames = torch.rand(3, 96, 32)
    patches = masked.encoder.patches(frames)
    torch.manual_seed(1)
    loss = masked(frames)
    torch.manual_seed(1)
    is_hidden = torch.rand(3, 8).argsort(1).argsort(1) < 4
    expected = (told[0] - patches)[is_hidden].square().mean()
    torch.testing.assert_close(loss.detach(), expected)


def test_what_is_hidden_is_told_from_the_rest():
    # All patches of a sound are alike: whoever hears one knows the others.
    masked = made()
    level = torch.rand(64, 1, 1).expand(-1, 96, 32)
    optimizer = torch.optim.Adam(masked.parameters(), 3e-3)
    for _ in range(150):
        loss = masked(level)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert masked(level) < 0.2 * level[:, 0, 0].var()


def test_a_single_patch_is_hidden_all_the_same():
    assert made()(torch.rand(2, 96, 3)).isfinite()
