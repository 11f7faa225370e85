"""How far the fused Voice is from its float64 definition where parameters are round numbers.

Every parameter in turn, at k/2, k/10 and k/441 of its unit and at the ends of its range and 2**-24
inside them, in both nebulae and at three rates; each with the LFOs at rest and moving. Run
``python tests/bench/round_values.py``; with ``--out`` it writes the worst as JSON.
"""

import itertools
import time

import torch
from options import options, read

from synth_datamodule import SynthConfig, Voice, reporting
from synth_datamodule.measure.machine import this_machine

RATES = ((44100, 441, 0.3), (16000, 400, 0.8), (8000, 100, 2.0))
AT_REST = {f"lfo_{k}.mod_depth": 0.0 for k in (1, 2)} | {
    f"lfo_{k}.initial_phase": 0.0 for k in (1, 2)
}
MOST = 6  # values of each kind


def grid(parameter):
    """Return round values in a parameter's range."""
    low, high = parameter.minimum, parameter.maximum
    inside = (high - low) * 2.0**-24
    values = {low, high, low + inside, high - inside, (low + high) / 2}
    for part in (2, 10, 441):
        first, last = -(-low * part // 1), high * part // 1
        step = max((last - first) // MOST, 1)
        values |= {k / part for k in range(int(first), int(last) + 1, int(step))}
    return sorted(value for value in values if low <= value <= high)


def parser():
    return options(__doc__, sounds=4, out=None, overwrite=False)


def main():
    """Measure, print the worst, and write the file."""
    given = read(parser(), lambda given: [given.out] if given.out else ())
    begun, count, found = time.time(), 0, []
    for sample_rate, control_rate, seconds in RATES:
        config = SynthConfig(
            sample_rate=sample_rate, control_rate=control_rate, buffer_size_seconds=seconds
        )
        for nebula, fixed in itertools.product(("default", "drum"), ({}, AT_REST)):
            voice = Voice(config, nebula, pinned=fixed)
            start = voice.draw(torch.arange(given.sounds))
            for parameter in voice.parameter_table.ranges:
                for value in grid(parameter) if parameter.name not in fixed else ():
                    pinned = {**fixed, parameter.name: value}
                    fused, defined = (
                        Voice(config, nebula, backend, pinned=pinned).render(start)
                        for backend in ("fused", "reference")
                    )
                    error = float((fused - defined).abs().max())
                    count += len(start)
                    found.append((error, sample_rate, nebula, parameter.name, value))
            print(f"{sample_rate} Hz, {nebula}: {count} sounds, worst {max(found)}", flush=True)
    names = ("error", "sample_rate", "nebula", "parameter", "value")
    worst = [dict(zip(names, one, strict=True)) for one in sorted(found, reverse=True)[:10]]
    if given.out:
        reporting.write_json(
            given.out,
            {
                "command": f"python tests/bench/round_values.py --sounds {given.sounds}",
                "machine": str(this_machine(torch.device("cpu"))),
                "sounds": count,
                "beyond 1e-5": sum(one[0] > 1e-5 for one in found),
                "worst": worst,
                "seconds": round(time.time() - begun),
            },
            overwrite=given.overwrite,
        )


if __name__ == "__main__":
    main()
