"""How far the fused Voice is from its float64 definition, over 100,000 sounds of synth1B1.

Run ``python tests/bench/hundred_thousand.py``: the default Voice, sounds a constant odd step apart,
so that all 32 noise rows take part. ``--out`` writes the distribution and the worst ten as JSON.
With ``--pieces`` each piece of 500 sounds stays in that folder, and the same command goes on there.
"""

import json
import time

import torch
from options import options, read

from synth_datamodule import SynthConfig, Voice, reporting
from synth_datamodule.corpus.draws import noise_rows
from synth_datamodule.corpus.splits import CORPORA
from synth_datamodule.measure.machine import this_machine

BATCH = 10
PIECE = 500
SHARES = {"median": 0.5, "99 %": 0.99, "99.9 %": 0.999, "worst": 1.0}


def spread(num_sounds):
    """Return sound numbers spread over synth1B1, an odd step apart."""
    step = (CORPORA["synth1B1"] // num_sounds - 1) | 1
    return torch.arange(num_sounds) * step


def errors(config, numbers):
    """Return of each sound the largest difference from its definition."""
    fused, defined = (Voice(config, backend=name) for name in ("fused", "reference"))
    found = []
    for some in numbers.split(BATCH):
        parameters, rows = fused.draw(some), noise_rows(some)
        difference = fused.render(parameters, rows) - defined.synthesize(parameters, rows)
        found += difference.abs().amax(dim=1).tolist()
    return found


def piece(config, numbers, folder):
    """Return errors and seconds of some sounds, from the folder where it has them."""
    path = folder and folder / f"{numbers[0]}-{numbers[-1]}-{len(numbers)}.json"
    settings = repr(config)
    if path and path.exists():
        kept = json.loads(reporting.read_text(path, str(path)))
        if kept["settings"] != settings:
            raise ValueError(f"{path} is of other settings, {kept['settings']}")
        return kept["errors"], kept["seconds"]
    begun = time.perf_counter()
    found, seconds = errors(config, numbers), time.perf_counter() - begun
    if path:
        kept = {"settings": settings, "errors": found, "seconds": seconds}
        reporting.write_json(path, kept)
    return found, seconds


def distribution(numbers, found):
    """Return quantiles, how many lie beyond 1e-5, and the worst ten; NaN is an error."""
    found = torch.tensor(found, dtype=torch.float64)
    if not found.isfinite().all():
        wrong = numbers[~found.isfinite()].tolist()
        raise ValueError(f"sounds must be finite, got others at {wrong[:10]}")
    quantiles = torch.quantile(found, torch.tensor(list(SHARES.values()), dtype=torch.float64))
    worst = found.argsort(descending=True)[:10]
    return {
        "sounds": len(found),
        **dict(zip(SHARES, quantiles.tolist(), strict=True)),
        "beyond 1e-5": int((found > 1e-5).sum()),
        "worst ten": [
            {"sound": number, "error": error}
            for number, error in zip(numbers[worst].tolist(), found[worst].tolist(), strict=True)
        ],
    }


def parser():
    return options(__doc__, sounds=100_000, threads=1, pieces=None, out=None, overwrite=False)


def main(arguments=None, config=None):
    """Measure piece by piece, print how far it is, and write the file."""
    given = read(parser(), lambda given: [given.out] if given.out else (), arguments)
    torch.set_num_threads(given.threads)
    config, numbers = config or SynthConfig(), spread(given.sounds)
    found, seconds = [], 0.0
    for some in numbers.split(PIECE):
        more, took = piece(config, some, given.pieces)
        found, seconds = found + more, seconds + took
        print(f"{len(found)} sounds, worst {max(found):.3g}, {seconds:.0f} s", flush=True)
    result = {
        "command": f"python tests/bench/hundred_thousand.py --sounds {given.sounds}",
        "machine": str(this_machine(torch.device("cpu"))),
        "seconds": round(seconds),
        **distribution(numbers, found),
    }
    print(json.dumps(result, indent=2))
    if given.out:
        reporting.write_json(given.out, result, overwrite=given.overwrite)


if __name__ == "__main__":
    main()
