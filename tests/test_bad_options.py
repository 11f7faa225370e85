"""Every option of every command, given what it must not be: one line, status 2, before any work."""

import inspect
import re

import pytest
import torch

from synth_datamodule import SynthDataModule, cli
from synth_datamodule.matching.model import SoundMatcher

SMALL = ("--sample_rate", "8000", "--seconds", "0.05", "--control_rate", "100")
OF_RECIPES = ("render", "listen", "play", "speed", "cite")  # commands that take a recipe
NO_NUMBER = ("x", "", "1 2", "[1]", "{}", "null", "true", "1e400", "--", "x" * 400)
NO_WHOLE = (*NO_NUMBER, "1.5", "nan", "9" * 400, "-1", "-9999999999999999999999")
NO_REAL = (*NO_NUMBER, "nan", "inf", "-inf", "0", "-1")
NO_DEVICE = ("nonsense", "", "cuda:99", "meta", "cpu:0:1", "3", "x" * 400)
NO_WORD = ("nonsense", "", "x" * 400, "3", "TEST")
NO_PIN = ("nonsense", "=1", "a=b", "keyboard.midi_f0=x", "keyboard.midi_f0=nan", "no.such=1",
          "keyboard.midi_f0=128", "keyboard.midi_f0", "", "x" * 400 + "=1")  # fmt: skip
NO_RANGE = ("nonsense", "=1,2", "keyboard.midi_f0=x", "keyboard.midi_f0=1", "no.such=1,2",
            "keyboard.midi_f0=2,1", "keyboard.midi_f0=1,2,3", "keyboard.midi_f0=0,128",
            "keyboard.midi_f0=0,nan", "keyboard.midi_f0=", "", "x" * 400 + "=1,2")  # fmt: skip
NO_LIST = ("nonsense", "=1", "keyboard.midi_f0=x", "no.such=1", "keyboard.midi_f0=60,128",
           "keyboard.midi_f0=60,,61", "keyboard.midi_f0=nan", "keyboard.midi_f0=", "")  # fmt: skip
NO_MODEL = ("nonsense", "", "a.b", "os.getpid", "torch.nonsense")
NO_SYNTH = ("nonsense", "", "a.b", "..Voice", "torch.nonsense", "x" * 400, "synth_datamodule.Split")
RECIPE = {
    "synth": NO_SYNTH, "backend": NO_WORD, "sample_rate": (*NO_WHOLE, "0"), "seconds": NO_REAL,
    "control_rate": (*NO_WHOLE, "0", "8001"), "eps": (*NO_REAL, "1"), "pinned": NO_PIN,
    "ranges": NO_RANGE, "values": NO_LIST,
    "nebula": ("nonsense", "", "/", "no/such.json", "x" * 400, "{", "{}"),
    "parameters": ("nonsense", "", "/", "no/such.npz", "x" * 400),
    "sampler": ("nonsense", "", "a.b", "torch.pi", "x" * 400),
    "synth_arguments": ("nonsense", "=1", "gain=1", "nebula=drum", "", "x" * 400 + "=1"),
}  # fmt: skip
OPTIONS = {
    "render": (
        ["1"],
        RECIPE
        | {
            "split": NO_WORD, "sounds": (*NO_WHOLE, "0"), "corpus": (*NO_WORD[:3], "0"),
            "format": NO_WORD, "table": ("nonsense", "a.txt", "x" * 400, ".csv"),
        },
    ),
    "listen": (
        ["1"],
        RECIPE
        | {
            "split": NO_WORD, "sounds": (*NO_WHOLE, "0"), "blind": NO_WORD,
            "compare": ("a", "no/such.json", "x" * 400, "a b"), "score": ("a", "x" * 400, "a b"),
        },
    ),
    "match": (
        [],
        {
            "renders": NO_WHOLE, "indexed": (*NO_WHOLE, "0"), "seed": (*NO_WHOLE, "4294967296"),
        },
    ),
    "speed": (
        [],
        {name: kind for name, kind in RECIPE.items() if name != "backend"}
        | {
            "backend": ("fused", "reference", "nonsense"), "backends": NO_WORD,
            "rounds": (*NO_WHOLE, "0"), "batch_sizes": (*NO_WHOLE, "0"), "device": NO_DEVICE,
            "accuracy_sounds": (*NO_WHOLE, "0"),
        },
    ),
    "play": (
        [],
        RECIPE | {"port": (*NO_WHOLE, "65536"), "no_open": ("--open",)},
    ),
    "cite": (
        ["--sounds", "2"],
        RECIPE
        | {
            "corpus": NO_WORD[:3], "split": NO_WORD, "sounds": (*NO_WHOLE, "0"),
            "device": NO_DEVICE, "batch_size": (*NO_WHOLE, "0"),
            "predict_sounds": ("x y", "1", "5 3", "-1 3", "1 2 3", "0 9999999999"),
            "listed": ("nonsense", "", "[]", "[5,5]", "[-1]", "no/such.txt", "x" * 400),
            "minimum_rms": (*NO_NUMBER, "-1", "1.1", "nan"), "loudest": (*NO_REAL, "1.1"),
        },
    ),
    "verify": (
        ["synth1M1-test", "--sounds", "1024"],
        {
            "sounds": (*NO_WHOLE, "0", "1023"), "device": NO_DEVICE,
            "batch_size": (*NO_WHOLE, "0"),
        },
    ),
    "benchmark": (
        ["--baseline", "middle", "--train_sounds", "2", "--test_sounds", "2"],
        {
            "baseline": NO_WORD[:3], "model": NO_MODEL,
            "budget": NO_WORD, "seed": (*NO_WHOLE, "4294967296"), "device": NO_DEVICE,
            "train_sounds": (*NO_WHOLE, "0", "16385"), "test_sounds": (*NO_WHOLE, "0", "1025"),
            "table": ("no/such/folder",), "compare": ("a b", "a"),
            "task_version": (*NO_WHOLE, "0", "3"),
        },
    ),
    "sweep": (
        ["--space", "model.width=[1,2]", "--trials", "1"],
        {
            "space": ("nonsense", "", "a=", "a=[1]", "model.width=[]", "model.width=[1,1]",
                      "model.width=x", "model.width={low: 1}", "model.width=[[", "data=1",
                      "model.width=[0]", "data.batch_size=[.nan]", "no/such.yaml"),
            "trials": (*NO_WHOLE, "0", "1000001"), "direction": NO_WORD,
            "seed": NO_WHOLE, "storage": ("nonsense", "", "mysql://a/b", "sqlite://"),
            "study": ("", "../up", "/abs"), "across": ("nonsense", "data.nonsense"),
            "data.batch_size": ("x", "0", "-1"), "model.learning_rate": ("x", "0"),
            "trainer.max_epochs": ("x", "-5"), "data.seed": ("x", "-1"),
        },
    ),
}  # fmt: skip
# Data, model and a few of the Trainer's, as fit and its kin take them.
OF_FIT = {
    "data.batch_size": ("x", "0", "1.5", "9" * 400), "data.corpus": ("nonsense", "0"),
    "data.train_sounds": ("x", "0", "99999999"), "data.val_sounds": ("x", "-1"),
    "data.test_sounds": ("x", "-1"), "data.predict_sounds": ("x", "[3,1]", "[1,1]"),
    "data.sounds": ("x", "[1,1]", "[-1]", "no/such.txt"),
    "data.parameters": ("x", "3", "no/such.npz"), "data.split": ("x", "[val]"),
    "data.minimum_rms": ("x", "-1", "1.1"), "data.loudest": ("x", "0", "1.1", ".nan"),
    "data.sampler": ("x", "a.b", "3", "os.getpid"),
    "data.sounds_per_epoch": ("x", "0", "99999999"), "data.fresh_epochs": ("x", "3"),
    "data.shuffle": ("x", "3"), "data.seed": ("x", "-1", "1.5"), "data.drop_last": ("x", "3"),
    "data.nebula": ("nonsense", "3"), "data.pinned": ("x", "{a: 1}", "{keyboard.midi_f0: x}"),
    "data.ranges": ("x", "{a: [1, 2]}", "{keyboard.midi_f0: 60}", "{keyboard.midi_f0: [2, 1]}"),
    "data.values": ("x", "{a: [1]}", "{keyboard.midi_f0: 60}", "{keyboard.midi_f0: []}"),
    "data.notes": ("x", "60", "[]", "[60, 128]", "[60, x]"),
    "data.backend": ("nonsense", "3"), "data.synth": ("nonsense", "a.b"),
    "data.synth_arguments": ("x", "3", "{gain: 1}", "{backend: fused}"),
    "data.transform": (
        "nonsense", "torch.nn.Linear",
        "{class_path: synth_datamodule.features.LogMel, init_args: {sample_rate: 44100}}",
    ),
    "data.train_transform": ("nonsense", "torch.nn.Linear"),
    "data.features": (
        "x", "3", "{mel: 3}", "{audio: torch.nn.Identity}", "{mel: torch.nn.Linear}",
        "{mel: torch.nn.Identity}",
    ),
    "data.normalize": ("x", "3", "-71", ".nan", "true"),
    "data.crop_seconds": ("x", "0", "1e9"),
    "data.random_crop": ("x", "true"), "data.paired_delta": ("x", "0", "0.1"),
    "data.labels": ("x", "3"), "data.notes_per_sound": ("x", "0", "1.5", "3"),
    "data.curriculum": ("x", "3", "{}", "{1: {}}", "{0: 3}", "{0: {a: [1, 2]}}", "{x: {}}",
                        "{0: {keyboard.midi_f0: [0, 128]}}"),
    "data.render_chunk": ("x", "0"), "data.render_ahead": ("x", "3"),
    "data.sample_rate": ("x", "0", "1.5"), "data.buffer_size_seconds": ("x", "0", ".inf"),
    "data.control_rate": ("x", "0", "99999"), "data.reproducible": ("x", "3"),
    "data.no_grad": ("x", "3"), "data.debug": ("x", "3"), "data.eps": ("x", "0", "1"),
    "model.width": ("x", "0", "9999"), "model.learning_rate": ("x", "0", ".nan"),
    "trainer.max_epochs": ("x", "-5"), "trainer.accelerator": ("nonsense",),
    "trainer.devices": ("0", "x"), "seed_everything": ("x", "-1"),
    "ckpt_path": ("nonsense", "", ".", "last", "best", "x" * 400), "config": ("nonsense", "", "."),
}  # fmt: skip
OPTIONS["fit"] = ([], OF_FIT)
FEW = ("data.batch_size", "data.pinned", "model.width", "ckpt_path")
for kin in ("validate", "test", "predict"):
    OPTIONS[kin] = ([], {name: OF_FIT[name][:2] for name in FEW})
# Both what is told when a command begins, and what it is told to begin with.
SAYS = {
    "seconds": "seconds|samples", "device": "device|CUDA", "pinned": r"pinned|parameter|midi_f0",
    "ranges": r"ranges|parameter|midi_f0", "values": r"values|parameter|midi_f0",
    "data.ranges": r"ranges|parameter|midi_f0", "data.values": r"values|parameter|midi_f0",
    "data.notes": r"notes|midi_f0|a note", "data.curriculum": r"curriculum|parameter|midi_f0",
    "predict_sounds": "predict_sounds|range|no option 3", "model": "model|candidate|import",
    "baseline": "baseline|candidate", "table": "table|folder|results",
    "compare": "compare|file|result", "data.pinned": "pinned|parameter",
    "space": r"space|setting|width|YAML|batch_size|file|values?|--a\b", "study": "study|folder",
    "across": "setting|across", "config": "config|file|directory",
    "data.crop_seconds": "crop_seconds",
    "data.transform": "transform|class|import", "data.train_transform": "transform|class|import",
    "data.features": "features|class|import", "data.predict_sounds": "predict_sounds",
    "trainer.devices": "devices|device|accelerator", "trainer.accelerator": "accelerator",
}  # fmt: skip


def table():
    for command, (base, options) in OPTIONS.items():
        for name, kinds in options.items():
            for value in kinds:
                several = name in ("predict_sounds", "compare")
                words = value.split() if several else [value]
                given = [*base, f"--{name}", *words]
                if command in OF_RECIPES and name not in SMALL:
                    taken = {f"--{name}", "--batch_sizes"}
                    pairs = zip(SMALL[::2], SMALL[1::2], strict=True)
                    given += [word for pair in pairs if pair[0] not in taken for word in pair]
                yield command, name, given, value
        for wrong in (["--nonsense"], ["--nonsense=1"], ["-x"], ["--sed", "1"], ["stray", "words"]):
            if wrong[0] != "stray" or command not in ("render", "verify"):
                yield command, wrong[0].lstrip("-").partition("=")[0], [*base, *wrong], wrong[0]
        for name in list(options)[:6]:
            yield command, name, [*base, f"--{name}"], "nothing"


CASES = [
    pytest.param(command, name, words, id=f"{place}-{command}-{name}-{value[:20]}")
    for place, (command, name, words, value) in enumerate(table())
    if not (command == "speed" and name == "device" and value == "3" and torch.cuda.is_available())
]


@pytest.mark.filterwarnings("ignore")  # of the libraries' own, which a command does not show
@pytest.mark.parametrize(("command", "name", "words"), CASES)
def test_what_an_option_must_not_be_is_one_line(command, name, words, capfd, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    if command in ("validate", "test", "predict"):
        (tmp_path / "any.ckpt").write_bytes(b"")
        words = [*words, "--ckpt_path", "any.ckpt"] if name != "ckpt_path" else words
    status = cli.main([command, *words])
    said = capfd.readouterr().err
    assert (status, said.count("\n")) == (2, 1), said
    prefix, _, message = said.strip().partition(": error: ")
    assert prefix == f"synth-datamodule {command}"
    assert 0 < len(message) <= 300
    wanted = SAYS.get(name, re.escape(name.rpartition(".")[2]))
    assert re.search(f"{wanted}|ckpt_path must be a checkpoint", message), message
    left = {path.name for path in tmp_path.rglob("*") if path.is_file()} - {"any.ckpt"}
    assert left == set()


def test_every_option_of_data_and_model_is_in_the_table():
    told_by_the_data = {"num_parameters", "sample_rate"}
    for section, made, known in (
        ("data", SynthDataModule, set()),
        ("model", SoundMatcher, told_by_the_data),
    ):
        names = {*inspect.signature(made).parameters} - known
        assert names == {n.partition(".")[2] for n in OF_FIT if n.startswith(f"{section}.")}


def test_every_command_is_in_the_table():
    assert OPTIONS.keys() == cli.COMMANDS.keys()
