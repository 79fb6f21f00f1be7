"""Answers to what goes wrong: status, JSON, no traceback, no secret in the log."""

import logging
from typing import Any

import pytest

from bot.errors import CronitorError, StorageError, Unavailable
from tests.web.api import Api
from tests.web.wires import Site, get, post

KEY = "X-Api-Key: full-key"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"{", "line 1, column 2"),
        (b'{\n  "slug": nope}', "line 2, column 11"),
        (b"[]", "not a JSON object"),
        (b'"text"', "not a JSON object"),
        (b"\xff", "byte 1 is not UTF-8"),
        (b'{"slug": "a", "slug": "b"}', "given twice"),
        (b'{"grace": NaN}', "NaN"),
        (b'{"grace": -Infinity}', "-Infinity"),
        (b'{"grace": ' + b"9" * 5000 + b"}", "digits"),
        (b"[" * 100_000, "nested"),
        (b'{"a":' * 100_000, "nested"),
    ],
)
async def test_a_body_that_is_no_json_is_refused_with_the_place(
    real_site: Site, body: bytes, words: str
) -> None:
    answered = await real_site.ask(post("/v1/jobs", body, KEY))
    assert answered.status == 400
    assert words in answered.text


@pytest.mark.parametrize("label", ["text/plain", "application/x-www-form-urlencoded"])
async def test_json_is_json_under_any_label(real_site: Site, label: str) -> None:
    body = b'{"slug": "a"}'
    request = post("/v1/jobs", body, KEY, f"Content-Type: {label}")
    assert (await real_site.ask(request)).status == 201


async def test_a_large_body_is_refused(real_site: Site) -> None:
    answered = await real_site.ask(post("/v1/jobs", b" " * 1_000_001, KEY))
    assert answered.status == 413


async def test_half_characters_are_refused_and_not_stored(tcp: Api) -> None:
    for table in ({"slug": "a", "name": "\ud800"}, {"slug": "a", "\udfff": 1}):
        assert (await tcp.post("/v1/jobs", table)).status == 400


@pytest.mark.parametrize("path", ["/nothing", "/v1", "/v1/", "/v1/jobs/", "/v2/jobs"])
async def test_an_unknown_path_is_not_found(tcp: Api, path: str) -> None:
    said = await tcp.get(path)
    assert (said.status, said.json) == (404, {"error": "there is nothing here"})


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/v1/jobs", "GET, HEAD, POST"),
        ("POST", "/v1/jobs/a", "DELETE, GET, HEAD, PATCH"),
        ("GET", "/v1/apply", "POST"),
        ("OPTIONS", "/v1/status", "GET, HEAD"),
        ("POST", "/healthz", "GET, HEAD"),
    ],
)
async def test_another_method_is_told_which_are_allowed(
    tcp: Api, method: str, path: str, allowed: str
) -> None:
    said = await tcp.call(method, path)
    assert said.status == 405
    assert said.headers["Allow"] == allowed


async def test_the_api_is_not_for_pages_of_other_sites(tcp: Api) -> None:
    for method in ("GET", "OPTIONS"):
        said = await tcp.call(method, "/v1/status", headers={"Origin": "http://evil"})
        assert not [name for name in said.headers if "access-control" in name.lower()]


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (Unavailable("the disk is full", retry_after_s=9), 503),
        (StorageError("the copy is not sound"), 500),
        (CronitorError("something else"), 500),
    ],
)
async def test_an_error_of_the_engine_has_its_status(
    tcp: Api, monkeypatch: pytest.MonkeyPatch, *, error: Exception, status: int
) -> None:
    async def fail(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr(tcp.home.engine.reads, "overview", fail)
    said = await tcp.get("/v1/status")
    assert (said.status, said.json) == (status, {"error": str(error)})
    assert said.headers.get("Retry-After") == ("9" if status == 503 else None)


async def test_a_mistake_of_ours_is_logged_by_route_and_told_to_nobody(
    tcp: Api, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail(*_: Any, **__: Any) -> None:
        raise LookupError("a mistake")

    monkeypatch.setattr(tcp.home.engine.reads, "job", fail)
    said = await tcp.get("/v1/jobs/a-name-that-is-secret")
    assert said.status == 500
    assert "mistake" not in str(said.json)
    (record,) = [r for r in caplog.records if r.levelno >= logging.WARNING]
    assert record.message == "GET /v1/jobs/{slug} failed"
    assert record.exc_info is not None
    assert "a-name-that-is-secret" not in record.message


async def test_every_answer_has_the_security_headers(real_site: Site) -> None:
    for request in (
        *(get("/"), get("/healthz"), get("/v1/status"), get("/v1/status", KEY)),
        *(get("/nothing"), get("/ping/x", "Expect: x"), get("/ping/x")),
    ):
        answered = await real_site.ask(request)
        assert answered.headers["x-content-type-options"] == "nosniff"
        assert answered.headers["server"] == "cronitor"
    answered = await real_site.ask(get("/v1/status", KEY))
    assert answered.headers["cache-control"] == "no-store"
    assert "default-src 'none'" in answered.headers["content-security-policy"]
    assert answered.headers["referrer-policy"] == "no-referrer"
