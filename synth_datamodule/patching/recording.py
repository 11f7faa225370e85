"""What the parts of a patch give, taken down while it runs."""

import contextlib
import threading
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from weakref import ReferenceType, ref

import torch
from torch import Tensor, nn

from synth_datamodule.batch import AUDIO, Audio, audio_of
from synth_datamodule.numerics.forking import ForkedLock
from synth_datamodule.patching.graph import OUTPUT, Graph, named_results, signal_name

# Parts are a synth's own, whichever thread renders: one takes them down at a time.
_taking_down = ForkedLock()


class Recorder:
    """Takes down what the parts of a synth give in one run of its patch.

    Args:
        graph: Graph of the patch, which names the calls.
        keep: Function that is given the name of each signal, and the signal, as it comes to be.
    """

    def __init__(self, graph: Graph, keep: Callable[[str, Tensor], None]) -> None:
        self._graph = graph
        self._keep = keep
        self._thread = threading.get_ident()
        self._running: set[str] = set()
        self._calls: dict[str, int] = {}

    @contextlib.contextmanager
    def taking_down(self, parts: Mapping[str, nn.Module]) -> Iterator[None]:
        """Take down what parts give to this thread, in calls with hooks and without."""
        with _taking_down.held():
            replaced = []
            try:
                for part, module in parts.items():
                    for way in ("_call_impl", "forward"):
                        own = vars(module)
                        replaced.append((own, way, own.get(way)))
                        own[way] = partial(self._call, part, module, getattr(module, way))
                yield
            finally:
                for own, way, before in replaced:
                    if before is None:
                        del own[way]
                    else:
                        own[way] = before

    def _call(
        self,
        part: str,
        module: nn.Module,
        call: Callable[..., object],
        *args: object,
        **kwargs: object,
    ) -> object:
        # A call with hooks calls forward; what the hooks made of it goes on.
        if threading.get_ident() != self._thread or part in self._running:
            return call(*args, **kwargs)
        self._running.add(part)
        try:
            result = call(*args, **kwargs)
        finally:
            self._running.remove(part)
        place = self._calls.get(part, 0)
        self._calls[part] = place + 1
        prefix = self._graph.call(part, place)
        for output, tensor in named_results(result, getattr(module, "outputs", ())):
            self._keep(signal_name(prefix, output), tensor)
        return result


class Kept:
    """The signals of all sounds, which are rendered some at a time.

    Each is copied where it belongs as soon as a part has given it: so it is still in the cache, and
    the patch goes on in the memory that it had.

    Args:
        num_sounds: Number of all sounds, B.
        dtype: Precision of what is floating point.
        names: Names of the signals that are kept; None is all.
    """

    def __init__(self, num_sounds: int, dtype: torch.dtype, names: frozenset[str] | None) -> None:
        self._num_sounds = num_sounds
        self._dtype = dtype
        self._names = names
        self._whole: dict[str, Tensor] = {}
        self._start = 0
        self._size = 0
        self._given: dict[str, tuple[ReferenceType[Tensor], int]] = {}

    @property
    def signals(self) -> dict[str, Tensor]:
        """All signals by name."""
        return self._whole

    def take_down(
        self,
        patch: Callable[[], Audio],
        parts: Mapping[str, nn.Module],
        graph: Graph,
        size: int,
    ) -> None:
        """Run a patch on the next sounds and keep its signals.

        Args:
            patch: Function that runs it once and returns its audio, and what is beside it.
            parts: Modules of its parts by name.
            graph: Graph of the patch.
            size: Number of these sounds.
        """
        self._size = size
        self._given.clear()
        with Recorder(graph, self.keep).taking_down(parts):
            made = patch()
        for name, extra in made.items() if isinstance(made, dict) else ():
            if name != AUDIO:
                self.keep(signal_name(OUTPUT, name), extra)
        self.keep(AUDIO, audio_of(made))
        self._start += size

    def keep(self, name: str, signal: Tensor) -> None:
        """Keep a signal, unless it was not asked for or an equal call gave it already."""
        if name in self._given or not (self._names is None or name in self._names):
            return
        told = per_sound(signal, self._size)
        if told is None:
            return
        same = next((other for other, kept in self._given.items() if _is(signal, *kept)), None)
        if not signal.is_inference():
            self._given[name] = ref(signal), signal._version
        if same is not None and same in self._whole:
            self._whole[name] = self._whole[same]
            return
        dtype = self._dtype if told.is_floating_point() else told.dtype
        if self._size == self._num_sounds:
            self._whole[name] = told.to(dtype)
            return
        if name not in self._whole:
            sizes = self._num_sounds, *told.shape[1:]
            self._whole[name] = told.new_empty(sizes, dtype=dtype)
        self._whole[name][self._start : self._start + self._size] = told


def _is(signal: Tensor, kept: ReferenceType[Tensor], version: int) -> bool:
    """Whether a signal is one that was kept, as it was then."""
    return kept() is signal and signal._version == version


def per_sound(signal: Tensor, num_sounds: int) -> Tensor | None:
    """Return a signal with one entry for each sound; None where it has something else.

    Args:
        signal: Signal; one without the axis B, or with one entry, stands for all sounds.
        num_sounds: Number of sounds, B.

    Example:
        >>> per_sound(torch.tensor(1.0), 2), per_sound(torch.zeros(32, 8), 2)
        (tensor([1., 1.]), None)
    """
    if signal.ndim == 0 or (len(signal) == 1 and num_sounds > 1):
        signal = signal.expand(num_sounds, *signal.shape[1:])
    return signal if len(signal) == num_sounds else None
