"""What a command leaves behind and says: files, pictures, tables, progress, errors.

Every file the package writes is written here, whole or not at all.
"""

from synth_datamodule.reporting.figures import picture, say_written, write_figure
from synth_datamodule.reporting.files import check_outputs, new_file, write_bytes
from synth_datamodule.reporting.formats import (
    new_rows,
    write_json,
    write_rows,
    write_text,
    write_wave,
)
from synth_datamodule.reporting.progress import Advance, progress
from synth_datamodule.reporting.tables import Markdown, bold, markdown_table, print_table
from synth_datamodule.reporting.words import complain, printable, say

__all__ = [
    "Advance",
    "Markdown",
    "bold",
    "check_outputs",
    "complain",
    "markdown_table",
    "new_file",
    "new_rows",
    "picture",
    "print_table",
    "printable",
    "progress",
    "say",
    "say_written",
    "write_bytes",
    "write_figure",
    "write_json",
    "write_rows",
    "write_text",
    "write_wave",
]
