"""The sounds nearest to a sound: the first few of the corpus, by what their log-mels look like."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from synth_datamodule.features.spectra import LogMel
from synth_datamodule.playing.instrument import Instrument, Playable

NUM_INDEXED = 2048
"""Sounds that are looked among, numbers 0 and up: 4 MB."""

_NUM_MELS, _NUM_FRAMES = 32, 32
_DECIBELS = 80  # that the unit of a log-mel stands for
_WINDOW = 2048  # samples; a shorter sound is followed by silence
_NUM_NEAREST = 8

Submit = Callable[..., "Future[Any]"]


class Neighbours:
    """An index of sounds, which grows in the background between what is played.

    The distance of two sounds is the mean distance of their log-mels of 32 bands and 32 frames, in
    decibels.

    Args:
        instrument: Instrument whose sounds they are.
        num_indexed: Number of sounds that are looked among, at most.
    """

    def __init__(self, instrument: Instrument, num_indexed: int = NUM_INDEXED) -> None:
        self._instrument = instrument
        synth = instrument.synth
        self.total = min(num_indexed, instrument.num_sounds)
        self.ready = 0
        self._mels = LogMel(synth.sample_rate, _NUM_MELS, _WINDOW, _WINDOW // 2)
        shape = (self.total, _NUM_MELS * _NUM_FRAMES)
        self._known = torch.empty(shape, dtype=torch.float16, device="cpu")
        self._ends = threading.Event()

    def build(self, submit: Submit) -> None:
        """Index all sounds, one after another; return when that is done or ``end`` was called.

        Args:
            submit: Function that has a call made by the thread that renders, as an executor's.
        """
        while self.ready < self.total and not self._ends.is_set():
            start = time.monotonic()
            try:
                submit(self.add).result()
            except (RuntimeError, CancelledError):  # the executor has ended
                return
            # Half of the time is left for what is played.
            self._ends.wait(time.monotonic() - start)

    def end(self) -> None:
        """Let ``build`` return."""
        self._ends.set()

    def add(self) -> None:
        """Index the next sound."""
        with torch.inference_mode():
            self._add()

    def _add(self) -> None:
        drawn = self._instrument.draw(self.ready)
        numbers = torch.tensor(drawn["parameters"], dtype=torch.float32, device="cpu")
        self._known[self.ready] = self._seen(Playable(numbers, drawn["noise_row"]))
        self.ready += 1

    def nearest(self, sound: Playable) -> dict[str, Any]:
        """Return the sounds nearest to one, nearest first, in JSON's types.

        Args:
            sound: Sound to look for.

        Returns:
            ``ready`` and ``total``, how many sounds were looked among and will be; ``sounds``, each
            with its number and its distance in decibels.
        """
        ready = self.ready
        found: list[dict[str, Any]] = []
        if ready:
            seen = self._seen(sound).float()
            distances = torch.cat(
                [
                    (part.float() - seen).abs().mean(1)
                    for part in torch.split(self._known[:ready], 256)
                ]
            )
            least, numbers = distances.nan_to_num(1e6).topk(min(_NUM_NEAREST, ready), largest=False)
            found = [
                {"number": number, "decibels": round(_DECIBELS * distance, 2)}
                for number, distance in zip(numbers.tolist(), least.tolist(), strict=True)
            ]
        return {"ready": ready, "total": self.total, "sounds": found}

    def _seen(self, sound: Playable) -> Tensor:
        audio = self._instrument.render(sound)
        audio = functional.pad(audio, (0, max(0, _WINDOW - len(audio))))
        frames = self._mels(audio[None])[0]
        return functional.adaptive_avg_pool1d(frames, _NUM_FRAMES).reshape(-1).half()
