import hashlib

import numpy as np
import pytest

from synth_datamodule.benchmark.leaderboard import markdown
from synth_datamodule.benchmark.results import read
from synth_datamodule.benchmark.standings import gather


@pytest.mark.parametrize(
    ("version", "name", "candidates"),
    [
        (1, "leaderboard-v1.md", {"middle", "nearest", "mlp", "cnn"}),
        (2, "leaderboard.md", {"middle", "median"}),
    ],
)
def test_a_leaderboard_in_the_repository_is_that_of_its_result_files(
    version, name, candidates, pytestconfig
):
    folder = pytestconfig.rootpath / "results" / "benchmark"
    standings, left_out = gather(folder, version)
    assert left_out == []
    assert {standing.candidate for standing in standings} >= candidates
    text = markdown(standings, version=version)
    assert (folder / name).read_text(encoding="utf-8") == text
    for standing in standings:
        for result in standing.results:
            for values in result.per_sound.values():
                assert len(values) == result.test_sounds
            mean = sum(result.per_sound["log_mel"]) / result.test_sounds
            assert abs(mean / result.metrics.log_mel - 1) < 1e-4  # per sound: five figures


def test_beside_each_result_of_version_2_lie_the_guesses_that_it_measured(pytestconfig):
    paths = sorted((pytestconfig.rootpath / "results" / "benchmark").glob("*-v2_*.json"))
    assert paths
    for path in paths:
        with np.load(path.with_suffix(".npz")) as held:
            guesses = held["guesses"]
        assert (guesses.shape, guesses.dtype) == ((1024, 78), np.float32)
        assert hashlib.sha256(guesses.tobytes()).hexdigest() == read(path).guesses_sha256
