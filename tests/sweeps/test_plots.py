import matplotlib as mpl
import matplotlib.pyplot as plt
import pytest

from synth_datamodule.sweeps.plots import write_plots

optuna = pytest.importorskip("optuna", reason="needs Optuna: pip install -e '.[sweeps]'")


def study_of(*values):
    study = optuna.create_study()
    distribution = optuna.distributions.IntDistribution(0, 99)
    for value in values:
        trial = optuna.create_trial(
            params={"model.value": value}, distributions={"model.value": distribution}, value=value
        )
        study.add_trial(trial)
    return study


@pytest.fixture
def pictures_only(monkeypatch):
    """Draw into memory, also where there is a screen."""
    with mpl.rc_context():
        plt.switch_backend("agg")
        yield


def test_three_pictures_and_no_figure_left_open(tmp_path, pictures_only):
    style = dict(mpl.rcParams)
    written = write_plots(study_of(3, 1, 2, 5), tmp_path / "new", "error")
    assert [path.name for path in written] == [
        "history.png",
        "parallel_coordinates.png",
        "importances.png",
    ]
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in written)
    assert plt.get_fignums() == []
    assert dict(mpl.rcParams) == style


@pytest.mark.parametrize("values", [(3,), (3, 3)], ids=str)
def test_trials_that_do_not_differ_have_a_history_only(tmp_path, pictures_only, values):
    assert [path.name for path in write_plots(study_of(*values), tmp_path)] == ["history.png"]


def test_an_axis_on_which_all_trials_are_the_same_is_drawn(tmp_path, pictures_only):
    study = study_of(3, 1)
    distribution = optuna.distributions.IntDistribution(0, 9)
    for trial in study_of(3, 1).trials:
        trial.params["data.seed"], trial.distributions["data.seed"] = 0, distribution
        study.add_trial(trial)
    assert len(write_plots(study, tmp_path)) == 3


def test_without_matplotlib_there_are_none(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "matplotlib.pyplot", None)
    assert write_plots(study_of(3, 1), tmp_path) == []
    assert not list(tmp_path.iterdir())


def test_a_studys_own_pictures_are_replaced_and_others_are_not(tmp_path, pictures_only):
    study = study_of(3, 1)
    for more in (2, 5):
        write_plots(study, tmp_path)
        study.add_trial(study_of(more).trials[0])
    (history,) = write_plots(study_of(4), tmp_path / "other")
    (tmp_path / "history.png").write_bytes(history.read_bytes())
    with pytest.raises(FileExistsError, match=r"history\.png exists; --overwrite"):
        write_plots(study, tmp_path)
    assert (tmp_path / "history.png").read_bytes() == history.read_bytes()
    write_plots(study, tmp_path, overwrite=True)
    assert (tmp_path / "history.png").read_bytes() != history.read_bytes()
