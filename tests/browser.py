"""A browser for tests: chromium without a window, told what to do through a pipe.

    from browser import browser, page  # fixtures, in a folder's conftest.py

    @pytest.mark.browser
    def test_a_button_plays(page, tmp_path):
        page.open(tmp_path / "sounds.html")
        page.click("button.play")
        page.wait_for("!document.querySelector('audio').paused")
        page.assert_clean()

Keys and clicks are the browser's own, so they count as a person's. It needs a chromium and no
driver or package beside it; where there is none, its tests are skipped, which pytest says.
``AXE_CORE`` may name axe-core's ``axe.min.js``; else it is looked for in ``node_modules`` here or
in a folder above (``npm install axe-core``).
"""

import base64
import contextlib
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-extensions",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
    "--remote-debugging-pipe",
)
SECONDS = 20  # that anything may take on a machine with other work
DESKTOP, PHONE = (1280, 800), (390, 844)
# The browser reads commands from file 3 and answers on file 4.
LAUNCH = """
import fcntl, os, sys
commands, answers = (fcntl.fcntl(int(word), fcntl.F_DUPFD, 10) for word in sys.argv[1:3])
os.dup2(commands, 3), os.dup2(answers, 4)
os.execv(sys.argv[3], sys.argv[3:])
"""
KEYS = {
    "Enter": ("Enter", 13, "\r"),
    "Escape": ("Escape", 27, ""),
    "Tab": ("Tab", 9, ""),
    "Backspace": ("Backspace", 8, ""),
    "Home": ("Home", 36, ""),
    "End": ("End", 35, ""),
    "PageUp": ("PageUp", 33, ""),
    "PageDown": ("PageDown", 34, ""),
    "ArrowLeft": ("ArrowLeft", 37, ""),
    "ArrowUp": ("ArrowUp", 38, ""),
    "ArrowRight": ("ArrowRight", 39, ""),
    "ArrowDown": ("ArrowDown", 40, ""),
    " ": ("Space", 32, " "),
}
SHIFT = 8


class Browser:
    """One chromium with an empty profile of its own."""

    def __init__(self, program):
        self._folder = tempfile.mkdtemp(prefix="browser-")
        read, answers = os.pipe()
        commands, write = os.pipe()
        words = [sys.executable, "-c", LAUNCH, str(commands), str(answers), program, *FLAGS]
        self._process = subprocess.Popen(
            [*words, f"--user-data-dir={self._folder}", "about:blank"],
            pass_fds=(commands, answers),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        os.close(commands)
        os.close(answers)
        self._read, self._write = read, write
        self._rest = b""
        self._number = 0
        self._answers = {}
        self._pages = {}

    def send(self, method, session=None, *, answer=True, **parameters):
        """Send a command of the DevTools protocol; return its answer."""
        self._number += 1
        number = self._number
        message = {"id": number, "method": method, "params": parameters}
        if session:
            message["sessionId"] = session
        content = json.dumps(message).encode() + b"\0"
        while content:
            content = content[os.write(self._write, content) :]
        if not answer:
            return None
        until = time.monotonic() + SECONDS
        while number not in self._answers:
            assert self.listen(until - time.monotonic()), f"no answer to {method}"
        found = self._answers.pop(number)
        if "error" in found:
            raise RuntimeError(f"{method}: {found['error']['message']}")
        return found["result"]

    def listen(self, seconds):
        """Read what the browser says within some seconds; return whether it said anything."""
        if not select.select([self._read], [], [], max(0, seconds))[0]:
            return False
        more = os.read(self._read, 2**20)
        assert more, "the browser is gone"
        *whole, self._rest = (self._rest + more).split(b"\0")
        for content in whole:
            message = json.loads(content)
            if "id" in message:
                self._answers[message["id"]] = message
            elif message.get("sessionId") in self._pages:
                self._pages[message["sessionId"]].hear(message["method"], message["params"])
        return True

    def new_page(self, downloads):
        """Return a page with cookies, storage and a folder of downloads of its own."""
        context = self.send("Target.createBrowserContext")["browserContextId"]
        self.send(
            "Browser.setDownloadBehavior",
            behavior="allow",
            browserContextId=context,
            downloadPath=str(downloads),
        )
        target = self.send("Target.createTarget", url="about:blank", browserContextId=context)
        attached = self.send("Target.attachToTarget", targetId=target["targetId"], flatten=True)
        page = Page(self, attached["sessionId"], context, Path(downloads))
        self._pages[attached["sessionId"]] = page
        page.begin()
        return page

    def forget(self, session, context):
        """Close a page with all that it kept."""
        self.send("Target.disposeBrowserContext", browserContextId=context)
        del self._pages[session]

    def close(self):
        """End the browser and remove its profile."""
        with contextlib.suppress(OSError, AssertionError, RuntimeError):
            self.send("Browser.close", answer=False)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(10)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(10)
        os.close(self._read)
        os.close(self._write)
        shutil.rmtree(self._folder, ignore_errors=True)


class Page:
    """A tab, with what went wrong in it and what it asked the network for."""

    def __init__(self, browser, session, context, downloads):
        self._browser, self._session, self._context = browser, session, context
        self.downloads = downloads
        self.complaints = []
        self.requests = []
        self._own = []
        self._loaded = False

    def send(self, method, **parameters):
        """Send a command of the DevTools protocol to this page; return its answer."""
        return self._browser.send(method, self._session, **parameters)

    def begin(self):
        """Listen to everything, at a desktop's size."""
        for domain in ("Page", "Runtime", "Network", "Log", "DOM"):
            self.send(f"{domain}.enable")
        self.resize(*DESKTOP)

    def hear(self, method, said):
        """Keep what the browser says of this page."""
        if method == "Page.loadEventFired":
            self._loaded = True
        elif method == "Network.requestWillBeSent":
            self.requests.append(said["request"]["url"])
        elif method == "Network.webSocketCreated":
            self.requests.append(said["url"])
        elif method == "Runtime.exceptionThrown":
            details = said["exceptionDetails"]
            self.complaints.append(details.get("exception", {}).get("description", details["text"]))
        elif method == "Runtime.consoleAPICalled" and said["type"] in ("error", "warning"):
            words = [str(a.get("value", a.get("description"))) for a in said["args"]]
            self.complaints.append(" ".join(words))
        elif method == "Log.entryAdded" and said["entry"]["level"] in ("error", "warning"):
            self.complaints.append(f"{said['entry']['text']} {said['entry'].get('url', '')}")
        elif method == "Page.javascriptDialogOpening":
            self.complaints.append(f"dialog: {said['message']}")
            self._browser.send(
                "Page.handleJavaScriptDialog", self._session, answer=False, accept=False
            )

    def assert_clean(self):
        """Assert that nothing went wrong, and that nothing was asked of another place.

        Pages from the disk ask for themselves alone, pages from a server for their own origin.
        """
        self.evaluate("0")  # what was said until now is heard
        assert self.complaints == [], self.complaints
        sockets = [own.replace("http", "ws", 1) for own in self._own]
        inside = (*self._own, *sockets, "data:", "blob:")
        outside = [url for url in self.requests if not url.startswith(inside)]
        assert outside == [], outside

    def open(self, address):
        """Open a file or an address, and wait until it is loaded; return the seconds it took."""
        if isinstance(address, Path):
            address = address.resolve().as_uri()
        server = address.split("/")[:3] if address.startswith("http") else None
        self._own.append("/".join([*server, ""]) if server else address)
        self._loaded, start = False, time.monotonic()
        error = self.send("Page.navigate", url=address).get("errorText")
        assert not error, f"{address}: {error}"
        while not self._loaded:
            waited = time.monotonic() - start
            assert self._browser.listen(SECONDS - waited), f"{address} did not load"
        return time.monotonic() - start

    def evaluate(self, script):
        """Return the value of a JavaScript expression; a promise is awaited."""
        found = self.send(
            "Runtime.evaluate",
            expression=script,
            awaitPromise=True,
            returnByValue=True,
        )
        if "exceptionDetails" in found:
            details = found["exceptionDetails"]
            raise AssertionError(details.get("exception", {}).get("description", details["text"]))
        return found["result"].get("value")

    def wait_for(self, script, seconds=SECONDS):
        """Wait until a JavaScript expression is true; return its value."""
        until = time.monotonic() + seconds
        while not (value := self.evaluate(script)):
            assert time.monotonic() < until, f"not within {seconds} s: {script}"
            time.sleep(0.02)
        return value

    def text(self, selector):
        """Return the text that an element shows."""
        return self.evaluate(f"document.querySelector({json.dumps(selector)}).innerText")

    def centre(self, selector):
        """Scroll an element into view; return where its middle lies."""
        self.wait_for(f"!!document.querySelector({json.dumps(selector)})")
        return self.evaluate(f"""(() => {{
            const found = document.querySelector({json.dumps(selector)});
            found.scrollIntoView({{block: "nearest", inline: "nearest", behavior: "instant"}});
            const box = found.getBoundingClientRect();
            return [box.x + box.width / 2, box.y + box.height / 2];
        }})()""")

    def click(self, selector):
        """Click the middle of an element."""
        self.click_at(*self.centre(selector))

    def click_at(self, x, y):
        """Click a place of the window."""
        self.hover_at(x, y)
        for kind in ("mousePressed", "mouseReleased"):
            self.send("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def hover_at(self, x, y):
        """Move the mouse to a place of the window."""
        self.send("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)

    def drag(self, start, stop, steps=5):
        """Press the mouse at a place, move it to another, and let go."""
        (x, y), (to_x, to_y) = start, stop
        self.send("Input.dispatchMouseEvent", type="mousePressed", x=x, y=y, button="left",
                  clickCount=1)  # fmt: skip
        for step in range(1, steps + 1):
            at = {"x": x + (to_x - x) * step / steps, "y": y + (to_y - y) * step / steps}
            self.send("Input.dispatchMouseEvent", type="mouseMoved", button="left", **at)
        self.send("Input.dispatchMouseEvent", type="mouseReleased", x=to_x, y=to_y, button="left",
                  clickCount=1)  # fmt: skip

    def press(self, key, modifiers=0):
        """Press a key and let go: ``"ArrowDown"``, ``"a"``, ``" "``."""
        name, number, text = KEYS.get(key, (f"Key{key.upper()}", ord(key.upper()[0]), key))
        if key.isdigit():
            name = f"Digit{key}"
        about = {
            "key": key,
            "code": name,
            "windowsVirtualKeyCode": number,
            "modifiers": modifiers,
        }
        down = {"type": "keyDown", "text": text} if text else {"type": "rawKeyDown"}
        self.send("Input.dispatchKeyEvent", **down, **about)
        self.send("Input.dispatchKeyEvent", type="keyUp", **about)

    def write(self, text):
        """Type text into what has the focus."""
        self.send("Input.insertText", text=text)

    def resize(self, width, height, *, phone=False):
        """Give the window a size; a phone has a touch screen with two pixels for each."""
        self.send(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=2 if phone else 1,
            mobile=phone,
        )
        self.send("Emulation.setTouchEmulationEnabled", enabled=phone)

    def prefer(self, scheme):
        """Say that this person likes pages ``"dark"`` or ``"light"``."""
        feature = {"name": "prefers-color-scheme", "value": scheme}
        self.send("Emulation.setEmulatedMedia", features=[feature])

    def slow_down(self, times):
        """Let the page have a fraction of the processor, as on a phone."""
        self.send("Emulation.setCPUThrottlingRate", rate=times)

    def screenshot(self, path):
        """Write what the window shows to a PNG file."""
        taken = self.send("Page.captureScreenshot", format="png")
        Path(path).write_bytes(base64.b64decode(taken["data"]))

    def downloaded(self, pattern):
        """Wait for a download and return its path."""
        until = time.monotonic() + SECONDS
        while not (found := sorted(self.downloads.glob(pattern))):
            assert time.monotonic() < until, f"nothing was downloaded as {pattern}"
            self._browser.listen(0.05)
        return found[0]

    def violations(self, least=("serious", "critical")):
        """Return axe-core's findings of some impact; the test is skipped without axe-core."""
        self.evaluate(axe_core().read_text(encoding="utf-8") + "\n;0")
        found = self.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
        return [
            f"{one['id']}: {node['html'][:200]} {node.get('failureSummary', '')[:300]}"
            for one in found
            if one["impact"] in least
            for node in one["nodes"]
        ]

    def close(self):
        """Close the page."""
        self._browser.forget(self._session, self._context)


def chromium():
    """Return where a chromium lies, or None."""
    return next(filter(None, map(shutil.which, PROGRAMS)), None) if os.name == "posix" else None


def axe_core():
    """Return where axe-core lies; skip the test where there is none."""
    named = os.environ.get("AXE_CORE")
    inside = Path("node_modules", "axe-core", "axe.min.js")
    places = [Path(named)] if named else [p / inside for p in Path(__file__).resolve().parents]
    found = next(filter(Path.is_file, places), None)
    if found is None:
        pytest.skip("needs axe-core: npm install axe-core, or AXE_CORE=/path/to/axe.min.js")
    return found


@pytest.fixture(scope="session")
def browser():
    """Return a chromium that all tests of a run share; skip them where there is none."""
    program = chromium()
    if program is None:
        pytest.skip("needs chromium")
    found = Browser(program)
    yield found
    found.close()


@pytest.fixture
def page(browser, tmp_path):
    """Return a new, empty page of the browser."""
    downloads = tmp_path / "downloads"
    downloads.mkdir()
    found = browser.new_page(downloads)
    yield found
    found.close()
