"""Torch's ambient state, which is the user's, changes no bit and no device."""

import ast
import contextlib
from pathlib import Path

import pytest
import torch

import synth_datamodule
from synth_datamodule import SynthConfig, SynthDataModule, Voice
from synth_datamodule.features import MFCC, LogMel, Resample
from synth_datamodule.synths import FilteredVoice, FmVoice, OneOscillator

PACKAGE = Path(synth_datamodule.__file__).parent
SHORT = {"sample_rate": 8000, "buffer_size_seconds": 0.25, "control_rate": 200}
FACTORIES = {
    "arange", "as_tensor", "empty", "empty_strided", "eye", "full", "hamming_window",
    "hann_window", "linspace", "logspace", "ones", "rand", "randint", "randn", "randperm",
    "scalar_tensor", "tensor", "zeros",
}  # fmt: skip


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: path.name)
def test_every_new_tensor_says_its_dtype_and_its_device(path):
    bare = []
    for node in ast.walk(ast.parse(path.read_text())):
        function = getattr(node, "func", None)
        if not isinstance(node, ast.Call) or not isinstance(function, ast.Attribute):
            continue
        of_torch = isinstance(function.value, ast.Name) and function.value.id == "torch"
        said = {keyword.arg for keyword in node.keywords}
        if of_torch and function.attr in FACTORIES and not (said >= {"dtype", "device"}):
            bare.append(ast.unparse(node))
    # The twins of torchaudio say both at once, as _FLOAT.
    assert [call for call in bare if "**_FLOAT" not in call] == []


@contextlib.contextmanager
def default_dtype(dtype):
    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        yield
    finally:
        torch.set_default_dtype(before)


@contextlib.contextmanager
def threads(number):
    before = torch.get_num_threads()
    torch.set_num_threads(number)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@contextlib.contextmanager
def denormals_flushed():
    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_flush_denormal(False)


@contextlib.contextmanager
def deterministic():
    torch.use_deterministic_algorithms(True)
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(False)


AMBIENT = {
    "float64": lambda: default_dtype(torch.float64),
    "bfloat16": lambda: default_dtype(torch.bfloat16),
    "float16": lambda: default_dtype(torch.float16),
    "meta": lambda: torch.device("meta"),
    "inference mode": torch.inference_mode,
    "no grad": torch.no_grad,
    "autocast": lambda: torch.autocast("cpu", torch.bfloat16),
    "one thread": lambda: threads(1),
    "three threads": lambda: threads(3),
    "denormals": denormals_flushed,
    "deterministic": deterministic,
}


def everything(kind, backend):
    """Render in each way that there is, with a synth made here."""
    voice = kind(SynthConfig(**SHORT, batch_size=2), backend=backend)
    sound = voice.sound(7)
    many = voice.render_sounds(torch.arange(5, dtype=torch.int64, device="cpu"), "cpu")
    audio, parameters, is_train = voice(3)
    drawn = voice.draw(torch.tensor([7], dtype=torch.int64, device="cpu"))
    dm = SynthDataModule(
        4,
        synth=kind,
        backend=backend,
        crop_seconds=0.1,
        random_crop=True,
        paired_delta=0.1,
        **SHORT,
    )
    pair = next(iter(dm.train_dataloader())).to("cpu")
    return [*sound, *many, audio, parameters, is_train, drawn, *pair.first, *pair.second]


@pytest.fixture(scope="module")
def plain():
    made = {}

    def of(kind, backend):
        if (kind, backend) not in made:
            made[kind, backend] = everything(kind, backend)
        return made[kind, backend]

    return of


@pytest.mark.parametrize("ambient", AMBIENT)
@pytest.mark.parametrize(
    ("kind", "backend"),
    [
        (Voice, "fused"),
        (Voice, "reference"),
        (OneOscillator, "auto"),
        (FmVoice, "auto"),
        (FilteredVoice, "auto"),
    ],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_torchs_ambient_state_changes_no_bit(ambient, kind, backend, plain):
    expected = plain(kind, backend)
    with AMBIENT[ambient]():
        found = everything(kind, backend)
    for one, other in zip(found, expected, strict=True):
        assert one.device.type == "cpu"
        assert one.dtype == other.dtype
        assert torch.equal(one, other)


@pytest.mark.parametrize("ambient", AMBIENT)
def test_a_batch_of_many_megabytes_and_a_small_one_have_the_same_bits(ambient):
    voice = Voice()
    whole = voice.render_sounds(torch.arange(6, dtype=torch.int64, device="cpu"), "cpu").audio
    with AMBIENT[ambient]():
        numbers = torch.arange(6, dtype=torch.int64, device="cpu")
        assert torch.equal(voice.render_sounds(numbers, "cpu").audio, whole)
        assert torch.equal(voice.render_sounds(numbers[5:], "cpu").audio, whole[5:])


def test_pinned_values_are_kept_in_float32_under_another_default():
    with default_dtype(torch.bfloat16):
        voice = Voice(SynthConfig(**SHORT), pinned={"keyboard.midi_f0": 61.0})
    found = voice.render_sounds([1]).parameters[0, 0]
    assert found == Voice(pinned={"keyboard.midi_f0": 61.0}).sound(1).parameters[0]


def test_a_voice_made_on_meta_renders_once_it_is_somewhere():
    with torch.device("meta"):
        voice = Voice(SynthConfig(**SHORT))
    expected = Voice(SynthConfig(**SHORT)).sound(7).audio
    assert torch.equal(voice.to_empty(device="cpu").sound(7).audio, expected)


@pytest.mark.parametrize("ambient", ["float64", "bfloat16", "meta"])
@pytest.mark.parametrize(
    "make", [lambda: LogMel(8000), lambda: MFCC(8000), lambda: Resample(8000, 5000)]
)
def test_a_feature_made_under_another_default_is_the_same(ambient, make):
    audio = Voice(SynthConfig(**SHORT)).render_sounds([1, 2]).audio
    with AMBIENT[ambient]():
        feature = make()
    assert torch.equal(feature(audio), make()(audio))


@pytest.mark.parametrize(
    "level",
    [
        lambda inside: torch.func.vmap(inside)(torch.zeros(2, dtype=torch.float32, device="cpu")),
        lambda inside: torch.func.grad(inside)(torch.zeros((), dtype=torch.float32, device="cpu")),
        lambda inside: torch.func.vmap(torch.func.grad(inside))(torch.zeros(2, device="cpu")),
    ],
    ids=["vmap", "grad", "grad under vmap"],
)
@pytest.mark.parametrize("backend", ["fused", "reference"])
def test_a_level_of_torch_func_around_it_changes_no_bit(level, backend, plain):
    found = []

    def inside(number):
        found.extend(everything(Voice, backend))
        return number

    level(inside)
    for one, other in zip(found, plain(Voice, backend), strict=True):
        assert torch.equal(one, other)
