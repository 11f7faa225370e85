"""A copy of a synth that is run to be watched: on two short sounds, in silence, without checks."""

import copy
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import replace
from typing import ClassVar, Protocol

import torch
from torch import Tensor, nn

from synth_datamodule.config import SynthConfig
from synth_datamodule.modules.base import SynthModule
from synth_datamodule.modules.noise import Noise
from synth_datamodule.parameters.table import ParameterTable
from synth_datamodule.patching.cables import WatchedValues
from synth_datamodule.patching.patch import Part, PatchValues
from synth_datamodule.patching.returned import Returned

NUM_SOUNDS = 2
# Up to 750 elements torch works on one thread, for tan and atan too.
_NUM_SAMPLES = 251
_FEWEST_FRAMES = 3


class Patch(Protocol):
    """What a synth shows of itself to be tried."""

    synthconfig: SynthConfig
    parameter_table: ParameterTable
    dtype: torch.dtype
    _asked: str
    _parts: ClassVar[dict[str, Part[SynthModule]]]

    @property
    def device(self) -> torch.device:
        """Where it renders."""
        ...

    def draw(self, indices: Tensor) -> Tensor:
        """Parameters of sounds by number."""
        ...

    def modules(self) -> Iterator[nn.Module]:
        """Itself and all modules in it."""
        ...

    def output(self, p: PatchValues, noise_rows: Tensor) -> Returned:
        """The patch."""
        ...


def copied(synth: Patch) -> Patch:
    """A copy on which no hook of the synth's modules is called."""
    table = synth.parameter_table
    memo: dict[int, object] = {id(table): table}
    for module in synth.modules():
        for hooks in (module._forward_hooks, module._forward_pre_hooks):
            memo[id(hooks)] = OrderedDict[int, object]()
    return copy.deepcopy(synth, memo)


def prepared(
    trial: Patch,
    config: SynthConfig,
    num_sounds: int = NUM_SOUNDS,
    parameters: Tensor | None = None,
) -> tuple[WatchedValues, Tensor, "Reached"]:
    """Return what a copy is run with: values, rows of silence, and its modules."""
    for module in trial.modules():
        attributes = vars(module)
        if "synthconfig" in attributes:
            attributes["synthconfig"] = config
        if isinstance(module, SynthModule):
            attributes["_check_range"] = _any_value
        if isinstance(module, Noise):
            silence = torch.zeros(1, dtype=torch.float32, device=trial.device)
            attributes["table"] = _Silence(silence.expand(32, config.buffer_size))
    reached = vars(trial)["_modules"] = Reached(vars(trial)["_modules"])
    names = trial.parameter_table.names
    if parameters is None:
        size = num_sounds, len(names)
        parameters = torch.full(size, 0.5, dtype=torch.float32, device=trial.device)
    values = WatchedValues(names, trial.parameter_table.to_physical(parameters).to(trial.dtype))
    rows = torch.zeros(num_sounds, dtype=torch.int64, device=trial.device)
    return values, rows, reached


def shortened(config: SynthConfig, longer: bool = False) -> SynthConfig:
    """Return the config with short sounds, and with rates that differ.

    Args:
        config: Rates and lengths.
        longer: Whether they are some longer, or their rates others, so that either shows.
    """
    length = _seconds(config.sample_rate, config.control_rate, longer)
    short = replace(config, buffer_size_seconds=length)
    short = min(config, short, key=lambda given: given.buffer_size)
    if short.buffer_size != short.control_buffer_size:
        return short
    # Rates that are one, or so near each other that short sounds do not tell them apart.
    rate = max(config.sample_rate, 5)
    control_rate = rate // (5 if longer else 4)
    length = _seconds(rate, control_rate, longer)
    return replace(config, sample_rate=rate, control_rate=control_rate, buffer_size_seconds=length)


def _seconds(sample_rate: int, control_rate: int, longer: bool) -> float:
    more = 2 if longer else 1
    return max(more * _NUM_SAMPLES / sample_rate, (_FEWEST_FRAMES + 2 * longer) / control_rate)


def _any_value(*_: object) -> None:
    """Values are checked where they are rendered."""


class _Silence:
    """A noise table of zeros, which takes no memory."""

    def __init__(self, table: Tensor) -> None:
        self.table = table

    def __call__(self, device: torch.device) -> Tensor:
        return self.table.to(device)


class Reached(dict[str, nn.Module]):
    """A synth's modules, and the names of those that the patch reached for."""

    def __init__(self, modules: dict[str, nn.Module]) -> None:
        super().__init__(modules)
        self.names: set[str] = set()

    def __getitem__(self, name: str) -> nn.Module:
        self.names.add(name)
        return super().__getitem__(name)
