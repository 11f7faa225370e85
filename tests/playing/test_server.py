"""The server answers the page, refuses all else, and is alive afterwards."""

import contextlib
import json
import re
import socket
import struct
import threading
import time

import numpy as np
import pytest

from synth_datamodule.playing import server as serving
from synth_datamodule.playing.guard import HEADERS, MOST_BYTES
from synth_datamodule.playing.server import MOST_CONNECTIONS


@pytest.fixture(autouse=True)
def alive(client, given):
    """After each test the server plays as before."""
    before = client.ask("sound", given)
    yield
    assert client.ask("sound", given) == before
    assert before[0] == 200


def test_a_sound_is_its_facts_and_its_samples(client, given, instrument):
    _, content = client.ask("sound", given)
    (length,) = struct.unpack_from("<I", content)
    told = json.loads(content[4 : 4 + length])
    samples = np.frombuffer(content, "<f4", offset=4 + length)
    assert (4 + length) % 4 == 0
    assert len(told["values"]) == 78
    assert np.array_equal(samples, instrument.synth.sound(312).audio.numpy())


def test_every_part_of_the_page_is_there_with_its_kind_and_headers(client):
    kinds = {"": "text/html", "main.js": "text/javascript", "style.css": "text/css",
             "synth.json": "application/json", "diagram.svg": "image/svg+xml"}  # fmt: skip
    for name in client.server.assets:
        status, headers, content = client.send("GET", f"/{client.server.token}/{name}")
        assert status == 200
        assert content == client.server.assets[name].content
        assert headers["Content-Type"].startswith(kinds.get(name, ""))
        assert {header: headers[header] for header in HEADERS} == HEADERS
        assert "Access-Control-Allow-Origin" not in headers


def test_the_page_names_no_other_address(client):
    for name, asset in client.server.assets.items():
        found = re.findall(rb"https?://[^\s\"'`]+", asset.content)
        assert set(found) <= {b"http://www.w3.org/2000/svg"}, name


def test_the_address_that_a_browser_is_started_with_leads_to_the_page_once(client):
    path = "/" + client.server.url_once.split("/", 3)[3]
    status, headers, _ = client.send("GET", path)
    assert (status, headers["Location"]) == (303, f"/{client.server.token}/")
    assert client.send("GET", path)[0] == 403


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "//",
        "*",
        "/index.html",
        "/favicon.ico",
        "/TOKEN",
        "/TOKEN/../../etc/passwd",
        "/TOKEN/%2e%2e/%2e%2e/etc/passwd",
        "/TOKEN//etc/passwd",
        "/TOKEN/style.css?x=1",
        "/TOKEN/style.css/",
        "/TOKEN/.",
        "/TOKEN/server.py",
        "/TOKEN/\x00",
        "/TOKEN/%00",
        "/TOKEN/" + "x" * 8000,
        "http://evil.example/TOKEN/",
        "file:///etc/passwd",
        "/" + "a" * 43 + "/",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_no_path_is_opened(client, path, method):
    path = path.replace("TOKEN", client.server.token)
    head = f"{method} {path} HTTP/1.1\r\nHost: {client.host}\r\nOrigin: http://{client.host}\r\n"
    kind = "Content-Type: application/json\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"
    answer = client.raw((head + kind).encode("latin-1"))
    assert answer.startswith(b"HTTP/1.1 4")
    assert b"root:" not in answer


@pytest.mark.parametrize("method", ["HEAD", "PUT", "DELETE", "OPTIONS", "TRACE", "CONNECT", "X"])
def test_other_methods_are_refused(client, method):
    status, headers, _ = client.send(method, f"/{client.server.token}/", headers=client.headers)
    assert status == 501
    assert not any(name.startswith("Access-Control") for name in headers)


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Host": "127.0.0.1.evil.example:80"},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Content-Type": "text/plain"},
        {"Transfer-Encoding": "chunked"},
        {"Expect": "100-continue"},
    ],
    ids=str,
)
def test_a_call_of_another_place_or_kind_is_refused(client, given, headers):
    path = f"/{client.server.token}/sound"
    body = json.dumps(given)
    status, _, content = client.send("POST", path, body, {**client.headers, **headers})
    assert status in (403, 415, 417, 501)
    assert json.loads(content)["error"]


def test_a_rebound_name_sees_not_even_the_page(client):
    status, _, content = client.send(
        "GET", f"/{client.server.token}/", headers={"Host": "a.example"}
    )
    assert status == 403
    assert client.server.token.encode() not in content


def bodies(given):
    number, name = {"number": 312}, "keyboard.midi_f0"
    numbers = given["parameters"]

    def sound(**changes):
        return {**given, **changes}

    def save(**changes):
        return {**given, "kind": "wav", "number": 1, "name": "", **changes}

    yield from (
        ("sound", body)
        for body in (
            b"", b"{", b"null", b"[]", b"3", b'"x"', b"\xff\xfe", b"{}" * 2, b"[" * 200_000,
            b'{"a":' * 100_000, b'{"parameters": [], "parameters": []}', b"9" * 10_000,
            sound(parameters=[]), sound(parameters=numbers[1:]), sound(parameters=[*numbers, 0]),
            sound(parameters="x" * 78), sound(parameters=dict.fromkeys(map(str, range(78)), 0)),
            sound(parameters=None), sound(extra=1), {"parameters": numbers},
            *(
                sound(parameters=[bad, *numbers[1:]])
                for bad in (float("nan"), float("inf"), -float("inf"), -0.1, 1.1, 1e300, "0", None,
                            True, [0.5], {}, 10**400)
            ),
            *(sound(noise_row=bad) for bad in (-1, 32, 1.5, "0", None, True, 10**30, float("nan"))),
        )
    )  # fmt: skip
    for bad in (-1, 2**32, 1.5, None, True, [], {}, "", "x", "/etc/passwd", "synth1B1-0-999",
                "9" * 400, "../0"):  # fmt: skip
        yield "draw", {"number": bad}
    yield "draw", {}
    yield "draw", {**number, "more": 1}
    for bad in ("", "no.such", None, 3, "../../etc/passwd", "__class__", "x" * 1000):
        yield "number", {"name": bad, "value": 60}
    for bad in (-1, 128, float("nan"), float("inf"), "60", None, True, 10**400):
        yield "number", {"name": name, "value": bad}
    for bad in ("", "mp3", None, 3, "../wav", "wav\0"):
        yield "save", save(kind=bad)
    for bad in (-1, 2**32, 1.5, "312", True):
        yield "save", save(number=bad)
    for bad in (None, 3, "x" * 201, ["a"]):
        yield "save", save(name=bad)
    for bad in (
        None,
        3,
        "",
        "/etc/passwd",
        "{}",
        "[" * 100_000,
        '{"sound": 1, "nebula": "/x.json"}',
    ):
        yield "load", {"text": bad}
    yield "meters", sound(parameters=[float("nan")] * 78)
    yield "nearest", sound(parameters=[2.0] * 78)


def test_what_a_call_must_not_be_given_is_said_in_one_line(client, given):
    for call, body in bodies(given):
        status, content = client.ask(call, body)
        told = json.loads(content)["error"]
        assert (status, told.count("\n")) == (400, 0), (call, str(body)[:200], told)
        assert 0 < len(told) <= 300


def test_a_request_that_was_wrong_leaves_its_connection_open(client, given):
    path = f"/{client.server.token}/sound"
    head = "".join(f"{name}: {value}\r\n" for name, value in client.headers.items())
    wrong, right = b"{}", json.dumps(given).encode()
    lines = []
    for body, end in ((wrong, ""), (right, "Connection: close\r\n")):
        told = f"Host: {client.host}\r\n{head}Content-Length: {len(body)}\r\n{end}\r\n"
        lines.append(f"POST {path} HTTP/1.1\r\n{told}".encode() + body)
    answer = client.raw(b"".join(lines))
    assert answer.startswith(b"HTTP/1.1 400")
    assert b"HTTP/1.1 200" in answer


@pytest.mark.parametrize(
    "content",
    [
        b"\x16\x03\x01\x02\x00\x01\x00" + b"\x00" * 200,  # as TLS begins
        b"\r\n" * 5000,
        b"GET",
        b"GET /\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost\r\n\r\n",
        b"\x00" * 70_000,
        b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 5000 + b"\r\n",
        b"GET / HTTP/1.1\r\nA: " + b"b" * 70_000 + b"\r\n\r\n",
    ],
    ids=lambda content: repr(content[:24]) + str(len(content)),
)
def test_what_is_no_http_is_refused_or_dropped(client, content):
    began = time.monotonic()
    answer = client.raw(content)
    assert b" 200 " not in answer
    assert time.monotonic() - began < 9


def post(client, length, body):
    head = "".join(f"{name}: {value}\r\n" for name, value in client.headers.items())
    path = f"/{client.server.token}/sound"
    text = f"POST {path} HTTP/1.1\r\nHost: {client.host}\r\n{head}Content-Length: {length}\r\n\r\n"
    return text.encode() + body


@pytest.mark.parametrize(
    "length", [MOST_BYTES + 1, 2**31, 2**63, 10**30, -1, "1e3", "0x10", "5, 5"]
)
def test_a_length_that_is_too_large_or_none_is_refused_before_anything_is_read(client, length):
    began = time.monotonic()
    answer = client.raw(post(client, length, b""))
    assert re.match(rb"HTTP/1.1 41[13] ", answer)
    assert time.monotonic() - began < 4


def test_a_body_that_never_ends_is_dropped(client):
    began = time.monotonic()
    assert client.raw(post(client, 1000, b'{"parameters": [')) == b""
    assert time.monotonic() - began < 9


def test_a_body_that_comes_letter_by_letter_is_dropped(client):
    with socket.create_connection(("127.0.0.1", client.server.port), timeout=15) as slow:
        slow.sendall(post(client, 100_000, b"{"))
        began = time.monotonic()
        with contextlib.suppress(OSError):  # a closed pipe or a reset, by the system
            while time.monotonic() - began < 15:
                slow.sendall(b" ")
                time.sleep(0.1)
    assert time.monotonic() - began < 9


def test_a_body_that_is_cut_off_is_no_error(client, capfd):
    with socket.create_connection(("127.0.0.1", client.server.port)) as one:
        one.sendall(post(client, 1000, b"{"))
    time.sleep(0.3)
    assert capfd.readouterr().err == ""


def test_too_many_connections_are_refused_and_those_that_ask_nothing_are_dropped(client, given):
    silent = [
        socket.create_connection(("127.0.0.1", client.server.port), timeout=15)
        for _ in range(MOST_CONNECTIONS)
    ]
    try:
        time.sleep(0.5)
        answer = client.raw(b"GET / HTTP/1.1\r\n\r\n")
        assert answer == b"" or answer.startswith(b"HTTP/1.1 503")
        began = time.monotonic()
        for one in silent:
            assert one.recv(1) == b""
        assert time.monotonic() - began < 9
    finally:
        for one in silent:
            one.close()
    deadline = time.monotonic() + 5
    while client.server._num_open and time.monotonic() < deadline:
        time.sleep(0.05)
    assert client.ask("sound", given)[0] == 200


def test_a_thousand_requests_at_once_leave_no_thread_behind(client, given):
    def ask_many():
        answers.extend(client.ask("sound", given)[0] for _ in range(125))

    answers, before = [], threading.active_count()
    askers = [threading.Thread(target=ask_many) for _ in range(8)]
    for one in askers:
        one.start()
    for one in askers:
        one.join()
    assert answers == [200] * 1000
    deadline = time.monotonic() + 10
    while threading.active_count() > before and time.monotonic() < deadline:
        time.sleep(0.05)
    assert threading.active_count() <= before
    assert client.server._num_open == 0


def test_whoever_does_not_take_the_answer_does_not_hold_the_others_up(client, given):
    body = json.dumps(given).encode()
    with socket.create_connection(("127.0.0.1", client.server.port)) as deaf:
        deaf.sendall(post(client, len(body), body) * 20)
        began = time.monotonic()
        assert client.ask("sound", given)[0] == 200
        assert time.monotonic() - began < 5


def test_an_error_of_a_synth_is_told_and_the_server_goes_on(
    client, given, instrument, monkeypatch, capfd
):
    def broken(sound):
        raise ZeroDivisionError("by a patch of one's own")

    monkeypatch.setattr(instrument, "meters", broken)
    status, content = client.ask("meters", given)
    assert status == 500
    assert json.loads(content)["error"] == "ZeroDivisionError: by a patch of one's own"
    assert "by a patch" in capfd.readouterr().err


def test_a_port_that_is_taken_is_an_error(client):
    with pytest.raises(OSError, match="in use"):
        serving.Server(client.server.port, {}, frozenset(), lambda name, body: None)


def test_the_server_listens_to_this_machine_alone(client):
    assert client.server.server_address[0] == "127.0.0.1"
    assert client.server.url.startswith("http://127.0.0.1:")
