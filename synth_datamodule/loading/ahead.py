"""Rendering the next batch while the model trains on this one."""

from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from synth_datamodule.batch import PairedBatch, SynthBatch, each_tensor
from synth_datamodule.loading.rendering import Rendering


@dataclass
class _Pending:
    index: Tensor
    device: torch.device
    dtype: torch.dtype
    future: "Future[tuple[SynthBatch | PairedBatch, torch.cuda.Event | None]]"

    def fits(self, index: Tensor, device: torch.device, dtype: torch.dtype) -> bool:
        same_place = self.device == device and self.dtype == dtype
        return same_place and torch.equal(self.index, index)


class RenderAhead:
    """A rendering that begins the following batch once it has handed out this one.

    One batch ahead at most, on one background thread, on CUDA in a stream of its own. The bits are
    those of the rendering itself. Batches asked for in another order than they were announced are
    rendered on the spot.

    Args:
        rendering: The rendering of a single batch.
    """

    def __init__(self, rendering: Rendering) -> None:
        self.rendering = rendering
        self.following: Tensor | None = None
        self._pending: _Pending | None = None
        self._thread: ThreadPoolExecutor | None = None
        self._streams: dict[torch.device, torch.cuda.Stream] = {}

    def __call__(
        self, index: Tensor, device: torch.device, dtype: torch.dtype
    ) -> SynthBatch | PairedBatch:
        """Return a batch, begun already where it was announced, and begin the following one."""
        pending, self._pending = self._pending, None
        if pending is not None and pending.fits(index, device, dtype):
            batch, rendered = pending.future.result()
            if rendered is not None:
                _hand_over(batch, rendered, device)
        else:
            batch = self.rendering.begin(index, device, dtype)
        following, self.following = self.following, None
        if following is not None:
            if self._thread is None:
                self._thread = ThreadPoolExecutor(1, thread_name_prefix="render-ahead")
            # What rendering keeps on the device, such as the noise table, was made in this stream.
            kept = _recorded(device) if device.type == "cuda" else None
            future = self._thread.submit(self._begin, following, device, dtype, kept)
            self._pending = _Pending(following, device, dtype, future)
        # On this thread: what is random draws from the generators in the order of the batches.
        return self.rendering.finish(batch, dtype)

    def _begin(
        self,
        index: Tensor,
        device: torch.device,
        dtype: torch.dtype,
        kept: torch.cuda.Event | None,
    ) -> tuple[SynthBatch | PairedBatch, torch.cuda.Event | None]:
        if kept is None:
            return self.rendering.begin(index, device, dtype), None
        if device not in self._streams:
            self._streams[device] = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]
        with torch.cuda.stream(self._streams[device]):
            self._streams[device].wait_event(kept)
            return self.rendering.begin(index, device, dtype), _recorded(device)

    def close(self) -> None:
        """Let the background thread end, and forget a batch that nobody will ask for."""
        if self._thread is not None:
            self._thread.shutdown(wait=True, cancel_futures=True)
        self._thread = self._pending = self.following = None

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_thread": None, "_pending": None, "_streams": {}}


def _recorded(device: torch.device) -> torch.cuda.Event:
    event = torch.cuda.Event()  # type: ignore[no-untyped-call]
    event.record(torch.cuda.current_stream(device))
    return event


def _hand_over(
    batch: SynthBatch | PairedBatch, rendered: torch.cuda.Event, device: torch.device
) -> None:
    stream = torch.cuda.current_stream(device)
    stream.wait_event(rendered)
    views = batch if isinstance(batch, PairedBatch) else (batch,)
    for view in views:
        # Or the allocator could give its memory to the next render while this stream reads it.
        each_tensor(tuple(view), lambda tensor: _kept_for(tensor, stream))


def _kept_for(tensor: Tensor, stream: torch.cuda.Stream) -> Tensor:
    tensor.record_stream(stream)
    return tensor
