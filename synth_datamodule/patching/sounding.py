"""A patch heard once before it is handed out: the same sound twice, of finite samples."""

import copy
import warnings
from dataclasses import replace
from typing import Protocol

import torch
from torch import Tensor, nn

from synth_datamodule.config import SynthConfig
from synth_datamodule.numerics.ambient import untouched_random_states
from synth_datamodule.parameters.table import ParameterTable
from synth_datamodule.patching.patch import PatchValues
from synth_datamodule.patching.returned import Returned, parted

_NUM_SOUNDS = 8


class Sounding(Protocol):
    """What a synth shows of itself to be heard."""

    synthconfig: SynthConfig
    parameter_table: ParameterTable
    dtype: torch.dtype

    @property
    def device(self) -> torch.device:
        """Where it renders."""
        ...

    def draw(self, indices: Tensor) -> Tensor:
        """Parameters of sounds by number."""
        ...

    def output(self, p: PatchValues, noise_rows: Tensor) -> Returned:
        """The patch."""
        ...


def check_sounds(synth: Sounding, short: SynthConfig) -> None:
    """Render a few short sounds twice, with a copy of the synth; random states stay.

    Args:
        synth: A synth whose wiring is right; it is left as it is.
        short: Settings of the copy.

    Raises:
        ValueError: If a sound is another the second time, or has a sample that is no number.
    """
    table = synth.parameter_table
    trial = copy.deepcopy(synth, {id(table): table})
    assert isinstance(trial, nn.Module), "synths are modules"
    for module in trial.modules():
        if "synthconfig" in vars(module):
            vars(module)["synthconfig"] = replace(short)
    name, numbers = type(synth).__name__, torch.arange(_NUM_SOUNDS, dtype=torch.int64, device="cpu")
    parameters = synth.draw(numbers).to(synth.device)
    values = PatchValues(table.names, table.to_physical(parameters).to(synth.dtype))
    rows = numbers.to(synth.device)
    autocast = torch.autocast(synth.device.type, enabled=False)
    with untouched_random_states(), torch.no_grad(), autocast:
        try:
            first, second = trial.output(values, rows), trial.output(values, rows)
        except (
            Exception
        ):  # a patch of one length, or of some values alone: the first render says so
            return
    made, again = _all_of(first), _all_of(second)
    heard = made[0]
    for number in range(_NUM_SOUNDS):
        if not bool(torch.isfinite(heard[number]).all()):
            raise ValueError(
                f"{name}.output(): sound {number} has samples that are NaN or infinite"
            )
        pairs = zip(made, again, strict=True)
        if not all(torch.equal(_told(one[number]), _told(two[number])) for one, two in pairs):
            raise ValueError(
                f"{name}.output(): sound {number} has other samples when it is rendered again; a "
                "sound is a function of its number: take noise from a Noise part, not from "
                "torch.rand"
            )
    peak = float(heard.abs().max())
    if peak > 1:
        warnings.warn(
            f"{name}: a sound reaches {peak:.3g}, beyond [-1, 1]; an AudioMixer at the end keeps "
            "within, and dm.levels(batch) tells the peak of each sound",
            stacklevel=6,
        )


def _all_of(returned: object) -> list[Tensor]:
    """The audio that a patch returned, and what it returned beside it."""
    audio, extras = parted(returned)
    return [one for one in (audio, *extras.values()) if isinstance(one, Tensor)]


def _told(signal: Tensor) -> Tensor:
    """A signal that equals itself: beside the audio, what is unknown may be NaN."""
    return signal.nan_to_num()
