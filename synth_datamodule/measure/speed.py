"""The measurement: per batch size, every candidate's speed, memory and distance."""

import statistics
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from synth_datamodule.config import SynthConfig
from synth_datamodule.measure.bandwidth import copy_bandwidth
from synth_datamodule.measure.candidates import PEERS, MakeBatch, candidate, forget_compiled
from synth_datamodule.measure.distance import Distance, definition, distance
from synth_datamodule.measure.machine import this_machine
from synth_datamodule.measure.memory import peak_bytes
from synth_datamodule.measure.results import Failure, Row, Speed
from synth_datamodule.measure.settings import Settings
from synth_datamodule.measure.start import first_batches
from synth_datamodule.measure.timing import take_turns, timed


def measure(settings: Settings, say: Callable[[str], object] = lambda text: None) -> Speed:
    """Measure every candidate at every batch size.

    Args:
        settings: What to measure.
        say: Told what is being done.

    Raises:
        RuntimeError: If a new process cannot make a batch.
    """
    device = torch.device(settings.device)
    names, notes = list(settings.backends), []
    for peer, why_not_here in PEERS.items():
        if getattr(settings, peer):
            if problem := why_not_here():
                notes.append(problem)
            else:
                names.append(peer)
    say("first batches of new processes")
    # Before this process starts the GPU: it may be one that takes a single process.
    start = first_batches(settings.config(settings.batch_sizes[0]), device)
    rows: list[Row | Failure] = []
    bandwidth: dict[int, float] = {}
    for batch_size in settings.batch_sizes:
        if device.type == "cuda":
            num_bytes = 4 * batch_size * settings.config(batch_size).buffer_size
            bandwidth[batch_size] = copy_bandwidth(num_bytes, device)
        rows += _rows(settings, batch_size, names, bandwidth.get(batch_size), say)
    return Speed(this_machine(device), settings, rows, bandwidth, start, notes)


@dataclass(frozen=True)
class _Ready:
    """A candidate that has made its first batch."""

    make_batch: MakeBatch
    first_call: float
    peak_bytes: int | None
    output_bytes: int
    distance: Distance | None


def _get_ready(name: str, config: SynthConfig, device: torch.device, defined: Tensor) -> _Ready:
    make_batch = candidate(name, config, device)
    first_call, (audio, *_) = timed(lambda: make_batch(0), device)
    num_bytes = audio.nbytes
    far = None if name == "synthax" else distance(audio, defined)
    del audio
    return _Ready(make_batch, first_call, peak_bytes(lambda: make_batch(0), device), num_bytes, far)


def _rows(
    settings: Settings,
    batch_size: int,
    names: list[str],
    bandwidth: float | None,
    say: Callable[[str], object],
) -> list[Row | Failure]:
    say(f"batch {batch_size}: the definition")
    config, device = settings.config(batch_size), torch.device(settings.device)
    defined = definition(config, min(settings.accuracy_sounds, batch_size))
    if any(name.startswith("compiled") for name in names):
        forget_compiled()
    ready: dict[str, _Ready] = {}
    failures: dict[str, Failure] = {}
    for name in names:
        say(f"batch {batch_size}: {name}, first call")
        try:
            ready[name] = _get_ready(name, config, device, defined)
        except Exception as error:
            failures[name] = Failure(batch_size, name, _in_one_line(error))

    rounds = take_turns(
        {name: made.make_batch for name, made in ready.items()},
        settings.rounds,
        device,
        lambda text: say(f"batch {batch_size}: {text}"),
    )

    def row(name: str) -> Row:
        made, seconds = ready[name], statistics.median(rounds[name])
        return Row(
            batch_size=batch_size,
            candidate=name,
            seconds=seconds,
            rounds=rounds[name],
            first_call=made.first_call,
            sounds_per_second=batch_size / seconds,
            realtime=batch_size * config.buffer_size_seconds / seconds,
            output_bytes=made.output_bytes,
            peak_bytes=made.peak_bytes,
            distance=made.distance,
            copy_share=made.output_bytes / seconds / bandwidth if bandwidth else None,
        )

    return [failures[name] if name in failures else row(name) for name in names]


def _in_one_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__
