"""Gradients of a whole sound: right inside, one-sided at the ends, finite anywhere, trained by."""

import runpy
from pathlib import Path

import pytest
import torch
from torch.autograd import forward_ad, gradcheck

from synth_datamodule import SynthConfig, SynthDataModule, Voice
from synth_datamodule.modules import AudioMixer, HardModeSelector, MonophonicKeyboard, SineVCO
from synth_datamodule.numerics.tracing import transformed
from synth_datamodule.patching.patch import part
from synth_datamodule.patching.synth import AbstractSynth

runs = runpy.run_path(str(Path(__file__).with_name("runs.py")))

SHORT = SynthConfig(
    batch_size=4, sample_rate=8000, buffer_size_seconds=0.05, control_rate=400, no_grad=False
)
both_nebulae = pytest.mark.parametrize("nebula", ["default", "drum"])
both_dtypes = pytest.mark.parametrize(
    "dtype", [torch.float64, torch.float32], ids=["float64", "float32"]
)
# torch's own: it scripts its rules for forward mode when they are first asked for.
forward_mode = pytest.mark.filterwarnings("ignore:.*torch.jit.script.*is deprecated:FutureWarning")


def reference(nebula="default", **options):
    return Voice(SHORT, nebula=nebula, backend="reference", **options)


def uniform(*shape, seed=0):
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def heard_by(voice, num_ears=6):
    """A few sums of a sound's samples, as a function of its parameters."""
    ears = uniform(voice.synthconfig.buffer_size, num_ears, seed=1) - 0.5
    return lambda u: voice.synthesize(u) @ ears


# Against finite differences.


@pytest.mark.parametrize("number", [0, 5])
def test_the_gradient_by_all_parameters_is_the_slope(number):
    voice = reference()
    drawn = voice.render_sounds([number]).parameters.double()
    # Off the ends, where a difference would reach over.
    u = (0.05 + 0.9 * drawn).requires_grad_()
    assert gradcheck(heard_by(voice), u)
    slopes = torch.autograd.grad(heard_by(voice)(u).sum(), u)[0]
    # The rest: stages that 0.05 s do not reach, and depths of what hardly moves.
    assert (slopes.abs() > 1e-9).double().mean() > 0.5


@forward_mode
def test_forward_mode_finds_the_same_slope():
    voice = reference()
    u, tangent = uniform(2, 78), uniform(2, 78, seed=2)
    with forward_ad.dual_level():
        dual = voice.synthesize(forward_ad.make_dual(u, tangent))
        pushed = forward_ad.unpack_dual(dual).tangent
    _, expected = torch.autograd.functional.jvp(voice.synthesize, u, tangent)
    torch.testing.assert_close(pushed, expected, rtol=1e-9, atol=1e-9)


# Where a sound jumps, or its slope is infinite: the gradient is the one that the docs state.
def steps_or_is_steep(parameter, end):
    name = parameter.name
    if name.split(".")[1] in ("decay", "release"):
        return end == 0  # none at all, and at once one that ends
    return end == 0 and parameter.curve > 1 and not parameter.symmetric


@both_nebulae
def test_with_one_parameter_at_an_end_its_gradient_is_the_one_sided_slope(nebula):
    voice = reference(nebula)
    heard, middle = heard_by(voice, num_ears=1), 0.1 + 0.8 * uniform(78, seed=3)
    # Up, or drum's lowest note is within 1e-9 semitones of the clamp at 0.
    middle[[voice.parameter_table.column(f"{vco}.tuning") for vco in ("vco_1", "vco_2")]] = 0.999
    cases = [
        (column, end, parameter.name)
        for column, parameter in enumerate(voice.parameter_table.ranges)
        for end in (0, 1)
        if not steps_or_is_steep(parameter, end)
    ]
    assert len(cases) > 110
    columns = torch.tensor([column for column, _, _ in cases])
    ends = torch.tensor([float(end) for _, end, _ in cases], dtype=torch.float64)
    rows = torch.arange(len(cases))
    inward = torch.zeros(len(cases), 78, dtype=torch.float64)
    inward[rows, columns] = 1 - 2 * ends
    u = middle.repeat(len(cases), 1)
    u[rows, columns] = ends
    given = u.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(heard(given).sum(), given)
    found = gradient[rows, columns]
    differences = []
    # A large step crosses a bend, a small one is lost in roundings: one of them is right.
    for step in (1e-4, 1e-6, 1e-8):
        with torch.no_grad():
            near, next_to, beside = (heard(u + k * step * inward)[:, 0] for k in range(3))
        slopes = (1 - 2 * ends) * (4 * next_to - 3 * near - beside) / (2 * step)
        differences.append((slopes - found).abs() - 1e-4 * torch.maximum(slopes.abs(), found.abs()))
    wrong = torch.stack(differences).amin(0) > 1e-6
    assert [cases[k][1:] for k in wrong.nonzero()[:, 0].tolist()] == []


# Finite everywhere.


def situations():
    """Parameters at and beside the ends of what is legal."""
    corners = [0, 1, 0.5, 2**-149, 1e-38, 1e-20, 1e-9, 2**-24, 1 - 2**-24, 0.5 + 2**-24]
    corners = torch.tensor(corners, dtype=torch.float64)
    generator = torch.Generator().manual_seed(5)
    rows = [corners[:, None].expand(-1, 78)]
    for share in (0.1, 0.5, 1.0):
        drawn = torch.rand(30, 78, generator=generator, dtype=torch.float64)
        picked = corners[torch.randint(0, len(corners), (30, 78), generator=generator)]
        replaced = torch.rand(30, 78, generator=generator) < share
        rows.append(torch.where(replaced, picked, drawn))
    ends = torch.full((156, 78), 0.5, dtype=torch.float64)
    ends[torch.arange(156), torch.arange(78).repeat(2)] = torch.arange(2.0).double().repeat(78)
    return torch.cat((*rows, ends))


@both_dtypes
@both_nebulae
@pytest.mark.parametrize("given", [torch.float64, torch.float32, torch.bfloat16], ids=str)
def test_gradients_are_finite_at_every_end_and_corner_and_beside_them(nebula, dtype, given):
    config = SynthConfig(
        sample_rate=2000, buffer_size_seconds=0.05, control_rate=400, no_grad=False
    )
    voice = Voice(config, nebula=nebula, backend="reference", dtype=dtype)
    u = situations().to(given).requires_grad_()
    audio = voice.render(u, torch.arange(len(u)) % 32)
    audio.square().sum().backward()
    assert u.grad.isfinite().all()
    assert u.grad.dtype == given
    assert (u.grad != 0).any(1)[-156:].all()  # a sound in the middle is always heard


def test_silence_can_be_left():
    voice = reference()
    u = 0.1 + 0.8 * uniform(1, 78)
    levels = [voice.parameter_table.column(f"mixer.{part}") for part in ("vco_1", "vco_2")]
    u[0, [*levels, voice.parameter_table.column("mixer.noise")]] = 0
    u.requires_grad_()
    audio = voice.render(u)
    assert audio.eq(0).all()
    # Towards any sound, one more level brings it nearer: silence is no trap.
    target = voice.render(uniform(1, 78)).detach()
    (audio - target).square().sum().backward()
    assert (u.grad[0, levels] != 0).all()
    assert u.grad.isfinite().all()


def test_pinned_parameters_have_a_gradient_of_zero_and_leave_the_others_theirs():
    pinned = {"keyboard.midi_f0": 50.0, "adsr_1.attack": 0.01, "mixer.noise": 0.0}
    voice = reference(pinned=pinned)
    columns = [voice.parameter_table.column(name) for name in pinned]
    u = voice.parameter_table.pin(uniform(2, 78))
    for synth, zero in ((voice, True), (reference(), False)):
        given = u.clone().requires_grad_()
        synth.synthesize(given).square().sum().backward()
        assert (given.grad[:, columns] == 0).all() == zero
        others = torch.ones(78, dtype=torch.bool).index_fill(0, torch.tensor(columns), False)
        assert (given.grad[:, others] != 0).double().mean() > 0.5


def test_a_hard_choice_in_a_patch_has_a_gradient_of_zero():
    class Either(AbstractSynth):
        keyboard = part(MonophonicKeyboard)
        low, high = part(SineVCO), part(SineVCO)
        choice = part(HardModeSelector, num_modes=2)
        mixer = part(AudioMixer, inputs=("vco",))

        def output(self, p, noise_rows):
            midi_f0, _ = self.keyboard(p.keyboard)
            chosen = self.choice(p.choice)
            either = chosen[:, :1] * self.low(p.low, midi_f0)
            either = either + chosen[:, 1:] * self.high(p.high, midi_f0)
            return self.mixer(p.mixer, either)

    synth = Either(SHORT)
    u = uniform(1, len(synth.parameter_names), seed=1).requires_grad_()
    synth.render(u).square().sum().backward()
    slopes = dict(zip(synth.parameter_names, u.grad[0].tolist(), strict=True))
    assert slopes["choice.mode0weight"] == slopes["choice.mode1weight"] == 0
    # The oscillator that was not chosen is not heard.
    tunings = sorted(abs(slopes[f"{name}.tuning"]) for name in ("low", "high"))
    assert tunings[0] == 0 < tunings[1]


# torch.func.


def loss_of(voice):
    return lambda u: voice.render(u).square().sum()


TRANSFORMS = {
    "grad": lambda voice: torch.func.grad(loss_of(voice)),
    "jacrev": lambda voice: torch.func.jacrev(voice.render),
    "jacfwd": lambda voice: torch.func.jacfwd(voice.render),
    "jvp": lambda voice: lambda u: torch.func.jvp(voice.render, (u,), (torch.ones_like(u),))[1],
    "vjp": lambda voice: lambda u: torch.func.vjp(voice.render, u)[1](voice.render(u))[0],
    "vmap": lambda voice: torch.func.vmap(lambda u: voice.render(u[None])[0]),
    "grad of each sound": lambda voice: torch.func.vmap(
        torch.func.grad(lambda u: loss_of(voice)(u[None]))
    ),
    "jacfwd of each sound": lambda voice: torch.func.vmap(
        torch.func.jacfwd(lambda u: voice.render(u[None])[0])
    ),
    "hessian": lambda voice: lambda u: torch.func.hessian(loss_of(voice))(u[:1]),
}


def by_autograd(voice, u, name):
    """What a transform should find, by autograd alone."""
    if name == "vmap":
        return voice.render(u)
    if "grad" in name:
        return torch.autograd.grad(loss_of(voice)(u), u)[0]
    if name == "hessian":
        return torch.autograd.functional.hessian(loss_of(voice), u[:1])
    if name == "vjp":
        audio = voice.render(u)
        return torch.autograd.grad(audio, u, audio)[0]
    jacobian = torch.autograd.functional.jacobian(voice.render, u)
    if name == "jvp":
        return jacobian.sum((-1, -2))
    return jacobian if "each" not in name else torch.stack([jacobian[k, :, k] for k in range(2)])


TINY = SynthConfig(sample_rate=2000, buffer_size_seconds=0.01, control_rate=400, no_grad=False)


@forward_mode
@pytest.mark.parametrize("backend", ["reference", "fused"])
@pytest.mark.parametrize("name", TRANSFORMS)
def test_a_transform_of_render_is_what_autograd_finds(name, backend):
    voice = Voice(TINY, backend=backend)  # fresh: what it keeps is made inside the transform
    u = uniform(2, 78).float()
    found = TRANSFORMS[name](voice)(u)
    expected = by_autograd(Voice(TINY, backend="reference"), u.requires_grad_(), name)
    scale = expected.abs().max().item()
    assert scale > 0.01
    torch.testing.assert_close(found, expected.detach(), rtol=1e-4, atol=1e-6 * scale)
    # And what was made inside serves outside.
    assert not transformed(voice.noise.table(u.device))
    torch.testing.assert_close(
        voice.render(u.detach()), Voice(TINY).render(u.detach()), rtol=0, atol=1e-6
    )


@forward_mode
def test_a_dual_tensor_goes_through_a_fused_voice():
    u, tangent = uniform(2, 78), uniform(2, 78, seed=2)
    tangents = []
    for backend in ("reference", "fused"):
        with forward_ad.dual_level():
            audio = Voice(TINY, backend=backend).render(forward_ad.make_dual(u, tangent))
            tangents.append(forward_ad.unpack_dual(audio).tangent)
    assert torch.equal(*tangents)


def test_with_no_grad_a_transform_finds_zeros():
    voice = Voice(SynthConfig(sample_rate=2000, buffer_size_seconds=0.01, control_rate=400))
    u = uniform(2, 78)
    assert torch.func.grad(loss_of(voice))(u).eq(0).all()
    rows = torch.func.vmap(lambda row: voice.render(row[None])[0])(u)
    torch.testing.assert_close(rows, voice.render(u), rtol=0, atol=1e-6)


# Trained by.

# Everything but levels is as it is: how loud, not which sound.
EASY = {
    parameter.name: 0.005
    if parameter.name.endswith("attack")
    else parameter.minimum / 2 + parameter.maximum / 2
    for parameter in Voice(SHORT).parameter_table.ranges
    if not parameter.name.startswith(("mixer", "mod_matrix"))
}


def job(world_size, backend):
    """Global batches of 4 sounds, 20 of them."""
    data = {"batch_size": 4 // world_size, "train_sounds": 4, "val_sounds": 4, "shuffle": False}
    data |= {"no_grad": False, "backend": backend, "pinned": EASY}
    trainer = {"max_epochs": 20, "devices": world_size, "limit_val_batches": 0}
    return {"data": data, "trainer": trainer, "by_ear": True}


@pytest.mark.parametrize("backend", ["reference", "auto"])
def test_a_model_learns_by_ear_with_a_trainer(backend):
    losses = runs["run"](**job(1, backend))["losses"]
    assert len(losses) == 20
    assert losses[-1] < 0.5 * losses[0]


def test_a_data_module_that_can_train_by_ear_hands_out_the_same_bits():
    batches = []
    for no_grad in (True, False):
        dm = SynthDataModule(batch_size=4, train_sounds=8, no_grad=no_grad, **runs["SHORT"])
        dm.setup("fit")
        batches.append([numbers.to("cpu") for numbers in dm.train_dataloader()])
    for still, recording in zip(*batches, strict=True):
        assert not recording.audio.requires_grad
        assert torch.equal(still.audio, recording.audio)


def test_two_devices_learn_by_ear_what_one_does(tmp_path):
    jobs = {backend: job(2, backend) for backend in ("reference", "auto")}
    folder = tmp_path / "records"
    program = runs["start"](jobs, folder, 2)
    alone = runs["run"](**job(1, "reference"))
    records, log = runs["finish"](program, jobs, folder, 2, timeout=120)
    for backend in jobs:
        assert backend in records, f"no record of {backend!r}; the ranks printed\n{log[-5000:]}"
        ranks = records[backend]
        assert ranks[0]["weights"] == ranks[1]["weights"]
        losses = [sum(step) / 2 for step in zip(*(rank["losses"] for rank in ranks), strict=True)]
        assert losses[-1] < 0.5 * losses[0]
        # DDP takes the mean of the two gradients, the gradient of the mean loss.
        assert losses == pytest.approx(alone["losses"], rel=1e-2)


# Second derivatives


def test_the_kernels_gradient_says_that_it_has_no_derivative_of_its_own():
    voice = Voice(SHORT)
    u = (0.2 + 0.6 * uniform(1, 78)).float().requires_grad_()
    (slope,) = torch.autograd.grad(voice.render(u).square().sum(), u, create_graph=True)
    with pytest.raises(ValueError, match=r"no derivative of its own.*backend='reference'"):
        slope.square().sum().backward()
    with pytest.raises(ValueError, match="no derivative of its own"):
        torch.autograd.functional.hessian(lambda u: voice.render(u).square().sum(), u)


def test_a_graph_of_the_gradient_changes_no_bit_of_it():
    voice = Voice(SHORT)
    u = (0.2 + 0.6 * uniform(2, 78)).float().requires_grad_()
    slopes = [
        torch.autograd.grad(voice.render(u).square().sum(), u, create_graph=graph)[0].detach()
        for graph in (False, True)
    ]
    assert torch.equal(*slopes)


@forward_mode
def test_the_reference_and_torch_func_have_second_derivatives():
    u = (0.2 + 0.6 * uniform(1, 78)).float()

    def loudness(voice):
        return lambda u: voice.render(u[None])[0].square().sum()

    given = u.clone().requires_grad_()
    (slope,) = torch.autograd.grad(loudness(reference())(given[0]), given, create_graph=True)
    (expected,) = torch.autograd.grad(slope.sum(), given)
    slope_of = torch.func.grad(loudness(Voice(SHORT)))
    found = torch.func.grad(lambda u: slope_of(u).sum())(u[0])
    torch.testing.assert_close(found, expected[0], rtol=1e-3, atol=1e-3 * expected.abs().max())
    assert expected.abs().max() > 0


# A rounding beyond the ends


@pytest.mark.parametrize("backend", ["fused", "reference"])
def test_a_rounding_beyond_an_end_counts_as_the_end_and_finds_its_way_back(backend):
    voice = Voice(SHORT, backend=backend)
    inside = 0.1 + 0.8 * uniform(2, 78).float()
    inside[0, ::3], inside[1, ::3] = 0.0, 1.0
    beyond = inside.clone()
    beyond[0, ::3], beyond[1, ::3] = -9e-7, 1 + 9e-7
    slopes = []
    for given in (inside, beyond):
        u = given.clone().requires_grad_()
        audio = voice.render(u)
        audio.square().sum().backward()
        slopes.append((audio.detach(), u.grad))
    assert torch.equal(slopes[0][0], slopes[1][0])
    assert torch.equal(slopes[0][1], slopes[1][1])
    assert bool((slopes[1][1][:, ::3] != 0).any(1).all())
    with pytest.raises(ValueError, match=r"parameters must lie in \[0, 1\], got 1\.00001"):
        voice.render(inside + 1e-5 * (inside == 1))


@forward_mode
def test_a_sound_farther_out_is_nan_where_its_values_are_not_read():
    voice = Voice(SHORT)
    u = 0.1 + 0.8 * uniform(3, 78).float()
    u[0, 5], u[1, 5] = 1.5, 1 + 5e-7
    audio = torch.func.vmap(lambda one: voice.render(one[None])[0])(u)
    assert bool(audio[0].isnan().all())
    expected = reference().render(u[1:])
    torch.testing.assert_close(audio[1:], expected, rtol=0, atol=1e-6)
