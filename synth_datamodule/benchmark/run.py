"""One run: seed, learn, guess, measure."""

import contextlib
import os
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytorch_lightning
import torch
from torch import Tensor

from synth_datamodule.benchmark.candidates import Candidate, unseen
from synth_datamodule.benchmark.measures import measure, measure_heard
from synth_datamodule.benchmark.results import KINDS, Result
from synth_datamodule.benchmark.task import TASK, Run
from synth_datamodule.measure.machine import this_machine
from synth_datamodule.measure.timing import timed
from synth_datamodule.numerics.ambient import untouched_determinism
from synth_datamodule.reporting import Advance

_FIGURES = 5  # significant ones of a per-sound value


class Outcome(NamedTuple):
    """What came out of a run.

    Args:
        result: Figures, and all that they come from.
        guesses: Guesses that were measured, float32. Shape ``[T, P]``.
    """

    result: Result
    guesses: Tensor


def run(candidate: Candidate, what: Run, advance: Advance = unseen) -> Outcome:
    """Run a candidate, and return what came out.

    The global random states are seeded first, torch is asked for algorithms that give the same bits
    each time, and on so many threads as the budget says, for its sums depend on them; so the same
    run on the same kind of machine gives the same metrics. ``advance`` is told the sounds done,
    each train sound and each test sound once, and what is being done.
    """
    heard = 0

    def hear(steps: int = 1, description: str | None = None) -> None:
        nonlocal heard
        heard += steps
        advance(steps, description)

    data, device = what.data(), what.place
    with _repeatable(what.seed, what.terms.threads):
        machine = this_machine(device, also=("torchaudio", "pytorch-lightning"))
        advance(0, f"{what.name}: learning and guessing")
        matching, guesses = timed(lambda: candidate(data, device, hear), device)
        # Not every candidate hears the train sounds.
        advance(what.num_train_sounds - heard, f"{what.name}: measuring")
        hold = measure if what.version == 1 else measure_heard
        measuring, (metrics, per_sound, digest) = timed(
            lambda: hold(guesses.parameters, data, device, advance), device
        )
    test_set = data.fingerprint("test")
    data.teardown()
    seconds = {"matching": matching, "measuring": measuring}
    more: dict[str, Any] = {}
    if what.version > 1:
        more["renders"] = float(guesses.renders)
        if guesses.seconds is not None:
            seconds["a target"] = float(guesses.seconds)
    result = KINDS[what.version](
        task=TASK,
        version=what.version,
        candidate=what.candidate,
        budget=what.budget,
        seed=what.seed,
        device=device.type,
        train_sounds=what.num_train_sounds,
        test_sounds=what.num_test_sounds,
        test_set=test_set,
        batch_size=data.batch_size,
        is_comparable=what.is_comparable,
        learned=guesses.learned,
        hyperparameters=guesses.hyperparameters,
        num_weights=guesses.num_weights,
        machine=machine,
        seconds=seconds,
        metrics=metrics,
        guesses_sha256=digest,
        per_sound={
            name: [float(f"{value:.{_FIGURES}g}") for value in values.tolist()]
            for name, values in per_sound.items()
        },
        **more,
    )
    return Outcome(result, guesses.parameters.detach().to("cpu", torch.float32).contiguous())


@contextlib.contextmanager
def _repeatable(seed: int, threads: int | None) -> Iterator[None]:
    pytorch_lightning.seed_everything(seed, verbose=False)
    num_threads = torch.get_num_threads()
    torch.set_num_threads(threads or num_threads)
    # cuBLAS reads this variable when it is first used.
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    with untouched_determinism():
        torch.use_deterministic_algorithms(True, warn_only=True)
        try:
            yield
        finally:
            torch.set_num_threads(num_threads)
