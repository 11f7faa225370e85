"""``python -m synth_datamodule``, the command synth-datamodule."""

from synth_datamodule.cli import run

if __name__ == "__main__":
    run()
