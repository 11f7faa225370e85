"""What a gradient costs: ``render`` and the way back, the Voice's kinds side by side.

Run ``python tests/bench/gradient.py``, ``--device cuda`` on a GPU, ``--compiled`` to compile the
readable modules too (minutes). Times are medians of rounds in which the candidates take turns;
memory is the most that a call holds beside what was there; the distance is that of each sound's
gradient from the float64 modules', relative to its length, the largest.
"""

import argparse
import statistics

import torch

from synth_datamodule import SynthConfig, Voice
from synth_datamodule.corpus.draws import noise_rows
from synth_datamodule.measure.machine import this_machine
from synth_datamodule.measure.memory import peak_bytes
from synth_datamodule.measure.timing import take_turns, timed

KINDS = {
    "modules, float64": {"backend": "reference"},
    "modules, float32": {"backend": "reference", "dtype": torch.float32},
    "fused": {"backend": "fused"},
}


def candidates(num_sounds, device, compiled):
    """Return, by name, calls that render and go back, and give the gradient."""
    config = SynthConfig(batch_size=num_sounds, no_grad=False)
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


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sounds", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--compiled", action="store_true")
    given = parser.parse_args()
    device = torch.device(given.device)
    calls = candidates(given.sounds, device, given.compiled)
    first, gradients, memory = {}, {}, {}
    for name, call in calls.items():
        first[name], gradients[name] = timed(call, device)
        memory[name] = peak_bytes(call, device)
    rounds = take_turns(calls, given.rounds, device)
    truth = gradients["modules, float64"].double()
    print(f"{this_machine(device)}\n{given.sounds} sounds of 4 s, {given.rounds} rounds\n")
    print("| | seconds | times realtime | peak memory, MB | distance | first call, s |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    for name in calls:
        seconds = statistics.median(rounds[name])
        far = (gradients[name] - truth).norm(dim=1) / truth.norm(dim=1)
        print(
            f"| {name} | {seconds:.4f} | {4 * given.sounds / seconds:,.0f} "
            f"| {memory[name] / 1e6:,.0f} | {far.max():.1e} | {first[name]:.1f} |"
        )


if __name__ == "__main__":
    main()
