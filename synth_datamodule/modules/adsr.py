"""ADSR envelope: attack, decay, sustain, release."""

from collections.abc import Mapping

import torch
from torch import Tensor

from synth_datamodule import checks
from synth_datamodule.config import MOST_SAMPLES
from synth_datamodule.modules.base import SynthModule, Values
from synth_datamodule.numerics.clamping import clamp, smaller
from synth_datamodule.numerics.powers import power
from synth_datamodule.parameters.table import ParameterRange
from synth_datamodule.program import Builder, Signal
from synth_datamodule.program.builder import CONTROL, VALUE


def adsr_envelope(
    duration: Tensor,
    attack: Tensor,
    decay: Tensor,
    sustain: Tensor,
    release: Tensor,
    alpha: Tensor,
    *,
    num_frames: int,
    control_rate: int,
    eps: float = 1e-6,
) -> Tensor:
    r"""Return the envelope of a note that is held for ``duration`` and then released.

    .. math:: r(A', 0) \, \big((1 - S) \, \bar r(Y', A') + S\big) \, \bar r(R, D)

    with attack and decay cut to the note, ``A' = min(A, D)`` and ``Y' = min(max(D - A, 0), Y)``, a
    ramp ``r(T, start) = x**alpha`` where x rises from 0 to 1 in T seconds after ``start``, and its
    inverse ``(1 - x)**alpha``. A decay or release of exactly 0 means never, not at once, as in
    torchsynth: Y' = 0, a note shorter than its attack, rests on it.

    That is a step, so the gradient by a decay or release of 0 is 0. Where attack and note, or decay
    and what the note leaves of it, are equally long, their gradient goes to attack and to decay;
    where a ramp starts on a sample, it is that of a ramp that started before.

    Args:
        duration: Note-on time D in seconds. Shape ``[B]``.
        attack: A in seconds. Shape ``[B]``.
        decay: Y in seconds. Shape ``[B]``.
        sustain: Level S in [0, 1]. Shape ``[B]``.
        release: R in seconds. Shape ``[B]``.
        alpha: Exponent of all three ramps, positive: 1 is linear. Shape ``[B]``.
        num_frames: Control samples, C.
        control_rate: Control rate in hertz.
        eps: Number that keeps ramps off zero, in control samples.

    Returns:
        Level in [0, 1]. Shape ``[B, C]``.

    Raises:
        TypeError: If an argument is of another type.
        ValueError: If a shape is not ``[B]``, or a number out of range (a tensor's: on the CPU).

    Example:
        >>> one = torch.ones(1)
        >>> adsr_envelope(2 * one, one, one, 0.5 * one, one, one, num_frames=6, control_rate=2)
        tensor([[1.5000e-06, 5.0000e-01, 1.0000e+00, 7.5000e-01, 5.0000e-01, 2.5000e-01]])
    """
    checks.per_sound(
        duration=duration,
        attack=attack,
        decay=decay,
        sustain=sustain,
        release=release,
        alpha=alpha,
    )
    checks.whole_number("num_frames", num_frames, 1, MOST_SAMPLES)
    checks.whole_number("control_rate", control_rate, 1, MOST_SAMPLES)
    if not 0 <= checks.real_number("eps", eps) < 1:
        raise ValueError(f"eps must lie in [0, 1), got {checks.shown(eps)}")
    for name, seconds in (("duration", duration), ("attack", attack), ("decay", decay)):
        checks.within(name, seconds, 0)
    checks.within("release", release, 0)
    checks.within("sustain", sustain, 0, 1)
    checks.within("alpha", alpha, 0)
    frames = torch.arange(num_frames, dtype=duration.dtype, device=duration.device)

    attack_cut = smaller(attack, duration)
    decay_cut = smaller(decay, clamp(duration - attack, low=0))
    # All three ramps at once, [3, B, C]: a GPU waits for the calls, however little each does.
    length = torch.stack((attack_cut, decay_cut, release))[..., None]
    start = torch.stack((torch.zeros_like(attack), attack_cut, duration))[..., None]
    instant = length <= 0
    num_steps = torch.where(instant, 1.0, length) * control_rate
    late = clamp(frames - start * control_rate, low=0)
    # No start moves frame 0, and no length a frame beyond its end, where the gradient of a
    # division by a tiny one would overflow.
    steps = torch.where(frames > 0, late, 0.0) + eps
    over = steps >= num_steps
    rise = torch.where(over, 1.0, steps / torch.where(over, 1.0, num_steps))
    rise = clamp(rise + eps, high=1)
    way = torch.where(instant, 1.0, torch.cat((rise[:1], 1 - rise[1:])))
    attack_ramp, decay_ramp, release_ramp = power(way, alpha[:, None]).unbind()
    level = sustain[:, None]
    return attack_ramp * ((1 - level) * decay_ramp + level) * release_ramp


class ADSR(SynthModule):
    """Envelope generator at control rate.

    Example:
        >>> from synth_datamodule import SynthConfig
        >>> config = SynthConfig(buffer_size_seconds=1.0)
        >>> values = {p.name: torch.tensor([0.5]) for p in ADSR.parameter_ranges}
        >>> ADSR(config)(values, torch.tensor([0.8])).shape
        torch.Size([1, 441])
        >>> ADSR(config)({"attack": torch.tensor([0.1, 0.2])}, duration=1.0).shape
        torch.Size([2, 441])
    """

    parameter_ranges = (
        ParameterRange("attack", 0.0, 2.0, curve=0.5, unit="s"),
        ParameterRange("decay", 0.0, 2.0, curve=0.5, unit="s"),
        ParameterRange("sustain", 0.0, 1.0),
        ParameterRange("release", 0.0, 5.0, curve=0.5, unit="s"),
        ParameterRange("alpha", 0.1, 6.0),
    )

    def forward(self, values: Values, duration: Tensor | float) -> Tensor:
        """Return the envelope of a note held for ``duration`` seconds: ``[B, C]``.

        Args:
            values: This module's parameters; ``defaults`` for those left out.
            duration: Note-on time in seconds. Shape ``[B]``, or a number.
        """
        values = self.complete(values, duration)
        duration = self.per_sound("duration", duration, values)
        self.check(values)
        return adsr_envelope(
            duration,
            values["attack"],
            values["decay"],
            values["sustain"],
            values["release"],
            values["alpha"],
            num_frames=self.control_buffer_size,
            control_rate=self.control_rate,
            eps=self.synthconfig.eps,
        )

    def exact(
        self, build: Builder, values: Mapping[str, Signal], duration: Signal | float
    ) -> Signal:
        """Return the envelope as a program has it."""
        names = [parameter.name for parameter in ADSR.parameter_ranges]
        held = build.expect(build.signal(duration), VALUE)
        return build.node("envelope", CONTROL, [held, *(values[name] for name in names)])
