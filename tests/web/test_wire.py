"""The reader of plain requests, without a socket."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.web import replies, wire
from bot.web.replies import Reply
from bot.web.wire import Fields, Request, Unread
from tests.web.wires import UUID, get, post

PING = f"/ping/{UUID}"


@pytest.mark.parametrize(
    ("data", "fields"),
    [
        (get(PING), Fields("", 0, closes=False)),
        (get(PING, "user-AGENT:\t x y \t"), Fields("x y", 0, closes=False)),
        (get(PING, "User-Agent: a", "User-Agent: b"), Fields("a", 0, closes=False)),
        (get(PING, "X-User-Agent: a"), Fields("", 0, closes=False)),
        (get(PING, "Connection: Close"), Fields("", 0, closes=True)),
        (get(PING, "Connection: keep-alive"), Fields("", 0, closes=False)),
        (post(PING, b"hello"), Fields("", 5, closes=False)),
        (get(PING, "User-Agent: \udcff"), Fields("\ufffd", 0, closes=False)),
        (get(PING, f"X: {'y' * 2000}", "User-Agent: a"), Fields("a", 0, closes=False)),
    ],
)
def test_a_plain_request_is_read(data: bytes, fields: Fields) -> None:
    request = wire.read(data)
    assert isinstance(request, Request)
    assert request.fields == fields
    assert request.path == PING
    assert len(data) == request.size + fields.length


def test_a_query_is_cut_off_at_the_first_question_mark() -> None:
    request = wire.read(get(f"{PING}?a=?&b"))
    assert isinstance(request, Request)
    assert (request.path, request.query) == (PING, "a=?&b")


def test_http_1_0_is_closed_after_the_answer() -> None:
    request = wire.read(f"GET {PING} HTTP/1.0\r\n\r\n".encode())
    assert isinstance(request, Request)
    assert request.fields.closes


@pytest.mark.parametrize(
    "data",
    [
        get("/v1/jobs"),
        get("/pings/x"),
        get(PING, "Transfer-Encoding: chunked"),
        get(PING, "Expect: 100-continue"),
        get(PING, "Upgrade: websocket"),
        get(PING, "Connection: upgrade"),
        get(PING, "Content-Length: 1", "Content-Length: 1"),
        get(PING, "Content-Length: +1"),
        get(PING, "Content-Length: 1 1"),
        get(PING, "Content-Length: " + "9" * 13),
        get(PING, "Content-Length : 1"),
        get(PING, " folded"),
        get(PING, "X: a\rb"),
        get(PING, "X: a\0b"),
        get(PING, f"X: {'y' * wire.LONGEST_HEAD}"),
        f"GET {PING} HTTP/1.2\r\n\r\n".encode(),
        f"GET {PING}\r\n\r\n".encode(),
        f"GET  {PING} HTTP/1.1\r\n\r\n".encode(),
        f"\r\nGET {PING} HTTP/1.1\r\n\r\n".encode(),
        b"\x16\x03\x01",
        b"get /ping",
        b"G" * 21,
        b"GET " + b"/" * wire.LONGEST_HEAD,
    ],
)
def test_anything_else_is_left_to_aiohttp(data: bytes) -> None:
    assert wire.read(data) is Unread.STRANGE


@pytest.mark.parametrize(
    "data", [get(f"{PING}?create=1", "User-Agent: a"), post(PING, b"body")]
)
def test_a_head_is_waited_for_until_its_last_byte(data: bytes) -> None:
    whole = wire.read(data)
    assert isinstance(whole, Request)
    for size in range(1, whole.size):
        assert wire.read(data[:size]) is Unread.INCOMPLETE
    assert wire.read(data[: whole.size]) == whole


@given(st.binary(max_size=300))
@example(b"GET /ping/ HTTP/1.1\r\n\r\n")
def test_what_follows_changes_nothing_about_a_request(more: bytes) -> None:
    data = get(PING, "User-Agent: a")
    assert wire.read(data + more) == wire.read(data)


@given(st.binary(max_size=300))
def test_any_bytes_are_read(data: bytes) -> None:
    assert wire.read(data) is not None
    assert wire.with_host(data).endswith(data[-1:])


@pytest.mark.parametrize(
    ("data", "whole"),
    [
        (b"GET /x HTTP/1.1\r\n\r\n", b"GET /x HTTP/1.1\r\nHost: unknown\r\n\r\n"),
        (
            b"GET /x HTTP/1.1\nA: b\n\nHost: c\n\n",
            b"GET /x HTTP/1.1\nHost: unknown\r\nA: b\n\nHost: c\n\n",
        ),
    ],
)
def test_a_missing_host_is_put_in(data: bytes, whole: bytes) -> None:
    assert wire.with_host(data) == whole


@pytest.mark.parametrize(
    "data",
    [
        b"GET /x HTTP/1.1\r\nHOST: a\r\n\r\n",
        b"GET /x HTTP/1.1\r\nA: b\r\nhost:\r\n\r\n",
        b"GET /x HTTP/1.0\r\n\r\n",
        b"GET /x HTTP/1.1\r\n",
        b"nonsense",
        b"",
    ],
)
def test_otherwise_the_bytes_stay_as_they_came(data: bytes) -> None:
    assert wire.with_host(data) == data


def rendered(reply: Reply, *, is_head: bool = False, closes: bool = False) -> str:
    """An answer as text."""
    data = wire.render(reply, is_head=is_head, closes=closes, date="today")
    return data.decode()


def test_an_answer_is_whole() -> None:
    assert rendered(replies.recorded(201, "Created", body_limit=5)) == (
        "HTTP/1.1 201 Created\r\n"
        "Date: today\r\n"
        "Server: cronitor\r\n"
        "X-Content-Type-Options: nosniff\r\n"
        "Ping-Body-Limit: 5\r\n"
        "Access-Control-Allow-Origin: *\r\n"
        "Cache-Control: no-cache\r\n"
        "Content-Type: text/plain; charset=utf-8\r\n"
        "Content-Length: 7\r\n"
        "\r\n"
        "Created"
    )


def test_an_answer_to_head_has_the_headers_alone() -> None:
    text = rendered(replies.NOT_FOUND, is_head=True)
    assert text.endswith("Content-Length: 9\r\n\r\n")


def test_an_answer_may_end_the_connection() -> None:
    assert "\r\nConnection: close\r\n\r\n" in rendered(replies.NOT_FOUND, closes=True)


def test_no_content_has_no_length() -> None:
    text = rendered(replies.OPTIONS)
    assert text.startswith("HTTP/1.1 204 No Content\r\n")
    assert "Content-" not in text.replace("Content-Type-Options", "").replace(
        "Headers: Content-Type", ""
    )
