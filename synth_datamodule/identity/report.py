"""What ``synth-datamodule verify`` prints."""

from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from synth_datamodule.identity.compare import DATA
from synth_datamodule.identity.files import citations
from synth_datamodule.identity.manifest import Manifest
from synth_datamodule.identity.verify import Verdict


def print_verdicts(names: Sequence[str], verdicts: Sequence[Verdict], seconds: float) -> None:
    """Print a row for each manifest, then what differs.

    Args:
        names: As they were asked for.
        verdicts: One for each.
        seconds: That it took.
    """
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column("split", no_wrap=True)
    table.add_column("sounds", justify="right", no_wrap=True)
    for what in DATA:
        table.add_column(what, no_wrap=True)
    for name, verdict in zip(names, verdicts, strict=True):
        citation = verdict.whole.citation
        words = [verdict.of(what) for what in DATA]
        count = str(verdict.expected.split.num_checked)
        style = None if verdict.same else "bold red"
        label = citation if name == citation else f"{name}\n{citation}"
        table.add_row(Text(label), count, *words, style=style)
    # As wide as it must be: a citation is copied into a paper, never cut short for a terminal.
    Console(width=1000).print(table)
    for name, verdict in zip(names, verdicts, strict=True):
        for line in (*(difference.text for difference in verdict.differences), *verdict.notes):
            say(f"{name}: {line}")
    same, total = sum(verdict.same for verdict in verdicts), len(verdicts)
    sounds = sum(verdict.expected.split.num_checked for verdict in verdicts)
    counted = "1 split" if total == 1 else f"{total} splits"
    say(
        f"{counted}, {sounds} sounds in {seconds:.1f} s: "
        + ("the same data" if same == total else f"{total - same} with other data")
    )


def print_manifest(manifest: Manifest, seconds: float) -> None:
    """Print what a fingerprint stands for, and the fingerprint.

    Args:
        manifest: Of a split of the user's own.
        seconds: That it took.
    """
    split, synth = manifest.split, manifest.synth
    pinned = ", ".join(f"{name} = {value:g}" for name, value in synth.pinned.items())
    table = Table(box=None, show_header=False, padding=(0, 1), pad_edge=False)
    table.add_column(no_wrap=True)
    table.add_column()
    table.add_row("corpus", f"{split.corpus}, {split.corpus_size} sounds")
    table.add_row("split", f"{split.split}: {split.rule}")
    table.add_row("hashed", f"{split.checked_rule}, in {seconds:.1f} s")
    table.add_row("synth", f"{synth.synth}, backend {synth.backend}")
    table.add_row("audio", f"{synth.buffer_size_seconds:g} s at {synth.sample_rate} Hz")
    table.add_row("control rate", f"{synth.control_rate} Hz, eps {synth.eps:g}")
    table.add_row("nebula", f"{synth.nebula}, {manifest.nebula_sha256[:16]}")
    table.add_row("pinned", pinned or "nothing")
    table.add_row("parameters", str(len(manifest.parameters)))
    Console().print(table)
    parts = manifest.citation.split("/")[1:]
    shipped = [name for name, cited in citations().items() if cited.split("/")[1:] == parts]
    say(f"fingerprint: {manifest.citation}" + "".join(f" (shipped as {name})" for name in shipped))


def say(text: str) -> None:
    """Print a line as it is, however long."""
    Console().print(text, markup=False, highlight=False, soft_wrap=True)
