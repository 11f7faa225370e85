"""A patch's program, traced on copies of its synth; and its own formulas heard beside its parts."""

import contextlib

import torch
from torch import Tensor

from synth_datamodule.config import SynthConfig
from synth_datamodule.modules.noise import Noise
from synth_datamodule.numerics.ambient import one_thread_in_a_fork, untouched_random_states
from synth_datamodule.numerics.tracing import beneath_func
from synth_datamodule.patching.agreement import Tried, check_agreement
from synth_datamodule.patching.cables import WatchedValues
from synth_datamodule.patching.formulas import has_own_formula
from synth_datamodule.patching.tracing import Tracer
from synth_datamodule.patching.trial import (
    NUM_SOUNDS,
    Patch,
    Reached,
    copied,
    prepared,
    shortened,
)
from synth_datamodule.program import Program, Unknown

_MORE_SOUNDS = 3
_NUM_HEARD = 4
_MOST_SILENT = 2**20  # samples that a patch is run on only to see what follows from their number


class Trace:
    """What was traced of a patch.

    Args:
        program: Program of the patch, or why there is none.
        tracer: Who traced it.
        returned: Audio that the patch returned, and signals beside it.
        is_settled: Whether there is none whatever the sounds' number and length.
    """

    def __init__(
        self,
        program: Program | str,
        tracer: Tracer | None = None,
        returned: object = None,
        is_settled: bool = False,
    ) -> None:
        self.program, self.tracer, self.returned = program, tracer, returned
        self.is_settled = is_settled

    def is_like(self, other: "Trace") -> bool:
        """Return whether both have one program."""
        return isinstance(self.program, Program) and self.program == other.program


def traced(synth: Patch) -> Trace:
    """Return the program of a patch, as copies of the synth show it, or why there is none.

    It is run twice, on other numbers of sounds and samples: a program that is the same has none of
    them in it. Else it is run in full length, which it may then tell of.

    Args:
        synth: A synth with all its attributes; it is left as it is.
    """
    with one_thread_in_a_fork(), beneath_func(), untouched_random_states():
        config = synth.synthconfig
        # In full length parts with formulas need not run, if shapes tell what they give.
        silent = config.control_buffer_size < config.buffer_size <= _MOST_SILENT
        other = config if silent else shortened(config, longer=True)
        trace = _traced(synth, shortened(config), NUM_SOUNDS)
        if trace.is_settled or trace.is_like(_traced(synth, other, _MORE_SOUNDS, silent=silent)):
            return trace
        trace = _traced(synth, config, NUM_SOUNDS, silent=silent)
        if trace.is_settled or trace.is_like(_traced(synth, config, _MORE_SOUNDS, silent=silent)):
            return trace
        if isinstance(trace.program, str):
            return trace
        return Trace("output() is another patch for another number of sounds, or each time")


def _traced(synth: Patch, config: SynthConfig, num_sounds: int, *, silent: bool = False) -> Trace:
    try:
        trial = copied(synth)
        ready = prepared(trial, config, num_sounds)
        tracer, returned = _trace(trial, ready, config, silent=silent)
        return Trace(tracer.program(returned), tracer, returned)
    except Unknown as error:
        return Trace(str(error), is_settled=True)
    except Exception as error:  # whatever a patch does where it cannot be run on such sounds
        return Trace(f"{type(error).__name__}: {error}")


def _trace(
    trial: Patch,
    prepared: tuple[WatchedValues, Tensor, Reached],
    config: SynthConfig,
    *,
    silent: bool = False,
) -> tuple[Tracer, object]:
    """Run a copy and write down what it does."""
    values, rows, reached = prepared
    sizes = len(rows), config.control_buffer_size, config.buffer_size
    columns = {name: column for column, name in enumerate(trial.parameter_table.names)}
    tracer = Tracer(columns, sizes, silent=silent)
    for part in trial._parts:
        tracer.watch(part, dict.__getitem__(reached, part))
    tracer.given(values.by_module(), rows)
    before = _kept_by(trial)
    with torch.no_grad(), torch.autocast(trial.device.type, enabled=False), tracer:
        returned = trial.output(values, rows)
    after = _kept_by(trial)
    for name in sorted(before.keys() | after.keys()):
        if before.get(name) != after.get(name):
            raise Unknown(f"output() changes what the synth keeps as {name}")
    return tracer, returned


def check_formulas(synth: Patch, config: SynthConfig) -> None:
    """Check that the formulas of parts that are not of this package give what the parts give."""
    own = [name for name in synth._parts if has_own_formula(getattr(synth, name))]
    if not own:
        return
    with beneath_func(), untouched_random_states():
        trial = copied(synth)
        noises = [one for one in trial.modules() if isinstance(one, Noise)]
        tables = {one: one.table for one in noises}
        rows = torch.arange(_NUM_HEARD, dtype=torch.int64, device="cpu")
        parameters = synth.draw(rows).to(synth.device)
        values, _, reached = prepared(trial, config, parameters=parameters)
        for noise, table in tables.items():
            noise.free()
            vars(noise)["table"] = table

        def noise_of(device: torch.device) -> dict[int, Tensor]:
            return {one.seed: table(device) for one, table in tables.items()}

        rows = rows.to(synth.device)
        with contextlib.suppress(Unknown):  # a patch without a program, which says why
            tracer, returned = _trace(trial, (values, rows, reached), config)
            tried = Tried(tracer, returned, parameters, rows, noise_of)
            check_agreement(type(synth).__name__, tried, own, config, synth.parameter_table)


def _kept_by(synth: Patch) -> dict[str, object]:
    """What a synth keeps, by name, so that a change of it shows."""
    kept: dict[str, object] = {}
    for name, value in vars(synth).items():
        if isinstance(value, (dict, list, set)) and name != "_modules":
            items = value.items() if isinstance(value, dict) else ((one,) for one in value)
            kept[name] = [tuple(id(one) for one in item) for item in items]
        else:
            kept[name] = id(value)
    return kept
