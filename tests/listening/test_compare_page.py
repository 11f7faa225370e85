"""The page of a comparison in a browser: heard, switched, sorted; by keys, on a phone."""

import pytest

pytestmark = pytest.mark.browser


@pytest.fixture(scope="session")
def compared(listen, results):
    return listen("--compare", *results, small=False)


@pytest.fixture
def opened(page, compared):
    page.open(compared)
    yield page
    page.assert_clean()


def test_a_row_has_the_target_and_every_candidate(opened):
    assert opened.evaluate("systems") == ["target", "near", "far"]
    assert opened.evaluate("document.querySelector('#row0').cells.length") == 3
    assert opened.text("#count") == "6 targets"
    assert opened.evaluate("rows[0].sha256.length") == 3


def test_the_worst_comes_first(opened):
    worst = opened.evaluate("order.map((i) => Math.max(...rows[i].figures.log_mel))")
    assert worst == sorted(worst, reverse=True)
    opened.evaluate("$('of').value = '1', $('of').dispatchEvent(new Event('change'))")
    near = opened.evaluate("order.map((i) => rows[i].figures.log_mel[0])")
    assert near == sorted(near, reverse=True)
    opened.click("#order")
    assert opened.evaluate("order.map((i) => rows[i].figures.log_mel[0])") == near[::-1]
    assert opened.text("#order") == "Best first"


def test_switching_keeps_the_place_and_leaves_no_gap(opened):
    opened.press(" ")
    opened.wait_for("switcher.playing && switcher.position > 0.2")
    before = opened.evaluate("[switcher.position, switcher.running.length]")
    opened.press("3")
    after, system, gain = opened.evaluate(
        "[switcher.position, switcher.heard, switcher.running.length]"
    )
    assert system == 2
    assert gain == before[1] == 3
    assert 0 <= after - before[0] < 2
    opened.wait_for("switcher.running[2].gain.gain.value === 1")
    assert opened.evaluate("switcher.running.map((one) => one.gain.gain.value)") == [0, 0, 1]


def test_what_is_mixed_is_one_sound_before_and_after_a_switch(opened):
    """Recorded offline, through the same gains: never silent, never both."""
    heard = opened.evaluate("""(async () => {
        const context = new OfflineAudioContext(1, 8000, 8000);
        const steady = context.createBuffer(1, 8000, 8000);
        steady.getChannelData(0).fill(1);
        const one = new Switcher(() => 0);
        one.context = Object.assign(context, { resume: async () => 0 });
        one.decode = async () => steady;
        await one.play(0, ["a", "b"], 0);
        context.suspend(.5).then(() => {
            one.change(1);
            OfflineAudioContext.prototype.resume.call(context);
        });
        const made = (await context.startRendering()).getChannelData(0);
        return [Math.min(...made.slice(400)), Math.max(...made)];
    })()""")
    assert heard == pytest.approx([1, 1], abs=0.02)


def test_a_click_on_a_cell_hears_it(opened):
    opened.click("#row1 .cell[data-system='2']")
    opened.wait_for("switcher.playing && switcher.heard === 2 && chosen === order[1]")
    assert (
        opened.evaluate("document.querySelector('[data-system=\"2\"][aria-pressed]').ariaPressed")
        == "true"
    )
    opened.click("#row1 .cell[data-system='0']")
    opened.wait_for("switcher.heard === 0 && switcher.playing")


def test_the_keyboard_alone_does_it_all(opened):
    opened.press("ArrowDown")
    assert opened.evaluate("chosen === order[1] && !switcher.playing")
    opened.press(" ")
    opened.wait_for("switcher.playing && switcher.key === order[1]")
    opened.press("ArrowRight")
    assert opened.evaluate("switcher.heard") == 1
    opened.press("ArrowLeft")
    opened.press("ArrowLeft")
    assert opened.evaluate("switcher.heard") == 2
    opened.press("ArrowDown")
    opened.wait_for("switcher.playing && switcher.key === order[2]")
    opened.press("Escape")
    opened.wait_for("!switcher.playing")


def test_without_the_loop_it_ends(opened):
    opened.click("#loop")
    opened.press(" ")
    opened.wait_for("switcher.playing")
    opened.wait_for("!switcher.playing")


def test_a_phone_shows_it(page, compared):
    page.resize(390, 844, phone=True)
    page.open(compared)
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    page.click("#play")
    page.wait_for("switcher.playing")
    page.assert_clean()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("phone", [False, True], ids=["desktop", "phone"])
def test_there_is_no_serious_fault_of_accessibility(page, compared, scheme, phone):
    if phone:
        page.resize(390, 844, phone=True)
    page.prefer(scheme)
    page.open(compared)
    page.click("#play")
    assert page.violations() == []


def test_folders_of_files_are_compared(page, listen, folders):
    page.open(listen("--compare", *folders, small=False))
    assert page.evaluate("systems") == ["target", "same", "higher"]
    page.press(" ")
    page.wait_for("switcher.playing")
    page.assert_clean()
