"""The page of sounds in a browser: heard, sorted, searched; by keys, on a phone, in the dark."""

import pytest

pytestmark = pytest.mark.browser

PLAYS = "!audio.paused && audio.currentTime > 0"


@pytest.fixture
def opened(page, forty):
    page.open(forty)
    yield page
    page.assert_clean()


def names(page):
    """Return the names of the rows in view, from the top."""
    return page.evaluate("""[...document.querySelectorAll('#list .row:not([hidden])')]
        .sort((a, b) => a.dataset.place - b.dataset.place).map((row) => row.name.textContent)""")


def test_a_page_shows_its_sounds_and_plays_a_click(opened):
    assert opened.text("#count") == "40 sounds"
    assert names(opened)[:3] == ["sound 0", "sound 1", "sound 2"]
    opened.click("#row2")
    opened.wait_for(PLAYS)
    assert opened.text("#now") == "sound 2"
    assert opened.text("#name") == "sound 2"
    assert opened.evaluate("document.querySelectorAll('audio').length") == 1


def test_a_sound_plays_from_its_start_whatever_played_before(opened):
    opened.click("#row1")
    opened.wait_for("audio.currentTime > 0.1")
    opened.evaluate("void audio.addEventListener('seeking', () => (began = audio.currentTime))")
    opened.evaluate("void (window.began = null)")
    opened.click("#row1")
    assert opened.wait_for("began === null ? '' : String(began)") == "0"


def test_a_loop_goes_on_and_without_one_a_sound_ends(opened):
    opened.click("#play")
    opened.wait_for("audio.ended")
    opened.click("#loop")
    opened.click("#play")
    opened.wait_for(PLAYS)
    opened.evaluate("new Promise((resolve) => setTimeout(resolve, 900))")
    assert opened.evaluate("!audio.paused && !audio.ended")


def test_a_search_keeps_what_has_its_words_and_limits(opened):
    opened.click("#search")
    opened.write("sound 1 keyboard.midi_f0>=60")
    kept = opened.wait_for("order.length < 40 && order")
    expected = opened.evaluate("""sounds.map((s, i) => [s, i]).filter(([s]) => s.name.includes('1')
        && s.values[0] >= 60).map(([s, i]) => i)""")
    assert kept == expected
    assert opened.text("#count") == f"{len(kept)} of 40 sounds"
    opened.write("nothing")
    opened.wait_for("order.length === 0")
    assert opened.text("#count") == "No sound is so."


def test_a_filter_keeps_what_lies_within(opened):
    opened.click("#filter")
    opened.click("#limits input[data-key=loudness][data-end=least]")
    opened.write("-20")
    kept = opened.wait_for("order.length < 40 && order")
    assert kept
    assert opened.evaluate("order.every((i) => sounds[i].figures.loudness >= -20)")


@pytest.mark.parametrize("key", ["pitch", "loudness", "brightness", "number", "lfo_1.frequency"])
def test_sounds_are_sorted_by_any_figure_both_ways(opened, key):
    opened.evaluate(f"sort.value = '{key}', sort.dispatchEvent(new Event('change'))")
    values = opened.evaluate(f"order.map((i) => valueOf(sounds[i], '{key}'))")
    there = [value for value in values if value is not None]
    assert there == sorted(there)
    assert values[: len(there)] == there
    opened.click("#order")
    down = opened.evaluate(f"order.map((i) => valueOf(sounds[i], '{key}'))")
    assert down[: len(there)] == there[::-1]


def test_the_keyboard_alone_does_it_all(opened):
    opened.press("ArrowDown")
    opened.press("ArrowDown")
    assert opened.text("#now") == "sound 2"
    assert opened.evaluate("audio.paused")
    opened.press(" ")
    opened.wait_for(PLAYS)
    opened.press("ArrowDown")
    opened.wait_for("playing === 3 && !audio.paused")
    opened.press("5")
    opened.wait_for("playing === 4")
    opened.press("End")
    assert opened.text("#now") == "sound 39"
    opened.press("Escape")
    opened.wait_for("audio.paused")
    opened.press("/")
    opened.write("sound 39")
    opened.wait_for("order.length === 1 && order[0] === 39")
    opened.press("Escape")
    assert opened.evaluate("document.activeElement.id") == "list"
    opened.press("m")
    assert opened.evaluate("!$('map').hidden && $('list').hidden")


def test_a_screen_reader_is_told_which_row_is_chosen(opened):
    opened.press("End")
    row = opened.evaluate("$('list').getAttribute('aria-activedescendant')")
    names = ["aria-selected", "aria-setsize", "aria-posinset"]
    about = opened.evaluate(f"{names}.map((name) => $('{row}').getAttribute(name))")
    assert about == ["true", "40", "40"]
    assert opened.text(f"#{row}").split("\n")[0] == "sound 39"


def test_only_the_rows_in_view_are_there(opened):
    assert opened.evaluate("document.querySelectorAll('.row').length") < 25
    opened.evaluate("void ($('list').scrollTop = 1e6)")
    opened.wait_for("document.querySelector('#row39')")
    assert opened.evaluate("document.querySelectorAll('.row').length") < 30


def test_the_map_plays_what_the_mouse_is_over(opened):
    opened.click("#view")
    opened.evaluate("void ($('map').scrollIntoView())")
    x, y = opened.evaluate("""(() => { const box = map.canvas.getBoundingClientRect();
        const [x, y] = map.xy(map.points[11], box.width, box.height);
        return [box.x + x, box.y + y]; })()""")
    opened.hover_at(x, y)
    opened.wait_for("playing === map.points[map.under].index && !audio.paused")


def test_a_click_into_the_waveform_plays_from_there(opened):
    opened.wait_for("$('wave').width > 100")
    opened.click("#plot")
    opened.wait_for("audio.currentTime >= 0.24 && !audio.paused")


def test_parameters_are_shown_in_units_by_module(opened):
    assert opened.evaluate("document.querySelectorAll('.module tr').length") == 78
    found = opened.evaluate("document.querySelector('.module[aria-label=adsr_1]').innerText")
    assert "attack" in found
    assert " s" in found


def test_a_curve_is_drawn_or_not_as_its_switch_says(opened):
    picture = "$('wave').toDataURL()"
    opened.wait_for("$('wave').width > 100 && !!document.querySelector('[data-name=adsr_1]')")
    before = opened.evaluate(picture)
    opened.click("[data-name=adsr_1]")
    opened.wait_for(f"{picture} !== {before!r}")
    assert opened.evaluate("document.querySelector('[data-name=adsr_1]').ariaPressed") == "false"


def test_dark_is_as_the_system_says_until_the_switch(opened):
    ground = "getComputedStyle(document.body).backgroundColor"
    light = opened.evaluate(ground)
    opened.prefer("dark")
    dark = opened.wait_for(f"{ground} !== '{light}' && {ground}")
    opened.click("#theme")
    assert opened.evaluate(ground) == light
    opened.click("#theme")
    assert opened.evaluate(ground) == dark


def test_a_phone_has_the_list_and_the_sound_on_pages_of_their_own(page, forty):
    page.resize(390, 844, phone=True)
    page.open(forty)
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    page.click("#row1")
    page.wait_for(PLAYS)
    page.click("#details")
    page.wait_for("$('wave').width > 100")
    assert page.evaluate("$('detail').clientWidth === 390 && $('list').offsetParent === null")
    page.click("#back")
    assert page.evaluate("$('detail').offsetParent === null && $('list').clientWidth === 390")
    page.assert_clean()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("view", ["list", "map", "phone"])
def test_there_is_no_serious_fault_of_accessibility(page, forty, scheme, view):
    if view == "phone":
        page.resize(390, 844, phone=True)
    page.prefer(scheme)
    page.open(forty)
    if view == "map":
        page.click("#view")
    if view == "phone":
        page.click("#details")
    page.click("#play")
    assert page.violations() == []


def test_names_are_never_markup(page, tmp_path, listen):
    import torch

    from synth_datamodule import reporting

    evil = ["<img src=x onerror=alert(1)>", "a<!--<script>", "'\"&amp;{{script}}", "</script>b"]
    folder = tmp_path / "<b>folder"
    for name in evil:
        safe = name.replace("/", "\u2215")
        reporting.write_wave(folder / f"{safe}.wav", torch.zeros(8000) + 0.1, 8000)
    made = listen(str(folder), "--title", "</title><script>alert(2)</script>", small=False)
    page.open(made)
    shown = page.evaluate("sounds.map((sound) => sound.name)")
    assert shown == sorted(name.replace("/", "\u2215") for name in evil)
    assert page.text("#title") == "</title><script>alert(2)</script>"
    assert page.evaluate("document.images.length") == 0
    page.click("#row0")
    page.wait_for(PLAYS)
    page.assert_clean()


def test_a_preset_and_another_synth_are_heard(page, tmp_path, listen):
    from synth_datamodule import Preset

    path = Preset(sound=312, values={"keyboard.midi_f0": 60.0}, name="<i>low").save(
        tmp_path / "low.json"
    )
    page.open(listen(str(path), small=False))
    assert names(page) == ["<i>low"]
    page.click("#play")
    page.wait_for(PLAYS)
    page.open(listen("0-3", "--synth", "synth_datamodule.synths.OneOscillator", "--lossless"))
    page.click("#play")
    page.wait_for(PLAYS)
    page.assert_clean()
