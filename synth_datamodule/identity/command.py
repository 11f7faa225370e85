"""``synth-datamodule verify``: does this machine give the data that was cited?"""

import argparse
import sys
import time
from collections.abc import Sequence
from dataclasses import fields, replace
from functools import partial
from pathlib import Path
from typing import Any

import torch
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from synth_datamodule import checks
from synth_datamodule.config import DEFAULT_BATCH_SIZE
from synth_datamodule.corpus.splits import Split
from synth_datamodule.identity import report
from synth_datamodule.identity.definition import SplitDefinition, SynthDefinition
from synth_datamodule.identity.files import find_manifest, shipped_manifests, write_manifest
from synth_datamodule.identity.fingerprint import describe
from synth_datamodule.identity.verify import verify as verify_manifest
from synth_datamodule.loading import predict_set, split_set

_SYNTH = tuple(setting.name for setting in fields(SynthDefinition))
_SPLIT = ("corpus", "split", "predict_sounds", "write")


def verify(options: Sequence[str]) -> int:
    """Run the command.

    Args:
        options: As typed after ``verify``.

    Returns:
        Exit status: 0 where this machine gives the same data, 1 where it gives other data, 2 where
        that cannot be told.
    """
    parser = _parser()
    given = parser.parse_args(options)
    own = {name for name in (*_SYNTH, *_SPLIT) if getattr(given, name) is not None}
    if given.manifests and (words := own.intersection(_SPLIT)):
        parser.error(f"a manifest says which sounds; --{sorted(words)[0]} is for a split of yours")
    try:
        given.device = _device(given.device)
        if own and not given.manifests:
            return _name_own_split(given)
        return _verify_all(given.manifests or shipped_manifests(), given)
    except (OSError, RuntimeError, TypeError, ValueError) as error:
        sys.stderr.write(f"{parser.prog}: error: {error}\n")
        return 2


def _verify_all(names: Sequence[str], given: argparse.Namespace) -> int:
    manifests = [find_manifest(name) for name in names]
    if given.sounds is not None:
        checks.whole_number("sounds", given.sounds, 1)
    changed = _synth_settings(given)
    start = time.perf_counter()
    verdicts = []
    with _progress() as progress:
        for name, manifest in zip(names, manifests, strict=True):
            sounds = manifest.split.num_checked
            if given.sounds is not None:
                sounds = manifest.beginning(given.sounds).split.num_checked
            task = progress.add_task(name, total=sounds)
            synth = replace(manifest.synth, **changed).make()
            verdicts.append(
                verify_manifest(
                    manifest,
                    synth,
                    most_sounds=given.sounds,
                    batch_size=given.batch_size,
                    device=given.device,
                    progress=partial(progress.advance, task),
                )
            )
            synth.free()
    report.print_verdicts(names, verdicts, time.perf_counter() - start)
    return 0 if all(verdict.same for verdict in verdicts) else 1


def _name_own_split(given: argparse.Namespace) -> int:
    corpus = given.corpus if given.corpus is not None else "synth1M1"
    corpus = int(corpus) if corpus.isdecimal() else corpus
    split = Split.predict if given.predict_sounds else Split(given.split or "test")
    if split is Split.predict:
        sounds = predict_set(corpus, tuple(given.predict_sounds or ()))
    else:
        few = None if split is Split.train else 1024
        sounds = split_set(split, corpus, few if given.sounds is None else given.sounds)
    definition = SplitDefinition.of(corpus, sounds)
    synth = SynthDefinition(**_synth_settings(given)).make()
    start = time.perf_counter()
    with _progress() as progress:
        task = progress.add_task(split.value, total=definition.num_checked)
        manifest = describe(
            synth,
            definition,
            batch_size=given.batch_size,
            device=given.device,
            progress=partial(progress.advance, task),
        )
    report.print_manifest(manifest, time.perf_counter() - start)
    if given.write is not None:
        write_manifest(manifest, given.write)
        report.say(f"written: {given.write}")
    return 0


def _synth_settings(given: argparse.Namespace) -> dict[str, Any]:
    settings = {name: getattr(given, name) for name in _SYNTH}
    settings["pinned"] = dict(given.pinned) if given.pinned is not None else None
    return {name: value for name, value in settings.items() if value is not None}


def _progress() -> Progress:
    console = Console(stderr=True)
    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
        disable=not console.is_terminal,
        transient=True,
    )


def _device(name: str) -> torch.device:
    device = checks.device("device", name)
    if device.type not in ("cpu", "cuda"):
        raise ValueError(f"device must be 'cpu' or a CUDA device, got {name!r}")
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        raise ValueError(
            f"device must be there, got {name!r} and {torch.cuda.device_count()} CUDA devices"
        )
    return device


def _pinned(word: str) -> tuple[str, float]:
    name, equals, value = word.partition("=")
    if not equals:
        raise argparse.ArgumentTypeError(f"must be NAME=VALUE, got {word!r}")
    try:
        return name, float(value)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"must be NAME=VALUE, got {word!r}") from error


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="synth-datamodule verify",
        usage="%(prog)s [MANIFEST ...] [options]",
        description=(
            "Check that this machine gives the data of a split as it was cited: of each MANIFEST, "
            "or else of all that are shipped. With settings of a split of yours, or --write: hash "
            "that split and name it, to cite it by."
        ),
    )
    parser.add_argument(
        "manifests",
        nargs="*",
        metavar="MANIFEST",
        help=f"a file, a citation such as synth1M1/test/..., or {', '.join(shipped_manifests())}",
    )
    parser.add_argument(
        "--sounds",
        type=int,
        help="of a manifest, check no more than the first blocks that hold so many (all); of a "
        "split of yours, how many it has (1024, of train all)",
    )
    parser.add_argument("--device", default="cpu", help="cpu or cuda (%(default)s)")
    parser.add_argument(
        "--batch_size", type=int, default=DEFAULT_BATCH_SIZE, help="rendered at once (%(default)s)"
    )
    split = parser.add_argument_group("a split of yours")
    split.add_argument("--write", type=Path, metavar="PATH", help="its manifest, a JSON file")
    split.add_argument("--corpus", help="its name, or a number of sounds (synth1M1)")
    split.add_argument("--split", choices=("train", "val", "test"), help="(test)")
    split.add_argument(
        "--predict_sounds",
        type=int,
        nargs=2,
        metavar=("START", "STOP"),
        help="a range of sound numbers instead",
    )
    synth = parser.add_argument_group(
        "its synth, or what shall be other than a manifest's: SynthDataModule's arguments"
    )
    synth.add_argument("--synth", metavar="PATH", help="import path of its class")
    synth.add_argument("--backend", help="auto, or one of the synth's")
    synth.add_argument("--nebula", help="default, drum or a JSON file")
    synth.add_argument("--pinned", type=_pinned, nargs="+", metavar="NAME=VALUE")
    synth.add_argument("--sample_rate", type=int, help="in hertz")
    synth.add_argument("--seconds", type=float, dest="buffer_size_seconds", help="of a sound")
    synth.add_argument("--control_rate", type=int, help="in hertz")
    synth.add_argument("--eps", type=float, help="in control samples")
    return parser
