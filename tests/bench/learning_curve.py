"""How much a network learns from how many sounds: heard once, or again and again.

Run ``python tests/bench/learning_curve.py``, with ``--device cuda --most 262144 --batch_size 256``
on a GPU. SoundMatcher learns from N different sounds of synth1M1, N from 1024 up by fours, once
each ("once"), and again and again until it has heard as many as the largest run ("again"). Errors
are those on the same 1024 test sounds. The results are written as JSON after each run, and in the
end a picture beside them.
"""

import time
from pathlib import Path

import pytorch_lightning as pl
import torch
from options import options, read

from synth_datamodule import SynthDataModule
from synth_datamodule.matching.metrics import PITCH
from synth_datamodule.matching.model import SoundMatcher
from synth_datamodule.matching.training import quiet
from synth_datamodule.measure.machine import this_machine
from synth_datamodule.reporting import picture, say_written, write_json

FIRST = 1024
QUARTER_TONE = 0.5  # semitones


def learn(num_sounds, num_heard, batch_size, test_sounds, seed, device):
    """Train on the first so many sounds until so many are heard; return the test errors."""
    pl.seed_everything(seed, verbose=False)
    dm = SynthDataModule(
        batch_size=batch_size,
        train_sounds=num_sounds,
        val_sounds=0,
        test_sounds=test_sounds,
        seed=seed,
    )
    model = SoundMatcher(dm.num_parameters, dm.sample_rate)
    start = time.perf_counter()
    with quiet():
        trainer = pl.Trainer(
            accelerator=device,
            devices=1,
            max_steps=num_heard // batch_size,
            max_epochs=-1,
            logger=False,
            enable_checkpointing=False,
            enable_model_summary=False,
            enable_progress_bar=False,
            num_sanity_val_steps=0,
            limit_val_batches=0,
        )
        trainer.fit(model, datamodule=dm)
    seconds = time.perf_counter() - start
    model.to(device).eval()
    guesses, targets = [], []
    with torch.no_grad():
        for numbers in dm.test_dataloader():
            batch = numbers.to(device)
            guesses.append(model(batch.audio).double().cpu())
            targets.append(batch.parameters.double().cpu())
    guess, target = torch.cat(guesses), torch.cat(targets)
    pitch = dm.parameter_names.index(PITCH)
    semitones = dm.parameter_table.ranges[pitch].maximum * (guess - target)[:, pitch].abs()
    return {
        "sounds": num_sounds,
        "heard": num_heard,
        "seed": seed,
        "seconds": round(seconds, 1),
        "error": (guess - target).abs().mean().item(),
        "pitch_error": semitones.mean().item(),
        "pitch_within_quarter_tone": (semitones <= QUARTER_TONE).double().mean().item(),
    }


def draw(runs, most, figure):
    """Draw errors over the number of different sounds."""
    for axis, (key, title) in zip(
        figure.subplots(1, 2),
        (
            ("error", "mean absolute error of the 78 parameters"),
            ("pitch_error", "pitch error, semitones"),
        ),
        strict=True,
    ):
        for colour, label, chosen in (
            ("C0", "each heard once", [run for run in runs if run["heard"] == run["sounds"]]),
            ("C1", f"heard again, {most:,} in all", [run for run in runs if run["heard"] == most]),
        ):
            sizes = sorted({run["sounds"] for run in chosen})
            means = [
                sum(values) / len(values)
                for values in ([r[key] for r in chosen if r["sounds"] == size] for size in sizes)
            ]
            axis.plot(sizes, means, color=colour, label=label)
            axis.plot([r["sounds"] for r in chosen], [r[key] for r in chosen], ".", color=colour)
        axis.set_xscale("log", base=2)
        axis.set(xlabel="different training sounds", title=title)
        axis.grid(alpha=0.3)
        axis.legend()


def parser():
    return options(
        __doc__,
        most=16384,
        test_sounds=1024,
        batch_size=32,
        seed=[0],
        device="cpu",
        out=Path("learning_curve.json"),
        overwrite=False,
    )


def outputs(given):
    return [given.out, given.out.with_suffix(".png")]


def main():
    given = read(parser(), outputs)
    sizes, size = [], FIRST
    while size < given.most:
        sizes.append(size)
        size *= 4
    sizes.append(given.most)
    runs = []
    record = {
        "machine": vars(this_machine(torch.device(given.device))),
        "batch_size": given.batch_size,
        "runs": runs,
    }
    file, curves = outputs(given)
    for seed in given.seed:
        for num_sounds in sizes:
            for num_heard in sorted({num_sounds, given.most}):
                run = learn(
                    num_sounds, num_heard, given.batch_size, given.test_sounds, seed, given.device
                )
                print(run, flush=True)
                # This run's own file, which grows.
                runs.append(run)
                write_json(file, record, overwrite=given.overwrite or len(runs) > 1)
    drawn = picture(
        curves,
        lambda figure: draw(runs, given.most, figure),
        overwrite=given.overwrite,
        figsize=(10, 4),
    )
    say_written([file, *drawn])


if __name__ == "__main__":
    main()
