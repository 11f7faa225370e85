"""Whether an encoder that learned to hear from endless sounds of one synth hears others too.

Run ``python tests/bench/pretraining.py``. A small encoder learns from sounds of synth1B1 without
labels, each heard once: from pairs whose parameters are a little apart ("contrast"), or from frames
that are hidden ("masked"). Then it is frozen, and a linear probe on what it makes of sounds is
asked for labels: pitch, envelope and modulation, of held-out sounds of the same synth and of
synths that it never heard. Beside it the same encoder untrained, and mean, deviation and peak of
the log-mel bands over time. Probes learn from ``--train_sounds`` sounds, and are held against
``--test_sounds`` others; a share of 1 is all of a label's variance, 0 what its mean tells. The
figures are written as JSON, and a picture and a table beside it.
"""

from dataclasses import asdict
from pathlib import Path

import pytorch_lightning as pl
import torch
from options import options, read

from synth_datamodule import SynthConfig, SynthDataModule, Voice
from synth_datamodule.matching.training import quiet
from synth_datamodule.measure.machine import this_machine
from synth_datamodule.measure.timing import timed
from synth_datamodule.pretraining.labels import labels_of
from synth_datamodule.pretraining.pretrainer import Pretrainer
from synth_datamodule.pretraining.probe import probe
from synth_datamodule.reporting import markdown_table, picture, say_written, write_json, write_text
from synth_datamodule.synths import FilteredVoice, FmVoice, OneOscillator

DELTA = 0.05  # of a range, between the two views of a pair
SYNTHS = (Voice, FilteredVoice, OneOscillator, FmVoice)
FIRST_PROBE = 2**20  # sounds from here on are of synth1M1 no more


def rates(given):
    """Return the sounds' rates and lengths."""
    return {
        "sample_rate": given.sample_rate,
        "buffer_size_seconds": given.seconds,
        "control_rate": given.control_rate,
    }


def pretrain(objective, given, seed):
    """Return an encoder that has learned."""
    pl.seed_everything(seed, verbose=False)
    model = Pretrainer(objective, given.sample_rate)
    dm = SynthDataModule(
        batch_size=given.batch_size,
        corpus="synth1M1",
        sounds_per_epoch=given.batch_size * given.steps,
        fresh_epochs=True,
        val_sounds=0,
        paired_delta=DELTA if objective == "contrast" else None,
        seed=seed,
        **rates(given),
    )
    with quiet():
        trainer = pl.Trainer(
            accelerator=given.device,
            devices=1,
            max_steps=given.steps,
            max_epochs=-1,
            logger=False,
            enable_checkpointing=False,
            enable_model_summary=False,
            enable_progress_bar=False,
            gradient_clip_val=1.0,
            num_sanity_val_steps=0,
            limit_val_batches=0,
        )
        trainer.fit(model, dm)
    return model.eval()


def statistics(model):
    """Return a function from audio to mean, deviation and peak of the log-mel bands over time."""

    def heard(audio):
        frames = model.log_mel(audio)
        return torch.cat((frames.mean(2), frames.std(2), frames.amax(2)), 1)

    return heard


@torch.no_grad()
def heard_by(listener, synth, numbers, size=64):
    """Return what a listener makes of sounds, ``[N, D]``."""
    parts = (listener(synth.render_sounds(part).audio) for part in numbers.split(size))
    return torch.cat(list(parts)).cpu()


def probed(listeners, given):
    """Return the share of each label that a probe of each listener tells, by synth."""
    numbers = torch.arange(FIRST_PROBE, FIRST_PROBE + given.train_sounds + given.test_sounds)
    found = {}
    for kind in SYNTHS:
        synth = kind(SynthConfig(**rates(given)))
        labels = labels_of(synth, synth.draw(numbers))
        found[kind.__name__] = shares = {label: {} for label in labels}
        for name, listener in listeners.items():
            heard = heard_by(listener, synth, numbers)
            train, test = heard.split((given.train_sounds, given.test_sounds))
            for label, values in labels.items():
                parts = values.split((given.train_sounds, given.test_sounds))
                shares[label][name] = probe(train, parts[0], test, parts[1])
        print(kind.__name__, found[kind.__name__], flush=True)
    return found


def draw(runs, figure):
    """Draw the shares, a panel for each synth, a group of bars for each label."""
    shares = runs[0]["shares"]
    names = list(next(iter(shares["Voice"].values())))
    for axis, (synth, labels) in zip(
        figure.subplots(1, len(shares), sharey=True), shares.items(), strict=True
    ):
        for place, name in enumerate(names):
            means = [
                sum(run["shares"][synth][label][name] for run in runs) / len(runs)
                for label in labels
            ]
            at = [x + (place - (len(names) - 1) / 2) * 0.2 for x in range(len(labels))]
            axis.bar(at, [max(mean, 0.0) for mean in means], 0.2, label=name, color=f"C{place}")
        axis.set_xticks(range(len(labels)), list(labels), rotation=30)
        axis.set(title=synth + (" (it learned from)" if synth == "Voice" else ""), ylim=(0, 1))
        axis.grid(axis="y", alpha=0.3)
    figure.axes[0].set_ylabel("share of a label's variance told, held-out sounds")
    figure.axes[-1].legend()


def table(runs):
    """Return the shares as a Markdown table, means over the seeds."""
    shares = runs[0]["shares"]
    names = list(next(iter(shares["Voice"].values())))
    rows = [
        [synth, label]
        + [
            f"{sum(run['shares'][synth][label][name] for run in runs) / len(runs):.3f}"
            for name in names
        ]
        for synth, labels in shares.items()
        for label in labels
    ]
    return markdown_table(["synth", "label", *names], rows, align="ll" + "r" * len(names))


def parser():
    return options(
        __doc__,
        steps=600,
        batch_size=64,
        train_sounds=1024,
        test_sounds=1024,
        sample_rate=16000,
        seconds=2.0,
        control_rate=160,
        seed=[0],
        threads=2,
        device="cpu",
        out=Path("pretraining.json"),
        overwrite=False,
    )


def outputs(given):
    return [given.out, given.out.with_suffix(".md"), given.out.with_suffix(".png")]


def main():
    given = read(parser(), outputs)
    torch.set_num_threads(given.threads)
    runs = []
    settings = {name: v for name, v in vars(given).items() if name not in ("out", "overwrite")}
    device = torch.device(given.device)
    record = {
        "machine": asdict(this_machine(device, also=("torchaudio", "pytorch-lightning"))),
        "settings": settings | {"paired_delta": DELTA, "first_probed_sound": FIRST_PROBE},
        "runs": runs,
    }
    file, page, bars = outputs(given)
    for seed in given.seed:
        pl.seed_everything(seed, verbose=False)
        untrained = Pretrainer(sample_rate=given.sample_rate).eval()
        listeners, seconds = {"log-mel": statistics(untrained), "untrained": untrained}, {}
        for objective in ("contrast", "masked"):
            seconds[objective], model = timed(
                lambda objective=objective, seed=seed: pretrain(objective, given, seed), device
            )
            listeners[objective] = model.cpu()
        runs.append({"seed": seed, "seconds": seconds, "shares": probed(listeners, given)})
        # This run's own file, which grows.
        write_json(file, record, overwrite=given.overwrite or len(runs) > 1)
    text = table(runs)
    written = [write_text(page, text + "\n", overwrite=given.overwrite)]
    written += picture(
        bars, lambda figure: draw(runs, figure), overwrite=given.overwrite, figsize=(13, 4)
    )
    print(text)
    say_written([file, *written])


if __name__ == "__main__":
    main()
