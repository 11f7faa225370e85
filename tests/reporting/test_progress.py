import importlib
import io
import subprocess
import sys
from contextlib import redirect_stderr

import pytest

from synth_datamodule.reporting import progress, say


class Clock:
    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def clock(monkeypatch):
    """A clock that stands still unless it is moved on."""
    clock = Clock()
    # The package's own ``progress`` is the function.
    module = importlib.import_module("synth_datamodule.reporting.progress")
    monkeypatch.setattr(module, "monotonic", clock)
    return clock


@pytest.fixture
def terminal(monkeypatch):
    """Standard error as a terminal."""
    for name in ("FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "100")
    return Terminal()


def test_a_log_gets_a_line_now_and_then_and_a_last_one(capsys, clock):
    with progress("val", total=1000) as advance:
        for _ in range(10):
            clock.now += 10
            advance(100)
        clock.now += 1
    assert capsys.readouterr() == (
        "",
        "val: 300 of 1000 sounds, 30 s\n"
        "val: 600 of 1000 sounds, 60 s\n"
        "val: 900 of 1000 sounds, 90 s\n"
        "val: 1000 of 1000 sounds, 101 s\n",
    )


def test_a_short_loop_says_nothing_in_a_log(capsys, clock):
    with progress("val", total=10) as advance:
        for _ in range(10):
            clock.now += 2.9
            advance()
    assert capsys.readouterr() == ("", "")


def test_a_log_says_what_is_being_done_now(capsys, clock):
    with progress("learning", unit="steps") as advance:
        clock.now += 50
        advance(3)
        clock.now += 50
        advance(0, "measuring\x1b[2J")
    lines = capsys.readouterr().err.splitlines()
    assert lines == ["learning: 3 steps, 50 s", "measuring\\x1b[2J: 3 steps, 100 s"]


def test_a_loop_that_fails_says_how_far_it_came(capsys, clock):
    def begin():
        with progress("val", 10) as advance:
            clock.now += 60
            advance(2)
            clock.now += 7
            advance(1)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        begin()
    assert capsys.readouterr().err.splitlines()[-1] == "val: 3 of 10 sounds, 67 s"


def test_a_terminal_shows_a_bar(terminal):
    with redirect_stderr(terminal), progress("[b]val[/b]", total=1000) as advance:
        advance(1000, "[i]test[/i]")
    shown = terminal.getvalue()
    assert "[i]test[/i]" in shown
    assert "1000/1000 sounds" in shown


def test_a_terminal_shows_a_bar_without_an_end(terminal):
    with redirect_stderr(terminal), progress("measuring", unit="batches") as advance:
        advance(7)
    assert "7/? batches" in terminal.getvalue()


def test_what_is_said_beside_a_bar_still_goes_into_the_pipe(terminal, capsys):
    with redirect_stderr(terminal), progress("trials", total=2, unit="trials") as advance:
        say("trial 0: fine")
        advance()
    assert capsys.readouterr().out == "trial 0: fine\n"
    assert "trial 0" not in terminal.getvalue()


def test_an_editors_shell_gets_lines(terminal, monkeypatch, clock):
    monkeypatch.setenv("TERM", "dumb")
    with redirect_stderr(terminal), progress("val", total=2) as advance:
        clock.now += 31
        advance(2)
    assert terminal.getvalue() == "val: 2 of 2 sounds, 31 s\n"


def test_neither_rich_nor_matplotlib_is_loaded_for_a_log(tmp_path):
    probe = (
        "import sys\n"
        "from synth_datamodule.reporting import complain, progress, say\n"
        "with progress('val', 2) as advance: advance(2)\n"
        "say('done'); complain('render', ValueError('x'))\n"
        "assert not {'rich', 'matplotlib', 'soundfile'} & {*sys.modules}"
    )
    subprocess.run([sys.executable, "-c", probe], cwd=tmp_path, check=True, capture_output=True)
