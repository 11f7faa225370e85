"""What ranges, notes, labels, stages, levels and features cost beside the plain data module.

Run ``python tests/bench/bending.py``. Candidates take turns in one process. The first table is of
whole batches, each held against the bare render of its own parameters, for other parameters make
other sounds, which take longer or shorter, and what is made of the audio is made there by hand; its
last column is to be at most 1.03. ``plain again``
is a second plain data module: how far from 1 the machine alone gets. The second table, of sounds
of 10 ms, says what a batch takes more, in ms: there rendering hides nothing.
"""

import statistics

import torch
from options import options, read

from synth_datamodule import SynthDataModule
from synth_datamodule.corpus.draws import draw_parameters
from synth_datamodule.features import LogMel, Normalize
from synth_datamodule.measure.timing import take_turns

NOTES = [48, 50, 52, 53, 55, 57, 59, 60]
NARROW = {"keyboard.midi_f0": (48, 72), "vco_1.tuning": (-1, 1), "lfo_1.frequency": (0, 8)}
# By name: what a data module is made with beside the plain one's settings.
CANDIDATES = {
    "plain": {},
    "plain again": {},
    "ranges": {"ranges": NARROW},
    "notes": {"notes": NOTES},
    "labels=free": {"pinned": {"mixer.noise": 0.5}, "labels": "free"},
    "notes_per_sound": {"notes": NOTES, "notes_per_sound": 4},
    "curriculum": {"curriculum": {0: {"keyboard.midi_f0": (55, 65)}, 10**6: {}}},
    "parameters": {"parameters": draw_parameters(range(8192), 78)},
    "features": {"features": {"mel": LogMel}},
    "normalize=peak": {"normalize": "peak"},
    "normalize=-23": {"normalize": -23.0},
}


def calls_of(settings, given, num_batches, **config):
    """Return a call that hands out a train batch, and one that renders its parameters alone."""
    rate, num_samples = config["sample_rate"], config["sample_rate"] * config["buffer_size_seconds"]
    window = 1024 if num_samples > 1024 else 64
    by_hand = []
    if "features" in settings:
        mel = LogMel(rate, n_fft=window, num_mels=96 if window == 1024 else 8)
        settings, by_hand = {"features": {"mel": mel}}, [mel]
    if "normalize" in settings:
        by_hand = [Normalize(settings["normalize"], rate)]
    dm = SynthDataModule(batch_size=given.batch_size, render_ahead=False, **settings, **config)
    dm.setup("fit")
    loader, table = dm.train_dataloader(), dm.voice.parameter_table
    made_of = []

    def batch(number):
        loader.set_epoch(number)
        return next(iter(loader)).to(given.device)

    def bare(number):
        audio = dm.voice.render(*made_of[number])
        with torch.no_grad():
            return [audio, *(step.to(audio.device)(audio) for step in by_hand)]

    for number in range(num_batches):
        made = batch(number)
        free = settings.get("labels") == "free"
        parameters = table.put_free(made.parameters) if free else made.parameters
        made_of.append((parameters, made.index % 32))
    return batch, bare


def whole(given):
    """Print what a batch takes over the bare render of its own sounds."""
    config = {"sample_rate": given.sample_rate, "buffer_size_seconds": given.seconds}
    calls = {}
    for name, settings in CANDIDATES.items():
        batch, bare = calls_of(settings, given, given.rounds + 1, **config)
        calls |= {name: batch, f"{name}: bare": bare}
    seconds = take_turns(calls, given.rounds, torch.device(given.device))

    def over_bare(name):
        pairs = zip(seconds[name], seconds[f"{name}: bare"], strict=True)
        return [one / other for one, other in pairs]

    plain = over_bare("plain")
    print(f"batches of {given.batch_size} sounds of {given.seconds:g} s on {given.device}")
    print("data module        ms   over its bare render   that over the plain one's")
    for name in CANDIDATES:
        ratios = over_bare(name)
        beside = [one / other for one, other in zip(ratios, plain, strict=True)]
        middle = statistics.median(seconds[name]) * 1e3
        ratio, last = statistics.median(ratios), statistics.median(beside)
        print(f"{name:16} {middle:7.1f}   {ratio:20.3f}   {last:25.3f}")


def added(given):
    """Print what a batch takes more than a plain one, where sounds are next to nothing."""
    config = {"sample_rate": 8000, "buffer_size_seconds": 0.01}
    calls = {
        name: calls_of(settings, given, 1, **config)[0] for name, settings in CANDIDATES.items()
    }
    seconds = take_turns(calls, 20 * given.rounds, torch.device(given.device))
    print(f"batches of {given.batch_size} sounds of 10 ms on {given.device}")
    print("data module        ms   more than plain")
    for name in CANDIDATES:
        pairs = zip(seconds[name], seconds["plain"], strict=True)
        more = statistics.median(one - other for one, other in pairs)
        print(f"{name:16} {statistics.median(seconds[name]) * 1e3:7.2f}   {more * 1e3:15.3f}")


def parser():
    return options(__doc__, batch_size=128, rounds=9, seconds=4.0, sample_rate=44100, device="cpu")


def main():
    given = read(parser())
    whole(given)
    added(given)


if __name__ == "__main__":
    main()
