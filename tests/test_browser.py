"""The browser that pages are tried in sees what it must see."""

import pytest
from browser import browser, page

__all__ = ["browser", "page"]

pytestmark = pytest.mark.browser


@pytest.fixture
def show(page, tmp_path):
    """Return a function that opens a page with this inside."""

    def show(inside):
        path = tmp_path / "page.html"
        text = f'<!doctype html><html lang="en"><title>T</title><main><h1>H</h1>{inside}</main>'
        path.write_text(text, encoding="utf-8")
        page.open(path)

    return show


def test_a_page_that_does_nothing_is_clean(page, show):
    show("<p>Hello")
    page.assert_clean()
    assert page.text("p") == "Hello"


@pytest.mark.parametrize(
    "inside",
    [
        "<script>throw Error('seen')</script>",
        "<script>console.error('seen')</script>",
        "<script>alert('seen')</script>",
        "<script>Promise.reject(Error('seen'))</script>",
        "<img src='seen.png'>",
    ],
    ids=["exception", "console", "dialog", "promise", "missing-file"],
)
def test_what_goes_wrong_is_seen(page, show, inside):
    show(inside)
    with pytest.raises(AssertionError, match="seen"):
        page.assert_clean()


def test_a_request_to_another_place_is_seen(page, show):
    show("<script>fetch('http://127.0.0.1:9/seen').catch(() => 0)</script>")
    page.complaints.clear()
    with pytest.raises(AssertionError, match="9/seen"):
        page.assert_clean()


def test_clicks_and_keys_are_a_persons(page, show):
    show("<button onclick='this.innerText = event.isTrusted'>?</button><input>")
    page.click("button")
    assert page.text("button") == "true"
    page.click("input")
    page.press("a")
    page.write("bcd")
    page.press("Backspace")
    assert page.evaluate("document.querySelector('input').value") == "abc"


def test_the_window_is_as_large_and_as_dark_as_asked_for(page, show):
    show("<p>")
    page.resize(390, 844, phone=True)
    page.prefer("dark")
    assert page.evaluate("[innerWidth, innerHeight, devicePixelRatio]") == [980, 2121, 2]
    assert page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")


def test_a_serious_fault_of_accessibility_is_named(page, show):
    show("<input>")
    assert [found.partition(":")[0] for found in page.violations()] == ["label"]


def test_a_download_arrives(page, show):
    show("<a href='data:application/json,{}' download='answers.json'>save</a>")
    page.click("a")
    assert page.downloaded("*.json").read_bytes() == b"{}"
