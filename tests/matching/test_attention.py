import torch

from synth_datamodule.matching.attention import Attention, Block, SteeredBlock, waves


def test_attention_is_the_formula_it_names():
    torch.manual_seed(0)
    attention = Attention(8, 2)
    tokens, context = torch.randn(3, 5, 8), torch.randn(3, 4, 8)
    key, value = attention.key_value(context).chunk(2, -1)
    query, taken = attention.query(tokens), []
    for head in range(2):
        part = slice(4 * head, 4 * head + 4)
        scores = query[..., part] @ key[..., part].transpose(1, 2) / 2  # the root of 4
        taken.append(scores.softmax(-1) @ value[..., part])
    expected = attention.out(torch.cat(taken, -1))
    torch.testing.assert_close(attention(tokens, context), expected)


def test_a_block_does_not_care_for_the_order_of_tokens():
    torch.manual_seed(0)
    block, tokens = Block(32, 1), torch.randn(2, 6, 32)
    order = torch.randperm(6)
    torch.testing.assert_close(block(tokens)[:, order], block(tokens[:, order]))


def test_a_new_steered_block_does_nothing_and_learns_from_all_it_is_given():
    torch.manual_seed(0)
    block = SteeredBlock(32, 1)
    given = [torch.randn(2, 3, 32), torch.randn(2, 5, 32), torch.randn(2, 32)]
    assert torch.equal(block(*given), given[0])
    torch.nn.init.normal_(block.steering[1].weight, std=0.1)
    for one in given:
        one.requires_grad_()
    block(*given).square().sum().backward()
    assert all((one.grad != 0).any() for one in given)


def test_no_two_places_have_the_same_waves():
    found = waves(torch.arange(512, dtype=torch.float32), 64)
    assert torch.cdist(found, found).fill_diagonal_(1).min() > 0.01
    assert found.abs().max() <= 1
