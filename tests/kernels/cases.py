"""Sounds that every renderer must agree on, bit for bit; also the program that hashes them.

``python tests/kernels/cases.py`` prints hashes.json anew: a changed hash is a major version.
"""

import hashlib
import json
from pathlib import Path

import torch

from synth_datamodule import SynthConfig, Voice

HASHES = Path(__file__).with_name("hashes.json")

_spread = torch.randint(0, 2**32, (96,), generator=torch.Generator().manual_seed(5)).tolist()
# The first and the last, a threshold in float32, the pitch clamp, the steepest wave of golden/.
_known = [0, 1, 2, 3, 31, 32, 1023, 1024, 9240, 10230, 2**31 - 1, 2**31, 2**32 - 1, 1073741823]


def _length(num_samples, sample_rate, control_rate):
    return {
        "sample_rate": sample_rate,
        "buffer_size_seconds": num_samples / sample_rate,
        "control_rate": control_rate,
    }


# Whole sounds, hashed.
WHOLE = {
    "synth1B1": ({}, "default", [*_known, *range(64, 128), *_spread]),
    "drum": ({}, "drum", [*_known, *_spread[:50]]),
    "16 kHz": (_length(32000, 16000, 400), "default", [*_known, *_spread[:50]]),
    "odd length and rates": (_length(27283, 22050, 150), "default", [*_known, *_spread[:18]]),
    "a minute": (_length(48000 * 60, 48000, 480), "drum", [9240, 10230]),
}

# Short ones for the interpreter: at the edges of the CPU's blocks of 1200 samples and the GPU's
# tiles of 1024, other rates, more control samples than a tile of 32, hardly any samples at all.
SHORT = {
    "default": (_length(3200, 16000, 400), "default", [9240, 10230, *_spread[:6]]),
    "drum": (_length(3200, 16000, 400), "drum", [9240, 10230, *_spread[:6]]),
    "44.1 kHz": (_length(4410, 44100, 441), "default", [0, 1]),
    "odd length": (_length(1601, 22050, 150), "default", [3, *_spread[:3]]),
    "one sample before a block": (_length(1199, 8000, 100), "default", [2, 3]),
    "a block": (_length(1200, 8000, 100), "default", [2, 3]),
    "one sample after a block": (_length(1201, 8000, 100), "default", [2, 3]),
    "one sample before a tile": (_length(2047, 8000, 100), "default", [2, 3]),
    "two tiles": (_length(2048, 8000, 100), "default", [2, 3]),
    "one sample after a tile": (_length(2049, 8000, 100), "default", [2, 3]),
    "control at audio rate": (_length(700, 1000, 1000), "default", [5, 6]),
    "two samples": (_length(2, 1000, 1000), "default", [5, 6, 7]),
    # Ramps that are not, held at levels that float64 does not hold exactly.
    "pinned": (
        _length(800, 8000, 200),
        "default",
        _spread[:4],
        {
            "keyboard.duration": 0.03,
            "adsr_1.attack": 0.1,
            "adsr_1.sustain": 0.1,
            "adsr_1.release": 0.0,
            "adsr_2.attack": 0.01,
            "adsr_2.decay": 0.0,
            "adsr_2.sustain": 0.7,
        },
    ),
    # Each parameter at its ends, in the program that interprets.
    "ends": (_length(100, 8000, 200), "default", []),
}


def sounds(case):
    """Return a voice and the numbers of a case."""
    config, nebula, numbers, *pinned = case
    voice = Voice(SynthConfig(**config), nebula, pinned=pinned[0] if pinned else None)
    return voice, torch.tensor(numbers, dtype=torch.int64)


def cotangent(voice, num_sounds):
    """Return a gradient of audio to go back from."""
    generator = torch.Generator().manual_seed(3)
    return torch.randn(num_sounds, voice.synthconfig.buffer_size, generator=generator)


def ends(voice):
    """Return parameters all at 0, all at 1, and each alone at either end of a middling sound."""
    middle = voice.draw(torch.tensor([10230]))
    rows = middle.repeat(2 * middle.shape[1], 1)
    for column in range(middle.shape[1]):
        rows[2 * column, column] = 0.0
        rows[2 * column + 1, column] = 1.0
    return torch.cat((torch.zeros_like(middle), torch.ones_like(middle), rows))


def controls_back():
    """Return a voice, hard parameters, and a gradient by pitches, gains and constants."""
    voice = Voice(SynthConfig(sample_rate=2000, buffer_size_seconds=0.2, control_rate=100))
    table, middle = voice.parameter_table, voice.draw(torch.tensor([10230])).double()
    cut = {"keyboard.duration": 0.05, "adsr_1.attack": 0.2, "adsr_2.attack": 0.03}
    cut |= {"adsr_2.decay": 0.1, "lfo_1.frequency": 2.0, "lfo_1.mod_depth": -9.0}
    cut |= {"lfo_1_rate_adsr.attack": 0.02, "lfo_1_rate_adsr.sustain": 0.5}
    cut |= {"lfo_2_amp_adsr.release": 0.03, "vco_2.mod_depth": -12.0, "lfo_2.sin": 0.0}
    hard = (middle * 0, middle * 0 + 1, table.replace(middle, cut), middle)
    parameters = torch.cat(hard).float()
    draw = torch.Generator().manual_seed(1)
    frames = voice.synthconfig.control_buffer_size
    shapes = [(len(parameters), *shape) for shape in ((2, frames), (3, frames), (4,))]
    given = [torch.randn(shape, generator=draw, dtype=torch.float64) for shape in shapes]
    return voice, parameters, given


def digest(audio):
    """Return the SHA-256 of one sound's float32 bytes, little-endian."""
    return hashlib.sha256(audio.cpu().numpy().astype("<f4").tobytes()).hexdigest()


def hashes(device="cpu"):
    """Return the hash of each whole sound, by case and number."""
    found = {}
    for name, case in WHOLE.items():
        voice, numbers = sounds(case)
        found[name] = {}
        for part in numbers.split(32):
            batch = voice.render_sounds(part, device)
            for number, audio in zip(part.tolist(), batch.audio, strict=True):
                found[name][str(number)] = digest(audio)
    return found


if __name__ == "__main__":
    print(json.dumps(hashes(), indent=1))
