import re
import sys
from pathlib import Path

import pytest
import torch

from synth_datamodule.benchmark.command import Benchmark
from synth_datamodule.benchmark.entries import BASELINES
from synth_datamodule.benchmark.results import Result, read
from synth_datamodule.benchmark.task import BUDGETS, TEST_SOUNDS
from synth_datamodule.listening.command import Listen

TRIAL = {"train_sounds": 64, "test_sounds": 4, "device": "cpu"}
PARTS_THAT_REPEAT = ("metrics", "guesses_sha256", "per_sound", "hyperparameters")

# Lightning's own advice on a short epoch.
pytestmark = pytest.mark.filterwarnings("ignore:The number of training batches:UserWarning")


@pytest.fixture(autouse=True)
def _same_random_state():
    state, deterministic = torch.get_rng_state(), torch.are_deterministic_algorithms_enabled()
    threads = torch.get_num_threads()
    yield
    torch.set_rng_state(state)
    torch.set_num_threads(threads)
    assert torch.are_deterministic_algorithms_enabled() == deterministic


@pytest.fixture
def module(tmp_path, monkeypatch):
    """Return a function that writes a module which can be imported."""
    folder = tmp_path / "modules"
    folder.mkdir()
    monkeypatch.setattr(sys, "path", [*sys.path, str(folder)])
    written = []

    def write(name, text):
        (folder / f"{name}.py").write_text(text)
        written.append(name)

    yield write
    for name in written:
        sys.modules.pop(name, None)


def result_of(folder, name):
    return read(folder / f"sound-matching-v2_{name}_trial.json")


@pytest.mark.parametrize("baseline", ["middle", "median", "nearest", "mlp", "cnn"])
def test_the_same_command_twice_gives_the_same_metrics_to_the_last_digit(baseline, tmp_path):
    for folder in ("one", "two"):
        assert Benchmark((baseline,), seed=(3,), out=tmp_path / folder, **TRIAL)() == 0
        torch.rand(5)  # a run does not begin with what another leaves
        torch.set_num_threads(5)
    one, two = (result_of(tmp_path / folder, f"{baseline}_cpu_seed3") for folder in ("one", "two"))
    for part in PARTS_THAT_REPEAT:
        assert getattr(one, part) == getattr(two, part)
    assert one.machine.threads == two.machine.threads == 2
    assert torch.get_num_threads() == 5
    assert one.train_sounds == 64
    assert one.test_sounds == len(one.per_sound["log_mel"]) == 4
    assert not one.is_comparable


@pytest.mark.gpu
@pytest.mark.parametrize("baseline", ["nearest", "mlp", "cnn"])
def test_a_gpu_repeats_itself_and_measures_nearly_what_a_cpu_does(baseline, tmp_path):
    results = []
    for folder, device in (("cpu", "cpu"), ("one", "cuda"), ("two", "cuda")):
        assert Benchmark((baseline,), out=tmp_path / folder, **{**TRIAL, "device": device})() == 0
        (path,) = (tmp_path / folder).iterdir()
        results.append(read(path))
    on_cpu, one, two = results
    for part in PARTS_THAT_REPEAT:
        assert getattr(one, part) == getattr(two, part)
    assert one.device == "cuda"
    assert one.metrics.parameter_error == pytest.approx(on_cpu.metrics.parameter_error, rel=0.02)


def test_another_seed_gives_another_result_and_each_run_says_what_came_out(tmp_path, capsys):
    assert Benchmark(("mlp", "nearest"), seed=(0, 1), out=tmp_path, **TRIAL)() == 0
    printed = capsys.readouterr().out
    names = [f"{name}_cpu_seed{seed}" for name in ("mlp", "nearest") for seed in (0, 1)]
    results = [result_of(tmp_path, name) for name in names]
    assert len({result.guesses_sha256 for result in results}) == 4
    for line, name, result in zip(printed.splitlines(), names, results, strict=True):
        assert line.startswith(f"{tmp_path}/sound-matching-v2_{name}_trial.json: heard pitch ")
        assert f"log-mel {result.metrics.log_mel:.2f} dB" in line
    assert {*results[0].machine.versions} >= {"torch", "torchaudio", "pytorch-lightning", "numba"}


def test_the_guesses_beside_a_result_are_heard_on_a_page(tmp_path):
    out = tmp_path / "results"
    assert Benchmark(("middle", "median"), out=out, **TRIAL)() == 0
    paths = sorted(out.glob("*.json"))
    assert [path.with_suffix(".npz").is_file() for path in paths] == [True, True]
    page = tmp_path / "page.html"
    assert Listen(compare=tuple(paths), out=page)() == 0
    assert "sound-matching v2" in page.read_text(encoding="utf-8")


def test_version_1_is_still_run_and_has_a_leaderboard_of_its_own(tmp_path, made_up_first):
    assert Benchmark(("middle",), out=tmp_path, task_version=1, **TRIAL)() == 0
    result = read(tmp_path / "sound-matching-v1_middle_cpu_seed0_trial.json")
    assert result.version == 1
    assert type(result) is Result
    folder = tmp_path / "first"
    made_up_first("cnn").write(folder / "0.json")
    assert Benchmark(table=folder, task_version=1)() == 0
    assert "version 1" in (folder / "leaderboard-v1.md").read_text(encoding="utf-8")
    with pytest.raises(ValueError, match="task_version must be a whole number >= 1 and <= 2"):
        Benchmark(table=folder, task_version=0)()
    with pytest.raises(
        ValueError, match="task_version must be a whole number >= 1 and <= 2, got 3"
    ):
        Benchmark(("middle",), out=tmp_path, task_version=3, **TRIAL)()


def test_a_users_model_takes_part(tmp_path, module):
    module(
        "quarter",
        "import torch\ndef guess(audio):\n    return torch.full((len(audio), 78), 0.25)\n",
    )
    assert Benchmark(model=("quarter.guess",), out=tmp_path, **TRIAL)() == 0
    assert result_of(tmp_path, "quarter.guess_cpu_seed0").learned == "elsewhere"


def test_guesses_out_of_range_are_an_error_that_names_the_run(tmp_path, module):
    module("loud", "def guess(audio):\n    return audio[:, :78] + 2\n")
    with pytest.raises(ValueError, match=r"^sound-matching-v2_loud\.guess_cpu.*: guesses must lie"):
        Benchmark(model=("loud.guess",), out=tmp_path, **TRIAL)()


def test_results_of_another_run_are_refused_before_any_work(tmp_path, module):
    module("never", "def guess(audio):\n    raise AssertionError('no sound is heard')\n")
    old = tmp_path / "sound-matching-v2_never.guess_cpu_seed1_trial.json"
    old.write_text("another run's")
    with pytest.raises(FileExistsError, match=r"seed1_trial\.json exists; --overwrite"):
        Benchmark(model=("never.guess",), seed=(0, 1), out=tmp_path, **TRIAL)()
    assert old.read_text() == "another run's"
    with pytest.raises(OSError, match=r"seed0_trial\.json cannot be written"):
        Benchmark(model=("never.guess",), out=old, **TRIAL)()
    with pytest.raises(ValueError, match="must be two files, they are the same"):
        Benchmark(model=("never.guess",), seed=(2, 2), out=tmp_path, **TRIAL)()


def test_with_overwrite_a_result_is_replaced(tmp_path):
    old = tmp_path / "sound-matching-v2_middle_cpu_seed0_trial.json"
    old.write_text("another run's")
    assert Benchmark(("middle",), out=tmp_path, overwrite=True, **TRIAL)() == 0
    assert read(old).candidate == "middle"


def test_a_result_that_cannot_be_written_leaves_the_old_one_whole(tmp_path, full_disk):
    old = tmp_path / "sound-matching-v2_middle_cpu_seed0_trial.json"
    old.write_text("another run's")
    full_disk()
    with pytest.raises(OSError, match=r"seed0_trial\.npz cannot be written: No space left"):
        Benchmark(("middle",), out=tmp_path, overwrite=True, **TRIAL)()
    assert old.read_text() == "another run's"
    assert list(tmp_path.iterdir()) == [old]


def test_the_table_is_printed_and_written_with_a_picture(made_up, tmp_path, capsys):
    for seed in range(2):
        made_up("cnn", seed).write(tmp_path / f"{seed}.json")
    for _ in range(2):  # the same bytes again are no error
        assert Benchmark(table=tmp_path)() == 0
        printed = capsys.readouterr().out
    text = (tmp_path / "leaderboard.md").read_text(encoding="utf-8")
    assert printed.startswith(text)
    assert (tmp_path / "leaderboard.png").read_bytes().startswith(b"\x89PNG")
    assert "| cnn | cpu | 16,384 | 2 |" in text
    assert printed.endswith(
        f"written:\n  {tmp_path}/leaderboard.md\n  {tmp_path}/leaderboard.png\n"
    )


def test_a_folder_without_results_has_no_table(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no result file of version 2, \*\.json, in"):
        Benchmark(table=tmp_path)()
    assert not list(tmp_path.iterdir())


def test_a_table_of_other_standings_is_replaced_when_it_may_be(made_up, tmp_path):
    made_up("cnn").write(tmp_path / "0.json")
    assert Benchmark(table=tmp_path)() == 0
    paths = [tmp_path / name for name in ("leaderboard.md", "leaderboard.png")]
    before = [path.read_bytes() for path in paths]
    made_up("mlp").write(tmp_path / "1.json")
    with pytest.raises(FileExistsError, match=r"leaderboard\.md exists; --overwrite"):
        Benchmark(table=tmp_path)()
    assert [path.read_bytes() for path in paths] == before
    assert Benchmark(table=tmp_path, overwrite=True)() == 0
    after = [path.read_bytes() for path in paths]
    assert all(one != other for one, other in zip(before, after, strict=True))
    assert b"| mlp |" in after[0]


def test_a_failed_write_leaves_the_old_leaderboard_whole(made_up, tmp_path, full_disk):
    made_up("cnn").write(tmp_path / "0.json")
    assert Benchmark(table=tmp_path)() == 0
    made_up("mlp").write(tmp_path / "1.json")
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    full_disk()
    with pytest.raises(OSError, match=r"leaderboard\.md cannot be written: No space left"):
        Benchmark(table=tmp_path, overwrite=True)()
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_without_matplotlib_a_line_says_what_the_picture_needs(
    made_up, tmp_path, capsys, monkeypatch
):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    made_up("cnn").write(tmp_path / "0.json")
    assert Benchmark(table=tmp_path)() == 0
    assert "pip install 'synth_datamodule[plots]'" in capsys.readouterr().out
    assert {path.name for path in tmp_path.iterdir()} == {"0.json", "leaderboard.md"}


def test_two_results_that_differ_give_another_exit_status(made_up, tmp_path, capsys):
    paths = [tmp_path / "one.json", tmp_path / "two.json"]
    for seed, path in enumerate(paths):
        made_up("cnn", seed).write(path)
    assert Benchmark(compare=(paths[0], paths[1]))() == 1
    assert "guesses: other bits" in capsys.readouterr().out
    assert Benchmark(compare=(paths[0], paths[0]))() == 0
    assert "guesses: the same bits" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({}, ValueError, "one of --baseline, --model, --table and --compare must be given, got n"),
        ({"baseline": ("cnn",), "table": "."}, ValueError, "got --baseline and --table"),
        ({"baseline": ("oboe",)}, ValueError, "baseline must be one of 'middle', .* got 'oboe'"),
        ({"baseline": ("cnn",), "budget": "tpu"}, ValueError, "budget must be one of 'cpu', 'gpu'"),
        ({"baseline": ("cnn",), "device": "meta"}, ValueError, "device must be 'cpu' or a CUDA"),
        ({"baseline": ("cnn",), "test_sounds": 1025}, ValueError, "test_sounds must be a whole nu"),
        ({"baseline": ("cnn",), "seed": (-1,)}, ValueError, "seed must be a whole number >= 0"),
        ({"model": ("no_such_module.Model",)}, ValueError, "No module named 'no_such_module'"),
        ({"table": "nowhere"}, NotADirectoryError, "there is no folder nowhere"),
        ({"compare": ("a.json", "b.json")}, FileNotFoundError, "No such file or directory: 'a.js"),
    ],
)
def test_it_refuses_before_any_work(options, error, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    places = {"table": Path, "compare": lambda names: tuple(map(Path, names))}
    given = {name: places.get(name, lambda same: same)(value) for name, value in options.items()}
    with pytest.raises(error, match=message):
        Benchmark(**given)()
    assert not list(tmp_path.iterdir())


def test_its_help_names_every_baseline_and_the_sizes_of_the_task():
    words = set(re.findall(r"\w+(?:[+-]\w+)*", Benchmark.__doc__))
    sizes = {str(budget.train_sounds) for budget in BUDGETS.values()}
    assert words >= {*BASELINES, *BUDGETS, *sizes, str(TEST_SOUNDS)}
