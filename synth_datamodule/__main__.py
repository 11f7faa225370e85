"""``python -m synth_datamodule``, the command synth-datamodule."""

import sys

from synth_datamodule.cli import main

if __name__ == "__main__":
    sys.exit(main())
