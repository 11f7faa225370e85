"""The server: the standard library's, for this machine alone, few at a time and never for long."""

import contextlib
import http.client
import json
import math
import os
import socket
import socketserver
import sys
import threading
import time
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, BinaryIO

from synth_datamodule import reporting
from synth_datamodule.playing.calls import Answer
from synth_datamodule.playing.guard import (
    HEADERS,
    Refused,
    asked_for,
    body_length,
    check_place,
    new_token,
)

MOST_CONNECTIONS = 32
"""Connections at a time, a thread for each; a browser opens six."""

MOST_HEAD = 2**14
"""Bytes of a request's first line and headers."""

_SECONDS_TO_ASK = 5.0  # from the connection to the end of the first request's body
_SECONDS_IDLE = 60.0  # of a connection that has asked before
_SECONDS_TO_ANSWER = 60.0
_SECONDS_BETWEEN_LOOKS = 0.25

Call = Callable[[str, bytes], Answer]


class Server(ThreadingHTTPServer):
    """A server of one page and its calls.

    Args:
        port: Port to listen on; 0 is a free one.
        assets: Answers to GET, by name.
        calls: Names of the calls that POST makes.
        call: Function from a call's name and body to its answer.

    Raises:
        OSError: If the port is taken.
    """

    daemon_threads = True
    block_on_close = False
    request_queue_size = MOST_CONNECTIONS
    allow_reuse_address = os.name == "posix"  # elsewhere another process could take it over

    def __init__(
        self, port: int, assets: Mapping[str, Answer], calls: frozenset[str], call: Call
    ) -> None:
        self.assets, self.calls, self.call = assets, calls, call
        self.token, self._once = new_token(), new_token()
        self._lock = threading.Lock()
        self._handlers: set[Handler] = set()
        self._num_open = 0
        super().__init__(("127.0.0.1", port), Handler)

    @property
    def port(self) -> int:
        """Port that it listens on."""
        return int(self.server_address[1])

    @property
    def url(self) -> str:
        """Address of the page, with the token."""
        return f"http://127.0.0.1:{self.port}/{self.token}/"

    @property
    def url_once(self) -> str:
        """Address that leads to the page once: every process may read a browser's arguments."""
        return f"http://127.0.0.1:{self.port}/{self._once}/"

    def redeem(self, path: str) -> bool:
        """Return whether a request's target is ``url_once``, which it is no more."""
        with self._lock:
            try:
                first = asked_for(path, self._once) == ""
            except Refused:
                return False
            self._once = new_token()
            return first

    def server_bind(self) -> None:
        """Bind; the standard library's would ask a name server who this is."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = "127.0.0.1", self.port

    def process_request(self, request: Any, client_address: Any) -> None:  # noqa: ANN401
        """Give a connection its thread, or close it where there are too many."""
        with self._lock:
            full = self._num_open >= MOST_CONNECTIONS
            self._num_open += not full
        if full:
            with contextlib.suppress(OSError):
                request.settimeout(0)
                request.send(
                    b"HTTP/1.1 503 Service Unavailable\r\n"
                    b"Content-Length: 0\r\nConnection: close\r\n\r\n"
                )
            self.shutdown_request(request)
            return
        try:
            super().process_request(request, client_address)
        except RuntimeError:  # no more threads to be had
            with self._lock:
                self._num_open -= 1
            raise

    def process_request_thread(self, request: Any, client_address: Any) -> None:  # noqa: ANN401
        """Be the thread of a connection."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            with self._lock:
                self._num_open -= 1

    def keep(self, handler: "Handler", there: bool) -> None:
        """Note a handler that is at work, or is no more."""
        with self._lock:
            (self._handlers.add if there else self._handlers.discard)(handler)

    def service_actions(self) -> None:
        """Close the connections whose time is up."""
        self._hang_up(time.monotonic())

    def server_close(self) -> None:
        """Listen no more, and close all connections."""
        super().server_close()
        self._hang_up(math.inf)

    def _hang_up(self, now: float) -> None:
        with self._lock:
            late = [handler for handler in self._handlers if now > handler.deadline]
        for handler in late:
            with contextlib.suppress(OSError):
                handler.connection.shutdown(socket.SHUT_RDWR)

    def serve(self) -> None:
        """Answer until an exception, such as Ctrl-C's, ends it."""
        self.serve_forever(_SECONDS_BETWEEN_LOOKS)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401
        """Say what is no connection's end: an error of the program's own."""
        error = sys.exc_info()[1]
        if error is not None and not isinstance(error, OSError):
            reporting.complain("play", error)


class _Head:
    """A connection's input whose lines, up to the body, have a number of bytes in all."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self._left = file, MOST_HEAD

    def begin(self) -> None:
        self._left = MOST_HEAD

    def readline(self, size: int = -1) -> bytes:
        most = self._left if size < 0 else min(size, self._left)
        line = self._file.readline(most)
        self._left -= len(line)
        if self._left <= 0:
            raise http.client.LineTooLong("head")
        return line

    def read(self, size: int) -> bytes:
        return self._file.read(size)

    def close(self) -> None:
        self._file.close()


class Handler(BaseHTTPRequestHandler):
    """A connection: one request after another, each looked at before its body is read."""

    protocol_version = "HTTP/1.1"
    server_version, sys_version = "synth-datamodule", ""
    disable_nagle_algorithm = True
    timeout = _SECONDS_TO_ANSWER
    server: Server

    def setup(self) -> None:
        """Begin a connection."""
        super().setup()
        self._head = _Head(self.rfile)  # type: ignore[arg-type]  # it is a file of bytes
        self.rfile = self._head  # type: ignore[assignment]
        self.deadline = time.monotonic() + _SECONDS_TO_ASK
        self.server.keep(self, True)

    def finish(self) -> None:
        """End a connection."""
        self.server.keep(self, False)
        with contextlib.suppress(OSError):
            super().finish()

    def handle_one_request(self) -> None:
        """Answer a request, or refuse it and close the connection."""
        self._head.begin()
        try:
            super().handle_one_request()
        except (http.client.LineTooLong, ValueError):
            self.close_connection = True
        except OSError:  # whoever asked is gone, or was late
            self.close_connection = True
        else:
            self.deadline = time.monotonic() + _SECONDS_IDLE

    def do_GET(self) -> None:
        """Answer with a part of the page."""
        try:
            self._check_place(asks=False)
            if self.server.redeem(self.path):
                self._send(303, Answer(b"", "text/plain"), Location=f"/{self.server.token}/")
                return
            name = asked_for(self.path, self.server.token)
            if name not in self.server.assets:
                raise Refused(404, "there is no such thing")
            self._send(200, self.server.assets[name])
        except Refused as refusal:
            self.send_error(refusal.status, refusal.text)

    def do_POST(self) -> None:
        """Answer a call."""
        try:
            self._check_place(asks=True)
            name = asked_for(self.path, self.server.token)
            if name not in self.server.calls:
                raise Refused(404, "there is no such call")
            told = ("Content-Length", "Transfer-Encoding", "Content-Type")
            length = body_length(*(self.headers.get_all(one, []) for one in told))
            body = self.rfile.read(length)
            if len(body) < length:
                self.close_connection = True
                return
            self.deadline = time.monotonic() + _SECONDS_TO_ANSWER
            self._send(200, self.server.call(name, body))
        except Refused as refusal:
            self.send_error(refusal.status, refusal.text)
        except (TypeError, ValueError) as error:
            # The body was read, so the connection may go on.
            self._send_error(400, " ".join(str(error).split())[:300])
        except OSError:
            raise
        except Exception as error:  # a user's synth may raise anything, and the server goes on
            reporting.complain("play", error)
            self.send_error(500, f"{type(error).__name__}: {' '.join(str(error).split())}"[:300])

    def handle_expect_100(self) -> bool:
        """Refuse to be asked whether a body may come."""
        self.send_error(417, "Expect must be left out")
        return False

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Refuse, and close the connection: what was not read may be anything."""
        self.close_connection = True
        self._send_error(code, message or "refused")

    def _send_error(self, code: int, message: str) -> None:
        content = json.dumps({"error": message}).encode()
        self._send(code, Answer(content, "application/json"))

    def _check_place(self, *, asks: bool) -> None:
        hosts, origins = (self.headers.get_all(one, []) for one in ("Host", "Origin"))
        check_place(hosts, origins, self.server.port, asks=asks)

    def _send(self, code: int, answer: Answer, **headers: str) -> None:
        self.send_response(code)
        for name, value in {**HEADERS, **headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Type", answer.kind)
        self.send_header("Content-Length", str(len(answer.content)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(answer.content)

    def log_message(self, format: str, *args: object) -> None:
        """Keep silent: a log would hold the token."""
