"""How far the Voice's canonical form is from its sound, from itself and from its orbit.

Of each nebula so many sounds: their canonical form rendered in float64 beside them, the form of the
form, and the forms of parameters that random elements of all symmetries made of them. Distances of
parameters are in units, over the width of the range. Run ``python tests/bench/canonical_form.py``;
with ``--out`` it writes what it found as JSON.
"""

import time

import torch
from options import options, read

from synth_datamodule import SynthConfig, Voice, reporting
from synth_datamodule.measure.machine import this_machine

NEBULAE = ("default", "drum")


def apart(voice, one, two):
    """Return the distance of parameters in units, over the width of their ranges. ``[B]``."""
    table = voice.parameter_table
    width = torch.tensor([r.maximum - r.minimum for r in table.ranges], dtype=torch.float64)
    return ((table.to_physical(one) - table.to_physical(two)).abs() / width).amax(1)


def of_a_nebula(nebula, given):
    """Return the largest distances over the sounds of a nebula."""
    voice = Voice(
        SynthConfig(
            sample_rate=given.sample_rate,
            control_rate=given.control_rate,
            buffer_size_seconds=given.seconds,
        ),
        nebula,
    )
    generator = torch.Generator().manual_seed(0)
    found = {"sound": [], "moved sound": [], "form of the form": [], "form of the orbit": []}
    moved_by, inert = [], []
    for numbers in torch.arange(given.sounds).split(given.batch_size):
        rows, drawn = numbers % 32, voice.draw(numbers)
        audio, canonical = voice.render(drawn, rows), voice.canonical(drawn)
        moved = drawn
        for symmetry in voice.symmetries:
            moved = symmetry.moved(moved, generator)
        found["sound"].append((voice.render(canonical, rows) - audio).abs().amax(1))
        found["moved sound"].append((voice.render(moved, rows) - audio).abs().amax(1))
        found["form of the form"].append(apart(voice, voice.canonical(canonical), canonical))
        found["form of the orbit"].append(apart(voice, voice.canonical(moved), canonical))
        moved_by.append((moved - drawn).abs().mean(1))
        inert.append(voice.inert(drawn).sum(1).double())
    return {
        "sounds": given.sounds,
        "parameters that random elements moved, mean of [0, 1]": round(
            float(torch.cat(moved_by).mean()), 4
        ),
        "inert parameters a sound, median": float(torch.cat(inert).median()),
        "inert parameters a sound, mean": round(float(torch.cat(inert).mean()), 2),
        **{f"{name}, largest": float(torch.cat(one).max()) for name, one in found.items()},
        **{
            f"{name}, beyond {bound:g}": int((torch.cat(found[name]) > bound).sum())
            for name, bound in zip(found, (1e-6, 1e-6, 1e-9, 1e-9), strict=True)
        },
    }


def parser():
    return options(
        __doc__,
        sounds=10_000,
        batch_size=125,
        sample_rate=44_100,
        control_rate=441,
        seconds=4.0,
        out=None,
        overwrite=False,
    )


def main():
    """Measure, print, and write the file."""
    given = read(parser(), lambda given: [given.out] if given.out else ())
    begun = time.time()
    found = {nebula: of_a_nebula(nebula, given) for nebula in NEBULAE}
    for nebula, one in found.items():
        print(nebula)
        for name, value in one.items():
            print(f"  {name}: {value}")
    if given.out:
        reporting.write_json(
            given.out,
            {
                "command": f"python tests/bench/canonical_form.py --sounds {given.sounds}",
                "machine": str(this_machine(torch.device("cpu"))),
                **found,
                "seconds": round(time.time() - begun),
            },
            overwrite=given.overwrite,
        )


if __name__ == "__main__":
    main()
