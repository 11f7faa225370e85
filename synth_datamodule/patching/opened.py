"""A synth looked into: its signals, its cables, and hooks on its parts."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol
from weakref import WeakKeyDictionary

import torch
from torch import Tensor

from synth_datamodule.batch import Audio
from synth_datamodule.patching.diagram import Diagram
from synth_datamodule.patching.graph import Cable, Graph
from synth_datamodule.patching.programmed import Programmable, program_signals
from synth_datamodule.patching.recording import Kept
from synth_datamodule.patching.signals import Signals, chosen
from synth_datamodule.patching.trial import Patch
from synth_datamodule.patching.wiring import patch_graph

# Not in the synth, which is copied and pickled without it.
_GRAPHS: "WeakKeyDictionary[object, Graph]" = WeakKeyDictionary()
_UNKNOWN = Graph({}, (), ())


class _Synth(Programmable, Protocol):
    """What is looked into."""

    def named_children(self) -> Any: ...  # noqa: ANN401  # torch's own, which overloads it

    def _checked(self, parameters: Tensor, noise_rows: Tensor | None) -> tuple[Tensor, Tensor]: ...

    def _patch(self, values: Tensor, noise_rows: Tensor) -> Audio: ...

    def _by_modules(
        self,
        patch: Callable[[Tensor, Tensor], dict[str, Tensor]],
        parameters: Tensor,
        noise_rows: Tensor,
        dtype: torch.dtype,
    ) -> dict[str, Tensor]: ...


class Opened:
    """A synth that shows its signals and its cables."""

    def signals(
        self: _Synth,
        parameters: Tensor,
        noise_rows: Tensor | None = None,
        names: Sequence[str] | None = None,
    ) -> Signals:
        """Return every signal of the patch by name, not only its audio.

        A signal has the name of the part that gives it. A part with several has ``part.signal``, as
        ``mod_matrix.vco_1_pitch``; a part that is called several times is told by what it carries,
        as ``vca.vco_1``. ``"audio"`` is what the patch returns, and ``output.mod`` what it returns
        beside it as ``mod``. Each is an item and an attribute:
        ``signals["vca.vco_1"]`` is ``signals.vca.vco_1``.

        The patch's program makes them, beside the audio that ``render`` returns. The modules do,
        within 1e-5, with the backend ``"reference"``, for a patch without a program, where hooks
        on parts are to be called, and for gradients: with ``no_grad=False`` all signals are
        differentiable. ``names`` keeps some of them; all of a sound of 4 s take 9 MB for the Voice.
        Under torch.func, return a tensor of them, or ``dict(signals)``. torch.compile leaves the
        call as it is, outside its graphs.

        Args:
            parameters: Values in [0, 1], as in ``render``. Shape ``[B, P]``.
            noise_rows: Row of the noise table that each sound reads; None is row 0 for all. Shape
                ``[B]``.
            names: Names of the signals that are kept, or of parts for all of theirs; None is all.

        Returns:
            Control signals ``[B, C]``, audio ``[B, N]`` and values ``[B]`` in the parts' units,
            float32, on the device of ``parameters``.

        Raises:
            TypeError: If an argument is of another type.
            ValueError: If a shape differs, a value is out of range, or there is no such signal.

        Example:
            >>> from synth_datamodule import SynthConfig, Voice
            >>> voice = Voice(SynthConfig(buffer_size_seconds=0.5))
            >>> signals = voice.signals(voice.draw([0, 1]), names=["adsr_1", "mod_matrix"])
            >>> signals.adsr_1.shape, signals.mod_matrix.vco_1_pitch.shape
            (torch.Size([2, 220]), torch.Size([2, 220]))
        """
        if torch.compiler.is_compiling():
            # Python takes them down; traced, it would break the graph at every part.
            untraced = torch.compiler.disable(Opened.signals)  # type: ignore[no-untyped-call]
            given: Signals = untraced(self, parameters, noise_rows, names)
            return given
        checked = self._checked(parameters, noise_rows)
        try:
            graph = graph_of(self)
        except ValueError:  # a patch that is run for the first time now
            graph = _UNKNOWN
        wanted = chosen(names, graph.signals) if graph.signals else None
        made = program_signals(self, *checked, graph, wanted) if graph.signals else None
        if made is not None:
            return Signals(made)
        kept = Kept(len(checked[0]), torch.float32, wanted)
        parts = {name: part for name, part in self.named_children() if name in self._parts}

        def patch(values: Tensor, rows: Tensor) -> dict[str, Tensor]:
            def run() -> Audio:
                return self._patch(values, rows)

            kept.take_down(run, parts, graph, len(values))
            return {}

        self._by_modules(patch, *checked, torch.float32)
        signals = kept.signals
        if not graph.signals and names is not None:
            wanted = chosen(names, list(signals))
            signals = {name: one for name, one in signals.items() if name in (wanted or ())}
        return Signals(signals)

    @property
    def cables(self: _Synth) -> tuple[Cable, ...]:
        """The graph of the patch: which signal goes from where to where.

        Parameters and noise rows are given to parts, and are no cables. A part that is called
        several times is several of the graph's nodes, see ``signals``.

        Raises:
            ValueError: If the patch cannot be run on short sounds to watch it.

        Example:
            >>> from synth_datamodule import Voice
            >>> for cable in Voice().cables[-3:]:
            ...     print(cable)
            vca.vco_2 -> mixer.vco_2 (audio)
            vca.noise -> mixer.noise (audio)
            mixer -> output.audio (audio)
        """
        return graph_of(self).cables

    def diagram(self: _Synth) -> Diagram:
        """Return the graph of the patch, to look at.

        ``print(voice.diagram())`` shows it as text, a notebook as a picture, and
        ``Path("voice.svg").write_text(voice.diagram().svg)`` keeps that.

        Raises:
            ValueError: If the patch cannot be run on short sounds to watch it.

        Example:
            >>> from synth_datamodule.synths import OneOscillator
            >>> print(OneOscillator().diagram())
            OneOscillator
            keyboard  MonophonicKeyboard
            adsr      ADSR                 <- keyboard.duration
            upsample  ControlRateUpsample  <- adsr
            vco       SquareSawVCO         <- keyboard.midi_f0, upsample
            vca       VCA                  <- vco, upsample
            mixer     AudioMixer           <- vca
            output                         <- mixer
        """
        graph = graph_of(self)
        kinds = {name: type(part).__name__ for name, part in self.named_children()}
        parts = {name: kinds[part] for name, part in graph.nodes}
        return Diagram(type(self).__name__, parts, graph.cables)


def graph_of(synth: Patch) -> Graph:
    """Return the graph of a patch, which is watched once for each synth.

    Args:
        synth: The synth; it is left as it is.

    Raises:
        ValueError: If the patch cannot be run on two short sounds.
    """
    if synth not in _GRAPHS:
        _GRAPHS[synth] = patch_graph(synth)
    return _GRAPHS[synth]
