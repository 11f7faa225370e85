"""Blind tests: what they hold, and whole runs of them in a browser, from the page to the score."""

import json

import pytest
import torch

from synth_datamodule import cli
from synth_datamodule.listening.blind import low_passed, with_anchor
from synth_datamodule.listening.scoring import read_answers


def level(sound):
    return 10 * sound.square().mean().log10().item()


@pytest.mark.parametrize(
    ("hertz", "least", "most"),
    [(100, -0.1, 0.1), (3400, -0.1, 0.1), (4000, -200, -25), (4500, -200, -50), (9000, -200, -50)],
)
def test_the_anchor_is_as_the_recommendation_has_it(hertz, least, most):
    tone = torch.sin(2 * torch.pi * hertz * torch.arange(44100) / 44100)
    middle = slice(4410, -4410)  # a tone that is switched on has every frequency
    change = level(low_passed(tone, 44100)[middle]) - level(tone[middle])
    assert least <= change <= most


def test_an_anchor_beyond_full_scale_makes_all_softer_alike():
    time = torch.arange(44100) / 44100
    square = torch.sin(2 * torch.pi * 3000 * time).sign()  # its first harmonic reaches 4 / pi
    made = with_anchor(torch.stack([square, square / 2]), 44100)
    assert made.abs().max().item() == pytest.approx(1)
    assert made[0, 100] / made[1, 100] == 2


def test_a_rate_without_room_for_an_anchor_is_refused():
    with pytest.raises(ValueError, match="sample_rate must be above 8000 Hz"):
        with_anchor(torch.zeros(2, 10), 8000)


def test_a_page_holds_no_picture_of_a_sound(listen, folders):
    text = listen("--compare", *folders, "--blind", "abx", small=False).read_text()
    blocks = text.split('<script type="text/plain"')[1:]
    assert [block.partition(">")[2].partition("\n")[0] for block in blocks] == ["{}"] * 12


@pytest.mark.browser
def test_a_run_of_abx_is_answered_by_keys_and_scored(page, listen, folders, capsys):
    page.open(listen("--compare", *folders, "--blind", "abx", small=False))
    page.click("#listener")
    page.write("ear 1")
    page.press("Enter")
    page.click("#begin")
    page.wait_for("!!$('hearA')")
    truths = page.evaluate(
        "trials.map((t) => [about.candidates[t.candidate], t.a === t.x ? 'a' : 'b'])"
    )
    assert len(truths) == 8
    for place, (_, truth) in enumerate(truths):
        assert page.text("#where") == f"Trial {place + 1} of 8"
        page.press("ArrowLeft")  # before all are heard, which counts for nothing
        assert page.evaluate("$('next').disabled")
        for key in "abx":
            page.press(key)
            page.wait_for("switcher.playing")
        page.press("ArrowLeft" if truth == "a" else "ArrowRight")
        page.press("Enter")
    page.wait_for("!!$('save')")
    page.click("#save")
    path = page.downloaded("answers-abx-ear_1-*.json")
    page.assert_clean()
    answers = read_answers(path)
    assert sorted(answers.trials) == sorted((system, True) for system, _ in truths)
    capsys.readouterr()
    assert cli.main(["listen", "--score", str(path)]) == 0
    said = capsys.readouterr().out
    assert "4 of 4" in said
    assert "39.8% to 100.0%" in said


@pytest.mark.browser
def test_a_run_of_ratings_is_answered_and_scored(page, listen, folders, capsys):
    page.open(listen("--compare", *folders, "--blind", "mushra", small=False))
    page.click("#begin")
    page.wait_for("!!$('reference')")
    for place in range(4):
        assert page.text("#where") == f"Trial {place + 1} of 4"
        kinds = page.evaluate(f"trials[{place}].signals.map(([kind, name]) => [kind, name])")
        page.click("#reference")
        page.wait_for("switcher.playing")
        for k, (kind, name) in enumerate(kinds):
            page.press(str(k + 1))
            page.wait_for(f"switcher.heard === {k + 1}")
            steps = 5 if kind == "reference" or name == "same" else -4
            for _ in range(abs(steps)):
                page.press("PageUp" if steps > 0 else "PageDown")
        page.click("#next")
    page.wait_for("!!$('save')")
    page.click("#save")
    path = page.downloaded("answers-mushra-*.json")
    page.assert_clean()
    ratings = {"(reference)": 100, "same": 100, "(anchor)": 10, "higher": 10}
    assert all(trial == ratings for trial in read_answers(path).trials)
    capsys.readouterr()
    assert cli.main(["listen", "--score", str(path)]) == 0
    said = capsys.readouterr().out.splitlines()
    assert ["(reference)", "100.0", "100.0", "to", "100.0"] in [line.split() for line in said]
    assert any("left out by ITU-R BS.1534-3" in line and "nobody" in line for line in said)


@pytest.mark.browser
def test_two_runs_have_orders_of_their_own(page, listen, folders):
    made = listen("--compare", *folders, "--blind", "abx", small=False)
    orders = []
    for _ in range(3):
        page.open(made)
        orders.append(json.dumps(page.evaluate("trials")))
    assert len(set(orders)) == 3


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("test", ["abx", "mushra"])
def test_there_is_no_serious_fault_of_accessibility(page, listen, folders, test, scheme):
    page.prefer(scheme)
    page.open(listen("--compare", *folders, "--blind", test, small=False))
    assert page.violations() == []
    page.click("#begin")
    page.press("1")
    page.wait_for("switcher.playing")
    assert page.violations() == []
    page.resize(390, 844, phone=True)
    assert page.violations() == []
    assert page.evaluate("document.documentElement.scrollWidth") == 390
