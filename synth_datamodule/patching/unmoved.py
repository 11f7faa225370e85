"""Which symmetries that the cables tell of hold: a few sounds rendered, and moved."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, cast

import torch
from torch import Tensor

from synth_datamodule.modules.audio_mixer import normalize_if_clipping
from synth_datamodule.numerics.ambient import one_thread_in_a_fork, untouched_random_states
from synth_datamodule.numerics.tracing import beneath_func
from synth_datamodule.patching.patch import PatchValues
from synth_datamodule.patching.peaks import HEADROOM, lowered
from synth_datamodule.patching.returned import parted
from synth_datamodule.patching.trial import copied
from synth_datamodule.symmetry.base import Symmetry
from synth_datamodule.symmetry.gain import Gain

_NUM_SOUNDS = 16
_SECONDS = 0.25
_SAME = 1e-6


def unmoved(synth: Any, candidates: Iterable[Symmetry]) -> tuple[Symmetry, ...]:  # noqa: ANN401
    """Return the symmetries that leave some short sounds of a synth as they are, by its modules.

    A patch may do to a signal what its cables do not tell: double a note, or read a value twice.

    Args:
        synth: Synth; it is left as it is.
        candidates: Symmetries that its cables tell of.
    """
    config = synth.synthconfig
    short = replace(config, buffer_size_seconds=min(_SECONDS, config.buffer_size_seconds))
    with one_thread_in_a_fork(), beneath_func(), untouched_random_states(), torch.no_grad():
        trial: Any = copied(synth)
        for module in trial.modules():
            if "synthconfig" in vars(module):
                vars(module)["synthconfig"] = short
        numbers = torch.arange(_NUM_SOUNDS, dtype=torch.int64, device="cpu")
        parameters = synth.draw(numbers).to(synth.device, torch.float64)
        rows = numbers.to(synth.device)
        generator = torch.Generator(device="cpu").manual_seed(0)

        table = synth.parameter_table

        def audio(values: Tensor) -> Tensor:
            patch = PatchValues(synth.parameter_names, values.to(synth.dtype))
            with torch.autocast(synth.device.type, enabled=False):
                return cast(Tensor, parted(trial.output(patch, rows))[0])

        def other(one: Symmetry) -> Tensor:
            if isinstance(one, Gain):  # only a mixer's own normalising leaves nothing of its gain
                values = lowered(table.to_physical(parameters), one.columns)
                return normalize_if_clipping(audio(values) / HEADROOM)
            return audio(table.to_physical(one.moved(parameters, generator)))

        try:
            before = audio(table.to_physical(parameters))
            return tuple(one for one in candidates if _same(before, other(one)))
        except ValueError:  # a patch of one length, which cannot be tried
            return ()


def _same(one: Tensor, two: Tensor) -> bool:
    return bool(((one - two).abs() <= _SAME).all())
