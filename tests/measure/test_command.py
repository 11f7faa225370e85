import json
import subprocess
import sys

import pytest

from synth_datamodule.measure import command
from synth_datamodule.measure.command import Speed
from synth_datamodule.patching.recipe import SynthRecipe
from synth_datamodule.synths import OneOscillator

SHORT = SynthRecipe(sample_rate=8000, buffer_size_seconds=0.1)
SMALL = {"batch_sizes": (2,), "rounds": 1, "device": "cpu", "recipe": SHORT}


def test_it_prints_the_table_and_writes_the_files(tmp_path, capsys):
    folder = tmp_path / "out"
    assert Speed(**SMALL, backends=("fused", "reference"), out=folder)() == 0
    printed = capsys.readouterr().out
    text = (folder / "speed.md").read_text()
    for name in ("fused", "reference"):
        assert f"| 2 | {name} |" in text
        assert f"  2  {name} " in printed
    assert text.splitlines()[0] == printed.splitlines()[0]
    assert printed.endswith(
        "written:\n" + "".join(f"  {folder}/speed.{kind}\n" for kind in ("json", "md", "png"))
    )
    measured = json.loads((folder / "speed.json").read_text())
    assert measured["num_rounds"] == 1
    assert [row["candidate"] for row in measured["rows"]] == ["fused", "reference"]


def test_only_the_synths_own_renderer_is_timed_unasked(tmp_path):
    Speed(**SMALL, out=tmp_path)()
    rows = json.loads((tmp_path / "speed.json").read_text())["rows"]
    assert [row["candidate"] for row in rows] == ["fused"]


def test_where_nothing_runs_that_is_an_error(tmp_path, monkeypatch, capsys):
    def no_memory(recipe, batch_size, device):
        raise MemoryError("cannot allocate 1 TiB")

    monkeypatch.setattr(command, "candidates", lambda *_: {"fused": no_memory})
    with pytest.raises(ValueError, match="nothing could be measured: MemoryError: cannot allocate"):
        Speed(**SMALL, out=tmp_path)()
    assert "cannot allocate" in capsys.readouterr().out
    assert not list(tmp_path.iterdir())


def test_without_a_folder_nothing_is_written(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert Speed(**SMALL)() == 0
    assert "written" not in capsys.readouterr().out
    assert not list(tmp_path.iterdir())


def test_without_matplotlib_a_line_says_what_the_picture_needs(tmp_path, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    assert Speed(**SMALL, out=tmp_path)() == 0
    assert "pip install 'synth_datamodule[plots]'" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["speed.json", "speed.md", "speed.png"])
def test_a_file_of_another_run_is_refused_before_any_work(name, tmp_path, monkeypatch):
    monkeypatch.setattr(command, "measure", lambda *given, **named: pytest.fail("measures"))
    (tmp_path / name).write_text("another run's")
    with pytest.raises(FileExistsError, match=rf"{name} exists; --overwrite"):
        Speed(**SMALL, out=tmp_path)()
    assert [path.read_text() for path in tmp_path.iterdir()] == ["another run's"]


def test_with_overwrite_files_of_another_run_are_replaced(tmp_path):
    for name in ("speed.json", "speed.md", "speed.png"):
        (tmp_path / name).write_text("another run's")
    assert Speed(**SMALL, out=tmp_path, overwrite=True)() == 0
    assert len(list(tmp_path.iterdir())) == 3
    assert all(path.read_bytes() != b"another run's" for path in tmp_path.iterdir())


def test_a_backend_that_the_synth_does_not_have_is_refused_before_any_work(monkeypatch):
    monkeypatch.setattr(command, "measure", lambda *given, **named: pytest.fail("measures"))
    with pytest.raises(ValueError, match="OneOscillator must be among program, reference"):
        Speed(recipe=SynthRecipe(OneOscillator), backends=("fused",), device="cpu")()


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ({"batch_sizes": ()}, ValueError, "batch_sizes must be one or more whole numbers"),
        (
            {"batch_sizes": (32, 0)},
            ValueError,
            "batch_sizes must be a whole number >= 1 and",
        ),
        ({"backends": ("kazoo",)}, ValueError, "backends must be one of 'auto', 'fused', .*kazoo"),
        ({"backends": ()}, ValueError, "backends must be one or more different names"),
        ({"backends": ("fused", "fused")}, ValueError, "one or more different names"),
        ({"rounds": 0}, ValueError, "rounds must be a whole number >= 1 and <= 1000000, got 0"),
        ({"rounds": 10**20}, ValueError, "rounds must be a whole number >= 1 and <= 1000000"),
        ({"accuracy_sounds": 0}, ValueError, "accuracy_sounds must be a whole number >= 1"),
        ({"batch_sizes": (2, 4, 2)}, ValueError, "batch_sizes must all differ, got .2, 4, 2."),
        ({"device": "meta"}, ValueError, "device must be 'cpu' or a CUDA device, got 'meta'"),
        ({"device": "cuda:99"}, ValueError, "device must be there, got 'cuda:99' and .* devices"),
        ({"recipe": SynthRecipe(backend="fused")}, ValueError, "backend must be 'auto' here"),
    ],
)
def test_what_cannot_be_measured_is_refused(given, error, message):
    with pytest.raises(error, match=message):
        Speed(**given)


def test_it_imports_no_lightning_and_draws_nothing_unasked(tmp_path):
    script = (
        "import sys; from synth_datamodule.measure.command import Speed; "
        "from synth_datamodule.patching.recipe import SynthRecipe; "
        "short = SynthRecipe(sample_rate=8000, buffer_size_seconds=0.1); "
        "assert Speed(batch_sizes=(2,), rounds=1, device='cpu', recipe=short)() == 0; "
        "assert not {'pytorch_lightning', 'lightning', 'torchaudio', 'matplotlib'} & {*sys.modules}"
    )
    subprocess.run([sys.executable, "-c", script], cwd=tmp_path, check=True, capture_output=True)
