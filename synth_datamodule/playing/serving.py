"""An instrument and its server, put together for as long as they are needed."""

import contextlib
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import torch

from synth_datamodule.playing.assets import assets
from synth_datamodule.playing.calls import Answer, Calls
from synth_datamodule.playing.instrument import Instrument, Playable
from synth_datamodule.playing.neighbours import NUM_INDEXED, Neighbours
from synth_datamodule.playing.server import Server
from synth_datamodule.reporting import progress


@contextlib.contextmanager
def served(
    instrument: Instrument, port: int = 0, num_indexed: int = NUM_INDEXED
) -> Iterator[Server]:
    """Make a server of an instrument for a block, which calls its ``serve``.

    All sounds are made by one thread, one after another: what asks waits its turn, and torch keeps
    its pool of threads for one.

    Args:
        instrument: Instrument that is played.
        port: Port to listen on; 0 is a free one.
        num_indexed: Number of sounds that the nearest ones are sought among.

    Raises:
        OSError: If the port is taken.
    """
    neighbours = Neighbours(instrument, num_indexed)
    calls = Calls(instrument, neighbours)
    maker = ThreadPoolExecutor(1, "sounds")

    def call(name: str, body: bytes) -> Answer:
        return maker.submit(calls.answer, name, body).result()

    try:
        with Server(port, assets(instrument), calls.names, call) as server:
            # The first sound compiles kernels, which takes half a minute once on a machine.
            with progress("preparing the instrument", total=1) as advance:
                maker.submit(_warm_up, instrument).result()
                advance()
            index = threading.Thread(target=neighbours.build, args=(maker.submit,), daemon=True)
            index.start()
            yield server
    finally:
        neighbours.end()
        maker.shutdown(wait=False, cancel_futures=True)


def _warm_up(instrument: Instrument) -> None:
    """Make a sound and its meters once."""
    drawn = instrument.draw(0)
    numbers = torch.tensor(drawn["parameters"], dtype=torch.float32, device="cpu")
    sound = Playable(numbers, drawn["noise_row"])
    with torch.inference_mode():
        instrument.sound(sound)
        instrument.meters(sound)
