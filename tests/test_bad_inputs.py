"""Every public call, each argument given what it must not be: which error, and in which words."""

import importlib

import pytest
from bad import (
    corpus,
    datamodule,
    exact,
    features,
    identity,
    loading,
    matching,
    metrics,
    modules,
    parameters,
    plotting,
    pretraining,
    recordings,
    sweeps,
    synths,
    torchsynth,
)
from bad.values import one_line_of_300

ROOMS = (
    corpus,
    parameters,
    synths,
    modules,
    features,
    loading,
    matching,
    metrics,
    identity,
    sweeps,
    datamodule,
    exact,
    plotting,
    recordings,
    pretraining,
    torchsynth,
)
CALLS = [call for room in ROOMS for call in room.table()]
CASES = [
    pytest.param(call, good, argument, bad, id=f"{place}-{name}-{argument}-{bad.label}"[:120])
    for place, (name, call, good, wrong) in enumerate(CALLS)
    for argument, kinds in wrong.items()
    for bad in kinds
]
NOT_CALLED = {
    # made and handed out, not made by users
    "features": {"Levels"},
    "identity": {"Block", "Difference", "Manifest", "Verdict"}
    # SynthRecipe's other name, and what takes no argument
    | {"SynthDefinition", "shipped_manifests"},
    "loading": {"RenderAhead", "current_place"},
    # made and handed out
    "metrics": {"SoundDistances"},
    "modules": {"Values"},
    "parameters": {"shipped_nebulae"},
    # held in a space, which is; what needs Ray; what needs a study
    "sweeps": {"Choice", "Range", "ray_sweep", "write_plots"},
    # abstract; what torch makes of any tensor; an error; what takes no argument
    "torchsynth": {"ControlRateModule", "Signal", "RuleError", "check_for_reproducibility"},
}


@pytest.mark.parametrize(("call", "good", "argument", "bad"), CASES)
def test_what_is_not_allowed_is_an_error_that_says_what_is(call, good, argument, bad):
    given = {**good, argument: bad.value}
    positional = [given.pop(argument)] if argument == "signal" else []
    with pytest.raises(bad.error, match=bad.words) as raised:
        call(*positional, **given)
    assert one_line_of_300(str(raised.value)), str(raised.value)


@pytest.mark.parametrize(
    "room",
    [
        "corpus",
        "features",
        "identity",
        "loading",
        "metrics",
        "modules",
        "parameters",
        "plotting",
        "sweeps",
        "synths",
        "torchsynth",
    ],
)
def test_every_public_call_of_a_room_is_in_the_table(room):
    known = {name.partition(".")[0].removesuffix("()") for name, *_ in CALLS}
    public = importlib.import_module(f"synth_datamodule.{room}")
    names = {name for name in public.__all__ if callable(getattr(public, name))}
    assert names - known == NOT_CALLED.get(room, set())


def test_the_table_holds_1500_cases_and_more():
    assert len(CASES) >= 1500
    assert len({case.id for case in CASES}) == len(CASES), "each has a name of its own"
