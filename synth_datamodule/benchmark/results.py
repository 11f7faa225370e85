"""The file that a run leaves: all that defines it, what it cost, what came out."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from synth_datamodule.benchmark.measures import Metrics, SoundMeasures
from synth_datamodule.benchmark.task import TASK, VERSION
from synth_datamodule.measure.machine import Machine
from synth_datamodule.reporting import write_text

_FIGURES = 5  # significant ones of a per-sound value


@dataclass(frozen=True)
class Result:
    """What a run gives.

    Args:
        task: Name of the task.
        version: Version of the task.
        candidate: A baseline's name, or a model's import path.
        budget: ``"cpu"`` or ``"gpu"``.
        seed: Seed of the weights, and of the choice and order of train sounds.
        device: ``"cpu"`` or ``"cuda"``.
        train_sounds: Number of train sounds handed out.
        test_sounds: Number of test sounds measured on, the first of the split.
        test_set: Fingerprint of the test sounds, as this machine renders them.
        batch_size: Sounds handed out at a time.
        is_comparable: Whether it is the task itself, and no shorter trial run.
        learned: ``"here"`` from those sounds, ``"elsewhere"`` or ``"nothing"``.
        hyperparameters: Settings that define the candidate, by name.
        num_weights: Number of weights that the candidate has learned.
        machine: Machine of the run, with versions.
        seconds: Time of ``"matching"``, learning and guessing, and of ``"measuring"``.
        metrics: Means over the test sounds.
        guesses_sha256: SHA-256 of the guesses' bits.
        per_sound: Errors and distances of each test sound, ascending, to five figures.
    """

    task: str
    version: int
    candidate: str
    budget: str
    seed: int
    device: str
    train_sounds: int
    test_sounds: int
    test_set: str
    batch_size: int
    is_comparable: bool
    learned: str
    hyperparameters: dict[str, object]
    num_weights: int
    machine: Machine
    seconds: dict[str, float]
    metrics: Metrics
    guesses_sha256: str
    per_sound: dict[str, list[float]]

    def write(self, path: Path, *, overwrite: bool = False) -> None:
        """Write the result as JSON, a line per field; see ``reporting.write_bytes``.

        Args:
            path: The file's path.
            overwrite: Whether a file with other bytes may be replaced.
        """
        fields = asdict(self)
        sounds = ",\n    ".join(_members(fields.pop("per_sound")))
        lines = [*_members(fields), f'"per_sound": {{\n    {sounds}\n  }}']
        write_text(path, "{\n  " + ",\n  ".join(lines) + "\n}\n", overwrite=overwrite)


def _members(fields: Mapping[str, object]) -> Iterator[str]:
    for name, value in fields.items():
        yield f"{json.dumps(name)}: {json.dumps(value, default=repr)}"


def rounded(per_sound: SoundMeasures) -> dict[str, list[float]]:
    """Return per-sound values as a file holds them.

    Args:
        per_sound: Errors and distances of each sound, in any precision.
    """
    return {
        name: [float(f"{value:.{_FIGURES}g}") for value in values.tolist()]
        for name, values in per_sound._asdict().items()
    }


def read(path: Path) -> Result:
    """Return the result in a file.

    Args:
        path: File that ``Result.write`` has written.

    Raises:
        OSError: If the file cannot be read.
        ValueError: If the file holds no result of this task and version.
    """
    rule = f"{path} must be a result of {TASK}, version {VERSION}"
    try:
        fields = json.loads(path.read_text(encoding="utf-8"))
        given = fields["task"], fields["version"]
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{rule}: {error!r}") from error
    if given != (TASK, VERSION):
        raise ValueError(f"{rule}, got {given[0]}, version {given[1]}")
    try:
        fields["machine"] = Machine(**fields["machine"])
        fields["metrics"] = Metrics(**fields["metrics"])
        return Result(**fields)
    except (KeyError, TypeError) as error:
        raise ValueError(f"{rule}: {error}") from error
