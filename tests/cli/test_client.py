"""The client says what an answer means, and what to do when there is none."""

import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.cli.client import Client, Far, Near, segment
from bot.clock import SystemClock
from bot.errors import (
    Conflict,
    CronitorError,
    Forbidden,
    Invalid,
    NoServer,
    NotFound,
    Problem,
    Unavailable,
)
from tests.cli.stand_in import Script, on_socket, on_tcp


@pytest.fixture
def place(short: Path) -> Path:
    return short / "s"


@pytest.fixture
def script(place: Path) -> Iterator[Script]:
    with on_socket(place) as script:
        yield script


@pytest.fixture
def client(place: Path) -> Client:
    return Client(Near(place), 10)


def test_a_question_goes_over_the_socket_without_a_key(
    script: Script, client: Client
) -> None:
    script.answer(200, {"jobs": []})
    assert client.get("/v1/jobs", tag="a b", node=None) == {"jobs": []}
    method, path, headers, body = script.asked[0]
    assert (method, path, body) == ("GET", "/v1/jobs?tag=a+b", None)
    assert "X-Api-Key" not in headers


def test_changes_carry_json(script: Script, client: Client) -> None:
    client.post("/v1/jobs", {"slug": "grün"})
    client.patch("/v1/jobs/a", {"grace": None})
    client.post("/v1/jobs/a/pause")
    assert [(each[0], each[3]) for each in script.asked] == [
        ("POST", {"slug": "grün"}),
        ("PATCH", {"grace": None}),
        ("POST", {}),
    ]
    assert script.asked[0][2]["Content-Type"] == "application/json"


def test_an_answer_without_a_body_is_nothing(script: Script, client: Client) -> None:
    script.status, script.body = 204, b""
    assert client.delete("/v1/jobs/a") is None


def test_the_time_is_the_servers(script: Script, client: Client) -> None:
    script.answer(200, {}, Date="Sat, 31 Jan 2026 12:00:00 GMT")
    client.get("/")
    assert client.now == datetime(2026, 1, 31, 12, tzinfo=UTC)


def test_a_server_that_does_not_tell_the_time_is_believed_to_have_ours(
    script: Script, client: Client
) -> None:
    script.answer(200, {}, Date="yesterday")
    client.get("/")
    assert abs(client.now - SystemClock().now()) < timedelta(minutes=1)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (401, Forbidden),
        (403, Forbidden),
        (404, NotFound),
        (409, Conflict),
        (413, CronitorError),
        (500, CronitorError),
        (503, Unavailable),
    ],
)
def test_a_refusal_is_the_error_that_the_server_had(
    script: Script, client: Client, status: int, kind: type[CronitorError]
) -> None:
    script.answer(status, {"error": "no, because"})
    with pytest.raises(kind, match=r"^no, because$") as caught:
        client.get("/v1/jobs")
    assert type(caught.value) is kind


def test_a_wrong_value_keeps_its_field_and_its_hint(
    script: Script, client: Client
) -> None:
    problems = [
        {"field": "grace", "reason": "too long", "hint": "at most 365d"},
        {"field": "cron", "reason": "wrong", "hint": None},
    ]
    script.answer(400, {"error": "grace: too long", "problems": problems})
    with pytest.raises(Invalid) as caught:
        client.post("/v1/jobs", {})
    assert caught.value.problems == (
        Problem("grace", "too long", "at most 365d"),
        Problem("cron", "wrong"),
    )


def test_when_to_try_again_is_told(script: Script, client: Client) -> None:
    script.answer(503, {"error": "the disk is full"}, Retry_After="5")
    with pytest.raises(Unavailable, match="the disk is full; try again in 5 s"):
        client.get("/v1/jobs")


def test_nobody_there_names_the_socket_and_the_way_out(client: Client) -> None:
    with pytest.raises(NoServer) as caught:
        client.get("/v1/jobs")
    assert str(caught.value).startswith("no server answers at /")
    assert "start one with `cronitor up`, or give --url and --key" in str(caught.value)


def test_a_socket_that_was_left_behind_counts_as_nobody(place: Path) -> None:
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(place))
    with pytest.raises(NoServer, match="no server answers"):
        Client(Near(place)).get("/v1/jobs")


def test_silence_ends_with_the_time_that_was_waited(place: Path) -> None:
    with socket.socket(socket.AF_UNIX) as mute:
        mute.bind(str(place))
        mute.listen()
        with pytest.raises(NoServer, match=r"silent for 0\.05 s"):
            Client(Near(place), 0.05).get("/v1/jobs")


def test_a_connection_that_breaks_is_told_with_its_cause(place: Path) -> None:
    with socket.socket(socket.AF_UNIX) as rude:
        rude.bind(str(place))
        rude.listen()
        client = Client(Near(place), 10)
        rude.shutdown(socket.SHUT_RDWR)
        with pytest.raises(NoServer):
            client.get("/v1/jobs")


def test_a_path_that_is_too_long_for_a_socket_is_no_traceback(tmp_path: Path) -> None:
    with pytest.raises(NoServer, match="too long"):
        Client(Near(tmp_path / ("x" * 200))).get("/v1/jobs")


def test_from_afar_the_key_and_the_path_of_the_url_are_used() -> None:
    with on_tcp() as (script, url):
        script.answer(200, {"jobs": []})
        Client(Far(f"{url}/monitor/", "k" * 20)).get("/v1/jobs")
        _, path, headers, _ = script.asked[0]
    assert path == "/monitor/v1/jobs"
    assert headers["X-Api-Key"] == "k" * 20


@pytest.mark.parametrize(
    ("status", "said"),
    [(502, r"\(502 Bad Gateway\) is not Cronitor's"), (200, "is not Cronitor's")],
)
def test_a_page_of_a_proxy_is_not_taken_for_an_answer(status: int, said: str) -> None:
    with on_tcp() as (script, url):
        script.status, script.body = status, b"<html>"
        with pytest.raises(CronitorError, match=said):
            Client(Far(url, "k")).get("/v1/jobs")


def test_a_redirect_says_what_the_url_should_be() -> None:
    with on_tcp() as (script, url):
        script.status = 301
        script.headers = {"Location": "https://cron.example.com/v1/jobs"}
        with pytest.raises(CronitorError, match="give --url as https://cron"):
            Client(Far(url, "k")).get("/v1/jobs")


def test_nobody_afar_names_the_url() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(NoServer, match=f"no server answers at http://127.0.0.1:{port}"):
        Client(Far(f"http://127.0.0.1:{port}", "k")).get("/v1/jobs")


@pytest.mark.parametrize(
    "url", ["cron.example.com", "ftp://x", "http://", "http://x:99999", "http://[::1"]
)
def test_what_is_no_url_is_refused_with_how_to_write_one(url: str) -> None:
    with pytest.raises(Invalid, match=r"--url: .*write it like https://"):
        Far(url, "k")


@pytest.mark.parametrize("key", ["a\nb", "schlüssel"])
def test_a_key_that_cannot_be_sent_is_refused_without_being_shown(key: str) -> None:
    with pytest.raises(Invalid, match="--key") as caught:
        Far("http://x", key)
    assert key not in str(caught.value)


def test_a_slug_is_one_part_of_a_path_whatever_it_holds() -> None:
    assert segment("a/../b?c") == "a%2F..%2Fb%3Fc"
