"""The page plays: by mouse, by keys alone, on a phone, light and dark, and asks no other place."""

import hashlib
import json

import pytest
import soundfile
import torch
from playing_on import CONFIG, go, running, start

from synth_datamodule import Preset, synths
from synth_datamodule.playing.instrument import Instrument

pytestmark = pytest.mark.browser

CTRL, SHIFT = 2, 8


@pytest.fixture
def playing(page, server):
    """Return the page with sound 312, heard."""
    start(page, server)
    yield page
    page.assert_clean()


def slider(name):
    return f'#modules input[type=range][aria-label="{name}"]'


def move(page, name, number):
    page.evaluate(f"""(() => {{
        const one = document.querySelector({json.dumps(slider(name))});
        one.value = {number};
        one.dispatchEvent(new Event("input", {{bubbles: true}}));
        one.dispatchEvent(new Event("change", {{bubbles: true}}));
    }})()""")


def title(page):
    return page.text("#which")


def sha256(page):
    return page.evaluate("[...document.querySelectorAll('#facts dd')].at(-1).title")


def changes(page):
    return page.evaluate("[...document.querySelectorAll('#changed .what')].map((e) => e.innerText)")


def locks(page):
    return page.evaluate("document.querySelectorAll('.lock[aria-pressed=true]').length")


def test_all_parameters_have_sliders_by_module_and_in_units(playing, instrument):
    sound = instrument.synth.sound(312)
    values = instrument.synth.parameter_table.to_physical(sound.parameters).tolist()
    for module, names in instrument.synth.parameter_table.modules.items():
        shown = playing.evaluate(
            f"[...document.querySelectorAll('#module-{module} input[type=range]')]"
            ".map((e) => [e.ariaLabel, e.getAttribute('aria-valuetext'), e.valueAsNumber])"
        )
        assert len(shown) == len(names)
        for name, (label, text, number) in zip(names, shown, strict=True):
            column = instrument.synth.parameter_table.column(name)
            one = instrument.synth.parameter_table.ranges[column]
            assert label == f"{module} {name.partition('.')[2].replace('->', ' to ')}"
            assert number == pytest.approx(float(sound.parameters[column]), abs=1e-12)
            figure, _, unit = text.partition(" ")
            assert unit == one.unit
            width = one.maximum - one.minimum
            assert float(figure) == pytest.approx(values[column], rel=0.02, abs=1e-3 * width)


def test_an_unchanged_sound_has_its_number_and_its_bits(playing, instrument):
    assert title(playing) == "sound 312 of train, as it is"
    content = instrument.synth.sound(312).audio.numpy().astype("<f4").tobytes()
    assert sha256(playing) == hashlib.sha256(content).hexdigest()
    assert changes(playing) == []


def test_a_change_is_heard_told_undone_and_done_again(playing):
    first = sha256(playing)
    move(playing, "vco_1 tuning", 0.9)
    playing.wait_for("document.getElementById('which').innerText.includes('1 of 78')")
    assert changes(playing) == ["vco_1.tuning"]
    assert "→ 19.2 st" in playing.text("#changed .how")
    second = sha256(playing)
    assert second != first
    playing.press("z", CTRL)
    playing.wait_for("document.getElementById('which').innerText.includes('as it is')")
    assert sha256(playing) == first
    playing.press("y", CTRL)
    playing.wait_for("document.getElementById('which').innerText.includes('1 of 78')")
    assert sha256(playing) == second
    playing.click("#changed button")
    playing.wait_for("document.getElementById('which').innerText.includes('as it is')")
    assert sha256(playing) == first


def test_a_drag_is_undone_as_one(playing):
    playing.wait_for("document.getElementById('undo').disabled === false")
    before = playing.evaluate("document.querySelector('#number').value")
    selector = slider("adsr_1 attack")
    x, y = playing.centre(selector)
    playing.drag((x, y), (x + 30, y), steps=8)
    playing.wait_for("document.getElementById('which').innerText.includes('1 of 78')")
    playing.click("#undo")
    playing.wait_for("document.getElementById('which').innerText.includes('as it is')")
    assert playing.evaluate("document.querySelector('#number').value") == before


def test_what_is_kept_stays_in_a_random_sound(playing):
    values = (
        "[...document.querySelectorAll('#module-adsr_1 input[type=range]')].map((e) => e.value)"
    )
    before = playing.evaluate(values)
    playing.click("#module-adsr_1 h2 button")
    assert locks(playing) == 5
    playing.click("#random")
    playing.wait_for("!document.getElementById('which').innerText.includes('sound 312')")
    assert playing.evaluate(values) == before
    assert "with 5 of 78 parameters changed" in title(playing)
    assert changes(playing) == [
        f"adsr_1.{name}" for name in ("attack", "decay", "sustain", "release", "alpha")
    ]


def test_a_morphs_ends_are_its_sounds_to_the_bit(playing):
    ends = {}
    for name, number in (("a", 312), ("b", 77)):
        go(playing, number)
        ends[name] = sha256(playing)
        playing.click(f"#take-{name}")
    assert ends["a"] != ends["b"]
    for way, end, text in ((0, "a", "312"), (1, "b", "77")):
        playing.evaluate(f"""(() => {{
            const one = document.getElementById("morph");
            for (const value of [0.5, {way}]) {{
                one.value = value;
                one.dispatchEvent(new Event("input"));
            }}
            one.dispatchEvent(new Event("change"));
        }})()""")
        playing.wait_for(
            f"/^sound {text} .*as it is$/.test(document.getElementById('which').innerText)"
        )
        assert sha256(playing) == ends[end]


def test_a_value_is_typed_in_its_unit(playing):
    playing.click('#modules .shown[aria-label="keyboard midi_f0, in semitones"]')
    playing.write("60")
    playing.press("Enter")
    playing.wait_for("document.getElementById('which').innerText.includes('1 of 78')")
    told = f"document.querySelector({json.dumps(slider('keyboard midi_f0'))})"
    assert playing.evaluate(f"{told}.getAttribute('aria-valuetext')") == "60 semitones"
    playing.press("Enter")
    playing.write("128")
    playing.press("Enter")
    playing.wait_for("!document.getElementById('error').hidden")
    assert "must lie in [0, 127]" in playing.text("#error")
    playing.complaints.clear()  # of the answer 400, which the browser tells too


def test_what_is_saved_is_the_sound_and_is_loaded_again(playing, instrument, tmp_path):
    move(playing, "vco_1 tuning", 0.9)
    playing.wait_for("document.getElementById('which').innerText.includes('1 of 78')")
    heard = sha256(playing)
    playing.click("[data-save=wav]")
    samples, rate = soundfile.read(playing.downloaded("sound_312_changed.wav"), dtype="float32")
    playing.click("[data-save=preset]")
    preset = Preset.load(playing.downloaded("sound_312_changed.json"))
    assert rate == 8000
    assert torch.equal(preset.render(), torch.from_numpy(samples))
    assert preset.sound == 312
    playing.click("[data-save=nebula]")
    entries = json.loads(playing.downloaded("*.nebula.json").read_text(encoding="utf-8"))
    assert entries.keys() == set(instrument.synth.parameter_names)
    playing.click("#random")
    playing.wait_for(f"[...document.querySelectorAll('#facts dd')].at(-1).title !== '{heard}'")
    document = playing.send("DOM.getDocument")["root"]["nodeId"]
    node = playing.send("DOM.querySelector", nodeId=document, selector="#file")["nodeId"]
    path = str(playing.downloads / "sound_312_changed.json")
    playing.send("DOM.setFileInputFiles", nodeId=node, files=[path])
    playing.wait_for(f"[...document.querySelectorAll('#facts dd')].at(-1).title === '{heard}'")


def test_a_file_that_is_no_preset_is_said_to_be_none(playing, tmp_path):
    path = tmp_path / "no.json"
    path.write_text('{"sound": 1, "nebula": "/etc/passwd"}', encoding="utf-8")
    document = playing.send("DOM.getDocument")["root"]["nodeId"]
    node = playing.send("DOM.querySelector", nodeId=document, selector="#file")["nodeId"]
    playing.send("DOM.setFileInputFiles", nodeId=node, files=[str(path)])
    playing.wait_for("!document.getElementById('error').hidden")
    assert "opens none" in playing.text("#error")
    assert title(playing).startswith("sound 312")
    playing.complaints.clear()  # of the answer 400, which the browser tells too


def test_the_nearest_sounds_are_told_and_lead_there(playing):
    playing.wait_for("document.querySelectorAll('#nearest button').length === 6")
    playing.wait_for(
        "document.getElementById('nearest-about').innerText.startsWith('Among sounds')"
    )
    number = playing.evaluate("document.querySelector('#nearest button').firstChild.data")
    playing.click("#nearest button")
    playing.wait_for(f"document.getElementById('which').innerText.startsWith('sound {number} ')")


def test_meters_move_while_it_plays_and_end_with_it(playing):
    drawn = """(() => {
        const sheet = document.querySelector(".sheet canvas");
        const empty = document.createElement("canvas");
        Object.assign(empty, {width: sheet.width, height: sheet.height});
        return sheet.toDataURL() !== empty.toDataURL();
    })()"""
    playing.wait_for("document.querySelectorAll('#diagram .shape[d^=M]').length > 20")
    playing.wait_for("document.getElementById('play').innerText === 'Play'")  # it was short
    playing.click("#loop")
    playing.click("#play")
    playing.wait_for(drawn)
    playing.wait_for("document.getElementById('play').innerText === 'Stop'")
    playing.click("#play")
    playing.wait_for("document.getElementById('play').innerText === 'Play'")
    assert not playing.evaluate(drawn)


def test_a_box_of_the_patch_leads_to_its_sliders(playing):
    playing.click('#diagram [data-part="mod_matrix"] text')
    playing.wait_for("document.activeElement.ariaLabel === 'mod_matrix adsr_1 to vco_1_pitch'")


def test_letters_keys_and_midi_play_notes_and_change_nothing(playing):
    before = sha256(playing)
    playing.evaluate(
        "window.heard = []; document.addEventListener('heard', (e) => heard.push(e.detail)); 0"
    )
    playing.evaluate("document.activeElement.blur()")
    playing.press("a")
    playing.wait_for("heard.length === 1")
    assert playing.text("#take-note") == "Keep C4"
    x, y = playing.centre('#keys [data-note="69"]')
    playing.click_at(x, y + 20)
    playing.wait_for("heard.length === 2")
    assert playing.text("#take-note") == "Keep A4"
    playing.press("x")
    assert "C5" in playing.text("#octave")
    assert title(playing) == "sound 312 of train, as it is"
    playing.click("#letters")
    playing.press("a")
    playing.evaluate("new Promise((done) => setTimeout(done, 200))")
    assert playing.evaluate("heard.length") == 2
    playing.click("#take-note")
    playing.wait_for("document.getElementById('which').innerText.includes('1 of 78')")
    assert changes(playing) == ["keyboard.midi_f0"]
    assert sha256(playing) != before


def test_a_midi_keyboard_plays(page, server):
    page.send("Page.addScriptToEvaluateOnNewDocument", source="""
        window.midiInput = {name: "Keys"};
        navigator.requestMIDIAccess = async () => ({inputs: new Map([["a", midiInput]])});
    """)  # fmt: skip
    start(page, server)
    page.evaluate("window.heard = 0; document.addEventListener('heard', () => heard++); 0")
    page.click("#midi")
    page.wait_for("document.getElementById('midi').innerText === 'MIDI: Keys'")
    play = "midiInput.onmidimessage({{data: [{}, 64, {}], timeStamp: performance.now()}})"
    page.evaluate(play.format("0x91", 100) + "; 0")
    page.wait_for("heard === 1 && !!document.querySelector('[data-note=\"64\"].down')")
    page.evaluate(play.format("0x91", 0) + "; 0")
    page.wait_for("!document.querySelector('#keys .down')")
    page.assert_clean()


def test_keys_alone_are_enough(playing):
    playing.evaluate("document.activeElement.blur(); scrollTo(0, 0)")
    names = "((one) => one.id || one.ariaLabel || one.innerText)(document.activeElement)"
    seen = []
    while len(seen) < 200:
        playing.press("Tab")
        seen.append(playing.evaluate(f"document.activeElement === document.body ? '' : {names}"))
        if len(seen) > 1 and seen[-1] == seen[0]:
            break
    wanted = {"number", "random", "play", "loop", "undo", "diagram", "take-a", "file", "midi",
              "vco_1 tuning", "mod_matrix lfo_2 to noise_amp", "C4"}  # fmt: skip
    assert wanted <= set(seen)
    assert len(seen) < 140  # one stop for each slider, one for the piano
    playing.evaluate(f"document.querySelector({json.dumps(slider('vco_1 tuning'))}).focus()")
    playing.press("ArrowRight")
    playing.wait_for("document.getElementById('which').innerText.includes('1 of 78')")
    playing.press("Enter", SHIFT)
    assert locks(playing) == 1
    playing.press("Backspace")
    playing.wait_for("document.getElementById('which').innerText.includes('as it is')")
    playing.press(" ")
    playing.wait_for("document.getElementById('play').innerText === 'Stop'")
    playing.evaluate("document.querySelector('#keys [tabindex=\"0\"]').focus()")
    playing.press("ArrowRight")
    assert playing.evaluate("document.activeElement.dataset.note") == "61"
    playing.press("Enter")
    playing.wait_for("document.getElementById('take-note').innerText === 'Keep C♯4'")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [(1280, 800, False), (390, 844, True)], ids=["desktop", "phone"])
def test_everybody_can_use_it(page, server, scheme, size):
    width, height, phone = size
    page.resize(width, height, phone=phone)
    page.prefer(scheme)
    start(page, server)
    move(page, "vco_1 tuning", 0.9)
    page.evaluate("document.querySelectorAll('.lock')[3].click()")
    page.wait_for("document.querySelectorAll('#nearest button').length === 6")
    assert page.violations() == []
    page.assert_clean()


def test_a_phone_scrolls_in_one_direction_and_shows_no_letters(page, server):
    page.resize(390, 844, phone=True)
    start(page, server)
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    assert (
        page.evaluate("getComputedStyle(document.querySelector('label.letters')).display") == "none"
    )
    small = page.evaluate("""[...document.querySelectorAll("button, input[type=range]")]
        .filter((one) => one.checkVisibility() && !one.closest("#keys"))
        .filter((one) => one.getBoundingClientRect().height < 24)
        .map((one) => one.id || one.ariaLabel || one.innerText)""")
    assert small == []
    page.assert_clean()


@pytest.mark.parametrize("kind", [synths.OneOscillator, synths.FmVoice, synths.FilteredVoice])
def test_any_patch_has_its_page(page, kind):
    instrument = Instrument(kind(CONFIG))
    with running(instrument, 8) as server:
        start(page, server)
        shown = page.evaluate("document.querySelectorAll('#modules input[type=range]').length")
        assert shown == len(instrument.synth.parameter_names)
        assert page.evaluate("document.querySelectorAll('#diagram .part').length") == len(
            {*instrument.synth.diagram().parts, "output"}
        )
        page.assert_clean()


def test_a_server_that_is_gone_is_told(page, instrument):
    with running(instrument, 2) as server:
        start(page, server)
    move(page, "vco_1 tuning", 0.9)
    page.wait_for("!document.getElementById('error').hidden")
    assert "does not answer" in page.text("#error")
