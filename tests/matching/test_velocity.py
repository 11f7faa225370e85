import torch

from synth_datamodule.matching.velocity import Velocity


def steered():
    torch.manual_seed(0)
    velocity = Velocity(num_parameters=3, width=32, depth=1)
    torch.nn.init.normal_(velocity.blocks[0].steering[1].weight, std=0.3)
    return velocity


def test_a_parameters_velocity_depends_on_the_others_on_time_and_on_what_is_heard():
    velocity, given = steered(), [torch.randn(2, 3), torch.rand(2), torch.randn(2, 4, 32)]
    first = velocity(*given)[:, 0]
    for place, moved in enumerate(given):
        other = list(given)
        other[place] = moved.clone()
        if place == 0:
            other[0][:, 1] += 1  # another parameter
        else:
            other[place] += 1
        assert not torch.allclose(velocity(*other)[:, 0], first, atol=1e-4)


def test_parameters_have_names_of_their_own():
    found = steered()(torch.zeros(1, 3), torch.zeros(1), torch.zeros(1, 4, 32))[0]
    assert len(set(found.tolist())) == 3
