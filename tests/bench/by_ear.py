"""What a network learns from parameters, from canonical ones, and through the renderer by ear.

Run ``python tests/bench/by_ear.py``. SoundMatcher's network begins from the same weights and hears
the same sounds in the same order, so many steps under each loss:

- parameters: mean absolute error of the parameters as they were drawn;
- canonical: the same of their canonical form, inert ones left out;
- ear: multi-resolution STFT distance of the rendered guess, through the renderer's gradient;
- canonical, then ear: half of the steps each;
- canonical and ear: the ear's distance plus 10 times the canonical error;
- canonical, then both: half of the steps each.

What is measured is said of sounds of the validation split. With them it is measured how well the
ear's gradient points from the guesses of "canonical" to the truth: the cosine between the step
down the gradient and the way to the canonical parameters, over those that are heard.
"""

from dataclasses import asdict
from functools import partial
from pathlib import Path

import pytorch_lightning as pl
import torch
from inversion import Listening
from options import options, read

from synth_datamodule import SynthDataModule
from synth_datamodule.matching.by_ear import EarMatcher
from synth_datamodule.matching.canonical import CanonicalMatcher, canonical_targets, heard_error
from synth_datamodule.matching.inversion import multi_resolution_stft
from synth_datamodule.matching.model import SoundMatcher
from synth_datamodule.matching.training import quiet
from synth_datamodule.measure.machine import this_machine
from synth_datamodule.measure.timing import timed
from synth_datamodule.reporting import markdown_table, write_json, write_text

QUARTER_TONE = 0.5  # semitones
LOSSES = {
    "parameters": (SoundMatcher,),
    "canonical": (CanonicalMatcher,),
    "ear": (partial(EarMatcher, anchor=0.0),),
    "canonical, then ear": (CanonicalMatcher, partial(EarMatcher, anchor=0.0)),
    "canonical and ear": (EarMatcher,),
    "canonical, then both": (CanonicalMatcher, EarMatcher),
}
HEADS = {
    "log_mel_db": "log-mel, dB",
    "loss": "ear's loss",
    "parameter_error": "parameter error",
    "canonical_error": "canonical error",
    "pitch_right": "pitch right, %",
    "level": "level against the target's, dB",
    "seconds": "s",
}


def learn(dm, stages, num_steps, seed):
    """Return a network that has learned under one loss after another, and the seconds it took."""
    weights, seconds = None, 0.0
    for stage in stages:
        pl.seed_everything(seed, verbose=False)
        model = stage(dm.num_parameters, dm.sample_rate)
        if weights is not None:
            model.load_state_dict(weights)
        with quiet():
            trainer = pl.Trainer(
                accelerator="cpu",
                max_steps=num_steps // len(stages),
                max_epochs=-1,
                logger=False,
                enable_checkpointing=False,
                enable_model_summary=False,
                enable_progress_bar=False,
                gradient_clip_val=1.0,
                num_sanity_val_steps=0,
                limit_val_batches=0,
            )
            taken, _ = timed(lambda model=model, trainer=trainer: trainer.fit(model, dm))
        weights, seconds = model.state_dict(), seconds + taken
    return model.eval(), seconds


@torch.no_grad()
def figures(listening, guess):
    """Return the means of what is measured of guesses, by name."""
    voice, truth = listening.voice, listening.truth
    rendered = torch.cat([voice.render(part) for part in guess.split(listening.size)])
    level = (decibels(rendered) - decibels(listening.audio)).median()
    found = {name: values.mean().item() for name, values in listening.figures(guess).items()}
    pitch_error = listening.pitch_error(guess)
    targets = canonical_targets(voice, truth)
    aligned = voice.aligned(guess, truth).float()
    return found | {
        "canonical_error": heard_error(aligned, targets).item(),
        "pitch_right": 100 * (pitch_error <= QUARTER_TONE).double().mean().item(),
        "level": level.item(),
    }


def decibels(audio):
    """Return the level of sounds against full scale, -100 dB at least, ``[B]``."""
    return 20 * audio.square().mean(1).sqrt().clamp(min=1e-5).log10()


def silence(listening):
    """Return how far off silence sounds, which no network hands in."""
    nothing = torch.zeros_like(listening.audio)
    return {
        "loss": listening.loss(nothing, listening.audio).mean().item(),
        "log_mel_db": listening.distance(nothing, listening.audio).log_mel.mean().item(),
    }


def pointing(listening, guess):
    """Return the cosine of the ear's step and the way to the truth, of each sound."""
    voice, targets = listening.voice, canonical_targets(listening.voice, listening.truth)
    u = voice.canonical(guess).float().requires_grad_()
    distance = multi_resolution_stft()(voice.render(u), listening.audio)
    (slope,) = torch.autograd.grad(distance.sum(), u)
    way = (targets.parameters - u.detach()) * targets.heard
    return torch.cosine_similarity(-slope * targets.heard, way, dim=1)


def table(runs):
    """Return the runs as a Markdown table."""
    rows = [
        [
            run["learned_from"],
            str(run["seed"]),
            *(f"{run[name]:.4g}" if name in run else "-" for name in HEADS),
        ]
        for run in runs
    ]
    return markdown_table(
        ["learned from", "seed", *HEADS.values()], rows, align="lr" + "r" * len(HEADS)
    )


def parser():
    return options(
        __doc__,
        sounds=64,
        train_sounds=4096,
        steps=384,
        batch_size=16,
        sample_rate=16000,
        seconds=1.0,
        control_rate=160,
        seed=[0],
        threads=2,
        out=Path("by_ear.json"),
        overwrite=False,
    )


def outputs(given):
    return [given.out, given.out.with_suffix(".md")]


def main():
    given = read(parser(), outputs)
    torch.set_num_threads(given.threads)
    runs = []
    settings = {name: v for name, v in vars(given).items() if name not in ("out", "overwrite")}
    record = {
        "machine": asdict(this_machine(torch.device("cpu"), also=("pytorch-lightning",))),
        "settings": settings,
        "runs": runs,
    }
    file, page = outputs(given)
    for seed in given.seed:
        dm = SynthDataModule(
            batch_size=given.batch_size,
            train_sounds=given.train_sounds,
            val_sounds=given.sounds,
            sample_rate=given.sample_rate,
            buffer_size_seconds=given.seconds,
            control_rate=given.control_rate,
            no_grad=False,
            seed=seed,
        )
        dm.setup()
        numbers = torch.from_numpy(dm.sounds("val").numbers(0, 0, given.sounds))
        heard = dm.voice.render_sounds(numbers)
        listening = Listening(dm.voice, heard.parameters, heard.audio.detach(), given.batch_size)
        middle = torch.full_like(heard.parameters, 0.5)
        start = {"learned_from": "nothing: the middle", "seed": seed, "seconds": 0.0}
        runs.append(start | figures(listening, middle))
        runs.append({"learned_from": "nothing: silence", "seed": seed} | silence(listening))
        for name, stages in LOSSES.items():
            model, seconds = learn(dm, stages, given.steps, seed)
            with torch.no_grad():
                guess = model(listening.audio)
            run = {"learned_from": name, "seed": seed, "seconds": round(seconds, 1)}
            run |= figures(listening, guess)
            if name == "canonical":
                cosines = pointing(listening, guess)
                run["cosine_of_ear_and_truth"] = {
                    "median": cosines.median().item(),
                    "lowest_tenth": cosines.quantile(0.1).item(),
                    "highest_tenth": cosines.quantile(0.9).item(),
                }
            runs.append(run)
            print(run, flush=True)
            # This run's own file, which grows.
            write_json(file, record, overwrite=given.overwrite or len(runs) > 3)
    text = table(runs)
    write_text(page, text + "\n", overwrite=given.overwrite)
    print(text)


if __name__ == "__main__":
    main()
