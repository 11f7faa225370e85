"""The Voice beside torchsynth 1.0.2 and SynthAX, in one run.

Run ``python tests/bench/peers.py``, ``--device cuda`` on a GPU. A peer that is not installed is
left out, and a line below the table says how to install it. Times are medians of rounds in which
the candidates take turns, so that a machine whose speed drifts slows them all alike. Below the
table stand the time to a new process' first batch and, of a GPU, how fast it copies.
"""

from dataclasses import replace

import torch
from bandwidth import copy_bandwidth
from options import options, read
from peer_synthax import synthax_voice, why_no_synthax
from peer_torchsynth import torchsynth_voice, why_no_torchsynth
from start import first_batches

from synth_datamodule.measure.candidates import candidates
from synth_datamodule.measure.machine import this_machine
from synth_datamodule.measure.report import outputs, show, write
from synth_datamodule.measure.speed import Row, measure
from synth_datamodule.patching.recipe import SynthRecipe
from synth_datamodule.reporting import figures, say_written

PEERS = {
    "torchsynth": (torchsynth_voice, why_no_torchsynth),
    "synthax": (synthax_voice, why_no_synthax),
}


def those_here(names, device):
    """Return the peers that can be measured, and of the others why they cannot."""
    problems = {name: PEERS[name][1](device) for name in names}
    found = {name: PEERS[name][0] for name, problem in problems.items() if not problem}
    return found, [problem for problem in problems.values() if problem]


def copies(measured, device):
    """Return sentences on how fast a GPU copies each batch's audio, and what share is reached."""
    lines, config = [], measured.recipe.config()
    rows = [row for row in measured.rows if isinstance(row, Row)]
    for batch_size in dict.fromkeys(row.batch_size for row in rows):
        rate = copy_bandwidth(4 * batch_size * config.buffer_size, device)
        shares = ", ".join(
            f"{row.candidate} {row.output_bytes / row.seconds / rate:.0%}"
            for row in rows
            if row.batch_size == batch_size
        )
        lines.append(
            f"Copying the audio of {batch_size} sounds reads and writes {figures(rate / 1e9)} "
            f"GB/s; of that is written: {shares}."
        )
    return lines


def parser():
    made = options(
        __doc__,
        batch_sizes=[32, 128],
        backends=["fused"],
        rounds=9,
        accuracy_sounds=32,
        seconds=4.0,
        sample_rate=44100,
        control_rate=441,
        device="cuda" if torch.cuda.is_available() else "cpu",
        out=None,
        overwrite=False,
    )
    made.add_argument(
        "--peers", nargs="+", choices=list(PEERS), default=list(PEERS), help="which (all)"
    )
    return made


def main():
    given = read(parser(), lambda given: outputs(given.out) if given.out else ())
    device = torch.device(given.device)
    recipe = SynthRecipe(
        sample_rate=given.sample_rate,
        buffer_size_seconds=given.seconds,
        control_rate=given.control_rate,
    )
    ours = candidates(given.backends, recipe)
    # Before this process starts the GPU: it may be one that takes a single process.
    words = [
        f"--{name}={getattr(given, name)}"
        for name in ("seconds", "sample_rate", "control_rate", "device")
    ]
    start = first_batches(words, given.batch_sizes[0])
    peers, notes = those_here(given.peers, device)
    measured = measure(
        recipe,
        ours | peers,
        given.batch_sizes,
        device,
        num_rounds=given.rounds,
        accuracy_sounds=given.accuracy_sounds,
        other_sounds={"synthax"},
    )
    if device.type == "cuda":
        notes = [*copies(measured, device), *notes]
    machine = this_machine(device, also=list(PEERS))
    measured = replace(measured, machine=machine, notes=(f"{start}", *notes))
    show(measured)
    if given.out is not None:
        say_written(write(measured, given.out, overwrite=given.overwrite))


if __name__ == "__main__":
    main()
