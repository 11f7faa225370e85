"""How a command ends: its exit status, and a line on standard error that says why."""

import os
import signal
import threading

import pytest
import torch
from pytorch_lightning.utilities.exceptions import MisconfigurationException

from synth_datamodule.commandline import EXIT_STATUSES, exit_status

pytestmark = pytest.mark.usefixtures("default_signals")


def ends_with(error):
    def command():
        raise error

    return exit_status("play", command)


def test_a_status_is_the_commands_own():
    assert [exit_status("play", lambda status=status: status) for status in (0, 1)] == [0, 1]


@pytest.mark.parametrize(
    "error",
    [
        ValueError("notes must be there, got none"),
        TypeError("notes must be there, got none"),
        OSError(28, "notes must be there, got none"),
        MemoryError("notes must be there, got none"),
        torch.OutOfMemoryError("notes must be there, got none"),
        RuntimeError("notes must be there, got none: can't allocate memory"),
        ImportError("notes must be there, got none: pip install 'synth_datamodule[notes]'"),
        ImportError("notes must be there, got none: failed to map segment from shared object"),
        MisconfigurationException("notes must be there, got none"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_the_user_can_mend_is_one_line(error, capsys):
    assert ends_with(error) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("synth-datamodule play: error: notes must be there, got none")
    assert err.count("\n") == 1


@pytest.mark.parametrize("error", [KeyError("x"), RuntimeError("x"), ImportError("x")], ids=repr)
def test_an_error_of_the_programs_own_shows_its_traceback(error, capsys):
    assert ends_with(error) == 70
    assert "Traceback" in capsys.readouterr().err


@pytest.mark.parametrize(("code", "status"), [(None, 0), (0, 0), (2, 2), ("words", 2)])
def test_an_exit_keeps_its_code(code, status):
    assert ends_with(SystemExit(code)) == status


def test_ctrl_c_is_told_in_a_line(capsys):
    assert ends_with(KeyboardInterrupt()) == 130
    assert capsys.readouterr().err == "synth-datamodule play: error: interrupted\n"


@pytest.mark.parametrize(
    ("cause", "status"), [(KeyboardInterrupt(), 130), (BrokenPipeError(), 141)], ids=repr
)
def test_what_a_library_makes_an_exit_of_keeps_its_status(cause, status):
    def command():
        try:
            raise cause
        except (KeyboardInterrupt, BrokenPipeError):
            raise SystemExit(1)  # noqa: B904  # as Lightning and rich do

    assert exit_status("play", command) == status


def test_a_closed_pipe_is_told_to_nobody(capsys):
    assert ends_with(BrokenPipeError()) == 141
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("number", "status", "word"),
    [
        (signal.SIGHUP, 129, "hung up"),
        (signal.SIGINT, 130, "interrupted"),
        (signal.SIGTERM, 143, "terminated"),
    ],
    ids=["sighup", "ctrl-c", "sigterm"],
)
def test_whatever_a_library_makes_of_a_signal_it_is_told_as_the_signal(
    number, status, word, capsys
):
    def command():
        try:
            signal.raise_signal(number)
        except (KeyboardInterrupt, SystemExit):
            raise ImportError("half imported") from None

    assert exit_status("play", command) == status
    assert capsys.readouterr().err == f"synth-datamodule play: error: {word}\n"


def test_what_a_signal_cuts_short_complains_of_nothing_else(capsys):
    class HalfMade:
        def __del__(self):
            raise AttributeError("never made")

    def command():
        half_made = HalfMade()
        try:
            signal.raise_signal(signal.SIGINT)
        finally:
            del half_made

    assert exit_status("play", command) == 130
    assert capsys.readouterr().err == "synth-datamodule play: error: interrupted\n"


@pytest.mark.parametrize(
    ("number", "status", "word"),
    [(signal.SIGHUP, 129, "hung up"), (signal.SIGTERM, 143, "terminated")],
    ids=["sighup", "sigterm"],
)
def test_a_signal_clears_away_and_is_told_in_a_line(number, status, word, capsys):
    cleared = []

    def command():
        try:
            os.kill(os.getpid(), number)
            signal.pause()
        finally:
            cleared.append(True)

    before = signal.getsignal(number)
    assert exit_status("play", command) == status
    assert cleared
    assert signal.getsignal(number) is before
    assert capsys.readouterr().err == f"synth-datamodule play: error: {word}\n"


def test_under_nohup_a_command_goes_on(capsys):
    def command():
        signal.raise_signal(signal.SIGHUP)
        return 0

    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        assert exit_status("play", command) == 0
    finally:
        signal.signal(signal.SIGHUP, before)
    assert capsys.readouterr() == ("", "")


def test_a_handler_of_the_callers_own_stays(capsys):
    heard = []

    def command():
        os.kill(os.getpid(), signal.SIGTERM)
        return 0

    before = signal.signal(signal.SIGTERM, lambda number, frame: heard.append(number))
    try:
        assert exit_status("play", command) == 0
    finally:
        signal.signal(signal.SIGTERM, before)
    assert heard == [signal.SIGTERM]


def test_ctrl_c_is_heard_again_after_a_command_that_ignored_it():
    def command():
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        return 0

    before = signal.getsignal(signal.SIGINT)
    assert exit_status("play", command) == 0
    assert signal.getsignal(signal.SIGINT) is before


def test_a_thread_runs_a_command_without_signals():
    ended = []
    thread = threading.Thread(target=lambda: ended.append(exit_status("play", lambda: 0)))
    thread.start()
    thread.join()
    assert ended == [0]


def test_the_table_holds_every_status():
    assert list(EXIT_STATUSES) == [0, 1, 2, 70, 129, 130, 141, 143]
