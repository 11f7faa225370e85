from synth_datamodule.benchmark.leaderboard import markdown
from synth_datamodule.benchmark.standings import gather


def test_the_leaderboard_in_the_repository_is_that_of_its_result_files(pytestconfig):
    folder = pytestconfig.rootpath / "results" / "benchmark"
    standings, left_out = gather(folder)
    assert left_out == []
    assert {standing.candidate for standing in standings} >= {"middle", "nearest", "mlp", "cnn"}
    assert (folder / "leaderboard.md").read_text(encoding="utf-8") == markdown(standings)
    for standing in standings:
        for result in standing.results:
            for values in result.per_sound.values():
                assert len(values) == result.test_sounds
            mean = sum(result.per_sound["log_mel"]) / result.test_sounds
            assert abs(mean / result.metrics.log_mel - 1) < 1e-4  # per sound: five figures
