"""A synth rendered by its program: traced once, and again where its patch was changed since."""

from typing import Any, Protocol
from weakref import WeakKeyDictionary

import torch
from torch import Tensor
from torch.autograd.function import FunctionCtx

from synth_datamodule.batch import AUDIO, Audio
from synth_datamodule.kernels.program import ProgramRenderer
from synth_datamodule.modules.noise import Noise
from synth_datamodule.numerics import tracing
from synth_datamodule.patching.graph import Graph
from synth_datamodule.patching.hooks import hook_in
from synth_datamodule.patching.returned import parted
from synth_datamodule.patching.state import state
from synth_datamodule.patching.traced import traced
from synth_datamodule.patching.trial import Patch
from synth_datamodule.program import Program, Unknown


class _Traced:
    """What was traced of a synth: its program, or why it has none; in which state it was."""

    def __init__(self, synth: "Programmable") -> None:
        self.state = state(synth)  # type: ignore[arg-type]  # a module
        self.trace = traced(synth)
        self.program = self.trace.program
        self.renderer: ProgramRenderer | None = None
        # A program's numbers are float64: those that the patch returns as whole ones stay whole.
        self.whole = {
            str(name): one.dtype
            for name, one in parted(self.trace.returned)[1].items()
            if isinstance(one, Tensor) and not one.is_floating_point()
        }
        self._opened: dict[frozenset[str] | None, ProgramRenderer | None] = {}
        if isinstance(self.program, Program):
            try:
                self.renderer = _renderer(self.program, synth)
            except ValueError as error:
                self.program = str(error)

    def opened(
        self, synth: "Programmable", graph: Graph, names: frozenset[str] | None
    ) -> ProgramRenderer | None:
        """Return what renders signals of the patch; None where one of them has no step."""
        if names not in self._opened:
            tracer = self.trace.tracer
            assert tracer is not None, "there is a program"
            try:
                program = tracer.opened(self.trace.returned, graph, names)
                self._opened[names] = _renderer(program, synth)
            except Unknown:
                self._opened[names] = None
        return self._opened[names]


# Not in the synth, which is copied and pickled without it.
_TRACED: "WeakKeyDictionary[object, _Traced]" = WeakKeyDictionary()


class Programmable(Patch, Protocol):
    """A synth that may be rendered by its program."""

    backend: str

    def children(self) -> Any:  # noqa: ANN401  # torch's own
        """Return its parts."""
        ...

    def _wants_gradient(self, parameters: Tensor) -> bool: ...

    def _modular(self, parameters: Tensor, noise_rows: Tensor, dtype: torch.dtype) -> Audio: ...


class Programmed:
    """A synth whose patch is a program, where each of its parts has a formula."""

    @property
    def program(self: Any) -> Program:  # the synth
        """The patch as a list of exact steps; ``print`` shows it.

        Raises:
            ValueError: If the patch has no program; it says why.

        Example:
            >>> from synth_datamodule.synths import OneOscillator
            >>> str(OneOscillator().program).splitlines()[-1]
            'audio    mixer'
        """
        found = traced_once(self).program
        if isinstance(found, str):
            raise ValueError(f"{type(self).__name__} has no program: {found}")
        return found

    @property
    def why_not_fused(self: Any) -> str | None:  # the synth
        """Why the modules render the patch and no exact kernels; None where such kernels do."""
        if self.backend != "reference":
            return None
        found = traced_once(self).program
        if isinstance(found, str):
            return found
        return "it was made with backend='reference'"


def traced_once(synth: Programmable) -> _Traced:
    """Return what is traced of a synth, anew where its patch was changed since.

    Args:
        synth: The synth; it is left as it is.
    """
    found = _TRACED.get(synth)
    if found is None or found.state != state(synth):  # type: ignore[arg-type]
        found = _TRACED[synth] = _Traced(synth)
    return found


def forget(synth: object) -> None:
    """Drop what is kept to render a synth.

    Args:
        synth: The synth.
    """
    _TRACED.pop(synth, None)


def program_audio(synth: Programmable, parameters: Tensor, noise_rows: Tensor) -> Audio:
    """Return what a synth's program makes of parameters; gradients are those of its modules.

    Args:
        synth: The synth.
        parameters: Numbers in [0, 1]. Shape ``[B, P]``.
        noise_rows: Row of the noise tables for each sound, int64. Shape ``[B]``.

    Raises:
        ValueError: If a part has a hook, or the patch was changed and has no program any more.
    """
    name = type(synth).__name__
    if hook := hook_in(synth):  # type: ignore[arg-type]
        raise ValueError(
            f"{hook}, and the program of a patch calls no part: make {name} with "
            "backend='reference', or take its signals()"
        )
    found = traced_once(synth)
    if found.renderer is None:
        raise ValueError(f"{name} has no program any more: {found.program}")

    audio, extras = _rendered(found.renderer, synth, parameters, noise_rows)
    extras |= {name: extras[name].to(dtype) for name, dtype in found.whole.items()}
    made: Audio = {AUDIO: audio, **extras} if extras else audio
    if not synth._wants_gradient(parameters):
        return made
    modular = synth._modular(parameters, noise_rows, torch.float32)
    if isinstance(made, dict) and isinstance(modular, dict):
        return {key: _valued(modular[key], one) for key, one in made.items()}
    assert isinstance(made, Tensor)
    assert isinstance(modular, Tensor)
    return _valued(modular, made)


def program_signals(
    synth: Programmable,
    parameters: Tensor,
    noise_rows: Tensor,
    graph: Graph,
    names: frozenset[str] | None,
) -> dict[str, Tensor] | None:
    """Return signals of a patch by name, as its program makes them; None where the modules must.

    Args:
        synth: The synth.
        parameters: Numbers in [0, 1]. Shape ``[B, P]``.
        noise_rows: Row of the noise tables for each sound, int64. Shape ``[B]``.
        graph: Graph of the patch.
        names: Names of the signals; None is all.
    """
    watched = hook_in(synth) is not None  # type: ignore[arg-type]
    if synth.backend == "reference" or watched or synth._wants_gradient(parameters):
        return None
    if tracing.transformed(parameters) or torch.compiler.is_compiling():
        return None
    found = traced_once(synth)
    if found.renderer is None or (renderer := found.opened(synth, graph, names)) is None:
        return None
    audio, signals = _rendered(renderer, synth, parameters, noise_rows)
    signals[AUDIO] = audio
    return {name: signals[name] for name in graph.signals if names is None or name in names}


def _renderer(program: Program, synth: Programmable) -> ProgramRenderer:
    return ProgramRenderer(program, synth.synthconfig, synth.parameter_table)


def _rendered(
    renderer: ProgramRenderer, synth: Programmable, parameters: Tensor, noise_rows: Tensor
) -> tuple[Tensor, dict[str, Tensor]]:
    def noise(device: torch.device) -> dict[int, Tensor]:
        parts = (one for one in synth.modules() if isinstance(one, Noise))
        return {one.seed: one.table(device) for one in parts}

    return renderer.render(parameters, noise_rows, noise, synth.synthconfig.debug)


def _valued(modular: Tensor, exact: Tensor) -> Tensor:
    valued: Tensor = _Valued.apply(modular, exact)
    return valued


class _Valued(torch.autograd.Function):
    """One signal's values, and the gradient of another that is the same but for rounding."""

    @staticmethod
    def forward(ctx: FunctionCtx, modular: Tensor, exact: Tensor) -> Tensor:
        return exact.view_as(exact)

    @staticmethod
    def backward(ctx: FunctionCtx, *gradients: Tensor) -> tuple[Tensor, None]:
        return gradients[0], None
