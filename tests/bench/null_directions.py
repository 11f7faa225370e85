"""Which directions of the Voice's parameters its audio does not show, hunted for numerically.

The Jacobian of a sound by its 78 parameters (in units, over the width of their ranges, by
forward-mode differentiation of the float64 modules) has a null space. Taken from it are the columns
that are 0 by themselves, which are counted apart with their reasons, and the tangents of
``voice.symmetries``; what is left is a direction that the list lacks in this sound. One that is
null in 99 % of sounds and that the list lacks would leave something in 99 % of them. As a control
each listed direction is left out once, and must be found. Run
``python tests/bench/null_directions.py``; with ``--out`` it writes what it found as JSON.
"""

import time
from collections import Counter

import torch
from options import options, read

from synth_datamodule import SynthConfig, Voice, reporting
from synth_datamodule.measure.machine import this_machine
from synth_datamodule.patching.patch import PatchValues

NEBULAE = ("default", "drum")
NULL = 1e-12  # singular values, over the largest; columns have length 1
ZERO = 1e-12  # length of a column by a whole range that counts as 0
APART = 1e-3  # sine of the angle between a direction and the listed ones


def jacobian(voice, values, width, noise_row):
    """Return a sound and its Jacobian, ``[N]`` and ``[N, P]``."""

    def audio(over_width):
        patch = PatchValues(voice.parameter_names, (over_width * width)[None])
        made = voice.output(patch, noise_row[None])[0]
        return made, made

    slopes, made = torch.func.jacfwd(audio, has_aux=True)(values / width)
    return made, slopes


def tangents(voice, values, width, clips):
    """Return the direction of each continuous symmetry that holds in a sound, by name."""
    found = {}
    for one in voice.symmetries:
        first, *others = columns = list(one.columns)
        direction = torch.zeros_like(values)
        if one.kind == "shift":
            direction[first], direction[others] = 1.0, -1.0
        elif one.kind == "scale":
            if one.name == "vco_2.mod_depth" and values[first] > 0:
                continue
            direction[first], direction[others] = values[first], -values[others]
        elif one.kind == "shares" or (one.kind == "gain" and clips):
            direction[columns] = values[columns]
        else:
            continue
        found[f"{one.kind} {one.name}"] = direction / width
    return found


def span(directions):
    """Return an orthonormal basis of what some directions span, ``[K, P]``."""
    lengths = directions.norm(dim=1, keepdim=True)
    directions = (directions / torch.where(lengths > 0, lengths, 1.0))[lengths[:, 0] > 0]
    _, sizes, basis = torch.linalg.svd(directions, full_matrices=False)
    return basis[sizes > 1e-9]


def beside(null, listed):
    """Return the null directions that the listed ones do not span, ``[K, P]``."""
    known = span(torch.cat(listed))
    left = null - (null @ known.T) @ known
    sizes, directions = torch.linalg.svd(left, full_matrices=False)[1:]
    return directions[sizes > APART]


def at_rest(voice, parameters, rows):
    """Return what is heard of too little in each sound, so that several parameters do one thing."""
    names = [f"lfo_{k}_{kind}_adsr" for k in (1, 2) for kind in ("rate", "amp")]
    names += ["mod_matrix.vco_1_pitch", "mod_matrix.vco_2_pitch"]
    with torch.no_grad():
        signals = voice.signals(parameters, rows, names)
    values, column = voice.parameter_table.to_physical(parameters), voice.parameter_table.column
    found = {}
    for k in (1, 2):
        hertz = values[:, column(f"lfo_{k}.frequency"), None]
        hertz = (
            hertz + values[:, column(f"lfo_{k}.mod_depth"), None] * signals[f"lfo_{k}_rate_adsr"]
        )
        heard = signals[f"lfo_{k}_amp_adsr"] > 0
        turns = (hertz.clamp(min=0) * heard).sum(1) / voice.control_rate
        found[f"lfo_{k} runs less than a turn"] = turns < 1
    for k in (1, 2):
        rest = values[:, column("keyboard.midi_f0")] + values[:, column(f"vco_{k}.tuning")]
        bend = values[:, column(f"vco_{k}.mod_depth"), None] * signals[f"mod_matrix.vco_{k}_pitch"]
        pitch = rest[:, None] + bend
        found[f"vco_{k} leaves the range of pitches"] = ((pitch < 0) | (pitch > 127)).any(1)
    found["the note is shorter than 0.1 s"] = values[:, column("keyboard.duration")] < 0.1
    return found


def of_one_sound(voice, values, width, noise_row):
    """Return what is null in a sound: columns that are 0, listed directions, and what is left."""
    audio, slopes = jacobian(voice, values, width, noise_row)
    clips = bool(audio.abs().max() >= 1 - 1e-12)
    lengths = slopes.norm(dim=0)
    zero = lengths <= ZERO
    scale = torch.where(zero, 1.0, lengths)
    plain = torch.linalg.svdvals(slopes)
    _, sizes, directions = torch.linalg.svd(slopes / scale, full_matrices=False)
    null = directions[int((sizes > NULL * sizes[0]).sum()) :]
    alone, holds, listed = torch.eye(len(values), dtype=torch.float64)[zero], {}, {}
    for name, direction in tangents(voice, values, width, clips).items():
        scaled = direction * scale  # a direction by columns of length 1
        size = scaled.norm()
        holds[name] = bool(size == 0) or bool((slopes @ direction).norm() <= NULL * size)
        if holds[name]:
            listed[name] = scaled[None]
    missing = beside(null, [alone, *listed.values()])
    hunted = {
        name: len(beside(null, [alone, *(one for other, one in listed.items() if other != name)]))
        > len(missing)
        for name, direction in listed.items()
        if direction[0, ~zero].norm() > 1e-6 * direction.norm()
    }
    return {
        "silent": bool(audio.abs().max() == 0),
        "clips": clips,
        "determined": int((plain > 1e-6 * plain[0]).sum()),
        "null": len(null),
        "zero": zero,
        "holds": holds,
        "missing": missing,
        "hunted": hunted,
    }


def why_zero(voice, parameters, zero):
    """Return how many columns are 0 for which reason, one by one, over all sounds."""
    counts, left = Counter(), zero.clone()
    for reason, mask in voice.inert_reasons(parameters).items():
        counts[reason] += int((left & mask).sum())
        left &= ~mask
    cut = (voice.canonical(parameters) == 1) & (parameters < 1)
    for kind, mask in (("attack or decay outlasts the note", cut),):
        of_envelopes = torch.tensor(
            [name.endswith((".attack", ".decay")) for name in voice.parameter_names]
        )
        counts[kind] += int((left & mask & of_envelopes).sum())
        left &= ~(mask & of_envelopes)
    others = Counter(voice.parameter_names[column] for _, column in left.nonzero().tolist())
    return counts, others


def shares(counts, number):
    """Return counts over a number, the largest first, without zeros."""
    return {name: round(count / number, 4) for name, count in counts.most_common() if count}


def of_a_nebula(nebula, given):
    """Return what is null in the sounds of a nebula, and what is left beside the list."""
    config = SynthConfig(
        sample_rate=given.sample_rate,
        control_rate=given.control_rate,
        buffer_size_seconds=given.seconds,
        no_grad=False,
    )
    voice = Voice(config, nebula, backend="reference")
    table, numbers = voice.parameter_table, torch.arange(given.sounds)
    width = torch.tensor([one.maximum - one.minimum for one in table.ranges], dtype=torch.float64)
    parameters = voice.draw(numbers).double()
    values = table.to_physical(parameters)
    found = []
    for number in numbers.tolist():
        found.append(of_one_sound(voice, values[number], width, numbers[number] % 32))
        if (number + 1) % 50 == 0:
            with_left = sum(bool(len(one["missing"])) for one in found)
            print(f"{nebula}: {number + 1} sounds, {with_left} with more", flush=True)
    heard = [number for number, one in enumerate(found) if not one["silent"]]
    zero = torch.stack([one["zero"] for one in found])
    reasons, others = why_zero(voice, parameters, zero)
    holds, hunted, more, examples = {}, {}, Counter(), []
    for number, one in enumerate(found):
        for name, held in one["holds"].items():
            holds.setdefault(name, []).append(held)
        for name, held in one["hunted"].items():
            hunted.setdefault(name, []).append(held)
        in_this_one = set()
        for direction in one["missing"]:
            largest = direction.abs().argsort(descending=True)[:6].tolist()
            columns = [c for c in largest if direction[c].abs() > 0.1]
            in_this_one |= {table.names[c] for c in columns}
            if len(examples) < 20:
                examples.append(
                    {
                        "sound": number,
                        "direction": {
                            table.names[c]: round(float(direction[c]), 3) for c in columns
                        },
                    }
                )
        more.update(in_this_one)
    lacks = torch.tensor([bool(len(one["missing"])) for one in found])
    resting = at_rest(voice, parameters, numbers % 32)
    any_rest = torch.stack(list(resting.values())).any(0)
    middle = torch.tensor([one["determined"] for one in found], dtype=torch.float64)
    return {
        "sounds": len(found),
        "silent": len(found) - len(heard),
        "clipping": sum(one["clips"] for one in found),
        "determined dimensions at 1e-6, median": float(middle.median()),
        "null dimensions, median": float(
            torch.tensor([one["null"] for one in found], dtype=torch.float64).median()
        ),
        "columns that are 0, median": float(zero.sum(1).double().median()),
        "columns that are 0, a sound, by reason": shares(reasons, len(found)),
        "columns that are 0, a sound, for no reason of these": shares(others, len(found)),
        "listed direction null, share of the sounds it holds in": {
            name: round(sum(held) / len(held), 4) for name, held in holds.items()
        },
        "control: left out of the list, share of sounds where it is found": {
            name: round(sum(held) / len(held), 4) for name, held in hunted.items()
        },
        "sounds with a direction beside the list, of those where": {
            name: f"{int((where & lacks).sum())} of {int(where.sum())}"
            for name, where in {**resting, "none of these": ~any_rest}.items()
        },
        "sounds without a direction beside the list": sum(not len(one["missing"]) for one in found),
        "parameters in directions beside the list, share of sounds": shares(more, len(found)),
        "examples of such directions": examples,
    }


def parser():
    return options(
        __doc__,
        sounds=500,
        sample_rate=2205,
        control_rate=441,
        seconds=4.0,
        out=None,
        overwrite=False,
    )


def main():
    """Hunt, print what was found, and write the file."""
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
                "command": f"python tests/bench/null_directions.py --sounds {given.sounds}",
                "machine": str(this_machine(torch.device("cpu"))),
                **found,
                "seconds": round(time.time() - begun),
            },
            overwrite=given.overwrite,
        )


if __name__ == "__main__":
    main()
