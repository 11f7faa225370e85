import contextlib
import gc
import json
import runpy
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
import pytorch_lightning as pl
import torch

from synth_datamodule import AbstractSynth, SynthDataModule, Voice
from synth_datamodule.patching.naming import public_name
from synth_datamodule.sweeps import Experiment, search_space, sweep

optuna = pytest.importorskip("optuna", reason="needs Optuna: pip install -e '.[sweeps]'")
COMPLETE, PRUNED = optuna.trial.TrialState.COMPLETE, optuna.trial.TrialState.PRUNED
FAILED = optuna.trial.TrialState.FAIL

PROGRAM = Path(__file__).with_name("killed.py")
killed = runpy.run_path(str(PROGRAM))
SETTINGS, SPACE, Listener = killed["SETTINGS"], killed["SPACE"], killed["Listener"]


class Scripted(pl.LightningModule):
    """Its error is what a function of epoch and value says."""

    def __init__(self, num_parameters, value):
        super().__init__()
        self.layer = torch.nn.Linear(1, num_parameters)
        self.value = value

    def error(self):
        return self.value

    def training_step(self, batch, batch_idx):
        return self.layer(batch.audio[:, :1]).mean()

    def validation_step(self, batch, batch_idx):
        self.log("val_error", torch.tensor(float(self.error())), batch_size=len(batch.index))

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.1)


class InTurn(optuna.samplers.BaseSampler):
    """Proposes value 0, 1, 2, ... by the trial's number."""

    def __init__(self, seed):
        pass

    def infer_relative_search_space(self, study, trial):
        return {}

    def sample_relative(self, study, trial, search_space):
        return {}

    def sample_independent(self, study, trial, param_name, param_distribution):
        return trial.number


VALUES = search_space({"model.value": {"low": 0, "high": 99}})


def finished(study):
    """Return what finished trials tried and found, in order."""
    return [
        (trial.params, trial.value, trial.state.name, trial.intermediate_values)
        for trial in study.trials
        if trial.state in (COMPLETE, PRUNED)
    ]


def kill_in_trial(hangs_in, file, trials):
    """Sweep in a process of its own, and kill it in the middle of a trial."""
    with hanging(hangs_in, file, trials) as program:
        program.kill()


@contextlib.contextmanager
def hanging(hangs_in, file, trials):
    """Sweep in a process of its own, which hangs in the middle of a trial."""
    words = [sys.executable, str(PROGRAM), str(file), str(trials), str(hangs_in)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as program:
        try:
            assert "hangs\n" in program.stdout
            yield program
        finally:
            program.kill()


@pytest.fixture(autouse=True, scope="module")
def frozen():
    """Let the garbage collector know of this module's things only; it is quick then."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.fixture
def one_thread():
    """Sums come out as in a process of one thread."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


# Killed and resumed


def test_a_sweep_killed_twice_ends_with_the_trials_of_one_left_alone(tmp_path, capsys, one_thread):
    file = tmp_path / "sweep.db"
    kill_in_trial(3, file, 13)
    # Goes on with the trial that was cut off, and is killed in the 12th, which TPE proposed.
    kill_in_trial(10, file, 13)
    experiment, storage = Experiment(SETTINGS, Listener), f"sqlite:///{file}"
    study = sweep(experiment, SPACE, 13, storage)
    printed = capsys.readouterr().out
    assert finished(study) == finished(sweep(experiment, SPACE, 13))
    assert len(finished(study)) == len({str(params) for params, *_ in finished(study)}) == 13

    states = [trial.state for trial in study.trials]
    assert set(states) == {COMPLETE, PRUNED, FAILED}
    assert [number for number, state in enumerate(states) if state is FAILED] == [2, 12]
    for cut_off in (2, 12):
        again = study.trials[cut_off + 1]
        assert again.params == study.trials[cut_off].params
        assert again.user_attrs == {"retry_of": cut_off}
        assert len(study.trials[cut_off].intermediate_values) == 1
        assert f"trial {cut_off}: cut off; " in printed
        assert f", trial {cut_off} again; " in printed

    # As many trials as asked for: there is nothing left to do.
    assert len(sweep(experiment, SPACE, 13, storage).trials) == 15


def test_one_process_at_a_time_sweeps_a_file(tmp_path):
    file = tmp_path / "sweep.db"
    with hanging(2, file, 9):
        with pytest.raises(BlockingIOError, match=r"another process is sweeping sqlite:///.*\.db"):
            sweep(Experiment(SETTINGS, Listener), SPACE, 9, f"sqlite:///{file}")
        study = optuna.load_study(study_name="sweep", storage=f"sqlite:///{file}")
        assert [trial.state.name for trial in study.trials] == ["COMPLETE", "RUNNING"]
    # Killed, it has left the lock's file, but not the lock.
    assert file.with_name("sweep.db.lock").exists()
    study = sweep(Experiment(SETTINGS, Listener), SPACE, 1, f"sqlite:///{file}")
    assert [trial.state.name for trial in study.trials] == ["COMPLETE", "FAIL", "WAITING"]


def test_a_proposal_cut_off_before_it_was_whole_is_made_again(tmp_path):
    storage = f"sqlite:///{tmp_path}/sweep.db"
    experiment = Experiment(SETTINGS, Listener)
    study = sweep(experiment, SPACE, 1, storage)
    study.ask().suggest_float("model.rate", 1e-3, 10.0, log=True)
    resumed = sweep(experiment, SPACE, 2, storage)
    assert finished(resumed) == finished(sweep(experiment, SPACE, 2))
    assert [trial.state for trial in resumed.trials] == [COMPLETE, FAILED, COMPLETE]


def test_more_trials_go_on_where_fewer_ended(tmp_path):
    storage = f"sqlite:///{tmp_path}/sweep.db"
    experiment = Experiment(SETTINGS, Listener)
    for trials in (1, 3, 2):
        study = sweep(experiment, SPACE, trials, storage)
    assert len(study.trials) == 3
    assert finished(study) == finished(sweep(experiment, SPACE, 3))
    other = sweep(experiment, SPACE, 3, seed=1)
    assert not [1 for one, two in zip(study.trials, other.trials, strict=True) if one == two]


# Trials


class Diverging(Scripted):
    def error(self):
        return 3.0 if self.value != 1 else float("nan")


def test_a_trial_that_diverges_counts_as_pruned():
    study = sweep(Experiment(SETTINGS, Diverging), VALUES, 3, sampler=InTurn)
    assert [trial.state for trial in study.trials] == [COMPLETE, PRUNED, COMPLETE]


def test_a_sweep_tries_each_end_before_its_first_trial(tmp_path):
    class Picky(Scripted):
        def __init__(self, num_parameters, value):
            if value == 9:
                raise ValueError("no model of 9")
            super().__init__(num_parameters, value)

    for values in ([3, 9], {"low": 3, "high": 9}):
        with pytest.raises(ValueError, match="no model of 9"):
            sweep(
                Experiment(SETTINGS, Picky),
                search_space({"model.value": values}),
                3,
                f"sqlite:///{tmp_path}/sweep.db",
            )
    assert not list(tmp_path.iterdir())


def test_a_rehearsal_is_nothing_that_a_callback_sees():
    class Counts(pl.Callback):
        trained = 0

        def on_train_start(self, trainer, model):
            self.trained += 1

    counts = Counts()
    settings = {**SETTINGS, "trainer.callbacks": [counts]}
    sweep(Experiment(settings, Scripted), VALUES, 2, sampler=InTurn)
    assert counts.trained == 2


class Refusing(Scripted):
    def __init__(self, num_parameters, value):
        if value == 1:
            raise ValueError("no model of 1")
        super().__init__(num_parameters, value)


def test_a_trial_that_raises_ends_the_sweep_and_the_next_call_goes_on_behind_it(tmp_path, capsys):
    storage = f"sqlite:///{tmp_path}/sweep.db"
    experiment = Experiment(SETTINGS, Refusing)
    with pytest.raises(ValueError, match="no model of 1"):
        sweep(experiment, VALUES, 3, storage, sampler=InTurn)
    study = sweep(experiment, VALUES, 3, storage, sampler=InTurn)
    assert [trial.state for trial in study.trials] == [COMPLETE, FAILED, COMPLETE, COMPLETE]
    assert "trial 1: ValueError('no model of 1'); model.value=1" in capsys.readouterr().out
    # A proposal that failed is not made again.
    seeds = []

    def sampler(seed):
        seeds.append(seed)
        return InTurn(seed)

    with pytest.raises(ValueError, match="no model of 1"):
        sweep(experiment, VALUES, 3, sampler=sampler)
    assert len(set(seeds)) == len(seeds) == 2


def test_a_trial_worse_than_the_median_is_pruned_after_its_first_validation():
    ran = []

    class Counting(Scripted):
        def on_train_epoch_start(self):
            if not self.trainer.fast_dev_run:  # the rehearsal
                ran.append(self.value)

    study = sweep(Experiment(SETTINGS, Counting), VALUES, 8, sampler=InTurn)
    assert [trial.state for trial in study.trials] == [COMPLETE] * 5 + [PRUNED] * 3
    assert [ran.count(value) for value in range(8)] == [3] * 5 + [1] * 3
    assert study.best_params == {"model.value": 0}


def test_curricula_are_tried_as_they_are_and_gone_on_with(tmp_path, monkeypatch):
    note = "keyboard.midi_f0"
    stages = [{0: {note: [60, 60]}, 1: {note: [48, 72]}}, {0: {note: [48, 72]}}]
    space = search_space({"data.curriculum": stages})
    experiment = Experiment({**SETTINGS, "data.curriculum": stages[1]}, Scripted)
    experiment.settings["model.value"] = 1.0
    storage = f"sqlite:///{tmp_path}/sweep.db"
    tried = []

    def run(self, values, *_, **__):
        tried.append(values["data.curriculum"])
        return float(len(tried))

    monkeypatch.setattr(Experiment, "run", run)
    sweep(experiment, space, 4, storage)
    study = sweep(experiment, space, 8, storage)
    assert all(stage in stages for stage in tried)
    assert [trial.params["data.curriculum"] for trial in study.trials] == [
        json.dumps(stage) for stage in [*tried[1:5], *tried[6:]]
    ]


def test_a_sweep_can_maximize():
    study = sweep(Experiment(SETTINGS, Scripted), VALUES, 3, direction="maximize", sampler=InTurn)
    assert study.best_value == 2


def test_nothing_of_twenty_trials_outlives_them():
    kinds = (SynthDataModule, AbstractSynth, pl.LightningModule, pl.Trainer, torch.Tensor)
    counts = []

    def sampler(seed):
        gc.collect()
        types = Counter(map(type, gc.get_objects()))
        counts.append([sum(types[t] for t in types if issubclass(t, kind)) for kind in kinds])
        return optuna.samplers.TPESampler(seed=seed)

    sweep(Experiment(SETTINGS, Listener), SPACE, 21, sampler=sampler)
    assert len(counts) == 21
    *made, tensors = zip(*counts, strict=True)
    assert [max(counted) for counted in made] == [0] * len(made)
    assert max(tensors[1:]) <= tensors[1]


# What is refused


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"space": {**SPACE, **search_space({"data.seed": [1, 2]})}}, "begun with other space"),
        ({"seed": 1}, "begun with other seed"),
        ({"direction": "maximize"}, "begun with other direction"),
        ({"model": Scripted, "space": VALUES}, "begun with other model, space"),
        ({"settings": {**SETTINGS, "data.nebula": "drum"}}, "begun with other settings, sounds"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else None,
)
def test_a_study_begun_otherwise_is_not_gone_on_with(tmp_path, options, message):
    storage = f"sqlite:///{tmp_path}/sweep.db"
    sweep(Experiment(SETTINGS, Listener), SPACE, 1, storage)
    model, space = options.get("model", Listener), options.get("space", SPACE)
    experiment = Experiment(options.get("settings", SETTINGS), model)
    options = {name: options[name] for name in ("seed", "direction") if name in options}
    with pytest.raises(ValueError, match=message):
        sweep(experiment, space, 2, storage, **options)


def test_a_study_names_classes_so_that_files_may_move():
    experiment = Experiment({**SETTINGS, "data.synth": Voice}, Listener)
    described = sweep(experiment, SPACE, 1).user_attrs["description"]
    assert described["model"] == public_name(Listener)
    assert described["settings"]["data.synth"] == "synth_datamodule.Voice"
    assert described["settings"]["data.train_sounds"] == SETTINGS["data.train_sounds"]


@pytest.mark.parametrize(
    "storage", ["sweep.db", "sqlite://", "sqlite:///:memory:", "postgresql://host/sweeps"]
)
def test_what_is_no_sqlite_file_is_refused(storage):
    message = "storage must be an SQLite file, such as sqlite:///sweep.db, got"
    with pytest.raises(ValueError, match=message):
        sweep(Experiment(SETTINGS, Listener), SPACE, 1, storage)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"trials": 0}, ValueError, "trials must be a whole number >= 1 and <= 1000000, got 0"),
        ({"trials": 2.0}, TypeError, "trials must be a whole number"),
        ({"seed": -1}, ValueError, "seed must be a whole number >= 0"),
        ({"direction": "down"}, ValueError, "direction must be one of 'minimize', 'maximize'"),
    ],
)
def test_impossible_sweeps_are_refused(options, error, message):
    options = {"trials": 1, **options}
    with pytest.raises(error, match=message):
        sweep(Experiment(SETTINGS, Listener), SPACE, **options)


def test_a_setting_that_changes_the_sounds_is_refused_before_a_file_is_made(tmp_path):
    space = search_space({"data.sample_rate": [4000, 8000]})
    with pytest.raises(ValueError, match=r"data\.sample_rate=8000 changes the validation"):
        sweep(Experiment(SETTINGS, Listener), space, 1, f"sqlite:///{tmp_path}/sweep.db")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "setting", [{"trainer.devices": 2}, {"trainer.devices": "auto"}, {"trainer.num_nodes": 2}]
)
def test_a_trial_on_several_devices_is_refused(setting):
    with pytest.raises(ValueError, match="a trial trains on one device here"):
        sweep(Experiment({**SETTINGS, **setting}, Listener), SPACE, 1)
    space = search_space({name: [1, value] for name, value in setting.items()})
    with pytest.raises(ValueError, match="ray_sweep trains a trial on several"):
        sweep(Experiment(SETTINGS, Listener), space, 1)


def test_without_optuna_it_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(ImportError, match=r"pip install 'synth_datamodule\[sweeps\]'"):
        sweep(Experiment(SETTINGS, Listener), SPACE, 1)


def test_optunas_own_log_level_is_left_as_it_was():
    before = optuna.logging.get_verbosity()
    sweep(Experiment(SETTINGS, Listener), SPACE, 1)
    assert optuna.logging.get_verbosity() == before
