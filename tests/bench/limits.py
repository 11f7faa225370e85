"""How far the Voice is from what its machine could do: every figure of speed, in one run.

Run ``python tests/bench/limits.py``, ``--device cuda`` on a GPU, ``--peers`` to have torchsynth and
SynthAX beside it, ``--history`` to add a line to results/speed/history.md, where a regression
shows. On a CPU: against a probe of the bare arithmetic in C++, two threads against one, the way
back, a new process, the loader. Candidates take turns; one thread's figures are CPU time, the
fastest of many, for a machine that others use slows the rest.
"""

import statistics
import subprocess
import tempfile
import time
from datetime import date
from pathlib import Path

import peers
import torch
from options import options, read
from probe import compiled_probe, nanoseconds, why_no_probe
from start import first_batches

from synth_datamodule import SynthConfig, SynthDataModule, Voice
from synth_datamodule.corpus.draws import noise_rows
from synth_datamodule.measure.candidates import candidates
from synth_datamodule.measure.machine import this_machine
from synth_datamodule.measure.report import show
from synth_datamodule.measure.speed import measure
from synth_datamodule.measure.timing import take_turns
from synth_datamodule.patching.recipe import SynthRecipe
from synth_datamodule.reporting import print_table, say, write_text

HISTORY = Path(__file__).parents[2] / "results" / "speed" / "history.md"
SAMPLES = SynthConfig().buffer_size
GPU_BATCHES = (1024, 128, 32)


def cpu_seconds(call, times):
    """Return the CPU seconds of this thread's fastest call."""
    taken = []
    for _ in range(times):
        start = time.thread_time()
        call()
        taken.append(time.thread_time() - start)
    return min(taken)


def with_threads(number, call):
    """Return a call that has so many of torch's threads."""

    def called(_=0):
        before = torch.get_num_threads()
        torch.set_num_threads(number)
        try:
            return call()
        finally:
            torch.set_num_threads(before)

    return called


def forward(num_sounds, device="cpu"):
    """Return a call that renders sounds by their numbers."""
    voice = Voice(SynthConfig(batch_size=num_sounds)).to(device)
    numbers = torch.arange(num_sounds)
    return lambda: voice.render_sounds(numbers)


def forward_and_back(num_sounds, device="cpu"):
    """Return a call that renders parameters and gives the gradient by each."""
    voice = Voice(SynthConfig(batch_size=num_sounds, no_grad=False)).to(device)
    numbers = torch.arange(num_sounds)
    parameters, rows = voice.draw(numbers).to(device), noise_rows(numbers).to(device)
    generator = torch.Generator().manual_seed(0)
    cotangent = torch.randn(num_sounds, SAMPLES, generator=generator).to(device)

    def call():
        u = parameters.clone().requires_grad_()
        voice.render(u, rows).backward(cotangent)
        return u.grad

    return call


def against_the_probe(num_rounds):
    """Return ours and the probe's nanoseconds a sample on one thread, 32 sounds."""
    render = with_threads(1, forward(32))
    ours, theirs = [], []
    with tempfile.TemporaryDirectory() as folder:
        probe = compiled_probe(folder)
        for _ in range(num_rounds):
            theirs.append(nanoseconds(probe, 400))
            ours.append(cpu_seconds(render, 20) / 32 / SAMPLES * 1e9)
    return min(ours), min(theirs)


def medians(calls, num_rounds, device="cpu"):
    """Return the median seconds of calls that take turns."""
    turns = {name: lambda _, call=call: call() for name, call in calls.items()}
    taken = take_turns(turns, num_rounds, torch.device(device))
    return {name: statistics.median(one) for name, one in taken.items()}


def loader_share(num_rounds):
    """Return what loader and transfer take beside the bare render of 128 sounds, as a share."""
    dm = SynthDataModule(batch_size=128, corpus="synth1B1")
    dm.setup("fit")
    loader, bare, loaded = iter(dm.train_dataloader()), [], []
    for _ in range(num_rounds + 1):
        start = time.process_time()
        batch = next(loader).to("cpu")
        loaded.append(time.process_time() - start)
        numbers = batch.index
        del batch
        start = time.process_time()
        dm.voice.render_sounds(numbers)
        bare.append(time.process_time() - start)
    # The first pair warms up.
    return statistics.median(loaded[1:]) / statistics.median(bare[1:]) - 1


def on_the_cpu(num_rounds):
    """Return rows of the table for a CPU, and why one is missing."""
    rows, missing = [], why_no_probe()
    if not missing:
        ours, theirs = against_the_probe(num_rounds)
        rows.append(("share of the probe's speed, 32 sounds, one thread", f"{theirs / ours:.2f}"))
        rows.append(("nanoseconds a sample, ours and the probe's", f"{ours:.2f}, {theirs:.2f}"))
    call = forward(32)
    turns = medians({number: with_threads(number, call) for number in (1, 2)}, 4 * num_rounds)
    rows.append(("two threads against one, 32 sounds", f"{turns[1] / turns[2]:.2f}"))
    turns = medians({"forth": call, "back": forward_and_back(32)}, num_rounds)
    rows.append(("forth and back, 32 sounds, ms", f"{turns['back'] * 1e3:.1f}"))
    rows.append(("the same against forth", f"{turns['back'] / turns['forth']:.1f}"))
    back, forth = (with_threads(1, kind(8)) for kind in (forward_and_back, forward))
    ratio = cpu_seconds(back, 4 * num_rounds) / cpu_seconds(forth, 4 * num_rounds)
    rows.append(("forth and back against forth, 8 sounds, one thread", f"{ratio:.1f}"))
    rows.append(("loader and transfer beside 128 sounds", f"{loader_share(num_rounds):.1%}"))
    start = first_batches([], 128, num_rounds)
    median = statistics.median(seconds for seconds, _ in start.later)
    rows.append(("Voice() to voice(0) in a new process, s", f"{median:.2f}"))
    return rows, missing


def on_a_gpu(device, num_rounds):
    """Return rows of the table for a GPU."""
    calls = {size: forward(size, device) for size in GPU_BATCHES}
    turns = medians(calls | {"back": forward_and_back(32, device)}, num_rounds, device)
    rows = [
        (f"times realtime, batch {size}", f"{4 * size / turns[size]:,.0f}") for size in GPU_BATCHES
    ]
    return [*rows, ("forth and back, 32 sounds, ms", f"{turns['back'] * 1e3:.1f}")]


def remembered(text, kind, rows, machine, today, commit):
    """Return the page of history with a line more in the table of a kind of device.

    Args:
        text: The page so far.
        kind: Heading of the table: CPU or GPU.
        rows: Names and values of what was measured; the names are the table's columns.
        machine: The machine, in words.
        today: Date of the run.
        commit: Name of the commit that was measured.
    """
    columns = ["date", "commit", "machine", *(name for name, _ in rows)]
    empty = f"## {kind}\n\n| {' | '.join(columns)} |\n{'| --- ' * len(columns)}|\n"
    before, heading, after = text.partition(f"## {kind}\n")
    if not heading or empty not in heading + after:
        # A table of other columns stays as it is, below.
        before, heading, after = before, empty, after and f"\n{heading}{after}"
        if not before.endswith("\n\n"):
            before += "\n"
    else:
        heading += after[: len(empty) - len(heading)]
        after = after[len(empty) - len(f"## {kind}\n") :]
    line = f"| {' | '.join([today, commit, machine, *(value for _, value in rows)])} |\n"
    return f"{before}{heading}{line}{after}"


def this_commit():
    """Return the commit that is measured, marked where files have changed since."""
    words = ["git", "describe", "--always", "--dirty", "--abbrev=10"]
    found = subprocess.run(words, cwd=HISTORY.parent, capture_output=True, text=True, check=False)
    return found.stdout.strip() or "no commit"


def parser():
    made = options(__doc__, rounds=9, device="cpu")
    made.add_argument("--peers", action="store_true", help="measure torchsynth and SynthAX too")
    made.add_argument("--history", action="store_true", help="add the table to the history")
    return made


def main():
    given = read(parser())
    device, missing = torch.device(given.device), ""
    if device.type == "cuda":
        rows = on_a_gpu(given.device, given.rounds)
    else:
        rows, missing = on_the_cpu(given.rounds)
    machine = f"{this_machine(device)}"
    say(machine)
    print_table(["", "measured"], rows)
    if missing:
        say(missing)
    if given.peers:
        found, problems = peers.those_here(list(peers.PEERS), device)
        recipe = SynthRecipe()
        ours = candidates(["fused"], recipe)
        show(measure(recipe, ours | found, [32, 128], device, num_rounds=given.rounds))
        for problem in problems:
            say(problem)
    if given.history:
        old = HISTORY.read_text(encoding="utf-8")
        kind = "GPU" if device.type == "cuda" else "CPU"
        new = remembered(old, kind, rows, machine, date.today().isoformat(), this_commit())
        write_text(HISTORY, new, overwrite=True)
        say(f"added to {HISTORY}")


if __name__ == "__main__":
    main()
