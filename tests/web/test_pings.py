"""Ping URLs, black-box: over both ways in, which must not differ."""

import logging
from collections.abc import AsyncIterator

import pytest

from bot.core.kinds import PingKind
from bot.engine.pings import Answer, Received
from bot.errors import Unavailable
from tests.web.doubles import RecordingPings
from tests.web.wires import RID, UUID, Client, Site, get, post

#: a request field that only aiohttp understands, so that it gets the request
TO_AIOHTTP = "Expect: nothing"
PLAIN = "X-Plain: yes"


@pytest.fixture(params=[PLAIN, TO_AIOHTTP], ids=["plain", "aiohttp"])
def way(request: pytest.FixtureRequest) -> str:
    """A header that decides who reads the request."""
    return str(request.param)


@pytest.fixture
async def client(site: Site) -> AsyncIterator[Client]:
    """A connection."""
    async with site.tcp() as opened:
        yield opened


async def test_a_ping_is_recorded_and_answered_ok(
    client: Client, pings: RecordingPings, way: str
) -> None:
    answered = await client.exchange(get(f"/ping/{UUID}", "User-Agent: curl/8", way))
    assert (answered.status, answered.text) == (200, "OK")
    assert answered.headers["ping-body-limit"] == "100000"
    assert answered.headers["access-control-allow-origin"] == "*"
    assert answered.headers["cache-control"] == "no-cache"
    assert answered.headers["content-type"] == "text/plain; charset=utf-8"
    assert pings.only.uuid == UUID
    assert pings.only.said is PingKind.SUCCESS
    assert pings.only.slug is None
    assert pings.only.method == "GET"
    assert pings.only.agent == "curl/8"
    assert pings.only.address == "127.0.0.1"
    assert pings.only.body == b""
    assert pings.only.remark == ""


@pytest.mark.parametrize(
    ("suffix", "said", "exit_status"),
    [
        ("/", PingKind.SUCCESS, None),
        ("/start", PingKind.START, None),
        ("/fail", PingKind.FAIL, None),
        ("/log", PingKind.LOG, None),
        ("/0", PingKind.SUCCESS, 0),
        ("/1", PingKind.SUCCESS, 1),
        ("/007", PingKind.SUCCESS, 7),
        ("/255", PingKind.SUCCESS, 255),
    ],
)
@pytest.mark.parametrize("base", [f"/ping/{UUID}", "/ping/ping-key_1/nightly-backup"])
async def test_suffixes_say_what_happened(
    client: Client,
    pings: RecordingPings,
    way: str,
    *,
    base: str,
    suffix: str,
    said: PingKind,
    exit_status: int | None,
) -> None:
    answered = await client.exchange(get(base + suffix, way))
    assert answered.status == 200
    assert (pings.only.said, pings.only.exit_status) == (said, exit_status)


async def test_a_slug_stands_behind_the_ping_key(
    client: Client, pings: RecordingPings, way: str
) -> None:
    answered = await client.exchange(get("/ping/ping-key_1/backup", way))
    assert answered.status == 200
    assert (pings.only.slug, pings.only.uuid) == ("backup", None)
    assert pings.only.create is False


@pytest.mark.parametrize(
    ("query", "create"),
    [("?create=1", True), ("?create=0", False), ("?create=yes", False), ("?", False)],
)
async def test_create_asks_for_the_job_to_be_made(
    client: Client, pings: RecordingPings, way: str, *, query: str, create: bool
) -> None:
    pings.answers = [Received(answer=Answer.CREATED)]
    answered = await client.exchange(get(f"/ping/ping-key_1/backup{query}", way))
    assert (answered.status, answered.text) == (201, "Created")
    assert answered.headers["ping-body-limit"] == "100000"
    assert pings.only.create is create


@pytest.mark.parametrize("rid", [RID, RID.upper()])
async def test_a_run_id_is_taken_in_any_letter_case(
    client: Client, pings: RecordingPings, way: str, rid: str
) -> None:
    answered = await client.exchange(get(f"/ping/{UUID}/start?rid={rid}", way))
    assert answered.status == 200
    assert pings.only.rid == RID


async def test_a_uuid_is_taken_in_any_letter_case(
    client: Client, pings: RecordingPings, way: str
) -> None:
    assert (await client.exchange(get(f"/ping/{UUID.upper()}", way))).status == 200
    assert pings.only.uuid == UUID


@pytest.mark.parametrize(
    "rid",
    ["12345", f"{RID}0", "", f"{RID}%0A", "%0A", "%00", "%ff", RID.replace("-", "")],
)
async def test_a_run_id_that_is_no_uuid_is_refused(
    client: Client, pings: RecordingPings, way: str, rid: str
) -> None:
    answered = await client.exchange(get(f"/ping/{UUID}?rid={rid}", way))
    assert (answered.status, answered.text) == (400, "invalid uuid format")
    assert pings.taken == []


@pytest.mark.parametrize(
    "path",
    [
        f"/ping/{UUID}/256",
        f"/ping/{UUID}/{'9' * 5000}",
        "/ping/ping-key_1/backup/256",
        "/ping/ping-key_1/Backup",
        "/ping/another-key/Backup/start",
    ],
)
async def test_a_wrong_exit_status_or_capitals_are_refused(
    client: Client, pings: RecordingPings, way: str, path: str
) -> None:
    answered = await client.exchange(get(path, way))
    assert (answered.status, answered.text) == (400, "invalid url format")
    assert pings.taken == []


@pytest.mark.parametrize(
    "path",
    [
        "/ping/",
        "/ping/not-a-uuid",
        "/ping/not-a-uuid/",
        f"/ping/{UUID.replace('-', '')}",
        f"/ping/{UUID}/start/",
        f"/ping/{UUID}//",
        f"/ping/{UUID}/-1",
        f"/ping/{UUID}/stop",
        "/ping/wrong-key/backup",
        "/ping/ping-key_/backup",
        "/ping/ping-key_11/backup?create=1",
        "/ping/PING-KEY_1/backup",
        "/ping/ping-key_1/backup/start/1",
        "/ping/ping-key_1/b%20a",
        "/ping/ping-key_1/b%0a",
        "/ping/ping-key_1/%C3%BC",
        "/ping/%ff/%ff",
    ],
)
async def test_what_names_no_job_is_not_found(
    client: Client, pings: RecordingPings, way: str, path: str
) -> None:
    answered = await client.exchange(get(path, way))
    assert (answered.status, answered.text) == (404, "not found")
    assert pings.taken == []


async def test_an_escaped_path_means_the_same(
    client: Client, pings: RecordingPings, way: str
) -> None:
    escaped = UUID.replace("-", "%2D")
    assert (await client.exchange(get(f"/ping/{escaped}/%66ail", way))).status == 200
    assert (pings.only.uuid, pings.only.said) == (UUID, PingKind.FAIL)


async def test_an_unknown_job_is_not_found(
    client: Client, pings: RecordingPings, way: str
) -> None:
    pings.answers = [Received(answer=Answer.NOT_FOUND)]
    answered = await client.exchange(get(f"/ping/{UUID}", way))
    assert (answered.status, answered.text) == (404, "not found")


async def test_too_many_pings_are_told_when_to_come_again(
    client: Client, pings: RecordingPings, way: str
) -> None:
    pings.answers = [Received(answer=Answer.LIMITED, retry_after_s=7)]
    answered = await client.exchange(get(f"/ping/{UUID}", way))
    assert answered.status == 429
    assert answered.headers["retry-after"] == "7"


async def test_a_ping_that_cannot_be_stored_is_told_to_come_again(
    client: Client, pings: RecordingPings, way: str
) -> None:
    pings.answers = [Unavailable("no space left in /secret/place", retry_after_s=3)]
    answered = await client.exchange(get(f"/ping/{UUID}", way))
    assert answered.status == 503
    assert answered.headers["retry-after"] == "3"
    assert "secret" not in answered.text


async def test_our_own_mistake_is_logged_without_the_ping_url(
    client: Client, pings: RecordingPings, way: str, caplog: pytest.LogCaptureFixture
) -> None:
    pings.answers = [LookupError("a mistake")]
    answered = await client.exchange(get(f"/ping/{UUID}/start", way))
    assert answered.status == 500
    assert "Traceback" not in answered.text
    (record,) = caplog.records
    assert record.levelno == logging.ERROR
    assert "start" in record.message
    assert UUID not in caplog.text
    assert (await client.exchange(get(f"/ping/{UUID}", way))).status == 200


async def test_head_is_a_ping_and_its_answer_has_no_body(
    client: Client, pings: RecordingPings, way: str
) -> None:
    client.send(get(f"/ping/{UUID}", way, method="HEAD"))
    answered = await client.answer(to_head=True)
    assert answered.status == 200
    assert answered.headers["content-length"] == "2"
    assert (await client.exchange(get(f"/ping/{UUID}", way))).text == "OK"
    assert [each.method for each in pings.taken] == ["HEAD", "GET"]


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "TRACE", "PROPFIND"])
async def test_other_methods_are_refused_with_those_that_are_allowed(
    client: Client, pings: RecordingPings, way: str, method: str
) -> None:
    answered = await client.exchange(get(f"/ping/{UUID}", way, method=method))
    assert answered.status == 405
    assert answered.headers["allow"] == "GET, HEAD, POST, OPTIONS"
    assert pings.taken == []


async def test_options_is_answered_and_counts_for_nothing(
    client: Client, pings: RecordingPings, way: str
) -> None:
    answered = await client.exchange(get(f"/ping/{UUID}", way, method="OPTIONS"))
    assert (answered.status, answered.body) == (204, b"")
    assert answered.headers["access-control-allow-origin"] == "*"
    assert pings.taken == []


@pytest.mark.parametrize(
    "body",
    [
        b"hello world",
        b"Hello \xe9 World",
        b"\x00\xff" * 50,
        b"{",
        b"GET / HTTP/1.1\r\n\r\n",
    ],
)
async def test_a_body_is_kept_as_it_came(
    client: Client, pings: RecordingPings, way: str, body: bytes
) -> None:
    answered = await client.exchange(post(f"/ping/{UUID}", body, way))
    assert answered.status == 200
    assert (pings.only.body, pings.only.body_size) == (body, len(body))
    assert pings.only.method == "POST"


@pytest.mark.parametrize(
    "label",
    [
        "Content-Type: application/json",
        "Content-Type: multipart/form-data",
        "Content-Type: application/x-www-form-urlencoded",
        "Content-Type: \xff; charset=klingon",
        "Content-Encoding: gzip",
        "Content-Encoding: br",
        "Content-Encoding: deflate",
    ],
)
async def test_a_label_changes_nothing_about_a_body(
    client: Client, pings: RecordingPings, way: str, label: str
) -> None:
    answered = await client.exchange(post(f"/ping/{UUID}", b"plain text", label, way))
    assert answered.status == 200
    assert pings.only.body == b"plain text"
    assert pings.only.remark == ""


async def test_of_a_long_body_head_and_tail_are_kept(
    client: Client, pings: RecordingPings, way: str
) -> None:
    body = b"head" + b"x" * 3_000_000 + b"tail"
    assert (await client.exchange(post(f"/ping/{UUID}", body, way))).status == 200
    assert pings.only.body_size == len(body)
    assert len(pings.only.body) == 100_000
    assert pings.only.body.startswith(b"head")
    assert pings.only.body.endswith(b"tail")
    assert b"bytes left out" in pings.only.body


async def test_a_get_may_have_a_body(
    client: Client, pings: RecordingPings, way: str
) -> None:
    request = get(f"/ping/{UUID}", "Content-Length: 5", way) + b"hello"
    assert (await client.exchange(request)).status == 200
    assert (pings.only.method, pings.only.body) == ("GET", b"hello")


@pytest.mark.parametrize(
    "forged",
    ["X-Forwarded-For: 1.2.3.4", "X-Forwarded-For: '; DROP", "Forwarded: for=1.2.3.4"],
)
async def test_forged_addresses_are_not_asked(
    client: Client, pings: RecordingPings, way: str, forged: str
) -> None:
    assert (await client.exchange(get(f"/ping/{UUID}", forged, way))).status == 200
    assert pings.only.address == "127.0.0.1"


async def test_a_user_agent_is_cut_and_may_be_any_bytes(
    client: Client, pings: RecordingPings, way: str
) -> None:
    request = get(f"/ping/{UUID}", "User-Agent: \udcff" + "x" * 500, way)
    assert (await client.exchange(request)).status == 200
    assert pings.only.agent == "\ufffd" + "x" * 199


async def test_the_answer_waits_for_the_commit(
    client: Client, pings: RecordingPings, way: str
) -> None:
    pings.committed.clear()
    client.send(get(f"/ping/{UUID}", way))
    await pings.came.wait()
    assert not client.reader._buffer  # type: ignore[attr-defined]
    pings.committed.set()
    assert (await client.answer()).status == 200


async def test_the_unix_socket_takes_pings_as_well(
    site: Site, pings: RecordingPings
) -> None:
    async with site.unix() as client:
        assert (await client.exchange(get(f"/ping/{UUID}"))).status == 200
    assert pings.only.address == ""
