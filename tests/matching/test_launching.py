"""A run on several devices that is ended while its processes wait for each other."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from pytorch_lightning import Trainer

from synth_datamodule.matching.launching import until_met

pytestmark = pytest.mark.usefixtures("default_signals")

CPU = {"accelerator": "cpu", "logger": False, "enable_checkpointing": False}
WORDS = [
    "--trainer.accelerator=cpu",
    "--trainer.devices=2",
    "--trainer.num_sanity_val_steps=0",
    "--trainer.enable_model_summary=false",
    "--trainer.max_epochs=100",
    "--data.batch_size=8",
    "--data.buffer_size_seconds=0.25",
    "--data.val_sounds=8",
]
HANDLED = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def connected(port):
    """Return how many processes are connected to what listens at a port."""
    lines = [
        line.split()
        for name in ("tcp", "tcp6")
        for line in Path(f"/proc/net/{name}").read_text().splitlines()[1:]
    ]
    established = "01"
    return sum(
        int(local.rpartition(":")[2], 16) == port and state == established
        for _, local, _, state, *_ in lines
    )


def of_session(leader):
    """Return the processes of a session that have not ended."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            state, _, _, session = (path / "stat").read_text().rpartition(")")[2].split()[:4]
            if int(session) == leader and state != "Z":
                found.append(int(path.name))
    return found


@contextlib.contextmanager
def fit(folder, *words, port):
    """Start fit as a shell would, with a folder and a session of its own."""
    (folder / "here").mkdir()
    with (folder / "err").open("w") as err:
        command = subprocess.Popen(
            [sys.executable, "-m", "synth_datamodule", "fit", *WORDS, *words],
            cwd=folder / "here",
            stdout=err,
            stderr=err,
            env={**os.environ, "MASTER_PORT": str(port)},
            start_new_session=True,
        )
    try:
        yield command
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(command.pid, signal.SIGKILL)
        command.wait()


def wait_for(found, command=None, seconds=120.0):
    end = time.monotonic() + seconds
    while not found():
        assert command is None or command.poll() is None, "it has ended"
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="no /proc")
@pytest.mark.parametrize(
    ("send", "number", "status", "word"),
    [
        pytest.param(os.kill, signal.SIGTERM, 143, "terminated", id="sigterm"),
        pytest.param(os.killpg, signal.SIGINT, 130, "interrupted", id="ctrl-c"),
        pytest.param(
            os.killpg, signal.SIGTERM, 143, "terminated", id="sigterm-all", marks=pytest.mark.slow
        ),
        pytest.param(os.kill, signal.SIGHUP, 129, "hung up", id="sighup", marks=pytest.mark.slow),
    ],
)
def test_processes_that_wait_for_each_other_end_in_the_line_of_the_first(
    tmp_path, send, number, status, word
):
    port = free_port()
    # Two more are on a second machine, which never comes.
    with fit(tmp_path, "--trainer.num_nodes=2", port=port) as command:
        wait_for(lambda: connected(port) == 2, command)
        assert len(of_session(command.pid)) == 2
        assert (tmp_path / "here" / "matches" / "version_0").exists()
        send(command.pid, number)
        assert command.wait(60) == status
        # The second has ended before the first one did.
        assert of_session(command.pid) == []
    said = (tmp_path / "err").read_text()
    assert "Traceback" not in said
    assert said.count("synth-datamodule fit: error: ") == 1
    assert said.endswith(f"\nsynth-datamodule fit: error: {word}\n")
    assert [path.name for path in (tmp_path / "here").rglob("*")] == ["matches"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("send", "number", "status", "word"),
    [
        pytest.param(os.kill, signal.SIGHUP, 129, "hung up", id="sighup"),
        pytest.param(os.killpg, signal.SIGINT, 130, "interrupted", id="ctrl-c"),
        pytest.param(os.kill, signal.SIGTERM, 143, "terminated", id="sigterm"),
        pytest.param(os.killpg, signal.SIGTERM, 143, "terminated", id="sigterm-all"),
    ],
)
def test_processes_that_have_met_end_so_too(tmp_path, send, number, status, word):
    with fit(tmp_path, port=free_port()) as command:
        wait_for(lambda: list(tmp_path.glob("here/lightning_logs/*/metrics.csv")), command)
        send(command.pid, number)
        assert command.wait(60) == status
        wait_for(lambda: of_session(command.pid) == [])
    said = (tmp_path / "err").read_text()
    assert "Traceback" not in said
    assert said.count("synth-datamodule fit: error: ") == 1
    assert said.endswith(f"\nsynth-datamodule fit: error: {word}\n")
    assert list((tmp_path / "here" / "matches").iterdir()) == []


def test_from_the_first_setup_on_signals_are_handled_as_before():
    before = [signal.getsignal(number) for number in HANDLED]
    trainer = Trainer(devices=2, strategy="ddp", **CPU)
    with until_met("fit", trainer, tuple):
        assert all(signal.getsignal(n) is not was for n, was in zip(HANDLED, before, strict=True))
        assert os.environ["SYNTH_DATAMODULE_LAUNCHER"] == str(os.getpid())
        trainer.callbacks[0].setup(trainer, None, "fit")
        assert [signal.getsignal(number) for number in HANDLED] == before
        assert "SYNTH_DATAMODULE_LAUNCHER" not in os.environ
        assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, ())
    assert [signal.getsignal(number) for number in HANDLED] == before


def test_in_a_run_sigterm_is_sent_on_once_and_no_tensor_beside_it(monkeypatch):
    """With Lightning's handler one in six such signals, sent to all processes, hung a run."""
    sent, handlers = [], {number: signal.getsignal(number) for number in HANDLED}
    trainer = Trainer(devices=2, strategy="ddp", **CPU)
    monkeypatch.setattr(trainer.strategy.launcher, "kill", sent.append)
    monkeypatch.setattr(torch.distributed, "is_initialized", lambda: True)
    monkeypatch.setattr(torch.distributed, "broadcast", lambda *_, **__: sent.append("a tensor"))
    with until_met("fit", trainer, tuple):
        trainer.callbacks[0].setup(trainer, None, "fit")
        trainer._signal_connector.register_signal_handlers()
        try:
            for _ in range(2):
                signal.getsignal(signal.SIGTERM)(signal.SIGTERM, None)
        finally:
            for number, handler in handlers.items():
                signal.signal(number, handler)
    assert sent == [signal.SIGTERM]
    assert trainer.received_sigterm


def test_a_run_that_fails_before_handles_them_as_before():
    before = [signal.getsignal(number) for number in HANDLED]
    with (
        pytest.raises(RuntimeError, match="no port"),
        until_met("fit", Trainer(devices=2, strategy="ddp", **CPU), tuple),
    ):
        raise RuntimeError("no port")
    assert [signal.getsignal(number) for number in HANDLED] == before
    assert "SYNTH_DATAMODULE_LAUNCHER" not in os.environ


@pytest.mark.parametrize(
    "options", [{"devices": 1}, {"devices": 2, "strategy": "ddp_spawn"}], ids=["one", "spawned"]
)
def test_a_run_that_starts_no_command_is_left_alone(options):
    trainer = Trainer(**options, **CPU)
    before, callbacks = [signal.getsignal(number) for number in HANDLED], list(trainer.callbacks)
    with until_met("fit", trainer, tuple):
        assert [signal.getsignal(number) for number in HANDLED] == before
        assert trainer.callbacks == callbacks
