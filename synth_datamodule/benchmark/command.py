"""``synth-datamodule benchmark``: run candidates, render the leaderboard, compare two results."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

from synth_datamodule import checks, reporting
from synth_datamodule.benchmark.entries import BASELINES, entry
from synth_datamodule.benchmark.leaderboard import PICTURE_SIZE, draw, markdown
from synth_datamodule.benchmark.measures import HeardMetrics
from synth_datamodule.benchmark.results import Result, compare, read
from synth_datamodule.benchmark.run import run
from synth_datamodule.benchmark.standings import gather
from synth_datamodule.benchmark.task import VERSION, VERSIONS, Run


@dataclass(frozen=True)
class Benchmark:
    """Learn from a budget of sounds, name the parameters of the test sounds, render, measure.

    The task is sound-matching: each guess is rendered again and held against its target. One result
    file per run; --table renders the leaderboard of a folder of them, --compare holds two side by
    side and exits with 1 where anything differs.

    Args:
        baseline: Baselines to run: middle, median, nearest, retrieve, retrieve+refine, search, mlp,
            cnn, cnn-canonical, transformer, flow, flow-mean, flow+refine.
        model: Import paths of models to run: a LightningModule (audio [B, N] to parameters [B, P]
            in [0, 1]), trained on the budget's sounds, or a callable that has learned elsewhere.
        table: Folder of results whose leaderboard is printed and written there.
        compare: Two result files to hold side by side.
        budget: Sounds to learn from and device: cpu is 16384 on the CPU, gpu 262144 on a GPU.
        seed: Seeds of the weights and the train sounds, a run for each.
        device: cpu or a CUDA device, the budget's by default.
        train_sounds: Number of train sounds, fewer than the budget's: a trial run, which stays off
            the leaderboard.
        test_sounds: Number of test sounds, fewer than the task's 1024: a trial run too.
        task_version: Version of the task to run, or whose leaderboard is rendered: 2, or 1, whose
            files stay as they were.
        out: Folder of the result files; beside each NAME.json its guesses lie in NAME.npz.
        overwrite: Whether files with other contents may be replaced.
    """

    baseline: tuple[str, ...] = ()
    model: tuple[str, ...] = ()
    table: Path | None = None
    compare: tuple[Path, Path] | None = None
    budget: Literal["cpu", "gpu"] = "cpu"
    seed: tuple[int, ...] = (0,)
    device: str | None = None
    train_sounds: int | None = None
    test_sounds: int | None = None
    task_version: int = VERSION
    out: Path = Path("benchmark")
    overwrite: bool = False

    def __call__(self) -> int:
        """Return the exit status: 0, or 1 where two results that are compared differ."""
        tasks = ("baseline", "model", "table", "compare")
        given = [f"--{task}" for task in tasks if getattr(self, task)]
        if len(given) != 1:
            raise ValueError(
                "one of --baseline, --model, --table and --compare must be given, got "
                f"{' and '.join(given) or 'none'}"
            )
        checks.whole_number("task_version", self.task_version, VERSIONS[0], VERSIONS[-1])
        if self.compare is not None:
            text, same = compare(*map(read, self.compare))
            reporting.say(text)
            return 0 if same else 1
        if self.table is not None:
            _write_table(self.table, self.task_version, self.overwrite)
        else:
            self._run()
        return 0

    def _run(self) -> None:
        for name in self.baseline:
            checks.one_of("baseline", name, BASELINES)
        candidates = {name: entry(name) for name in self.model or self.baseline}
        runs = [
            Run(
                name,
                self.budget,
                seed,
                self.device,
                self.train_sounds,
                self.test_sounds,
                self.task_version,
            )
            for name in self.model or self.baseline
            for seed in self.seed
        ]
        paths = [self.out / f"{what.name}.json" for what in runs]
        arrays = [path.with_suffix(".npz") for path in paths]
        reporting.check_outputs(*paths, *arrays, overwrite=self.overwrite)
        num_sounds = sum(what.num_train_sounds + what.num_test_sounds for what in runs)
        with reporting.progress("benchmark", num_sounds) as advance:
            for what, path in zip(runs, paths, strict=True):
                try:
                    result, guesses = run(candidates[what.candidate], what, advance)
                except (TypeError, ValueError) as error:
                    raise ValueError(f"{what.name}: {error}") from error
                # The guesses first: a result says their SHA-256.
                reporting.write_arrays(
                    path.with_suffix(".npz"), overwrite=self.overwrite, guesses=guesses.numpy()
                )
                result.write(path, overwrite=self.overwrite)
                reporting.say(f"{path}: {_said(result)}")


def _said(result: Result) -> str:
    metrics = result.metrics
    words = [
        f"parameter error {metrics.parameter_error:.4f}",
        f"{metrics.pitch_within_quarter_tone:.1%} within a quarter tone",
        f"log-mel {metrics.log_mel:.2f} dB",
        f"STFT {metrics.stft:.3f}",
    ]
    if isinstance(metrics, HeardMetrics):
        words[:2] = [
            f"heard pitch within a quarter tone in {metrics.heard_pitch_within:.1%}",
            f"where it stands still in {metrics.heard_pitch_within_still:.1%}",
            f"gain curves {metrics.gain_error:.4f}",
        ]
        words.append(f"MSS {metrics.mss:.2f} dB")
    time = sum(result.seconds[name] for name in ("matching", "measuring"))
    return ", ".join([*words, f"{time:.0f} s"])


def _write_table(folder: Path, version: int, overwrite: bool) -> None:
    name = "leaderboard" if version == VERSION else f"leaderboard-v{version}"
    table, picture = folder / f"{name}.md", folder / f"{name}.png"
    reporting.check_outputs(table, picture, overwrite=overwrite, same_bytes_are_fine=True)
    standings, left_out = gather(folder, version)
    if not standings and not left_out:
        raise FileNotFoundError(
            f"there is no result file of version {version}, *.json, in {folder}"
        )
    text = markdown(standings, left_out, version)
    written = [reporting.write_text(table, text, overwrite=overwrite)]
    if standings:
        written += reporting.picture(
            picture, partial(draw, standings=standings), overwrite=overwrite, figsize=PICTURE_SIZE
        )
    reporting.say(text.rstrip())
    reporting.say_written(written, with_picture=bool(standings))
