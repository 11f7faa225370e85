"""How far programs are from the float64 modules: random patches, and four synths sound by sound.

Run ``python tests/bench/patches.py``: patches of up to 30 parts, 16 kHz, a quarter of a second, six
sounds each; each sound is rendered in a batch and alone, on one thread and on three, and held to
its modules, in chaotic chains of oscillators to what a rounding does to these.
``--synths OneOscillator FmVoice FilteredVoice FourLfoVoice`` measures these instead, at 44.1 kHz
and 4 s. With ``--out`` it writes JSON.
"""

import json
import random
import sys
import time
from pathlib import Path

import torch
from hundred_thousand import spread
from options import options, read

from synth_datamodule import SynthConfig, part, reporting
from synth_datamodule.corpus.draws import noise_rows
from synth_datamodule.measure.machine import this_machine
from synth_datamodule.modules import LFO, ModulationMixer
from synth_datamodule.synths import FilteredVoice, FmVoice, OneOscillator
from synth_datamodule.voice import Voice

sys.path.append(str(Path(__file__).parents[1]))
from random_patches import (
    CLOSE,
    MOST_PARTS,
    RandomPatch,
    chaos,
    defined,
    distance,
    patched,
    rounded,
    signals,
)

SHORT = SynthConfig(sample_rate=16000, buffer_size_seconds=0.25, control_rate=400)
SOUNDS = 6
AT_ONCE = 8
SHARES = {"median": 0.5, "99 %": 0.99, "worst": 1.0}


class FourLfoVoice(Voice):
    """The Voice with two more LFOs, which share the rate and amplitude envelopes."""

    lfo_3 = part(LFO)
    lfo_4 = part(LFO)
    mod_matrix = part(
        ModulationMixer,
        inputs=("adsr_1", "adsr_2", "lfo_1", "lfo_2", "lfo_3", "lfo_4"),
        outputs=("vco_1_pitch", "vco_1_amp", "vco_2_pitch", "vco_2_amp", "noise_amp"),
    )

    def output(self, p, noise_rows):
        midi_f0, duration = self.keyboard(p.keyboard)
        rates = [
            self.lfo_1_rate_adsr(p.lfo_1_rate_adsr, duration),
            self.lfo_2_rate_adsr(p.lfo_2_rate_adsr, duration),
        ]
        levels = [
            self.lfo_1_amp_adsr(p.lfo_1_amp_adsr, duration),
            self.lfo_2_amp_adsr(p.lfo_2_amp_adsr, duration),
        ]
        lfos = [
            self.control_vca(self.lfo_1(p.lfo_1, rates[0]), levels[0]),
            self.control_vca(self.lfo_2(p.lfo_2, rates[1]), levels[1]),
            self.control_vca(self.lfo_3(p.lfo_3, rates[0]), levels[0]),
            self.control_vca(self.lfo_4(p.lfo_4, rates[1]), levels[1]),
        ]
        envelopes = [self.adsr_1(p.adsr_1, duration), self.adsr_2(p.adsr_2, duration)]
        controls = self.mod_matrix(p.mod_matrix, *envelopes, *lfos)
        bend_1, level_1, bend_2, level_2, level_3 = map(self.upsample, controls)
        return self.mixer(
            p.mixer,
            self.vca(self.vco_1(p.vco_1, midi_f0, bend_1), level_1),
            self.vca(self.vco_2(p.vco_2, midi_f0, bend_2), level_2),
            self.vca(self.noise(noise_rows), level_3),
        )


SYNTHS = {one.__name__: one for one in (OneOscillator, FmVoice, FilteredVoice, FourLfoVoice)}


def of_patch(seed):
    """Return what a random patch's sounds show: distances, chaos, whether bits ever differ."""
    chance = random.Random(seed)
    patch = RandomPatch(chance, chance.randint(5, MOST_PARTS))
    synth = patched(patch.source)(SHORT)
    sounds = torch.arange(SOUNDS * seed, SOUNDS * (seed + 1))
    parameters, rows = synth.draw(sounds), noise_rows(sounds)
    found = signals(synth._audio(parameters, rows))
    order = torch.randperm(SOUNDS, generator=torch.Generator().manual_seed(seed))
    torch.set_num_threads(3)
    again = signals(synth._audio(parameters[order], rows[order]))
    torch.set_num_threads(1)
    one = slice(seed % SOUNDS, seed % SOUNDS + 1)
    alone = signals(synth._audio(parameters[one], rows[one]))
    alike = all(
        torch.equal(again[name], signal[order]) and torch.equal(alone[name], signal[one])
        for name, signal in found.items()
    )
    truth = defined(synth, parameters, rows)
    off = distance(found, truth)
    by_change = by_rounding = torch.zeros(SOUNDS)
    if patch.oscillators > 1 and (far := off > CLOSE).any():
        moved = chaos(synth, parameters, rows, truth, torch.where(far, torch.inf, 0.0))
        by_change = torch.where(far, off / moved, 0.0)
        moved = torch.maximum(moved, rounded(synth, parameters, rows, truth))
        by_rounding = torch.where(far, off / moved, 0.0)
    return {
        "seed": seed,
        "parts": len(list(synth.children())),
        "deep": patch.oscillators > 1,
        "program": synth.backend == "program",
        "alike": alike,
        "off": off.tolist(),
        "by change": by_change.tolist(),
        "by rounding": by_rounding.tolist(),
    }


def quantiles(found):
    """Return median, 99 % and worst."""
    found = torch.tensor(found, dtype=torch.float64)
    shares = torch.tensor(list(SHARES.values()), dtype=torch.float64)
    return dict(zip(SHARES, torch.quantile(found, shares).tolist(), strict=True))


def patches(how_many, first):
    """Return what so many random patches show, from a seed on."""
    made = []
    for seed in range(first, first + how_many):
        made.append(of_patch(seed))
        if len(made) % 100 == 0:
            worst = max(max(one["off"]) for one in made if not one["deep"])
            print(f"{len(made)} patches, worst {worst:.3g}", flush=True)
    shallow = [off for one in made if not one["deep"] for off in one["off"]]
    deep = [off for one in made if one["deep"] for off in one["off"]]
    ratios = [ratio for one in made for ratio in one["by rounding"] if ratio > 0]

    def beyond(measure):
        return [one["seed"] for one in made if max(one[measure]) > 100]

    return {
        "patches": len(made),
        "parts": sum(one["parts"] for one in made),
        "without a program": [one["seed"] for one in made if not one["program"]],
        "with other bits in another batch": [one["seed"] for one in made if not one["alike"]],
        "at most one oscillator before a pitch": {"sounds": len(shallow), **quantiles(shallow)},
        "more oscillators before a pitch": {
            "sounds": len(deep),
            **quantiles(deep),
            "beyond 1e-5": len(ratios),
            "of what a rounding does, at most": max(ratios, default=0.0),
            "seeds beyond 100 of it": beyond("by rounding"),
            "seeds beyond 100 of what a change of 1e-15 does alone": beyond("by change"),
        },
    }


def synth(name, how_many):
    """Return how far sounds of a synth are from its modules, spread over the corpus."""
    made = SYNTHS[name](SynthConfig(), backend="program")
    off = []
    for some in spread(how_many).split(AT_ONCE):
        parameters, rows = made.draw(some), noise_rows(some)
        found = signals(made._audio(parameters, rows))
        off += distance(found, defined(made, parameters, rows)).tolist()
    return {"sounds": len(off), **quantiles(off), "worst sound": worst_sound(off)}


def worst_sound(off):
    """Return the number of the sound that is farthest off."""
    return int(spread(len(off))[max(range(len(off)), key=off.__getitem__)])


def parser():
    return options(
        __doc__, patches=2000, seed=0, synths=[], sounds=2048, threads=1, out=None, overwrite=False
    )


def main(arguments=None):
    given = read(parser(), lambda given: [given.out] if given.out else (), arguments)
    torch.set_num_threads(given.threads)
    begun = time.perf_counter()
    if given.synths:
        words = f"--synths {' '.join(given.synths)} --sounds {given.sounds}"
        found = {}
        for name in given.synths:
            found[name] = synth(name, given.sounds)
            print(name, found[name], flush=True)
    else:
        words = f"--patches {given.patches} --seed {given.seed}"
        found = patches(given.patches, given.seed)
    result = {
        "command": f"python tests/bench/patches.py {words}",
        "machine": str(this_machine(torch.device("cpu"))),
        "seconds": round(time.perf_counter() - begun),
        **found,
    }
    print(json.dumps(result, indent=2))
    if given.out:
        reporting.write_json(given.out, result, overwrite=given.overwrite)


if __name__ == "__main__":
    main()
