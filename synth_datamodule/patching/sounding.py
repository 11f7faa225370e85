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

    def output(self, p: PatchValues, noise_rows: Tensor) -> Tensor:
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
    for number in range(_NUM_SOUNDS):
        if not bool(torch.isfinite(first[number]).all()):
            raise ValueError(
                f"{name}.output(): sound {number} has samples that are NaN or infinite"
            )
        if not torch.equal(first[number], second[number]):
            raise ValueError(
                f"{name}.output(): sound {number} has other samples when it is rendered again; a "
                "sound is a function of its number: take noise from a Noise part, not from "
                "torch.rand"
            )
    peak = float(first.abs().max())
    if peak > 1:
        warnings.warn(
            f"{name}: a sound reaches {peak:.3g}, beyond [-1, 1]; an AudioMixer at the end keeps "
            "within, and dm.levels(batch) tells the peak of each sound",
            stacklevel=6,
        )
