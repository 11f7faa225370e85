"""Whoever is not the page is refused, by what a request says of itself."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth_datamodule.playing.guard import (
    HEADERS,
    MOST_BYTES,
    Refused,
    asked_for,
    body_length,
    check_place,
    new_token,
)

JSON = ["application/json"]
OWN = "http://127.0.0.1:8000"


def refusal(call, *arguments, **named):
    with pytest.raises(Refused) as error:
        call(*arguments, **named)
    return error.value.status


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "localhost:8000", "LOCALHOST:8000"])
def test_this_machines_own_names_are_let_in(host):
    check_place([host], [], 8000, asks=False)
    check_place([host], [f"http://{host.lower()}"], 8000, asks=True)


@pytest.mark.parametrize(
    "hosts",
    [
        [],
        [""],
        ["evil.example"],
        ["evil.example:8000"],
        ["127.0.0.1"],
        ["127.0.0.1:8001"],
        ["localhost.evil.example:8000"],
        ["127.0.0.1:8000.evil.example"],
        ["127.0.0.1:8000", "127.0.0.1:8000"],
        ["[::1]:8000"],
        ["0.0.0.0:8000"],
    ],
)
def test_another_host_is_refused_also_one_whose_name_leads_here(hosts):
    assert refusal(check_place, hosts, [OWN], 8000, asks=False) == 403


@pytest.mark.parametrize(
    "origins",
    [
        [],
        ["null"],
        [""],
        ["http://evil.example"],
        ["https://127.0.0.1:8000"],
        ["http://127.0.0.1:8001"],
        ["http://localhost:8000"],  # beside the host's other name
        [f"{OWN}.evil.example"],
        [OWN, OWN],
    ],
)
def test_another_origin_is_refused(origins):
    assert refusal(check_place, ["127.0.0.1:8000"], origins, 8000, asks=True) == 403


def test_a_page_is_opened_without_an_origin_but_not_by_another():
    check_place(["127.0.0.1:8000"], [], 8000, asks=False)
    foreign = ["http://evil.example"]
    assert refusal(check_place, ["127.0.0.1:8000"], foreign, 8000, asks=False) == 403


def test_tokens_are_long_and_all_differ():
    tokens = {new_token() for _ in range(100)}
    assert len(tokens) == 100
    assert min(map(len, tokens)) >= 43


@given(st.text(max_size=60))
def test_no_other_token_is_let_in(text):
    token = "t" * 43
    for path in (text, f"/{text}", f"/{text}/", f"/{text}/x", f"//{text}"):
        if not path.startswith(f"/{token}/"):
            assert refusal(asked_for, path, token) == 403


@pytest.mark.parametrize("path", ["/../x", "/abc", "abc/", "//abc/x", "/ab/x", "/abcd/x", "/ABC/x"])
def test_a_token_stands_at_its_place_as_it_is(path):
    assert refusal(asked_for, path, "abc") == 403


@pytest.mark.parametrize(
    ("lengths", "codings", "kinds", "status"),
    [
        ([], [], JSON, 411),
        (["1", "1"], [], JSON, 411),
        (["-1"], [], JSON, 411),
        (["1.5"], [], JSON, 411),
        (["١"], [], JSON, 411),
        ([""], [], JSON, 411),
        ([str(MOST_BYTES + 1)], [], JSON, 413),
        (["9" * 10_000], [], JSON, 413),
        (["5"], ["chunked"], JSON, 501),
        (["5"], [], [], 415),
        (["5"], [], ["text/plain"], 415),
        (["5"], [], ["application/x-www-form-urlencoded"], 415),
    ],
)
def test_a_body_is_bounded_and_json(lengths, codings, kinds, status):
    assert refusal(body_length, lengths, codings, kinds) == status


def test_a_body_of_the_largest_size_is_read():
    assert body_length([str(MOST_BYTES)], [], ["Application/JSON; charset=utf-8"]) == MOST_BYTES


def test_the_page_asks_no_other_place_and_stands_in_no_other_page():
    policy = dict(
        one.strip().split(" ", 1) for one in HEADERS["Content-Security-Policy"].split(";")
    )
    assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert {source for name, source in policy.items() if source != "'none'"} == {"'self'"}
