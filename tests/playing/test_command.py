"""The command: it says where it plays, ends by a signal, and opens a browser where one is seen."""

import contextlib
import http.client
import signal
import subprocess
import sys
import time

import pytest

from synth_datamodule import synths
from synth_datamodule.commandline import parse
from synth_datamodule.patching.recipe import SynthRecipe
from synth_datamodule.playing import command
from synth_datamodule.playing.command import Play, display
from synth_datamodule.playing.server import Server

SHORT = ("--sample_rate", "8000", "--seconds", "0.1", "--control_rate", "100")
RECIPE = SynthRecipe(sample_rate=8000, buffer_size_seconds=0.1, control_rate=100)


@contextlib.contextmanager
def process(*words):
    line = [sys.executable, "-m", "synth_datamodule", "play", *words, *SHORT]
    with subprocess.Popen(
        line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as started:
        yield started
        started.kill()


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize(
    ("number", "status", "says"),
    [(signal.SIGINT, 130, "interrupted"), (signal.SIGTERM, 143, "terminated")],
)
def test_it_plays_until_a_signal_ends_it_in_its_line(number, status, says):
    with process("--no_open") as started:
        address = started.stdout.readline().split(" at ")[1].strip()
        host, path = address.removeprefix("http://").split("/", 1)
        connection = http.client.HTTPConnection(host, timeout=30)
        with contextlib.closing(connection):
            connection.request("GET", f"/{path}")
            assert connection.getresponse().status == 200
            began = time.monotonic()
            started.send_signal(number)  # while the connection is open
            _, said = started.communicate(timeout=30)
        assert started.returncode == status
        assert said.splitlines()[-1] == f"synth-datamodule play: error: {says}"
        assert time.monotonic() - began < 10


def test_a_port_that_is_taken_is_said_before_any_work(server):
    with process("--no_open", "--port", str(server.port)) as started:
        _, said = started.communicate(timeout=120)
    assert started.returncode == 2
    assert said.count("\n") == 1
    assert "in use" in said


@pytest.fixture
def opened(monkeypatch):
    """Return the addresses that a browser is opened with; nothing is served."""
    addresses = []
    monkeypatch.setattr(command.webbrowser, "open", addresses.append)
    monkeypatch.setattr(Server, "serve", lambda server: time.sleep(0.3))
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    return addresses


@pytest.mark.parametrize(
    ("words", "seen", "opens"),
    [
        ([], False, False),
        ([], True, True),
        (["--open"], False, True),
        (["--no_open"], True, False),
    ],
)
def test_a_browser_is_opened_where_it_is_seen_or_asked_for(
    opened, monkeypatch, capsys, words, seen, opens
):
    monkeypatch.setattr(command, "display", lambda: seen)
    assert parse(Play, "synth-datamodule play", [*words, *SHORT])() == 0
    assert len(opened) == opens
    printed = capsys.readouterr().out
    assert printed.startswith("playing Voice at http://127.0.0.1:")
    # What other users may read in the list of processes is no lasting way in.
    assert not any(address in printed for address in opened)


def test_a_display_is_known_by_its_variables(opened, monkeypatch):
    monkeypatch.setattr(command.sys, "platform", "linux")
    assert not display()
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-0")
    assert display()
    monkeypatch.setattr(command.sys, "platform", "darwin")
    monkeypatch.delenv("SSH_CONNECTION", raising=False)
    assert display()
    monkeypatch.setenv("SSH_CONNECTION", "a b")
    assert not display()


def test_any_synth_is_played(opened, capsys):
    words = ["--synth", "synth_datamodule.synths.OneOscillator", "--no_open", *SHORT]
    assert parse(Play, "synth-datamodule play", words)() == 0
    assert capsys.readouterr().out.startswith(f"playing {synths.OneOscillator.__name__} at ")


@pytest.mark.parametrize(
    "wrong",
    [{"port": -1}, {"port": 65536}, {"port": True}, {"port": "80"}, {"open": 1}, {"no_open": None}],
)
def test_what_is_no_setting_is_refused(wrong):
    with pytest.raises((TypeError, ValueError), match=next(iter(wrong))):
        Play(recipe=RECIPE, **wrong)


def test_it_is_opened_or_not():
    with pytest.raises(ValueError, match="open must not be given beside no_open"):
        Play(open=True, no_open=True)


def test_sounds_that_are_too_long_are_an_error_before_anything_is_served():
    with pytest.raises(ValueError, match="seconds must give at most 2097152 samples"):
        Play(recipe=SynthRecipe(buffer_size_seconds=60.0), no_open=True)()
