"""How often a sound's parameters come back from its audio, and on what they do not.

Run ``python tests/bench/inversion.py --train``, ``--device cuda`` on a GPU. The first test sounds
of synth1M1 are inverted from several starts, over another noise than their own, for a listener does
not know it. What counts was fixed before any sound was tried:

- converged: the loss is at most a fifth of the middle guess's, and the pitch is right;
- the pitch is right: by a quarter tone or less, the median over time of the distance between the
  louder oscillators of guess and target at each moment, weighted by the target's amplitude.

On a GPU sounds are inverted 64 at a time (``--batch_size``), and the estimator learns from 2**19 of
them in batches of 512; on a CPU 16, 2**13 and 32.
"""

from dataclasses import asdict
from pathlib import Path

import torch
from options import options, read

from synth_datamodule import SynthConfig, SynthDataModule, Voice
from synth_datamodule.benchmark.candidates import guesses_of
from synth_datamodule.benchmark.entries import Trained
from synth_datamodule.kernels.differentiable import control_signals
from synth_datamodule.matching.canonical import CanonicalMatcher
from synth_datamodule.matching.inversion import invert, multi_resolution_stft, search_along
from synth_datamodule.matching.metrics import PITCH
from synth_datamodule.matching.model import SoundMatcher
from synth_datamodule.matching.spectral import SpectralDistance
from synth_datamodule.measure.machine import this_machine
from synth_datamodule.measure.timing import timed
from synth_datamodule.reporting import markdown_table, write_json

QUARTER_TONE = 0.5  # semitones
FIFTH = 0.2

PITCHES = (PITCH, "vco_1.tuning", "vco_2.tuning", "vco_1.mod_depth", "vco_2.mod_depth")

# What the descent starts from, and what is searched before it.
VARIANTS = {
    "estimator, note searched": ("estimator", (PITCH,)),
    "estimator": ("estimator", ()),
    "estimator, all pitches searched": ("estimator", PITCHES),
    "canonical estimator, note searched": ("canonical estimator", (PITCH,)),
    "canonical estimator": ("canonical estimator", ()),
    "near the truth": ("near", ()),
    "middle, note searched": ("middle", (PITCH,)),
    "middle": ("middle", ()),
}


class Listening:
    """What can be said of a guess at known sounds.

    Args:
        voice: Synth that made the sounds.
        truth: Parameters of the sounds. Shape ``[B, P]``.
        audio: Audio of the sounds. Shape ``[B, N]``.
        size: Sounds to render at a time.
    """

    def __init__(self, voice, truth, audio, size):
        self.voice, self.truth, self.audio, self.size = voice, truth, audio, size
        self.loss = multi_resolution_stft()
        self.distance = SpectralDistance(voice.synthconfig.sample_rate).to(audio.device)
        self.pitch, self.gains = self.pitch_and_gains(truth)

    def pitch_and_gains(self, u):
        """Return the louder oscillator's pitch in semitones ``[B, C]``, and gains ``[B, 3, C]``."""
        values = self.voice.parameter_table.to_physical(u)
        controls = control_signals(values, self.voice.synthconfig)
        louder = controls.gains[:, :2].argmax(1, keepdim=True)
        pitch = controls.pitches.gather(1, louder)[:, 0]
        return pitch.clamp(0, 127), controls.gains

    def pitch_error(self, u):
        """Return the weighted median distance in semitones, ``[B]``."""
        distance, order = (self.pitch_and_gains(u)[0] - self.pitch).abs().sort(1)
        weight = self.gains[:, :2].amax(1).gather(1, order).cumsum(1)
        median = (weight >= weight[:, -1:] / 2).int().argmax(1, keepdim=True)
        return distance.gather(1, median)[:, 0]

    @torch.no_grad()
    def figures(self, u):
        """Return what is measured of guesses, by name, each ``[B]``."""
        pairs = list(zip(u.split(self.size), self.audio.split(self.size), strict=True))
        heard = [(self.voice.render(guess), target) for guess, target in pairs]
        found = {
            "loss": torch.cat([self.loss(*pair) for pair in heard]),
            "log_mel_db": torch.cat([self.distance(*pair).log_mel for pair in heard]),
            "parameter_error": (u - self.truth).abs().mean(1),
            "pitch_error": self.pitch_error(u),
        }
        return {name: values.double().cpu() for name, values in found.items()}

    def traits(self):
        """Return what the sounds are like, by name, each ``[B]``."""
        names = self.voice.parameter_names
        values = self.voice.parameter_table.to_physical(self.truth)
        weights = [
            values[:, [names.index(f"lfo_{k}.{kind}") for kind in ("sin", "tri", "saw", "rsaw")]]
            for k in (1, 2)
        ]
        square = [values[:, names.index(f"lfo_{k}.sqr")] for k in (1, 2)]
        energy = self.gains.square().sum(2)
        tone = self.gains[:, :2].amax(1)
        weight = tone / tone.sum(1, keepdim=True).clamp(min=1e-9)
        mean = (weight * self.pitch).sum(1, keepdim=True)
        frames = self.audio.unfold(1, 1024, 1024).abs().amax(2)
        found = {
            "noise share of energy": energy[:, 2] / energy.sum(1).clamp(min=1e-12),
            "largest square share of an LFO": torch.stack(
                [s / (s + w.sum(1)) for s, w in zip(square, weights, strict=True)]
            ).amax(0),
            "pitch deviation, semitones": (weight * (self.pitch - mean).square()).sum(1).sqrt(),
            "mean pitch, MIDI": mean[:, 0],
            "clamped pitch, share of time": (weight * (self.pitch % 127 == 0)).sum(1),
            "quieter oscillator's share": energy[:, :2].amin(1) / energy.sum(1).clamp(min=1e-12),
            "level, dB": 20 * self.audio.square().mean(1).sqrt().clamp(min=1e-5).log10(),
            "silent share of time": (frames < 1e-3).double().mean(1),
            "note, s": values[:, names.index("keyboard.duration")],
        }
        return {name: values.double().cpu() for name, values in found.items()}


def estimates(given, device, numbers, kind=SoundMatcher):
    """Return an estimator's guesses of the sounds, ``[B, P]``."""
    data = SynthDataModule(
        batch_size=min(given.train_batch_size, given.train_sounds),
        corpus="synth1M1",
        sounds_per_epoch=given.train_sounds,
        fresh_epochs=True,
        val_sounds=64,
        test_sounds=given.sounds,
        sample_rate=given.sample_rate,
        buffer_size_seconds=given.seconds,
        control_rate=given.control_rate,
    )
    assert data.sounds("test").numbers(0, 0, given.sounds).tolist() == numbers.tolist()
    if given.checkpoint is None:
        torch.manual_seed(0)
        return Trained(kind)(data, device).parameters
    matcher = kind.load_from_checkpoint(given.checkpoint, map_location=device).eval()
    return guesses_of(matcher, data, device)


def spearman(x, y):
    """Return the rank correlation of two ``[B]``; nan where one is constant."""
    ranks = [
        (v[:, None] > v).double().sum(1) + (v[:, None] == v).double().sum(1) / 2 for v in (x, y)
    ]
    a, b = (r - r.mean() for r in ranks)
    norm = (a.square().sum() * b.square().sum()).sqrt()
    return (a @ b / norm).item() if norm > 0 else float("nan")


def near(voice, truth):
    """Return the truth moved by a twentieth of each range, of a pitch by a tenth of a semitone."""
    ranges = voice.parameter_table.ranges
    share = [0.1 / (r.maximum - r.minimum) if r.unit == "semitones" else 0.05 for r in ranges]
    generator = torch.Generator().manual_seed(0)
    moves = torch.randn(truth.shape, generator=generator) * torch.tensor(share)
    return (truth + moves.to(truth)).clamp(0, 1)


def attempt(listening, start, names, given):
    """Search and descend, and return the figures at each stage and the losses on the way."""
    found, searched, losses = [], [], []
    for u, target in zip(
        start.split(given.batch_size), listening.audio.split(given.batch_size), strict=True
    ):
        if names:
            u, _ = search_along(listening.voice, target, u, names, loss=listening.loss)
        searched.append(u)
        inversion = invert(
            listening.voice,
            target,
            u,
            num_steps=given.steps,
            learning_rate=given.learning_rate,
            loss=listening.loss,
            search=(),
        )
        found.append(inversion.parameters)
        losses.append(inversion.losses.cpu())
    stages = {"start": start, "searched": torch.cat(searched), "end": torch.cat(found)}
    return {name: listening.figures(u) for name, u in stages.items()}, torch.cat(losses, 1)


def verdicts(stages, middle):
    """Return which sounds converged and so on, by name, each ``[B]``, bool."""
    start, end = stages["start"], stages["end"]
    right = {name: figures["pitch_error"] <= QUARTER_TONE for name, figures in stages.items()}
    return {
        "converged": (end["loss"] <= FIFTH * middle["loss"]) & right["end"],
        "loss halved": end["loss"] <= start["loss"] / 2,
        "loss a fifth of the middle's": end["loss"] <= FIFTH * middle["loss"],
        "pitch right at start": right["start"],
        "pitch right after search": right["searched"],
        "pitch right at end": right["end"],
    }


def table(head, rows):
    """Print a Markdown table."""
    print(f"\n{markdown_table(head, rows, align='l' + 'r' * (len(head) - 1))}")


def report(variants, middle, traits):
    """Print what came out: medians by stage, shares of sounds, and what tells them apart."""
    names = list(middle)
    rows = [["always the middle", "", *(f"{middle[name].median():.3f}" for name in names)]]
    for variant, (stages, _, _) in variants.items():
        for stage, figures in stages.items():
            rows.append([variant, stage, *(f"{figures[name].median():.3f}" for name in names)])
    table(["median of the sounds", "at", *(name.replace("_", " ") for name in names)], rows)

    kinds = {name: verdicts(stages, middle) for name, (stages, _, _) in variants.items()}
    rows = [
        [name, *(f"{v.sum()} of {len(v)}" for v in found.values()), f"{variants[name][2]:.0f}"]
        for name, found in kinds.items()
    ]
    table(["sounds", *next(iter(kinds.values())), "seconds"], rows)

    for name, found in kinds.items():
        end, yes = variants[name][0]["end"], found["converged"]
        ratio = end["loss"] / middle["loss"]
        rows = []
        for trait, values in traits.items():
            groups = [f"{values[m].median():.2f}" if m.any() else "-" for m in (yes, ~yes)]
            ranks = [f"{spearman(values, other):+.2f}" for other in (ratio, end["pitch_error"])]
            rows.append([trait, *groups, *ranks])
        head = ["median, converged", "not", "rank correlation with end loss", "with pitch error"]
        table([name, *head], rows)


def as_lists(figures):
    """Return figures as JSON knows them."""
    return {name: [round(v, 6) for v in values.tolist()] for name, values in figures.items()}


def parser():
    made = options(
        __doc__,
        sounds=64,
        steps=200,
        learning_rate=0.01,
        batch_size=None,
        train_sounds=None,
        train_batch_size=None,
        threads=None,
        sample_rate=44100,
        seconds=4.0,
        control_rate=441,
        device="cpu",
        out=Path("inversion.json"),
        overwrite=False,
    )
    source = made.add_mutually_exclusive_group(required=True)
    source.add_argument("--checkpoint", help="of `synth-datamodule fit`, at the same sample rate")
    source.add_argument("--train", action="store_true", help="train the estimator first")
    made.add_argument("--variants", nargs="+", choices=list(VARIANTS), default=list(VARIANTS))
    return made


def main():
    given = read(parser(), lambda given: [given.out])
    device = torch.device(given.device)
    on_gpu = device.type == "cuda"
    given.batch_size = given.batch_size or (64 if on_gpu else 16)
    given.train_sounds = given.train_sounds or (2**19 if on_gpu else 2**13)
    given.train_batch_size = given.train_batch_size or (512 if on_gpu else 32)
    if given.threads:
        torch.set_num_threads(given.threads)

    config = SynthConfig(
        no_grad=False,
        sample_rate=given.sample_rate,
        buffer_size_seconds=given.seconds,
        control_rate=given.control_rate,
    )
    voice, data = Voice(config), SynthDataModule(test_sounds=given.sounds)
    numbers = torch.tensor(data.sounds("test").numbers(0, 0, given.sounds).tolist())
    targets = voice.render_sounds(numbers, device)
    listening = Listening(voice, targets.parameters, targets.audio, given.batch_size)
    taken, guess = timed(lambda: estimates(given, device, numbers), device)
    starts = {
        "estimator": guess.to(device).clamp(0, 1),
        "middle": torch.full_like(targets.parameters, 0.5),
        "near": near(voice, targets.parameters),
    }
    if any(VARIANTS[name][0] == "canonical estimator" for name in given.variants):
        # A checkpoint says itself which parameters it learned.
        canonical = estimates(given, device, numbers, CanonicalMatcher)
        starts["canonical estimator"] = canonical.to(device).clamp(0, 1)
    machine = this_machine(device, also=("torchaudio", "pytorch-lightning"))
    settings = {
        name: value for name, value in vars(given).items() if name not in ("out", "overwrite")
    }
    print(f"{machine}\n{settings}\nestimator: {taken:.0f} s", flush=True)

    middle, traits = listening.figures(starts["middle"]), listening.traits()
    variants = {}
    record = {
        "machine": asdict(machine),
        "settings": settings,
        "sounds": numbers.tolist(),
        "estimator_seconds": taken,
        "traits": as_lists(traits),
        "middle": as_lists(middle),
        "variants": {},
    }
    for name in given.variants:
        start, names = VARIANTS[name]
        seconds, (stages, losses) = timed(
            lambda start=start, names=names: attempt(listening, starts[start], names, given), device
        )
        variants[name] = stages, losses, seconds
        print(f"{name}: {seconds:.0f} s", flush=True)
        record["variants"][name] = {
            "seconds": seconds,
            "stages": {stage: as_lists(figures) for stage, figures in stages.items()},
            "verdicts": {k: v.tolist() for k, v in verdicts(stages, middle).items()},
            "median_loss_by_step": [round(v, 5) for v in losses.median(1).values.tolist()],
        }
        # This run's own file, which grows.
        write_json(given.out, record, overwrite=given.overwrite or len(variants) > 1)
    report(variants, middle, traits)


if __name__ == "__main__":
    main()
