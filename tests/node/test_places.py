"""Where a server is, and how a report reads there."""

import base64
import json
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from bot.node import places
from bot.node.places import VERSION, Unknown
from bot.node.settings import Settings
from tests.node.factories import NOON, place, report
from tests.test_packaging import PROJECT

UUID = "07c2f548-9850-4b27-af5d-6c9dc157ec02"


def test_the_version_is_the_projects() -> None:
    assert PROJECT["version"] == VERSION


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://a", ("a", 80, False, "")),
        ("https://a/", ("a", 443, True, "")),
        ("HTTP://a:81/x/", ("a", 81, False, "/x")),
        ("http://[::1]:82", ("::1", 82, False, "")),
        ("http://[::1]", ("::1", 80, False, "")),
    ],
)
def test_a_url_is_taken_apart(url: str, expected: tuple[object, ...]) -> None:
    found = place(url)
    assert (found.host, found.port, found.secure, found.prefix) == expected


@pytest.mark.parametrize(
    "url",
    [
        *("nonsense", "ftp://a", "http://", "http://u:p@a", "http://a?b", "http://a b"),
        *("http://a:0", "http://a:x", "http://a:70000", "http://é", "http://a\n"),
    ],
)
def test_what_is_no_url_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(Unknown) as refused:
        place(url)
    assert url not in str(refused.value)


def test_the_server_of_this_machine(tmp_path: Path) -> None:
    settings = Settings()
    settings.data_dir = str(tmp_path / "none")
    with pytest.raises(Unknown, match="set CRONITOR_URL"):
        places.find(settings)
    settings.data_dir = str(tmp_path)
    assert places.find(settings).socket_path == f"{tmp_path}/cronitor.sock"


def test_a_report_by_slug() -> None:
    sent = report("3", took=1.5, create=True, host="böx &", body=b"out")
    request = place("http://a:81/x", "k/1").request(sent, None)
    head, _, body = request.partition(b"\r\n\r\n")
    first, *headers = head.decode().split("\r\n")
    method, url, version = first.split(" ")
    assert (method, version, body) == ("POST", "HTTP/1.1", b"out")
    assert urlsplit(url).path == "/x/ping/k%2F1/backup/3"
    assert parse_qs(urlsplit(url).query) == {
        "rid": [sent.rid],
        "event": [sent.event],
        "create": ["1"],
        "duration": ["1.500"],
        "host": ["böx &"],
    }
    assert headers == [
        "Host: a:81",
        f"User-Agent: cronitor-exec/{VERSION}",
        "Content-Length: 3",
    ]


def test_a_late_report_by_uuid_says_when_it_was() -> None:
    request = place("http://[::1]", "").request(report(job=UUID, create=True), NOON)
    first, host, *_ = request.decode().split("\r\n")
    url = urlsplit(first.split(" ")[1])
    assert url.path == f"/ping/{UUID}/start"
    assert parse_qs(url.query)["at"] == [f"{NOON:.3f}"]
    assert "create" not in parse_qs(url.query)
    assert host == "Host: [::1]"


@pytest.mark.parametrize("late", [True, False])
def test_a_report_over_the_unix_socket(late: bool) -> None:
    near = places.Place(shown="s", socket_path="s")
    sent = report("7", body=bytes(range(256)))
    head, _, body = near.request(sent, NOON if late else None).partition(b"\r\n\r\n")
    assert head.startswith(b"POST /v1/jobs/backup/ping HTTP/1.1\r\nHost: localhost\r\n")
    found = json.loads(body)
    assert found.pop("at", None) == (f"{NOON:.3f}" if late else None)
    assert base64.b64decode(found.pop("body_b64")) == sent.body
    assert found == {"rid": sent.rid, "event": sent.event, "exit_status": 7}


def test_by_slug_a_key_is_needed() -> None:
    assert "CRONITOR_PING_KEY" in place("http://a", "").lacks("backup")
    assert place("http://a", "").lacks(UUID) == ""
    assert place("http://a", "k").lacks("backup") == ""
