"""What a command leaves behind and says: files, pictures, tables, progress, errors.

Every file the package writes is written here, whole or not at all. It is for the package's own
rooms: none of these names is public.
"""

from synth_datamodule.reporting.columns import check_table as check_table
from synth_datamodule.reporting.columns import new_table as new_table
from synth_datamodule.reporting.files import FromFile as FromFile
from synth_datamodule.reporting.files import check_outputs as check_outputs
from synth_datamodule.reporting.files import is_file as is_file
from synth_datamodule.reporting.files import json_of as json_of
from synth_datamodule.reporting.files import naming as naming
from synth_datamodule.reporting.files import read_text as read_text
from synth_datamodule.reporting.formats import check_flac_rate as check_flac_rate
from synth_datamodule.reporting.formats import drawn as drawn
from synth_datamodule.reporting.formats import flac_bytes as flac_bytes
from synth_datamodule.reporting.formats import new_figure as new_figure
from synth_datamodule.reporting.formats import new_rows as new_rows
from synth_datamodule.reporting.formats import picture as picture
from synth_datamodule.reporting.formats import wave_bytes as wave_bytes
from synth_datamodule.reporting.formats import write_arrays as write_arrays
from synth_datamodule.reporting.formats import write_figure as write_figure
from synth_datamodule.reporting.formats import write_flac as write_flac
from synth_datamodule.reporting.formats import write_json as write_json
from synth_datamodule.reporting.formats import write_state as write_state
from synth_datamodule.reporting.formats import write_text as write_text
from synth_datamodule.reporting.formats import write_wave as write_wave
from synth_datamodule.reporting.notebooks import in_notebook as in_notebook
from synth_datamodule.reporting.progress import Advance as Advance
from synth_datamodule.reporting.progress import progress as progress
from synth_datamodule.reporting.tables import bold as bold
from synth_datamodule.reporting.tables import figures as figures
from synth_datamodule.reporting.tables import markdown_table as markdown_table
from synth_datamodule.reporting.tables import print_table as print_table
from synth_datamodule.reporting.words import complain as complain
from synth_datamodule.reporting.words import complaint as complaint
from synth_datamodule.reporting.words import printable as printable
from synth_datamodule.reporting.words import say as say
from synth_datamodule.reporting.words import say_written as say_written
