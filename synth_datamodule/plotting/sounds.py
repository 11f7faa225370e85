"""plot_sound: one sound taken apart, its waveform, its log-mel and its control signals."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from synth_datamodule import checks, reporting
from synth_datamodule.batch import SynthBatch, each_tensor
from synth_datamodule.patching.rerendering import made_of
from synth_datamodule.patching.synth import AbstractSynth
from synth_datamodule.plotting.drawing import (
    BLACK,
    COLOURS,
    STYLES,
    draw_log_mel,
    draw_wave,
    log_mel,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_DURATION = "keyboard.duration"


def plot_sound(
    synth: AbstractSynth, sound: SynthBatch | int | str, names: Sequence[str] | None = None
) -> "Figure":
    """Return a figure of one sound: waveform, log-mel, and below them its control signals.

    Envelopes, LFOs and what is made of them, as ``synth.signals`` has them, lie in a panel for each
    kind of part; a dotted line is where the key is released.

    Args:
        synth: Synth that makes the sound.
        sound: Sound number, or its name such as ``"synth1B1-312-6"``; or one sound, as
            ``synth.sound`` returns it, whose parameters may be others by now.
        names: Names of control signals that are drawn, or of parts for all of theirs; None is all,
            and an empty list is none.

    Returns:
        A figure of matplotlib's, time in seconds; ``figure.savefig(path)`` writes it.

    Raises:
        ImportError: If matplotlib is not installed: ``pip install 'synth_datamodule[plots]'``.
        TypeError: If an argument is of another type.
        ValueError: If there is no such sound or signal, or a signal named is none at control rate.

    Example:
        >>> from synth_datamodule import SynthConfig, Voice
        >>> voice = Voice(SynthConfig(buffer_size_seconds=0.5))
        >>> figure = plot_sound(voice, 7, names=["adsr_1", "lfo_1"])
        >>> [axis.get_ylabel() for axis in figure.axes][1]
        'frequency (Hz)'
    """
    checks.instance("synth", synth, AbstractSynth)
    kinds = {cable.source: cable.kind for cable in synth.cables}
    wanted = _control_signals(kinds, names)
    one = _one(synth, sound)
    parameters, rows = made_of(one, synth.parameter_table)
    released = [_DURATION] if _DURATION in kinds else []
    asked = [*wanted, *released, "audio"]
    with torch.no_grad():
        signals = {k: s[0].cpu() for k, s in synth.signals(parameters, rows, asked).items()}
    panels = _panels(synth, {name: signals[name] for name in wanted})
    until = signals.get(_DURATION)
    title = f"{type(synth).__name__}, sound {int(one.index)}"
    config = synth.synthconfig
    height = 4.0 + sum(0.9 + 0.16 * len(panel) for panel in panels.values())
    figure: Figure = reporting.new_figure((9, height))
    heights = [1.2, 2.0, *(0.9 + 0.16 * len(panel) for panel in panels.values())]
    axes = figure.subplots(len(heights), 1, sharex=True, height_ratios=heights)
    seconds = len(signals["audio"]) / config.sample_rate
    draw_wave(axes[0], signals["audio"], config.sample_rate)
    axes[0].set(title=title, ylabel="level\n(full scale 1)")
    frames = log_mel(signals["audio"][None], config.sample_rate)[0]
    image = draw_log_mel(axes[1], frames, seconds, config.sample_rate)
    axes[1].set_ylabel("frequency (Hz)")
    bar = axes[1].inset_axes((1.015, 0, 0.02, 1))
    figure.colorbar(image, cax=bar).set_label("level (dB of full scale)", fontsize="small")
    for axis, (kind, panel) in zip(axes[2:], panels.items(), strict=True):
        _draw_signals(axis, panel, config.control_rate)
        axis.set_ylabel(f"{kind}\n(full scale 1)")
    if until is not None and float(until) < seconds:
        for axis in axes:
            colour = "white" if axis is axes[1] else BLACK
            axis.axvline(float(until), color=colour, linestyle=":", linewidth=1)
        axes[0].annotate(
            "key released",
            (float(until), 0.97),
            xycoords=axes[0].get_xaxis_transform(),
            xytext=(3, 0),
            textcoords="offset points",
            va="top",
            fontsize="small",
        )
    axes[-1].set(xlabel="time (s)", xlim=(0, seconds))
    return figure


def _one(synth: AbstractSynth, sound: SynthBatch | int | str) -> SynthBatch:
    if not isinstance(sound, SynthBatch):
        return synth.sound(sound)
    if isinstance(sound.index, Tensor) and sound.index.ndim:
        raise ValueError(
            f"sound must be one sound, without the axis B, got a batch of {len(sound.index)}: "
            "plot_batch draws several"
        )
    return SynthBatch(*(each_tensor(field, Tensor.detach) for field in sound))


def _control_signals(kinds: Mapping[str, str], names: Sequence[str] | None) -> list[str]:
    """Return the names of the control signals to be drawn, in the patch's order."""
    there = [name for name, kind in kinds.items() if kind == "control"]
    if names is None:
        return there
    asked = [] if isinstance(names, list | tuple) and not names else checks.names("names", names)
    kept = set()
    for name in asked:
        found = {one for one in there if one == name or one.startswith(f"{name}.")}
        if not found:
            raise ValueError(
                f"names must be control signals, got {checks.shown(name)}; "
                f"{checks.nearest(name, there)}"
            )
        kept |= found
    return [name for name in there if name in kept]


def _panels(synth: AbstractSynth, signals: Mapping[str, Tensor]) -> dict[str, dict[str, Tensor]]:
    """Return the signals of each kind of part by name, in the patch's order."""
    kinds = synth.diagram().parts
    panels: dict[str, dict[str, Tensor]] = {}
    for name, signal in signals.items():
        part = max((p for p in kinds if name == p or name.startswith(f"{p}.")), key=len)
        panels.setdefault(kinds[part], {})[name] = signal
    return panels


def _draw_signals(axis: Any, signals: Mapping[str, Tensor], control_rate: float) -> None:  # noqa: ANN401  # matplotlib's
    for place, (name, signal) in enumerate(signals.items()):
        times = torch.arange(len(signal), dtype=torch.float64, device="cpu") / control_rate
        around, colour = divmod(place, len(COLOURS))
        axis.plot(
            times.numpy(),
            signal.numpy(),
            label=name,
            color=COLOURS[colour],
            linestyle=STYLES[around % len(STYLES)],
            linewidth=1.1,
            alpha=0.9,
        )
    axis.legend(loc="upper left", bbox_to_anchor=(1.0, 1.02), fontsize="small", frameon=False)
    axis.grid(alpha=0.25)
