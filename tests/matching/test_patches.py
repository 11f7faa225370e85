import torch

from synth_datamodule.matching.patches import PatchEncoder


def test_a_patch_is_a_few_frames_of_all_bands_and_the_last_is_filled_with_silence():
    encoder = PatchEncoder(width=32, depth=1, num_frames=4)
    frames = torch.rand(2, 96, 10)
    patches = encoder.patches(frames)
    assert patches.shape == (2, 3, 4 * 96)
    assert torch.equal(patches[1, 1].view(4, 96), frames[1, :, 4:8].T)
    assert torch.equal(patches[0, 2].view(4, 96)[:2], frames[0, :, 8:].T)
    assert not patches[:, 2].view(2, 4, 96)[:, 2:].any()


def test_it_hears_when_a_thing_happens():
    torch.manual_seed(0)
    encoder = PatchEncoder(width=32, depth=1)
    early, late = torch.zeros(1, 96, 32), torch.zeros(1, 96, 32)
    early[:, :, 4:8], late[:, :, 24:28] = 1, 1
    assert not torch.allclose(encoder(early).mean(1), encoder(late).mean(1), atol=1e-3)


def test_a_hidden_patch_is_not_heard():
    torch.manual_seed(0)
    encoder = PatchEncoder(width=32, depth=1)
    patches, is_hidden = torch.rand(1, 5, 384), torch.zeros(1, 5, dtype=torch.bool)
    is_hidden[0, 2] = True
    other = patches.clone()
    other[0, 2] = 0
    instead = torch.ones(32)
    one, two = (encoder.heard(encoder.tokens(p, is_hidden, instead)) for p in (patches, other))
    assert torch.equal(one, two)
    assert not torch.equal(encoder.heard(encoder.tokens(patches)), one)
