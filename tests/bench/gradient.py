"""What a gradient costs: ``render`` and the way back, the Voice's kinds side by side.

Run ``python tests/bench/gradient.py``, ``--device cuda`` on a GPU, ``--compiled`` to compile the
readable modules too (minutes). Times are medians of rounds in which the candidates take turns;
memory is the most that a call holds beside what was there; the distance is that of each sound's
gradient from the float64 modules', relative to its length, the largest.
"""

import statistics

import torch
from options import options, read

from synth_datamodule import SynthConfig, Voice
from synth_datamodule.corpus.draws import noise_rows
from synth_datamodule.measure.machine import this_machine
from synth_datamodule.measure.memory import peak_bytes
from synth_datamodule.measure.timing import take_turns, timed
from synth_datamodule.reporting import markdown_table

KINDS = {
    "modules, float64": {"backend": "reference"},
    "modules, float32": {"backend": "reference", "dtype": torch.float32},
    "fused": {"backend": "fused"},
}


HEADER = ("", "seconds", "times realtime", "peak memory, MB", "distance", "first call, s")


def candidates(num_sounds, seconds, device, compiled):
    """Return, by name, calls that render and go back, and give the gradient."""
    config = SynthConfig(batch_size=num_sounds, buffer_size_seconds=seconds, no_grad=False)
    numbers = torch.arange(num_sounds)
    parameters = Voice(config).draw(numbers).to(device)
    rows = noise_rows(numbers).to(device)
    generator = torch.Generator().manual_seed(0)
    cotangent = torch.randn(num_sounds, config.buffer_size, generator=generator).to(device)

    def call(render):
        def forward_and_back(_=0):
            u = parameters.clone().requires_grad_()
            render(u, rows).backward(cotangent)
            return u.grad

        return forward_and_back

    calls = {}
    for name, kind in KINDS.items():
        calls[name] = call(Voice(config, **kind).render)
        if compiled and name != "fused":
            voice = Voice(config, **kind)
            voice.noise.table(device)
            calls[f"{name}, compiled"] = call(torch.compile(voice.render, fullgraph=True))
    return calls


def parser():
    made = options(__doc__, sounds=32, seconds=4.0, rounds=5, device="cpu")
    made.add_argument("--compiled", action="store_true", help="compile the modules too")
    return made


def main():
    given = read(parser())
    device = torch.device(given.device)
    calls = candidates(given.sounds, given.seconds, device, given.compiled)
    first, gradients, memory = {}, {}, {}
    for name, call in calls.items():
        first[name], gradients[name] = timed(call, device)
        memory[name] = peak_bytes(call, device)
    rounds = take_turns(calls, given.rounds, device)
    truth = gradients["modules, float64"].double()
    rows = []
    for name in calls:
        seconds = statistics.median(rounds[name])
        far = (gradients[name] - truth).norm(dim=1) / truth.norm(dim=1)
        rows.append(
            (
                name,
                f"{seconds:.4f}",
                f"{given.seconds * given.sounds / seconds:,.0f}",
                f"{memory[name] / 1e6:,.0f}",
                f"{far.max():.1e}",
                f"{first[name]:.1f}",
            )
        )
    print(this_machine(device))
    print(f"{given.sounds} sounds of {given.seconds:g} s, {given.rounds} rounds\n")
    print(markdown_table(HEADER, rows))


if __name__ == "__main__":
    main()
