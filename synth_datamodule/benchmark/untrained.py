"""The baselines that train no network: middles, medians, and the nearest train sound."""

import torch

from synth_datamodule.benchmark.candidates import Guesses, batches, unseen
from synth_datamodule.datamodule import SynthDataModule
from synth_datamodule.matching.matcher import ear
from synth_datamodule.reporting import Advance


def middle(data: SynthDataModule, device: torch.device, advance: Advance = unseen) -> Guesses:
    """Return 0.5 throughout, the median of how parameters are drawn; no sound is heard.

    Example:
        >>> middle(SynthDataModule(test_sounds=2), torch.device("cpu")).parameters.unique()
        tensor([0.5000])
    """
    sounds = data.sounds("test")
    num_sounds = 0 if sounds is None else len(sounds)
    guess = torch.full((num_sounds, data.num_parameters), 0.5, dtype=torch.float32, device="cpu")
    return Guesses(guess, "nothing", {}, 0)


def median(data: SynthDataModule, device: torch.device, advance: Advance = unseen) -> Guesses:
    """Return the median of the train sounds' canonical parameters, whatever is heard.

    Example:
        >>> data = SynthDataModule(4, sounds_per_epoch=8, test_sounds=2, buffer_size_seconds=0.5)
        >>> guess = median(data, torch.device("cpu")).parameters
        >>> torch.equal(guess[0], guess[1])
        True
    """
    data.setup()
    drawn = []
    for numbers in data.train_dataloader():
        drawn.append(data.voice.draw(numbers.index).cpu())
        advance(len(numbers.index))
    middle = data.voice.canonical(torch.cat(drawn)).median(0).values.float()
    sounds = data.sounds("test")
    num_sounds = 0 if sounds is None else len(sounds)
    return Guesses(middle.expand(num_sounds, -1), "here", {"form": "canonical"}, 0)


def nearest(data: SynthDataModule, device: torch.device, advance: Advance = unseen) -> Guesses:
    """Return, for each test sound, the parameters of the train sound nearest to it.

    Nearest is the least Euclidean distance of what the networks hear, log-mel frames; the search
    goes through all train sounds once and keeps none but the nearest so far.

    Example:
        >>> data = SynthDataModule(4, sounds_per_epoch=8, test_sounds=2, buffer_size_seconds=0.5)
        >>> nearest(data, torch.device("cpu")).parameters.shape
        torch.Size([2, 78])
    """
    log_mel = ear(data.sample_rate).to(device)
    with torch.no_grad():
        heard = [log_mel(batch.audio) for batch in batches(data.test_dataloader(), device)]
        targets = torch.cat(heard).flatten(1)
        least = torch.full((len(targets),), torch.inf, dtype=torch.float32, device=device)
        guess = torch.empty(len(targets), data.num_parameters, dtype=torch.float32, device=device)
        for batch in batches(data.train_dataloader(), device, advance):
            sounds = log_mel(batch.audio).flatten(1)
            # ||t - s||^2 without ||t||^2, which is the same for all that a target is held against
            distance, place = (sounds.square().sum(1) - 2 * targets @ sounds.T).min(1)
            nearer = distance < least
            least = torch.where(nearer, distance, least)
            guess = torch.where(nearer[:, None], batch.parameters[place], guess)
    return Guesses(guess.cpu(), "here", {"ear": "log-mel", "distance": "Euclidean"}, 0)
