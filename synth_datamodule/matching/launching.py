"""A run on several devices, from the start of its processes until they have met."""

import contextlib
import functools
import subprocess
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

from pytorch_lightning import LightningModule, Trainer
from pytorch_lightning.callbacks import Callback
from pytorch_lightning.strategies.launchers import _SubprocessScriptLauncher

from synth_datamodule.commandline import at_once
from synth_datamodule.commandline.orphans import launching

_SECONDS_TO_DIE = 1.0


@contextlib.contextmanager
def until_met(command: str, trainer: Trainer, clear: Callable[[], object]) -> Iterator[None]:
    """Let a signal end a run at once, with all its processes, until these have met.

    They wait for each other in C++, where Python hears no signal, for as long as half an hour; and
    there is nothing yet to be saved. From the first ``setup`` of the run on a signal is handled as
    on one device.

    Args:
        command: The command's name.
        trainer: The run's trainer. One that starts no process of its own is left alone.
        clear: Call that clears away what the run has made so far.
    """
    launcher = trainer.strategy.launcher
    if not isinstance(launcher, _SubprocessScriptLauncher):
        yield
        return

    def end() -> None:
        _kill(launcher.procs)
        clear()

    with contextlib.ExitStack() as waiting:
        waiting.enter_context(at_once(command, end))  # whose thread hears what this one does not
        waiting.enter_context(launching())
        first = _Met(waiting.close)
        trainer.callbacks.insert(0, first)  # type: ignore[attr-defined]  # Lightning's connector's
        yield


class _Met(Callback):
    """Says that the processes of a run have met, for which Lightning has just let them wait."""

    def __init__(self, say: Callable[[], None]) -> None:
        self._say = say

    def setup(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        self._say()
        # Before Lightning registers it.
        connector: Any = trainer._signal_connector
        connector._sigterm_notifier_fn = functools.partial(_tell_others, trainer)


def _tell_others(trainer: Trainer, number: int, frame: FrameType | None) -> None:
    """Send SIGTERM on to the processes of a run; the command's own handler ends this one.

    Lightning's handler also sends a tensor to all of them. Where each has got the signal, it meets
    whatever the others were sending each other, and they wait for half an hour.
    """
    connector: Any = trainer._signal_connector
    launcher: Any = trainer.strategy.launcher
    if launcher is not None and not connector.received_sigterm:  # in the first process, once
        launcher.kill(number)
    connector.received_sigterm = True


def _kill(processes: list[subprocess.Popen[bytes]]) -> None:
    """End processes that have nothing to save, and see them ended."""
    killed = list(processes)
    processes.clear()  # or Lightning, which looks after these, kills this one too
    for process in killed:
        process.kill()
    for process in killed:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_SECONDS_TO_DIE)
