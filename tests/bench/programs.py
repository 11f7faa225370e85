"""What a synth gains by its program: beside its modules, new patches, the filter, and Faust.

Run ``python tests/bench/programs.py``, ``--device cuda`` on a GPU. Candidates take turns, and times
are medians. First each synth's program beside its float64 modules, and the Voice's program beside
``backend="fused"``, whose kernels are its own on a GPU alone. Then what a patch that nobody has
rendered takes from ``Patch()`` to its first batch, beside that batch rendered again; what a filter
adds to a sample; and OneOscillator beside the same equations in Faust's language, on one thread.
"""

import statistics

import torch
from options import options, read
from patches import SYNTHS
from peer_faust import faust_oscillator, why_no_faust

from synth_datamodule import AbstractSynth, SynthConfig, Voice, part
from synth_datamodule.measure.machine import this_machine
from synth_datamodule.measure.timing import take_turns, timed
from synth_datamodule.modules import (
    ADSR,
    LFO,
    VCA,
    AudioMixer,
    ControlRateUpsample,
    MonophonicKeyboard,
    Noise,
    SineVCO,
    StateVariableFilter,
)
from synth_datamodule.synths import OneOscillator

WINDOW = 2048


class Hiss(AbstractSynth):
    """Noise."""

    noise = part(Noise)
    mixer = part(AudioMixer, inputs=("noise",))

    def output(self, p, noise_rows):
        return self.mixer(p.mixer, self.noise(noise_rows))


class FilteredHiss(AbstractSynth):
    """Noise through a filter whose cutoff moves."""

    keyboard = part(MonophonicKeyboard)
    adsr = part(ADSR)
    upsample = part(ControlRateUpsample)
    noise = part(Noise)
    filter = part(StateVariableFilter)
    mixer = part(AudioMixer, inputs=("noise",))

    def output(self, p, noise_rows):
        _, duration = self.keyboard(p.keyboard)
        bend = self.upsample(self.adsr(p.adsr, duration))
        return self.mixer(p.mixer, self.filter(p.filter, self.noise(noise_rows), mod=bend))


def new_patch():
    """Return a class of a synth that nobody has seen."""

    class Patch(AbstractSynth):
        keyboard = part(MonophonicKeyboard)
        adsr = part(ADSR)
        lfo = part(LFO)
        upsample = part(ControlRateUpsample)
        carrier = part(SineVCO)
        vca = part(VCA)
        noise = part(Noise)
        mixer = part(AudioMixer, inputs=("carrier", "noise"))

        def output(self, p, noise_rows):
            midi_f0, duration = self.keyboard(p.keyboard)
            envelope = self.adsr(p.adsr, duration)
            wobble = self.upsample(self.lfo(p.lfo, envelope))
            level = self.upsample(envelope)
            tone = self.vca(self.carrier(p.carrier, midi_f0, wobble), level)
            return self.mixer(p.mixer, tone, self.vca(self.noise(noise_rows), wobble))

    return Patch


def rendering(synth, given):
    """Return a call that renders a batch of a synth from its parameters."""
    numbers = torch.arange(given.batch_size)
    parameters, rows = synth.draw(numbers).to(given.device), (numbers % 32).to(given.device)
    return lambda _: synth.render(parameters, rows)


def beside(calls, given):
    """Return each candidate's median in seconds, and the others' medians over the first's."""
    taken = take_turns(calls, given.rounds, torch.device(given.device))
    first, *others = taken.values()
    ratios = [
        statistics.median(one / base for base, one in zip(first, other, strict=True))
        for other in others
    ]
    return [statistics.median(one) for one in taken.values()], ratios


def synths(given, config):
    """Print each synth's program beside its modules."""
    print("synth             program ms   modules ms   modules over program")
    for name, kind in SYNTHS.items():
        backends = {"program": "auto", "modules": "reference"}
        calls = {
            one: rendering(kind(config, backend=backend), given)
            for one, backend in backends.items()
        }
        (ours, theirs), (ratio,) = beside(calls, given)
        print(f"{name:16} {ours * 1e3:11.1f} {theirs * 1e3:12.0f} {ratio:22.1f}")


def voice(given, config):
    """Print the Voice as a program beside its fused renderer."""
    fused, program = Voice(config), Voice(config, backend="program")
    calls = {"fused": rendering(fused, given), "program": rendering(program, given)}
    (ours, theirs), (ratio,) = beside(calls, given)
    same = torch.equal(calls["fused"](0), calls["program"](0))
    print(
        f"Voice: fused {ours * 1e3:.1f} ms, program {theirs * 1e3:.1f} ms, {ratio:.2f} of its "
        f"time; the bits are {'the same' if same else 'others'}"
    )


def filtered(given, config):
    """Print what a filter whose cutoff moves adds to a sample, on one thread."""
    calls = {
        "bare": rendering(Hiss(config), given),
        "filter": rendering(FilteredHiss(config), given),
    }
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    taken = take_turns(calls, given.rounds, torch.device(given.device))
    torch.set_num_threads(threads)
    more = statistics.median(
        one - bare for bare, one in zip(taken["bare"], taken["filter"], strict=True)
    )
    each = more / given.batch_size / config.buffer_size * 1e9
    print(f"a moving filter adds {each:.2f} ns to a sample, on one thread")


def first_batches(given, config):
    """Print what a new patch takes beside the render itself, in a process that knows another."""
    device = torch.device(given.device)
    numbers = torch.arange(given.batch_size, device=device)
    OneOscillator(config).to(device).render_sounds(numbers)

    def first(kind):
        synth = kind(config).to(device)
        return synth, synth.render_sounds(numbers)

    # Rendered once: what this machine has not compiled yet is no patch's own.
    compiling = timed(lambda: first(new_patch()), device)[0]
    more = []
    for _ in range(given.rounds):
        kind = new_patch()
        taken, (synth, _) = timed(lambda kind=kind: first(kind), device)
        more.append(taken - timed(lambda synth=synth: synth.render_sounds(numbers), device)[0])
    print(
        f"a patch nobody has rendered: {statistics.median(more):.3f} s beside its render, "
        f"{max(more):.3f} s at most; the first of them {compiling:.3f} s with its render"
    )


def faust(given, config):
    """Print OneOscillator beside Faust's, a sound on one thread, and how far their spectra are."""
    if why := why_no_faust(torch.device(given.device)):
        print(why)
        return
    synth = OneOscillator(config)
    theirs = faust_oscillator(synth)
    numbers = torch.arange(given.batch_size)
    parameters = synth.draw(numbers)
    values = synth.parameter_table.to_physical(parameters)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    calls = {"ours": lambda _: synth.render(parameters), "faust": lambda _: theirs(values)}
    (ours, faust), (ratio,) = beside(calls, given)
    torch.set_num_threads(threads)
    far = statistics.median(distances(synth.render(parameters), theirs(values)))
    print(
        f"OneOscillator on one thread: {ours / given.batch_size * 1e3:.2f} ms a sound, in Faust "
        f"{faust / given.batch_size * 1e3:.2f} ms, {ratio:.0f} times as long; their spectrograms "
        f"differ by {far:.1%} in the median"
    )


def distances(ours, theirs):
    """Return how far spectrograms of two batches are apart, sound by sound, over the first's norm.

    Theirs is divided by its peak where that is above 1, as ours is.
    """
    theirs = theirs / theirs.abs().amax(1, keepdim=True).clamp(min=1)
    window = min(WINDOW, ours.shape[1])
    a, b = (
        torch.stft(
            one, window, window // 4, window=torch.hann_window(window), return_complex=True
        ).abs()
        for one in (ours, theirs)
    )
    return ((a - b).norm(dim=(1, 2)) / a.norm(dim=(1, 2)).clamp(min=1e-9)).tolist()


def parser():
    return options(
        __doc__,
        batch_size=32,
        rounds=9,
        seconds=4.0,
        sample_rate=44100,
        control_rate=441,
        device="cpu",
    )


def main():
    given = read(parser())
    config = SynthConfig(
        sample_rate=given.sample_rate,
        buffer_size_seconds=given.seconds,
        control_rate=given.control_rate,
        batch_size=given.batch_size,
    )
    print(f"{this_machine(torch.device(given.device))}; batches of {given.batch_size}")
    synths(given, config)
    voice(given, config)
    first_batches(given, config)
    filtered(given, config)
    faust(given, config)


if __name__ == "__main__":
    main()
