"""The recurrence of two states: against a loop over time, and what it promises of bits and work."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.utils._python_dispatch import TorchDispatchMode

from synth_datamodule import SynthConfig
from synth_datamodule.modules import linear_recurrence
from synth_datamodule.modules.recurrence import previous_states
from synth_datamodule.synths import FilteredVoice

# Beside 1, 2 and 3, the lengths around powers of two, where a level's last sample has no pair.
EDGES = [1, 2, 3, 4, 5, 7, 8, 9, 31, 32, 33, 127, 128, 129, 1023, 1024, 1025]
TWO_THREADS = 50_000  # torch gives a second thread work from 32,768 elements on

# Matrices of norm up to 1 and drives up to 1 lead to states of some 3, good to 1e-15.
TOLERANCE = 1e-13

laws = settings(derandomize=True, deadline=None, max_examples=60)

# torch's own: it scripts its rules for forward mode when they are first asked for.
forward_mode = pytest.mark.filterwarnings("ignore:.*torch.jit.script.*is deprecated:FutureWarning")


def system(num_sounds, num_steps, seed=0, dtype=torch.float64):
    """Random matrices of norm 1 at most, as a stable filter's, and a random drive."""
    rng = np.random.default_rng(seed)
    matrices = rng.uniform(-1, 1, (num_sounds, num_steps, 2, 2))
    norm = np.linalg.norm(matrices, ord=2, axis=(-2, -1))[..., None, None]
    transition = np.moveaxis(matrices / np.maximum(norm, 1), (2, 3), (0, 1))
    drive = rng.uniform(-1, 1, (2, num_sounds, num_steps))
    return torch.tensor(transition, dtype=dtype), torch.tensor(drive, dtype=dtype)


def one_by_one(transition, drive):
    """The definition, a sample at a time."""
    matrices = np.moveaxis(transition.numpy(), (0, 1), (-2, -1))
    drives = np.moveaxis(drive.numpy(), 0, -1)
    states = np.zeros_like(drives)
    state = np.zeros((len(drives), 2))
    for n in range(drives.shape[1]):
        state = np.einsum("bij,bj->bi", matrices[:, n], state) + drives[:, n]
        states[:, n] = state
    return torch.from_numpy(np.moveaxis(states, -1, 0))


@pytest.mark.parametrize("num_steps", EDGES)
def test_every_length_gives_what_a_loop_over_time_gives(num_steps):
    transition, drive = system(2, num_steps)
    expected = one_by_one(transition, drive)
    found = linear_recurrence(transition, drive)
    torch.testing.assert_close(found, expected, rtol=0, atol=TOLERANCE)


@laws
@given(st.integers(1, 3), st.integers(1, 128), st.integers(0, 2**32 - 1))
def test_random_systems_give_what_a_loop_over_time_gives(num_sounds, num_steps, seed):
    transition, drive = system(num_sounds, num_steps, seed)
    expected = one_by_one(transition, drive)
    found = linear_recurrence(transition, drive)
    torch.testing.assert_close(found, expected, rtol=0, atol=TOLERANCE)


def test_it_counts_rabbits():
    # Whole numbers below 2**53, so exact in whatever order.
    months = 75
    transition = torch.tensor([[1.0, 1.0], [1.0, 0.0]], dtype=torch.float64)
    drive = torch.zeros(2, 1, months, dtype=torch.float64)
    drive[0, 0, 0] = 1
    found = linear_recurrence(transition[:, :, None, None].expand(2, 2, 1, months), drive)
    fibonacci = [1, 1]
    while len(fibonacci) < months:
        fibonacci.append(fibonacci[-2] + fibonacci[-1])
    assert found[0, 0].tolist() == fibonacci
    assert found[1, 0].tolist() == [0, *fibonacci[:-1]]


def test_it_starts_at_rest_so_the_first_matrix_has_nothing_to_work_on():
    transition, drive = system(1, 37)
    other = transition.clone()
    other[..., 0] = torch.nan
    assert torch.equal(linear_recurrence(other, drive), linear_recurrence(transition, drive))


def test_float32_stays_close_over_a_whole_sound():
    # Rotations of 0.01 rad that forget in 1000 steps; noise drives them to 44, and each step rounds
    # by up to 6e-8 of that.
    num_steps = 176_400
    angle = torch.tensor(0.01, dtype=torch.float64)
    rotation = torch.stack((angle.cos(), -angle.sin(), angle.sin(), angle.cos())).view(2, 2, 1, 1)
    transition = (0.999 * rotation).expand(2, 2, 1, num_steps)
    drive = system(1, num_steps)[1]
    exact = linear_recurrence(transition, drive)
    single = linear_recurrence(transition.float(), drive.float())
    assert single.dtype == torch.float32
    assert (single - exact).abs().max() < 1e-3
    assert 20 < exact.abs().max() < 100


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_a_sounds_bits_and_gradients_do_not_depend_on_its_batch(dtype):
    transition, drive = system(3, TWO_THREADS, dtype=dtype)
    weights = torch.randn(drive.shape, generator=torch.Generator().manual_seed(0), dtype=dtype)

    def solved(sounds):
        given = [tensor[..., sounds, :].clone().requires_grad_() for tensor in (transition, drive)]
        states = linear_recurrence(*given)
        return states, *torch.autograd.grad(states, given, weights[:, sounds])

    together = solved(slice(None))
    for number in range(3):
        alone = solved(slice(number, number + 1))
        for whole, part in zip(together, alone, strict=True):
            assert torch.equal(whole[..., number : number + 1, :], part)


def test_a_sounds_beginning_has_the_same_bits_however_long_it_goes_on():
    transition, drive = system(2, 1000)
    whole = linear_recurrence(transition, drive)
    for num_steps in (1, 2, 3, 511, 512, 513, 999):
        part = linear_recurrence(transition[..., :num_steps], drive[..., :num_steps])
        assert torch.equal(part, whole[..., :num_steps])


def test_how_a_tensor_lies_in_memory_changes_no_bit():
    transition, drive = system(2, 777)
    turned = [tensor.mT.contiguous().mT for tensor in (transition, drive)]
    assert not turned[1].is_contiguous()
    assert torch.equal(linear_recurrence(*turned), linear_recurrence(transition, drive))
    constant = transition[..., :1]
    expanded = linear_recurrence(constant.expand_as(transition), drive)
    assert torch.equal(expanded, linear_recurrence(constant.repeat(1, 1, 1, 777), drive))


@pytest.mark.gpu
def test_a_gpu_gives_the_same_states_and_there_no_bit_depends_on_the_batch_either():
    transition, drive = system(3, TWO_THREADS)
    together = linear_recurrence(transition.cuda(), drive.cuda())
    expected = linear_recurrence(transition, drive)
    torch.testing.assert_close(together.cpu(), expected, rtol=0, atol=TOLERANCE)
    for number in range(3):
        some = slice(number, number + 1)
        alone = linear_recurrence(transition[:, :, some].cuda(), drive[:, some].cuda())
        assert torch.equal(alone, together[:, some])


class Counter(TorchDispatchMode):
    """Counts multiplications, and calls of torch."""

    def __init__(self):
        super().__init__()
        self.products, self.calls = 0, 0

    def __torch_dispatch__(self, function, types, arguments=(), keywords=None):
        out = function(*arguments, **(keywords or {}))
        self.calls += 1
        if function is torch.ops.aten.mul.Tensor:
            self.products += out.numel()
        return out


def test_work_grows_with_the_length_and_depth_with_its_logarithm():
    counters = []
    for num_steps in (2**14, 2**15, 2**16):
        transition, drive = system(1, num_steps)
        with Counter() as counter:
            linear_recurrence(transition, drive)
        # A product of matrices is 8 multiplications, a step is 4.
        assert counter.products < 16 * num_steps
        counters.append(counter)
    short, double, fourfold = (counter.calls for counter in counters)
    assert fourfold - double == double - short < 100


@forward_mode
@pytest.mark.parametrize("num_steps", [1, 2, 3, 8, 9])
def test_gradients_of_first_and_second_order_are_right_both_ways(num_steps):
    given = [tensor.requires_grad_() for tensor in system(2, num_steps)]
    assert torch.autograd.gradcheck(
        linear_recurrence,
        given,
        check_forward_ad=True,
        check_batched_grad=True,
        check_batched_forward_grad=True,
    )
    assert torch.autograd.gradgradcheck(linear_recurrence, given, check_fwd_over_rev=True)


def test_the_backward_pass_keeps_no_more_than_matrices_and_states():
    transition, drive = (tensor.requires_grad_() for tensor in system(2, 1000))
    kept = []
    with torch.autograd.graph.saved_tensors_hooks(
        lambda tensor: kept.append(tensor.numel()) or tensor, lambda tensor: tensor
    ):
        linear_recurrence(transition, drive)
    assert sum(kept) == transition.numel() + drive.numel()


def test_vmap_over_either_argument_is_a_loop():
    systems = [system(2, 11, seed) for seed in range(3)]
    transitions, drives = map(torch.stack, zip(*systems, strict=True))
    for in_dims in ((0, 0), (0, None), (None, 0)):
        given = [
            tensor if axis == 0 else tensor[0]
            for tensor, axis in zip((transitions, drives), in_dims, strict=True)
        ]
        found = torch.func.vmap(linear_recurrence, in_dims)(*given)
        for number in range(3):
            one = [
                tensor[number] if axis == 0 else tensor
                for tensor, axis in zip(given, in_dims, strict=True)
            ]
            assert torch.equal(found[number], linear_recurrence(*one))


@forward_mode
def test_forward_and_reverse_mode_agree():
    given = system(1, 6)
    forward = torch.func.jacfwd(linear_recurrence, argnums=(0, 1))(*given)
    reverse = torch.func.jacrev(linear_recurrence, argnums=(0, 1))(*given)
    for one, other in zip(forward, reverse, strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=TOLERANCE)


@pytest.mark.parametrize("backend", ["eager", "aot_eager"])
def test_compiled_in_one_graph_it_gives_the_same_states_and_gradients(backend):
    given = [tensor.requires_grad_() for tensor in system(2, 37)]
    compiled = torch.compile(linear_recurrence, backend=backend, fullgraph=True)
    states, expected = compiled(*given), linear_recurrence(*given)
    assert torch.equal(states, expected)
    gradients = [torch.autograd.grad(out.square().sum(), given) for out in (states, expected)]
    for one, other in zip(*gradients, strict=True):
        assert torch.equal(one, other)


def test_the_previous_states_begin_at_rest():
    states = torch.tensor([[[1.0, 2.0, 3.0]], [[4.0, 5.0, 6.0]]])
    assert previous_states(states).tolist() == [[[0, 1, 2]], [[0, 4, 5]]]
    assert previous_states(states[..., :1]).tolist() == [[[0]], [[0]]]


@pytest.mark.parametrize(
    ("transition", "drive", "error", "message"),
    [
        (
            torch.zeros(2, 2, 1, 5),
            torch.zeros(2, 1, 4),
            ValueError,
            r"transition must be a float tensor \[2, 2, B, N\] of sizes \[2, 2, 1, 4\], "
            r"got shape \[2, 2, 1, 5\]",
        ),
        (
            torch.zeros(1, 4, 2, 2),
            torch.zeros(1, 4, 2),
            ValueError,
            r"drive must be a float tensor \[2, B, N\] of sizes \[2, any, any\], "
            r"got shape \[1, 4, 2\]",
        ),
        (
            torch.zeros(2, 2, 1, 0),
            torch.zeros(2, 1, 0),
            ValueError,
            r"drive must be a float tensor \[2, B, N\] of sizes .*, got shape \[2, 1, 0\]",
        ),
        (
            torch.zeros(2, 2, 1, 4, dtype=torch.int64),
            torch.zeros(2, 1, 4),
            TypeError,
            r"transition must be a float tensor \[2, 2, B, N\], got dtype torch.int64",
        ),
        (
            torch.zeros(2, 2, 1, 4),
            [[[0.0]], [[0.0]]],
            TypeError,
            r"drive must be a float tensor \[2, B, N\], got list",
        ),
    ],
    ids=["two-lengths", "matrices-last", "no-sample", "integers", "a-list"],
)
def test_wrong_inputs_are_refused(transition, drive, error, message):
    with pytest.raises(error, match=message):
        linear_recurrence(transition, drive)


def test_what_is_rendered_by_number_inside_torch_func_is_what_it_is_outside():
    config = SynthConfig(
        sample_rate=8000, buffer_size_seconds=0.05, control_rate=200, no_grad=False
    )
    synth, heard = FilteredVoice(config), []
    torch.func.grad(lambda x: heard.append(synth.render_sounds([5]).audio) or x)(torch.ones(()))
    assert torch.equal(heard[0], synth.render_sounds([5]).audio)
