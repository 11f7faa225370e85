"""A loader's state as it is read again: the position that it tells, or what is wrong with it."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from synth_datamodule import checks
from synth_datamodule.loading.notes import sounds_per_batch
from synth_datamodule.loading.order import check_order
from synth_datamodule.loading.position import MOST, Position
from synth_datamodule.loading.shards import Shards


def read_state(
    state: Mapping[str, Any],
    here: Mapping[str, int],
    num_sounds: int,
    notes_per_sound: int,
    drop_last: bool,
    order: Mapping[str, Any],
) -> tuple[Position, dict[str, int]]:
    """Return the position that a loader's state tells, and the numbers beside it by name.

    Args:
        state: Dict that ``SoundLoader.state_dict`` returned.
        here: Batch size and number of devices of the loader that goes on, ``"batch_size"`` and
            ``"devices"``, for a state that does not tell its own.
        num_sounds: Number of sounds in an epoch.
        notes_per_sound: Rows of each sound.
        drop_last: Whether a last, partial batch is left out.
        order: Settings that decide on the sounds and their order.

    Returns:
        The position, and ``batch_size``, ``devices``, ``cycles`` and ``comes_again``.

    Raises:
        TypeError: If ``state`` is not a mapping, or a number in it is not an integer.
        ValueError: If a key is unknown or missing, there is no such position, or it is one in other
            sounds or another order; it names the setting and both values.
    """
    if not isinstance(state, Mapping):
        raise TypeError(f"state must be what state_dict() returned, got {type(state).__name__}")
    given = {**here, "cycles": 0, "comes_again": 0}
    needed, known = [*Position().state()], {field.name for field in fields(Position)}
    missing = [name for name in needed if name not in state]
    unknown = [name for name in state if name not in {*known, *given, "order"}]
    if missing or unknown:
        raise ValueError(
            f"state must have the keys {needed} and what else state_dict() returns, "
            f"{'it lacks' if missing else 'got'} {checks.shown([*missing, *unknown][0])}"
        )
    if "order" in state:
        check_order(state["order"], order)
    for name in given:
        minimum = 0 if name in ("cycles", "comes_again") else 1
        given[name] = checks.whole_number(name, state.get(name, given[name]), minimum, MOST)
    numbers = {name: state[name] for name in known & state.keys()}
    per_batch = sounds_per_batch(given["batch_size"], notes_per_sound)
    dealt = Shards(num_sounds, per_batch, given["devices"], drop_last)
    position = Position.of(numbers, dealt)
    checks.whole_number("cycles", given["cycles"], 0, position.epoch)
    return position, given
