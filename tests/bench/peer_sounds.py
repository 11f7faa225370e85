"""Twenty sounds that no synth here made, for ``recordings.py``: from Debian's packages and PyPI.

They come with these (Debian 12, as root; the last is a synthesizer on PyPI)::

    apt-get install sox libsox-fmt-all espeak-ng fluidsynth fluid-soundfont-gm csound alsa-utils \
        sound-theme-freedesktop
    pip install dawdreamer
"""

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

RATE = 44100
BY_SOX = "sox (Debian), rendered: no licence"
BY_CSOUND = "csound (Debian), rendered: no licence"
BY_SPEECH = "espeak-ng (Debian), rendered: no licence"
BY_SOUNDFONT = "fluid-soundfont-gm (Debian), MIT"
BY_FAUST = "dawdreamer (PyPI) with Faust's library, rendered: no licence"
THEME = Path("/usr/share/sounds/freedesktop/stereo")

SOX = {
    "sox_pluck": "synth 3 pluck C3 fade 0 3 0.5",
    "sox_bass": "synth 2 sawtooth 55 lowpass 600 fade 0.01 2 1.2",
    "sox_fm_alarm": "synth 3 sine 700 synth 3 sine fmod 6 fade 0.01 3 0.2",
    "sox_laser": "synth 1 square 1800:120 fade 0 1 0.6",
    "sox_wind": "synth 4 pinknoise band 700 300 tremolo 0.6 80 fade 0.8 4 1.5",
}
# General MIDI: program, note, seconds; on channel 9 notes are drums.
MIDI = {
    "piano": (0, 60, 2.0, 0),
    "organ": (16, 57, 2.0, 0),
    "finger_bass": (33, 40, 1.5, 0),
    "flute": (73, 74, 2.0, 0),
    "square_lead": (80, 69, 1.5, 0),
    "snare_drum": (0, 38, 0.5, 9),
}
CSOUND = {
    # Two operators of frequency modulation, as an electric piano's.
    "csound_fm_bell": "kamp expseg 0.7, 3, 0.001\nkind expseg 7, 2, 0.1\n"
    "aout foscili kamp, 330, 1, 1.414, kind",
    # A sawtooth through a swept resonant filter.
    "csound_acid": "kcut expseg 4000, 0.6, 200, 1.4, 150\nkamp linseg 0.6, 1.2, 0.5, 0.6, 0\n"
    "asaw vco2 kamp, 82.41\naout moogladder asaw, kcut, 0.6",
}
FAUST = {
    "faust_marimba": 'import("stdfaust.lib"); '
    "process = pm.marimba(440, 0.3, 7000, 0.5, 1, os.impulse) : *(0.5);",
    "faust_kick": 'import("stdfaust.lib"); process = sy.kick(52, 0.03, 0.001, 0.5, 6, gate) '
    "with { gate = ba.time < 22050; };",
}
SPEECH = {"speech_word": "match", "speech_sentence": "This is not a synthesizer."}
FILES = {
    "theme_bell": (THEME / "bell.oga", "sound-theme-freedesktop (Debian), CC-BY-3.0"),
    "theme_message": (THEME / "message.oga", "sound-theme-freedesktop (Debian), CC-BY-SA-3.0"),
    "alsa_front_center": (
        Path("/usr/share/sounds/alsa/Front_Center.wav"),
        "alsa-utils (Debian), GPL-2",
    ),
}


class Source(NamedTuple):
    """Where a recording comes from.

    Args:
        name: Name of the recording.
        source: Package and licence.
    """

    name: str
    source: str


def make(folder):
    """Write the sounds to a folder, with ``sources.json``, which says where each comes from."""
    folder.mkdir(parents=True)
    sources = [
        *(_sox(folder, *one) for one in SOX.items()),
        *(_soundfont(folder, *one) for one in MIDI.items()),
        *(_csound(folder, *one) for one in CSOUND.items()),
        *(_faust(folder, *one) for one in FAUST.items()),
        *(_speech(folder, *one) for one in SPEECH.items()),
    ]
    for name, (path, source) in FILES.items():
        shutil.copyfile(path, folder / f"{name}{path.suffix}")
        sources.append(Source(name, source))
    text = json.dumps({one.name: one.source for one in sources}, indent=2)
    (folder / "sources.json").write_text(f"{text}\n", encoding="utf-8")


def _call(*words):
    subprocess.run([str(word) for word in words], check=True, capture_output=True)


def _sox(folder, name, words):
    _call("sox", "-R", "-n", "-r", RATE, "-c", 1, folder / f"{name}.wav", *words.split())
    return Source(name, BY_SOX)


def _speech(folder, name, text):
    _call("espeak-ng", "-w", folder / f"{name}.wav", text)
    return Source(name, BY_SPEECH)


def _soundfont(folder, name, played):
    with tempfile.TemporaryDirectory() as inside:
        midi = Path(inside) / "note.mid"
        midi.write_bytes(_midi(*played))
        bank = "/usr/share/sounds/sf2/FluidR3_GM.sf2"
        wave = folder / f"{name}.wav"
        _call("fluidsynth", "-ni", "-R", 0, "-C", 0, "-g", 0.8, "-r", RATE, "-F", wave, bank, midi)
    return Source(name, BY_SOUNDFONT)


def _midi(program, note, seconds, channel):
    """Return a file of one note, at 480 ticks of 1/960 s a quarter, and a second of its end."""
    long, rest = (_length(round(960 * part)) for part in (seconds, 1.0))
    events = [
        bytes((0, 0xC0 | channel, program)),
        bytes((0, 0x90 | channel, note, 100)),
        long + bytes((0x80 | channel, note, 0)),
        rest + bytes((0xFF, 0x2F, 0)),
    ]
    track = b"".join(events)
    head = b"MThd" + bytes((0, 0, 0, 6, 0, 0, 0, 1, 0x01, 0xE0))
    return head + b"MTrk" + len(track).to_bytes(4, "big") + track


def _length(ticks):
    """Return a number as MIDI has it, 7 bits a byte."""
    found = [ticks & 0x7F]
    while ticks := ticks >> 7:
        found.insert(0, 0x80 | ticks & 0x7F)
    return bytes(found)


def _csound(folder, name, instrument):
    text = (
        "<CsoundSynthesizer>\n<CsInstruments>\n"
        f"sr = {RATE}\nksmps = 32\nnchnls = 1\n0dbfs = 1\ninstr 1\n{instrument}\nout aout\nendin\n"
        "</CsInstruments>\n<CsScore>\ni 1 0 3\n</CsScore>\n</CsoundSynthesizer>\n"
    )
    with tempfile.TemporaryDirectory() as inside:
        document = Path(inside) / "one.csd"
        document.write_text(text, encoding="utf-8")
        _call("csound", "-d", "-W", "-o", folder / f"{name}.wav", document)
    return Source(name, BY_CSOUND)


def _faust(folder, name, program):
    # In a process of its own: Faust's LLVM and numba's need not be one.
    text = (
        "import sys, dawdreamer, soundfile\n"
        f"engine = dawdreamer.RenderEngine({RATE}, 512)\n"
        "faust = engine.make_faust_processor('faust')\n"
        "faust.set_dsp_string(sys.argv[1])\n"
        "engine.load_graph([(faust, [])])\n"
        "engine.render(2.0)\n"
        f"soundfile.write(sys.argv[2], engine.get_audio()[0], {RATE})\n"
    )
    _call(sys.executable, "-c", text, program, folder / f"{name}.wav")
    return Source(name, BY_FAUST)
