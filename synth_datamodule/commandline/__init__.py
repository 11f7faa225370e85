"""How a command is typed and how it ends: options from a dataclass, one table of exit statuses."""

from synth_datamodule.commandline.options import described, in_one_line, no_such, parse
from synth_datamodule.commandline.signals import at_once
from synth_datamodule.commandline.statuses import EXIT_STATUSES, end_at_once, exit_status

__all__ = [
    "EXIT_STATUSES",
    "at_once",
    "described",
    "end_at_once",
    "exit_status",
    "in_one_line",
    "no_such",
    "parse",
]
