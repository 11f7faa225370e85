"""AbstractSynth: a synth that keeps its parameters, and may freeze them."""

from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from synth_datamodule import checks
from synth_datamodule.corpus import draw_parameters
from synth_datamodule.corpus.splits import NUM_SOUNDS, is_train
from synth_datamodule.parameters.hyperparameters import Hyperparameter
from synth_datamodule.torchsynth import hyperparameters as nebulae
from synth_datamodule.torchsynth.base import SynthModule
from synth_datamodule.torchsynth.config import SynthConfig
from synth_datamodule.torchsynth.dropped import said
from synth_datamodule.torchsynth.parameter import ModuleParameter, ModuleParameterRange, range_of
from synth_datamodule.torchsynth.rules import RuleError

Declared = tuple[str, type[SynthModule]] | tuple[str, type[SynthModule], Mapping[str, Any]]
"""Name of a module, its class, and what the class takes after the config."""


class AbstractSynth(nn.Module):
    """A synth of modules that keep their parameters; a subclass adds modules and writes ``output``.

    It is a ``torch.nn.Module``, where torchsynth's is a LightningModule: ``trainer.test(synth)`` is
    done by ``SynthDataModule``, whose synths (``synth_datamodule.AbstractSynth``) take parameters
    as an argument.

    Args:
        synthconfig: Rates, lengths and switches; None is ``SynthConfig()``.

    Raises:
        TypeError: If ``synthconfig`` is of another type.

    Example:
        >>> from synth_datamodule.torchsynth.module import MonophonicKeyboard, SineVCO
        >>> class Whistle(AbstractSynth):
        ...     def __init__(self, synthconfig=None):
        ...         super().__init__(synthconfig)
        ...         self.add_synth_modules([("keyboard", MonophonicKeyboard), ("vco", SineVCO)])
        ...
        ...     def output(self):
        ...         midi_f0, duration = self.keyboard()
        ...         return self.vco(midi_f0)
        >>> audio, parameters, is_train = Whistle(SynthConfig(32, buffer_size_seconds=0.1))(0)
        >>> audio.shape, parameters.shape
        (torch.Size([32, 4410]), torch.Size([32, 5]))
    """

    _anchor: Tensor

    def __init__(self, synthconfig: SynthConfig | None = None) -> None:
        super().__init__()
        given = SynthConfig() if synthconfig is None else synthconfig
        self.synthconfig = checks.instance("synthconfig", given, SynthConfig)
        self.register_buffer(
            "_anchor", torch.empty(0, dtype=torch.float32, device="cpu"), persistent=False
        )

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  # a module, or torch's own
        try:
            return super().__getattr__(name)
        except AttributeError as error:
            raise AttributeError(f"{error}{said(name)}") from None

    @property
    def device(self) -> torch.device:
        """Device of the synth; ``.to(device)`` moves it."""
        return self._anchor.device

    @property
    def batch_size(self) -> Tensor:
        """Number of sounds, B."""
        return self.synthconfig.batch_size

    @property
    def sample_rate(self) -> Tensor:
        """Audio rate in hertz."""
        return self.synthconfig.sample_rate

    @property
    def buffer_size(self) -> Tensor:
        """Samples of a sound, N."""
        return self.synthconfig.buffer_size

    @property
    def buffer_size_seconds(self) -> Tensor:
        """Length of a sound in seconds."""
        return self.synthconfig.buffer_size_seconds

    def add_synth_modules(self, modules: Iterable[Declared]) -> None:
        """Make modules and add them under their names.

        Args:
            modules: Tuples of a name, a subclass of SynthModule and, where it takes more than the
                config, a dict of that.

        Raises:
            TypeError: If a class is no SynthModule.
        """
        for name, kind, *rest in modules:
            if not (isinstance(kind, type) and issubclass(kind, SynthModule)):
                raise TypeError(
                    f"{checks.shown(name)} must be a SynthModule of synth_datamodule.torchsynth, "
                    f"got {checks.shown(kind)}"
                )
            arguments: Mapping[str, Any] = rest[0] if rest and rest[0] else {}
            self.add_module(name, kind(self.synthconfig, device=self.device, **arguments))

    def synth_modules(self) -> dict[str, SynthModule]:
        """Return the synth's modules by name, as declared."""
        return {name: one for name, one in self.named_modules() if isinstance(one, SynthModule)}

    def columns(self) -> dict[tuple[str, str], ModuleParameter]:
        """Return all parameters by module and name, in the order of ``forward``'s columns."""
        return {
            (module, name): one.get_parameter(name)
            for module, one in self.synth_modules().items()
            for name in one.torchparameters
        }

    def get_parameters(
        self, include_frozen: bool = False
    ) -> "OrderedDict[tuple[str, str], ModuleParameter]":
        """Return the parameters by module and name, modules sorted by name.

        Args:
            include_frozen: Whether to return frozen ones too.
        """
        checks.truth_value("include_frozen", include_frozen)
        columns = sorted(self.columns().items(), key=lambda column: column[0][0])
        return OrderedDict((name, one) for name, one in columns if include_frozen or not one.frozen)

    def set_parameters(
        self, params: Mapping[tuple[str, str], Tensor], freeze: bool | None = False
    ) -> None:
        """Set values of some parameters.

        Args:
            params: Values in the parameters' ranges, by module and name. Each of shape ``[B]``.
            freeze: Whether to freeze them there.

        Raises:
            RuntimeError: If a parameter is frozen.
            TypeError: If a value is not a float tensor.
            ValueError: If a name is unknown, a shape not ``[B]``, or a value out of range.
        """
        if not isinstance(params, Mapping):
            raise TypeError(f"params must map names to values, got {checks.shown(params)}")
        found = {name: self._parameter(name) for name in params}
        modules = self.synth_modules()
        # All of them before any is set.
        numbers = {
            (module, name): modules[module].numbers_of(name, value)
            for (module, name), value in params.items()
        }
        with torch.inference_mode(False):
            for name, parameter in found.items():
                parameter.data = numbers[name]
                parameter.frozen |= bool(freeze)

    def freeze_parameters(self, params: Sequence[tuple[str, str]]) -> None:
        """Freeze parameters where they are, by module and name."""
        for parameter in [self._parameter(name) for name in params]:
            parameter.frozen = True

    def unfreeze_all_parameters(self) -> None:
        """Let all parameters change again."""
        for parameter in self.columns().values():
            parameter.frozen = False

    def _parameter(self, name: object) -> ModuleParameter:
        if not (isinstance(name, tuple) and len(name) == 2):
            raise TypeError(f"a parameter is named (module, parameter), got {checks.shown(name)}")
        known = self.synth_modules()
        if name[0] not in known:
            raise ValueError(
                f"the modules are {checks.shown(list(known))}, got {checks.shown(name[0])}"
            )
        return known[name[0]].get_parameter(name[1])

    def randomize(self, seed: int | None = None) -> None:
        """Draw all parameters that are not frozen.

        With a seed they become the draws of sounds ``seed * B ... seed * B + B - 1``, bit for bit
        torchsynth's. What is not frozen is drawn as if nothing were.

        Args:
            seed: Number of a batch; None is uniform numbers of ``torch.rand``'s state, which
                ``reproducible`` refuses.

        Raises:
            TypeError: If ``seed`` is not an integer.
            ValueError: If it is out of range, or None where ``reproducible``; or the synth holds a
                parameter that is no ModuleParameter.
        """
        ordered = [one for _, one in sorted(self.named_parameters(), key=lambda pair: pair[0])]
        free = {
            draw: one
            for draw, one in enumerate(ordered)
            if not ModuleParameter.is_parameter_frozen(one)
        }
        if seed is None and self.synthconfig.reproducible:
            raise RuleError(
                "seed must be a number where synthconfig.reproducible, got None: without one "
                "sounds cannot be made again"
            )
        numbers = None if seed is None else self._numbers("seed", seed)
        with torch.inference_mode(False), torch.no_grad():
            if numbers is None:
                for one in free.values():
                    one.data = torch.rand_like(one)
            elif free:
                drawn = draw_parameters(numbers, len(ordered)).T.contiguous().to(self.device)
                for draw, one in free.items():
                    one.data = drawn[draw]
        for module in self.synth_modules().values():
            module.seed = seed

    def _numbers(self, name: str, batch_idx: object) -> Tensor:
        size = int(self.batch_size)
        first = size * checks.whole_number(name, batch_idx, 0, NUM_SOUNDS // size - 1)
        return torch.arange(first, first + size, dtype=torch.int64, device="cpu")

    def output(self, *args: Any, **kwargs: Any) -> Tensor:  # noqa: ANN401  # a patch's own
        """Return audio ``[B, N]`` of the parameters as they are; written by subclasses."""
        raise NotImplementedError(f"{type(self).__name__} must write output(self)")

    def forward(
        self,
        batch_idx: int | None = None,
        *args: Any,  # noqa: ANN401
        **kwargs: Any,  # noqa: ANN401
    ) -> tuple[Tensor, Tensor, Tensor | None]:
        """Render the sounds of a batch, or of the parameters as they are.

        Args:
            batch_idx: Number of a batch, whose draws the parameters become; None leaves them.
            args: Arguments of ``output``.
            kwargs: Keyword arguments of ``output``.

        Returns:
            Audio ``[B, N]``; parameters in [0, 1], float32 ``[B, P]``; is_train, bool ``[B]``, or
            None without ``batch_idx``.

        Raises:
            TypeError: If ``batch_idx`` is not an integer.
            ValueError: If it is out of range.
        """
        train = self._batch_idx_to_is_train(batch_idx)
        if batch_idx is not None:
            self.randomize(batch_idx)
        columns = self.columns()
        for (module, name), one in columns.items():
            if one.shape != (int(self.batch_size),):
                raise RuleError(
                    f"{module}.{name} must have a value for each of {int(self.batch_size)} sounds, "
                    f"got shape {list(one.shape)}"
                )
        numbers = [one.detach().to(torch.float32) for one in columns.values()]
        none = torch.empty(int(self.batch_size), 0, dtype=torch.float32, device=self.device)
        parameters = torch.stack(numbers, dim=1) if numbers else none
        with torch.set_grad_enabled(torch.is_grad_enabled() and not self.synthconfig.no_grad):
            return self.output(*args, **kwargs), parameters, train

    def _batch_idx_to_is_train(self, batch_idx: int | None) -> Tensor | None:
        if batch_idx is None:
            return None
        return is_train(self._numbers("batch_idx", batch_idx)).to(self.device)

    @property
    def hyperparameters(self) -> "OrderedDict[Hyperparameter, Any]":
        """Curve and symmetry of each parameter that is not frozen, by (module, name, field)."""
        return OrderedDict(
            ((*name, field), getattr(range_of(one), field))
            for name, one in self.get_parameters().items()
            for field in ("curve", "symmetric")
        )

    def set_hyperparameter(self, hyperparameter: Hyperparameter, value: Any) -> None:  # noqa: ANN401
        """Set a field of a parameter's range.

        Args:
            hyperparameter: Module, parameter and field: ``curve``, ``symmetric``, ``minimum`` or
                ``maximum``.
            value: Value of the field; where it makes no range, the next render says so.

        Raises:
            ValueError: If the parameter or field is unknown, or the parameter frozen.
        """
        setattr(self._range_with(hyperparameter), hyperparameter[2], value)

    def _range_with(self, hyperparameter: Hyperparameter) -> ModuleParameterRange:
        if not (isinstance(hyperparameter, Sequence) and len(hyperparameter) == 3):
            raise TypeError(
                "a hyperparameter is named (module, parameter, field), got "
                f"{checks.shown(hyperparameter)}"
            )
        *name, field = hyperparameter
        parameter = self._parameter(tuple(name))
        checks.one_of("field", field, ("curve", "symmetric", "minimum", "maximum"))
        if parameter.frozen:
            raise RuleError(f"{'.'.join(name)} must not be frozen: its values would change")
        return range_of(parameter)

    def save_hyperparameters(self, filename: str | Path, indent: bool = True) -> None:
        """Write curves and symmetries to a new JSON file, which ``load_hyperparameters`` reads.

        Args:
            filename: Path of the file.
            indent: Whether to write one field a line.

        Raises:
            OSError: If it cannot be written, or holds something else already.
        """
        nebulae.write(filename, self.hyperparameters, indent=indent)

    def load_hyperparameters(self, nebula: str | Path) -> None:
        """Set curves and symmetries.

        Args:
            nebula: Name of a nebula that comes with the package (``"default"``, ``"drum"``), or
                path of a JSON file.

        Raises:
            TypeError: If it is neither.
            ValueError: If there is no such nebula, or it names what the synth lacks.
        """
        ranges = []
        for (module, name), one in self.columns().items():
            plain = range_of(one).plain()
            ranges.append(replace(plain, name=f"{module}.{name}"))
        read = nebulae.read(nebula, ranges)
        for hyperparameter in read:  # before any is set
            self._range_with(hyperparameter)
        for hyperparameter, value in read.items():
            self.set_hyperparameter(hyperparameter, value)
