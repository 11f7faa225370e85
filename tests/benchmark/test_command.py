import sys

import pytest
import torch

from synth_datamodule.benchmark.results import read
from synth_datamodule.cli import main

TRIAL = ["--train_sounds", "64", "--test_sounds", "4", "--device", "cpu"]
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


def result_of(folder, name):
    return read(folder / f"sound-matching-v1_{name}_trial.json")


@pytest.mark.parametrize("baseline", ["middle", "nearest", "mlp", "cnn"])
def test_the_same_command_twice_gives_the_same_metrics_to_the_last_digit(baseline, tmp_path):
    for folder in ("one", "two"):
        words = ["--baseline", baseline, "--seed", "3", "--out", str(tmp_path / folder)]
        assert main(["benchmark", *words, *TRIAL]) == 0
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
        words = ["--baseline", baseline, *TRIAL[:-1], device, "--out", str(tmp_path / folder)]
        assert main(["benchmark", *words]) == 0
        (path,) = (tmp_path / folder).iterdir()
        results.append(read(path))
    on_cpu, one, two = results
    for part in PARTS_THAT_REPEAT:
        assert getattr(one, part) == getattr(two, part)
    assert one.device == "cuda"
    assert one.metrics.parameter_error == pytest.approx(on_cpu.metrics.parameter_error, rel=0.02)


def test_another_seed_gives_another_result_and_each_run_says_what_came_out(tmp_path, capsys):
    words = ["--baseline", "mlp", "nearest", "--seed", "0", "1", "--out", str(tmp_path)]
    assert main(["benchmark", *words, *TRIAL]) == 0
    printed = capsys.readouterr()
    names = [f"{name}_cpu_seed{seed}" for name in ("mlp", "nearest") for seed in (0, 1)]
    results = [result_of(tmp_path, name) for name in names]
    assert len({result.guesses_sha256 for result in results}) == 4
    for line, name, result in zip(printed.out.splitlines(), names, results, strict=True):
        assert line.startswith(f"{tmp_path}/sound-matching-v1_{name}_trial.json: parameter error ")
        assert f"log-mel {result.metrics.log_mel:.2f} dB" in line
        assert f"{name}_trial: measuring" in printed.err
    assert {*results[0].machine.versions} >= {"torch", "torchaudio", "pytorch-lightning", "numba"}


def test_a_users_model_takes_part(tmp_path, monkeypatch, capsys):
    (tmp_path / "quarter.py").write_text(
        "import torch\ndef guess(audio):\n    return torch.full((len(audio), 78), 0.25)\n"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    assert main(["benchmark", "--model", "quarter.guess", *TRIAL]) == 0
    result = result_of(tmp_path / "results", "quarter.guess_cpu_seed0")
    assert result.learned == "elsewhere"
    sys.modules.pop("quarter")


def test_guesses_out_of_range_are_said_in_one_line(tmp_path, monkeypatch, capsys):
    (tmp_path / "loud.py").write_text("def guess(audio):\n    return audio[:, :78] + 2\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    assert main(["benchmark", "--model", "loud.guess", *TRIAL]) == 2
    last = capsys.readouterr().err.splitlines()[-1]
    assert last.startswith("synth-datamodule benchmark: error: sound-matching-v1_loud.guess_cpu")
    assert "guesses must lie in [0, 1]" in last
    sys.modules.pop("loud")


def test_the_table_is_printed_and_written_with_a_picture(made_up, tmp_path, capsys):
    for seed in range(2):
        made_up("cnn", seed).write(tmp_path / f"{seed}.json")
    assert main(["benchmark", "--table", str(tmp_path)]) == 0
    printed = capsys.readouterr().out
    text = (tmp_path / "leaderboard.md").read_text(encoding="utf-8")
    assert printed.startswith(text)
    assert "| cnn | cpu | 16,384 | 2 |" in text
    assert printed.endswith(
        f"written:\n  {tmp_path}/leaderboard.md\n  {tmp_path}/leaderboard.png\n"
    )


def test_without_matplotlib_a_line_says_what_the_picture_needs(
    made_up, tmp_path, capsys, monkeypatch
):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    made_up("cnn").write(tmp_path / "0.json")
    assert main(["benchmark", "--table", str(tmp_path)]) == 0
    assert "pip install 'synth_datamodule[plots]'" in capsys.readouterr().out


def test_two_results_are_held_side_by_side(made_up, tmp_path, capsys):
    paths = [tmp_path / "one.json", tmp_path / "two.json"]
    for seed, path in enumerate(paths):
        made_up("cnn", seed).write(path)
    assert main(["benchmark", "--compare", *map(str, paths)]) == 0
    assert "guesses: other bits" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "one of the arguments --baseline --model --table --compare is required"),
        (["--baseline", "oboe"], "invalid choice: 'oboe'"),
        (["--baseline", "cnn", "--budget", "tpu"], "budget must be one of 'cpu', 'gpu'"),
        (["--baseline", "cnn", "--device", "meta"], "device must be 'cpu' or a CUDA device"),
        (["--baseline", "cnn", "--test_sounds", "1025"], "test_sounds must be a whole number"),
        (["--baseline", "cnn", "--seed", "-1"], "seed must be a whole number >= 0"),
        (["--model", "no_such_module.Model"], "No module named 'no_such_module'"),
        (["--table", "nowhere"], "there is no folder nowhere"),
        (["--compare", "a.json", "b.json"], "No such file or directory: 'a.json'"),
    ],
)
def test_it_refuses_in_one_line(words, message, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit, match="2"):
        main(["benchmark", *words])
    assert message in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_it_is_among_the_commands(capsys):
    main(["--help"])
    assert "\n  benchmark " in capsys.readouterr().out
