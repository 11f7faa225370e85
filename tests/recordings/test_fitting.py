"""``fit`` ends with guesses that were looked for among the sounds just heard."""

import pytest
import soundfile
import torch

from synth_datamodule import cli
from synth_datamodule.recordings.nearness import heard_difference

FAST = (
    "--trainer.accelerator=cpu", "--trainer.enable_model_summary=false", "--trainer.max_epochs=1",
    "--data.sample_rate=8000", "--data.buffer_size_seconds=0.5", "--data.control_rate=400",
    "--data.val_sounds=8", "--model.width=2",
)  # fmt: skip


def read(folder, name):
    audio, _ = soundfile.read(folder / "matches" / "version_0" / name, dtype="float32")
    return torch.from_numpy(audio)[None]


@pytest.mark.filterwarnings("ignore")
def test_the_guesses_are_nearer_than_the_networks_and_both_are_written(
    tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    assert cli.main(["fit", *FAST, "--data.sounds_per_epoch=1024"]) == 0
    said = capsys.readouterr().out
    assert "what is heard of the guesses, 8 val sounds" in said
    off = {"network": [], "nearest": [], "guess": []}
    for number in range(8192, 8196):
        target = read(tmp_path, f"sound_{number}_target.wav")
        for kind, distances in off.items():
            guess = read(tmp_path, f"sound_{number}_{kind}.wav")
            distances.append(heard_difference(guess, target, 8000).item())
    means = {kind: sum(distances) / 4 for kind, distances in off.items()}
    assert means["guess"] < means["nearest"] < means["network"]


@pytest.mark.filterwarnings("ignore")
def test_of_what_is_heard_otherwise_than_it_sounds_the_networks_guess_is_written(
    tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    few = ("--data.sounds_per_epoch=32", "--data.normalize=peak")
    assert cli.main(["fit", *FAST, *few]) == 0
    assert "what is heard" not in capsys.readouterr().out
    written = {path.name for path in (tmp_path / "matches" / "version_0").glob("sound_8192_*")}
    assert written == {"sound_8192_target.wav", "sound_8192_guess.wav"}
