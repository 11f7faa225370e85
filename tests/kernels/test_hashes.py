"""The bytes of some hundred sounds, for ever: another hash is another major version."""

import json
import runpy
from pathlib import Path

import pytest
import torch

cases = runpy.run_path(str(Path(__file__).with_name("cases.py")))
KNOWN = json.loads(cases["HASHES"].read_text())


def differing(found):
    return [
        f"{name}: sound {number}"
        for name, sounds in KNOWN.items()
        for number, known in sounds.items()
        if found[name][number] != known
    ]


def test_every_hashed_sound_is_known():
    assert {name: len(sounds) for name, sounds in KNOWN.items()} == {
        name: len(set(numbers)) for name, (_, _, numbers) in cases["WHOLE"].items()
    }
    assert sum(map(len, KNOWN.values())) > 300


def test_the_cpus_sounds_are_the_bytes_that_they_have_always_been():
    assert differing(cases["hashes"]()) == []


def test_flushing_denormals_changes_no_bit():
    # A process may have been told to, by torch or by any library built with -ffast-math.
    if not torch.set_flush_denormal(True):
        pytest.skip("this processor cannot flush denormals")
    try:
        voice, numbers = cases["sounds"](cases["WHOLE"]["16 kHz"])
        # One thread: the pool's own were started before, or would go on flushing.
        threads = torch.get_num_threads()
        torch.set_num_threads(1)
        audio = voice.render_sounds(numbers).audio
    finally:
        torch.set_flush_denormal(False)
        torch.set_num_threads(threads)
    known = KNOWN["16 kHz"]
    found = {str(n): cases["digest"](a) for n, a in zip(numbers.tolist(), audio, strict=True)}
    assert found == known


@pytest.mark.gpu
def test_the_gpus_sounds_are_those_bytes_too(capsys):
    found = cases["hashes"]("cuda")
    with capsys.disabled():
        print(f"\n{torch.cuda.get_device_name()}, torch {torch.__version__}: hashes as known")
        for name, sounds in found.items():
            same = sum(KNOWN[name][number] == sound for number, sound in sounds.items())
            number, sound = next(iter(sounds.items()))
            print(f"{name}: {same} of {len(sounds)}; sound {number} is {sound}")
    assert differing(found) == []
