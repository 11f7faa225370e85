import torch

from synth_datamodule.matching.canonical import CanonicalTargets
from synth_datamodule.matching.flow import Flow


def small(num_parameters=2):
    torch.manual_seed(0)
    return Flow(num_parameters, width=32, depth=1, encoder_width=32, encoder_depth=1)


def learned(flow, frames, targets, num_steps):
    optimizer = torch.optim.Adam(flow.parameters(), 3e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 3e-3, total_steps=num_steps)
    for _ in range(num_steps):
        loss = flow.loss(frames, targets)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    return flow.eval()


def test_its_samples_are_joint_points_where_a_mean_lies_between():
    # Two parameters of one sound are both 0.1 or both 0.9: their mean, 0.5, is never right.
    which = torch.arange(256) % 2
    parameters = (0.1 + 0.8 * which)[:, None].expand(-1, 2).float()
    targets = CanonicalTargets(parameters, torch.ones(256, 2, dtype=torch.bool))
    flow = learned(small(), torch.zeros(256, 96, 4), targets, 300)
    noise = torch.randn(128, 2, generator=torch.Generator().manual_seed(1))
    samples = flow.sample(torch.zeros(1, 96, 4), noise, 32)[0]
    near = [(samples - value).abs().amax(1) < 0.2 for value in (0.1, 0.9)]
    assert min(one.float().mean() for one in near) > 0.25
    assert (near[0] | near[1]).float().mean() > 0.75


def test_its_samples_follow_the_sound():
    frames = torch.zeros(64, 96, 4)
    frames[32:] = 1
    parameters = torch.cat((torch.full((32, 2), 0.2), torch.full((32, 2), 0.8)))
    targets = CanonicalTargets(parameters, torch.ones(64, 2, dtype=torch.bool))
    flow = learned(small(), frames, targets, 200)
    noise = torch.randn(16, 2, generator=torch.Generator().manual_seed(1))
    low, high = flow.sample(frames[[0, 63]], noise, 16).mean((1, 2))
    assert low < 0.35
    assert high > 0.65


def test_what_is_not_heard_is_not_learned():
    flow = small()
    parameters = torch.rand(4, 2)
    frames, heard = torch.rand(4, 96, 4), torch.tensor([[True, False]] * 4)
    losses = []
    for other in (parameters, torch.stack((parameters[:, 0], 1 - parameters[:, 1]), 1)):
        # a new network reads no other token's value
        torch.manual_seed(3)
        losses.append(flow.loss(frames, CanonicalTargets(other, heard)).item())
    assert losses[0] == losses[1]


def test_samples_do_not_depend_on_the_sounds_beside_them():
    flow = small().eval()
    for weight in flow.velocity.blocks[0].steering.parameters():
        torch.nn.init.normal_(weight, std=0.1)
    frames, noise = torch.rand(5, 96, 8), torch.randn(3, 2)
    together = flow.sample(frames, noise, 4)
    assert together.shape == (5, 3, 2)
    alone = torch.cat([flow.sample(one[None], noise, 4) for one in frames])
    torch.testing.assert_close(together, alone, atol=1e-5, rtol=0)
    assert together.std(0).max() > 0


def test_samples_are_parameters():
    samples = small().sample(torch.rand(2, 96, 8), 100 * torch.randn(4, 2), 1)
    assert ((samples >= 0) & (samples <= 1)).all()
