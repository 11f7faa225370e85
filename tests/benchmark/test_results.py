import json
from dataclasses import replace

import pytest
import torch

from synth_datamodule.benchmark.results import compare, read


def test_a_result_is_read_as_it_was_written(made_up, tmp_path):
    result = made_up("cnn", seed=2, error=1 / 3)
    path = tmp_path / "result.json"
    result.write(path)
    assert read(path) == result
    assert json.loads(path.read_text())["metrics"]["parameter_error"] == 1 / 3


def test_a_file_has_a_line_per_field_and_per_array(made_up, tmp_path):
    path = tmp_path / "result.json"
    result = made_up("cnn")
    result.write(path)
    lines = path.read_text().splitlines()
    assert len([line for line in lines if line.startswith('    "')]) == len(result.per_sound)
    assert len(lines) < 40


def test_hyperparameters_of_any_kind_are_written(made_up, tmp_path):
    path = tmp_path / "result.json"
    made_up("cnn", hyperparameters={"activation": torch.nn.GELU}).write(path)
    assert "GELU" in read(path).hyperparameters["activation"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("not json", "must be a result of sound-matching, version 1 or 2"),
        ("[]", "must be a result"),
        ("[" * 100_000, "maximum recursion depth"),
        ("{}", r"version 1 or 2, got \(None, None\)"),
        ("NaN", "version 1 or 2, got nan"),
        ('{"task": "sound-matching", "version": 3}', r"got \('sound-matching', 3\)"),
        ('{"task": "sound-matching", "version": true}', r"got \('sound-matching', True\)"),
        ('{"task": "sound-matching", "version": 1.0}', r"got \('sound-matching', 1.0\)"),
        ('{"task": "sound-matching", "version": [1]}', r"got \('sound-matching', \[1\]\)"),
        ('{"task": "sound-matching", "version": 2}', "batch_size must be there"),
        ('{"task": "sound-matching", "version": 1}', "batch_size must be there"),
        ('{"task": "sound-matching", "task": 3}', "these names occur twice: task"),
    ],
)
def test_a_file_that_is_no_result_is_refused(text, message, tmp_path):
    path = tmp_path / "other.json"
    path.write_text(text)
    with pytest.raises(ValueError, match=message):
        read(path)


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("seed", "0", "seed must be a whole number >= 0"),
        ("seed", True, "seed must be a whole number"),
        ("seed", -1, "seed must be a whole number"),
        ("candidate", ["x"], "candidate must be a str"),
        ("candidate", " ", "candidate must be a name"),
        ("is_comparable", 1, "is_comparable must be a bool"),
        ("device", "mps", "device must be one of 'cpu', 'cuda'"),
        ("learned", "by heart", "learned must be one of"),
        ("hyperparameters", [], "hyperparameters must be a JSON dict"),
        ("colour", "red", "colour must be there, and nothing else"),
        ("machine.threads", 1.5, "machine.threads must be a whole number"),
        ("machine.colour", 3, "machine.colour must be there, and nothing else"),
        ("machine.versions", {"torch": 2}, "machine.versions.torch must be a str"),
        ("seconds", {"matching": 1.0}, "seconds.measuring must be there"),
        ("seconds.matching", -1.0, "seconds.matching must be at least 0"),
        ("metrics", None, "metrics must be a JSON dict, got None"),
        ("metrics.log_mel", -11.5, "metrics.log_mel must be at least 0, got -11.5"),
        ("metrics.log_mel", float("nan"), "metrics.log_mel must be a finite number"),
        ("metrics.stft", float("inf"), "metrics.stft must be a finite number"),
        ("metrics.stft", 10**400, "metrics.stft must be a finite number"),
        ("metrics.parameter_error", 1.5, "metrics.parameter_error must be at most 1"),
        ("metrics.parameter_error_of", {"x": 2}, "parameter_error_of.x must be at most 1"),
        ("metrics.pitch_error", 1e13, "metrics.pitch_error must be at most 1e\\+12"),
        ("metrics.medians.more", 0.1, "metrics.medians.more must not be there"),
        ("metrics.intervals.log_mel", [1.0], "metrics.intervals.log_mel must be two ends"),
        ("metrics.intervals.log_mel", [2.0, 1.0], "metrics.intervals.log_mel must be two ends"),
        ("metrics.intervals.more", [1.0, 2.0], "metrics.intervals.more must not be there"),
        ("metrics.of_median.gain_error", "x", "gain_error must be a finite number"),
        ("metrics.of_median", {}, "metrics.of_median.canonical_error must be there"),
        ("metrics.rms", 1.5, "metrics.rms must be at most 1"),
        ("renders", -1.0, "renders must be at least 0"),
        ("seconds.waiting", 1.0, "seconds.waiting must not be there"),
        ("per_sound.\n", [0.1], r"per_sound.\\n must not be there"),
        ("per_sound", {}, "per_sound.log_mel must be there"),
        ("per_sound.log_mel", [0.1], "per_sound.log_mel must be of 1024 sounds"),
        ("per_sound.log_mel", [None] * 1024, r"per_sound.log_mel\[0\] must be a finite number"),
    ],
)
def test_a_field_that_no_run_gives_is_named(field, value, message, made_up, tmp_path):
    path = tmp_path / "result.json"
    made_up("cnn").write(path)
    document = json.loads(path.read_text())
    *parts, last = field.split(".")
    inner = document
    for part in parts:
        inner = inner[part]
    inner[last] = value
    path.write_text(json.dumps(document))
    with pytest.raises(ValueError, match=message) as caught:
        read(path)
    assert str(path) in str(caught.value)
    assert len(str(caught.value)) <= 300


def test_a_result_of_another_run_stays_unless_it_may_be_replaced(made_up, tmp_path):
    path = tmp_path / "result.json"
    made_up("cnn").write(path)
    made_up("cnn").write(path)
    with pytest.raises(FileExistsError, match=r"result\.json exists; --overwrite"):
        made_up("cnn", seed=1).write(path)
    assert read(path).seed == 0
    made_up("cnn", seed=1).write(path, overwrite=True)
    assert read(path).seed == 1


def test_a_failed_write_leaves_the_old_result_whole(made_up, tmp_path, full_disk):
    path = tmp_path / "result.json"
    made_up("cnn").write(path)
    full_disk()
    with pytest.raises(OSError, match=r"result\.json cannot be written: No space left on device"):
        made_up("cnn", seed=1).write(path, overwrite=True)
    assert read(path) == made_up("cnn")
    assert list(tmp_path.iterdir()) == [path]


def test_a_run_repeated_differs_in_nothing(made_up):
    text, same = compare(made_up("cnn", error=1 / 3), made_up("cnn", error=1 / 3))
    assert same
    lines = [line for line in text.splitlines() if line.startswith("|")][2:]
    assert f"| parameter_error | {1 / 3!r} | {1 / 3!r} | 0 |" in lines
    assert all(line.endswith("| 0 |") for line in lines)
    assert "guesses: the same bits" in text
    assert "per sound, log_mel: 0 of 1024 differ, by 0 at most" in text


def test_a_difference_in_the_last_digit_shows(made_up):
    text, same = compare(made_up("cnn", error=0.25), made_up("cnn", seed=1, error=0.25 + 2**-54))
    assert not same
    assert "| parameter_error | 0.25 | 0.25000000000000006 | 5.6e-17 |" in text
    assert "| parameter_error_of keyboard.midi_f0 | 0.125 | 0.12500000000000003 | 2.8e-17 |" in text
    assert "guesses: other bits" in text
    assert "per sound, parameter_error: 1024 of 1024 differ, by 1.1e-16 at most" in text


def test_other_test_sounds_are_not_compared_one_by_one(made_up):
    short = {name: [0.25] for name in made_up("cnn").per_sound}
    text, same = compare(made_up("cnn"), made_up("cnn", per_sound=short))
    assert text.endswith("per sound: other sounds")
    assert not same


def test_a_figure_that_one_of_them_lacks_stands_as_missing(made_up):
    whole = made_up("cnn")
    metrics = replace(whole.metrics, medians={})
    for pair in (
        (whole, replace(whole, metrics=metrics)),
        (replace(whole, metrics=metrics), whole),
    ):
        text, same = compare(*pair)
        (line,) = [line for line in text.splitlines() if "medians parameter_error" in line]
        assert sorted(line.strip("| ").split(" | ")[1:]) == ["-", "-", "0.25"]
        assert not same


def test_what_a_file_says_is_no_markup_in_the_table(made_up):
    text, _ = compare(made_up("a|b*"), made_up("cnn"))
    assert "| a\\|b\\*, seed 0, An EPYC, 2 threads | cnn, seed 0" in text.splitlines()[0]


def test_a_result_of_version_1_is_read_as_it_was_written(made_up_first, tmp_path):
    path = tmp_path / "result.json"
    made_up_first("cnn", seed=2, error=1 / 3).write(path)
    assert read(path) == made_up_first("cnn", seed=2, error=1 / 3)
    assert "renders" not in json.loads(path.read_text())
