"""What a measurement gives: plain values, as they are written to the JSON file."""

from dataclasses import dataclass

from synth_datamodule.measure.distance import Distance
from synth_datamodule.measure.machine import Machine
from synth_datamodule.measure.settings import Settings
from synth_datamodule.measure.start import Start


@dataclass(frozen=True)
class Row:
    """What a candidate takes and gives at a batch size.

    Args:
        batch_size: Sounds per batch.
        candidate: Its name.
        seconds: Per batch, the median of the rounds.
        rounds: Seconds of each.
        first_call: Seconds of the first call, with what was compiled in it.
        sounds_per_second: At ``seconds``.
        realtime: Seconds of sound per second.
        output_bytes: Of the audio.
        peak_bytes: The most memory held at once, the output included; None where nobody tells.
        distance: From the definition; None where the sounds are others.
        copy_share: Of the GPU's copy bandwidth, reached by the output's bytes; None on a CPU.
    """

    batch_size: int
    candidate: str
    seconds: float
    rounds: list[float]
    first_call: float
    sounds_per_second: float
    realtime: float
    output_bytes: int
    peak_bytes: int | None
    distance: Distance | None
    copy_share: float | None


@dataclass(frozen=True)
class Failure:
    """A candidate that does not run at a batch size.

    Args:
        batch_size: Sounds per batch.
        candidate: Its name.
        reason: The error, in one line.
    """

    batch_size: int
    candidate: str
    reason: str


@dataclass(frozen=True)
class Speed:
    """All that was measured.

    Args:
        machine: Where.
        settings: What.
        rows: By batch size, then candidate.
        copy_bandwidth: Of the GPU, by batch size, in bytes per second; empty on a CPU.
        start: Seconds to the first batch.
        notes: What there is to say beside.
    """

    machine: Machine
    settings: Settings
    rows: list[Row | Failure]
    copy_bandwidth: dict[int, float]
    start: Start
    notes: list[str]
