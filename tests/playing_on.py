"""A server of an instrument in a test's own process, and who asks it."""

import contextlib
import http.client
import json
import socket
import threading

from synth_datamodule import SynthConfig
from synth_datamodule.playing.serving import served

CONFIG = SynthConfig(sample_rate=8000, buffer_size_seconds=0.5, control_rate=200)


class Client:
    """Whoever knows the token, with the headers that a browser sends."""

    def __init__(self, server):
        self.server = server
        self.host = f"127.0.0.1:{server.port}"
        self.headers = {"Origin": f"http://{self.host}", "Content-Type": "application/json"}

    def send(self, method, path, body=None, headers=()):
        """Return status, headers and content of an answer."""
        connection = http.client.HTTPConnection(self.host, timeout=30)
        with contextlib.closing(connection):
            connection.request(method, path, body, dict(headers))
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()

    def ask(self, call, given):
        """Return status and content of a call."""
        body = given if isinstance(given, bytes) else json.dumps(given).encode()
        path = f"/{self.server.token}/{call}"
        status, _, content = self.send("POST", path, body, self.headers)
        return status, content

    def told(self, call, given):
        """Return what a call answers, as JSON."""
        status, content = self.ask(call, given)
        assert status == 200, content
        return json.loads(content)

    def raw(self, content, wait=10.0):
        """Return what comes back for some bytes, until the server closes the connection."""
        with socket.create_connection(("127.0.0.1", self.server.port), timeout=wait) as one:
            with contextlib.suppress(OSError):
                one.sendall(content)
            found = b""
            with contextlib.suppress(ConnectionError):
                while more := one.recv(65536):
                    found += more
            return found


@contextlib.contextmanager
def running(instrument, num_indexed=16):
    """Serve an instrument for a block."""
    with served(instrument, num_indexed=num_indexed) as server:
        thread = threading.Thread(target=server.serve, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join(10)


def start(page, server):
    """Open the page, and wait until sound 312 is heard."""
    page.open(server.url)
    page.wait_for("document.documentElement.dataset.ready === 'yes'")
    go(page, 312)


def go(page, number):
    """Type a sound's number, and wait until it is there."""
    page.evaluate("document.getElementById('number').select()")
    page.write(str(number))
    page.press("Enter")
    page.wait_for(f"document.getElementById('which').innerText.startsWith('sound {number} ')")
    page.evaluate("document.activeElement.blur()")
