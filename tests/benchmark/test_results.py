import json

import pytest
import torch

from synth_datamodule.benchmark.measures import SoundMeasures
from synth_datamodule.benchmark.results import read, rounded


def test_a_result_is_read_as_it_was_written(made_up, tmp_path):
    result = made_up("cnn", seed=2, error=1 / 3)
    path = tmp_path / "result.json"
    result.write(path)
    assert read(path) == result
    assert json.loads(path.read_text())["metrics"]["parameter_error"] == 1 / 3


def test_a_file_has_a_line_per_field_and_per_array(made_up, tmp_path):
    path = tmp_path / "result.json"
    made_up("cnn").write(path)
    lines = path.read_text().splitlines()
    assert len([line for line in lines if line.startswith('    "')]) == len(SoundMeasures._fields)
    assert len(lines) < 40


def test_hyperparameters_of_any_kind_are_written(made_up, tmp_path):
    path = tmp_path / "result.json"
    made_up("cnn", hyperparameters={"activation": torch.nn.GELU}).write(path)
    assert "GELU" in read(path).hyperparameters["activation"]


def test_per_sound_values_keep_five_figures_and_stay_compact():
    values = torch.tensor([1 / 3, 123456.7, 1e-9 / 3, 0], dtype=torch.float64)
    per_sound = rounded(SoundMeasures(*[values] * 5))
    assert per_sound["log_mel"] == [0.33333, 123460.0, 3.3333e-10, 0.0]
    thousand = torch.rand(1024, dtype=torch.float64) * 99
    assert len(json.dumps(rounded(SoundMeasures(*[thousand] * 5)))) < 60_000


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("not json", "must be a result of sound-matching, version 1"),
        ("[]", "must be a result"),
        ("{}", "KeyError"),
        ('{"task": "sound-matching", "version": 2}', "got sound-matching, version 2"),
        ('{"task": "sound-matching", "version": 1}', "machine"),
        ('{"task": "sound-matching", "version": 1, "machine": {"colour": 3}}', "colour"),
    ],
)
def test_a_file_that_is_no_result_is_refused(text, message, tmp_path):
    path = tmp_path / "other.json"
    path.write_text(text)
    with pytest.raises(ValueError, match=message):
        read(path)


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
