"""`cronitor key`, `cronitor ping-key` and `job rotate --overlap` on a real server."""

import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.server import Cronitor, running


def status(url: str, key: str = "") -> int:
    request = urllib.request.Request(url, headers={"X-Api-Key": key} if key else {})
    try:
        with urllib.request.urlopen(request) as response:
            return int(response.status)
    except urllib.error.HTTPError as exc:
        return exc.code


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cronitor]:
    with running(tmp_path_factory.mktemp("k"), {}) as cronitor:
        yield cronitor


def test_a_key_is_made_used_and_removed(fresh: Cronitor) -> None:
    api = fresh.url + "/v1/status"
    assert status(api, "anything") == 403
    assert "there are no keys yet" in fresh.says("key", "list")
    assert "add --show-key" in fresh.refuses("key", "add", "deploy")
    secret = fresh.says("key", "add", "deploy", "--show-key").strip()
    made = fresh.json("key", "add", "grafana", "--read-only", "--expires", "90d")
    assert [status(api, key) for key in (secret, made["key"])] == [200, 200]
    listed = fresh.says("key", "list")
    assert "read and change" in listed
    assert secret not in listed
    assert fresh.says("--url", fresh.url, "--key", secret, "job", "list")
    assert "removed deploy" in fresh.says("key", "remove", "deploy")
    assert status(api, secret) == 401
    fresh.says("key", "remove", "grafana")
    assert status(api, secret) == 403


def test_the_ping_key_is_rotated(fresh: Cronitor) -> None:
    job = fresh.json("job", "add", "backup", "--every", "1h")
    assert status(job["slug_url"]) == 200
    said = fresh.says("ping-key", "rotate", "--overlap", "1h", "--yes", "--show-key")
    key = said.split()[-1]
    shown = fresh.json("job", "show", "backup")
    assert f"/{key}/" in shown["slug_url"]
    assert status(job["slug_url"]) == status(shown["slug_url"]) == 200
    said = fresh.says("ping-key", "rotate", "--yes")
    assert "not shown" in said
    assert status(job["slug_url"]) == status(shown["slug_url"]) == 404


def test_a_job_is_rotated_with_an_overlap(fresh: Cronitor) -> None:
    job = fresh.json("job", "add", "report", "--every", "1h")
    shown = fresh.says(
        "job", "rotate", "report", "--overlap", "24h", "--yes", "--show-url"
    )
    assert "another ping URL is taken until" in shown
    assert status(job["ping_url"]) == 200
    fresh.says("job", "rotate", "report", "--yes")
    assert status(job["ping_url"]) == 404
    log = (fresh.place.parent / "log").read_text()
    assert job["uuid"] not in log
    assert Path(fresh.place).stat().st_mode & 0o777 == 0o700
