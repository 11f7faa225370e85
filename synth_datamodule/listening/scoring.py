"""What listeners answered: read, checked, put together with intervals."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from synth_datamodule import checks
from synth_datamodule.listening.intervals import at_least, mean_interval, share_interval
from synth_datamodule.reporting import json_of, read_text

TESTS = ("abx", "mushra")
"""Blind tests, by name."""
VERSION = 1
"""Version of the files of answers."""
LEAST_REFERENCE = 90
MOST_MISSED = 0.15
"""A listener who rates the hidden reference below 90 in more than 15 % of the trials is left out,
by ITU-R BS.1534-3, 4.1.2."""

_RULE = "must hold the answers to a blind test, version 1, as its page saves them"


@dataclass(frozen=True)
class Answers:
    """One listener's answers.

    Args:
        path: File.
        test: ``"abx"`` or ``"mushra"``.
        page: Identity of the page.
        run: Identity of the run of the page.
        trials: Pairs of a system and whether the answer was right (A/B/X); or, for each trial,
            ratings by system, ``"(reference)"`` and ``"(anchor)"`` among them.
    """

    path: Path
    test: str
    page: str
    run: str
    trials: tuple[Any, ...]


REFERENCE, ANCHOR = "(reference)", "(anchor)"
"""Names of the hidden signals; candidates are called as their files are."""


def read_answers(path: Path) -> Answers:
    """Return the answers of a file.

    Raises:
        OSError: If it cannot be read.
        ValueError: If it holds no answers.
    """
    source = str(path)
    held = json_of(read_text(path, source), source)
    try:
        if held["version"] != VERSION or held["test"] not in TESTS:
            raise ValueError(f"version {held['version']!r:.20}, test {held['test']!r:.20}")
        read = _abx if held["test"] == "abx" else _ratings
        trials = tuple(read(trial) for trial in held["trials"])
        if not trials:
            raise ValueError("it has no trial")
        return Answers(path, held["test"], str(held["page"]), str(held["run"]), trials)
    except (AttributeError, KeyError, IndexError, TypeError, ValueError) as error:
        raise ValueError(f"{source} {_RULE}: {type(error).__name__} {error!s:.120}") from error


def _abx(trial: Any) -> tuple[str, bool]:  # noqa: ANN401  # whatever JSON holds
    words = {name: checks.one_of(name, trial[name], ("target", "candidate")) for name in "abx"}
    if words["a"] == words["b"]:
        raise ValueError("a and b are the same")
    answer = checks.one_of("answer", trial["answer"], ("a", "b"))
    return _name(trial["system"]), words[answer] == words["x"]


def _ratings(trial: Any) -> dict[str, float]:  # noqa: ANN401  # whatever JSON holds
    found: dict[str, float] = {}
    for rating in trial["ratings"]:
        kind = checks.one_of("kind", rating["kind"], ("reference", "anchor", "candidate"))
        name = _name(rating["system"]) if kind == "candidate" else f"({kind})"
        value = checks.real_number("rating", rating["rating"])
        if not 0 <= value <= 100 or name in found:
            raise ValueError(f"rating of {name:.40} must be one in [0, 100], got {value:g}")
        found[name] = value
    if not {REFERENCE, ANCHOR} < found.keys():
        raise ValueError("a trial lacks its hidden reference, anchor, or candidates")
    return found


def _name(word: object) -> str:
    return checks.instance("system", word, str)


@dataclass(frozen=True)
class Score:
    """What all answers say.

    Args:
        header: Names of a table's columns.
        rows: Rows of the table, a system each.
        notes: Sentences about how they came to be.
    """

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...]


def score(every: Sequence[Answers]) -> Score:
    """Return what all answers to one test say.

    Raises:
        ValueError: If two are of different pages, or the same run.
    """
    first = every[0]
    runs: dict[str, Path] = {}
    for answers in every:
        if (answers.test, answers.page) != (first.test, first.page):
            raise ValueError(f"{answers.path} must be of the page that {first.path} is of")
        if answers.run in runs:
            raise ValueError(f"{answers.path} and {runs[answers.run]} are the same answers")
        runs[answers.run] = answers.path
    return (_score_abx if first.test == "abx" else _score_ratings)(every)


def _score_abx(every: Sequence[Answers]) -> Score:
    given: dict[str, list[bool]] = {}
    for answers in every:
        for system, right in answers.trials:
            given.setdefault(system, []).append(right)
    rows = []
    for system, rights in given.items():
        share, low, high = share_interval(sum(rights), len(rights))
        chance = at_least(sum(rights), len(rights))
        rows.append(
            (
                system,
                f"{sum(rights)} of {len(rights)}",
                f"{share:.1%}",
                f"{low:.1%} to {high:.1%}",
                "< 0.0001" if chance < 1e-4 else f"{chance:.4f}",
            )
        )
    return Score(
        ("system", "right", "share", "95 % interval", "p"),
        tuple(rows),
        (
            f"{_listeners(len(every))}; 50 % is guessing: no difference is heard",
            "interval: Clopper and Pearson's, over all answers; p: of so many right or more by "
            "guessing, one-sided",
        ),
    )


def _score_ratings(every: Sequence[Answers]) -> Score:
    kept = [answers for answers in every if not _misses_reference(answers)]
    left_out = [str(answers.path) for answers in every if _misses_reference(answers)]
    rows = []
    for system in dict.fromkeys(name for answers in every for name in _names(answers)):
        shown = [system]
        for some in (kept, every) if left_out else (kept,):
            shown += _interval_cells([_of(answers, system) for answers in some])
        rows.append(tuple(shown))
    rows.sort(key=lambda row: (row[0] not in (REFERENCE, ANCHOR), row[0]))
    columns = ["system", "mean", "95 % interval"]
    columns += ["mean of all", "interval of all"] if left_out else []
    over = "listeners' means" if len(kept) > 1 else "this listener's trials"
    notes = [
        f"{_listeners(len(kept))}; interval: Student's t over {over}",
        f"left out by ITU-R BS.1534-3 (hidden reference below {LEAST_REFERENCE} in more than "
        f"{MOST_MISSED:.0%} of the trials): {', '.join(left_out) or 'nobody'}",
    ]
    return Score(tuple(columns), tuple(rows), tuple(notes))


def _interval_cells(ratings: Sequence[Sequence[float]]) -> tuple[str, str]:
    """Return a mean and its interval over listeners, over one listener's trials."""
    rated = [row for row in ratings if row]
    one = rated[0] if len(rated) == 1 else []
    values = one or [sum(row) / len(row) for row in rated]
    if not values:
        return "-", "-"
    mean, low, high = mean_interval(values)
    return f"{mean:.1f}", "-" if low != low else f"{max(low, 0):.1f} to {min(high, 100):.1f}"


def _misses_reference(answers: Answers) -> bool:
    missed = sum(trial[REFERENCE] < LEAST_REFERENCE for trial in answers.trials)
    return bool(missed > MOST_MISSED * len(answers.trials))


def _names(answers: Answers) -> Iterator[str]:
    for trial in answers.trials:
        yield from trial


def _of(answers: Answers, system: str) -> list[float]:
    return [trial[system] for trial in answers.trials if system in trial]


def _listeners(number: int) -> str:
    return f"{number} listener{'s' * (number != 1)}"
