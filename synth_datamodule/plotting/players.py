"""Sounds in a notebook: a player under the picture of each."""

import base64
from collections.abc import Sequence
from html import escape
from typing import Any

from torch import Tensor

from synth_datamodule import reporting
from synth_datamodule.plotting.batches import sounds_figure


def show_players(audio: Tensor, titles: Sequence[str], sample_rate: float) -> None:
    """Show sounds in a notebook, each as a picture and a player.

    A player holds 16 bits in [-1, 1]: a sound that goes beyond is turned down to 1, and its title
    says so.

    Args:
        audio: Audio ``[B, N]``.
        titles: Title of each sound.
        sample_rate: Sample rate in hertz.

    Raises:
        ImportError: If matplotlib is not installed.
    """
    from IPython import display as shows

    show: Any = shows  # without types
    cards = "".join(
        _card(show.Audio, audio[place : place + 1], title, sample_rate)
        for place, title in enumerate(titles)
    )
    show.display(show.HTML(f'<div style="display:flex;flex-wrap:wrap;gap:1em">{cards}</div>'))


def _card(player: Any, audio: Tensor, title: str, sample_rate: float) -> str:  # noqa: ANN401  # IPython's Audio
    sound = audio.detach().cpu().float()
    peak = float(sound.abs().max()) if sound.numel() else 0.0
    if peak > 1:
        sound, title = sound / peak, f"{title}, {peak:.3g} times as loud"
    drawn = reporting.drawn(sounds_figure(sound, [title], sample_rate))
    picture = base64.b64encode(drawn).decode()
    played = player(sound[0].numpy(), rate=round(sample_rate), normalize=False)._repr_html_()
    return (
        f'<div><img alt="{escape(title)}: waveform and log-mel spectrogram" '
        f'src="data:image/png;base64,{picture}"/><br/>{played}</div>'
    )
