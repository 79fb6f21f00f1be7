"""Pings sent through the API, on the real engine."""

import base64
from pathlib import Path
from typing import Any

import pytest

from tests.engine.house import house
from tests.web import api
from tests.web.api import Api
from tests.web.wires import RID, serving


async def newest(client: Api) -> dict[str, Any]:
    """The newest ping of job a."""
    ping: dict[str, Any] = (await client.ok("GET", "/v1/jobs/a"))["pings"][0]
    return ping


async def test_a_ping_needs_nothing_but_the_job(unix: Api) -> None:
    await unix.home.add("a")
    assert (await unix.post("/v1/jobs/a/ping")).json == {
        "kind": "success",
        "reason": "",
    }
    assert (await newest(unix))["source"] == "cli"
    assert (await unix.home.job("a"))["status"] == "up"


async def test_a_ping_says_what_a_url_can_say(tcp: Api) -> None:
    await tcp.home.add("a")
    body = {"kind": "fail", "exit_status": 3, "rid": RID.upper(), "body": " a\nb\0"}
    assert (await tcp.ok("POST", "/v1/jobs/a/ping", body))["kind"] == "fail"
    ping = await newest(tcp)
    assert (ping["exit_status"], ping["rid"]) == (3, RID)
    assert (ping["body"], ping["body_size"]) == (" a\nb\0", 5)
    assert (ping["source"], ping["address"]) == ("http", "127.0.0.1")


async def test_a_body_of_any_bytes_comes_in_base64(tcp: Api) -> None:
    await tcp.home.add("a")
    body = {"body_b64": base64.b64encode(b"\xff" * 300_000).decode()}
    await tcp.ok("POST", "/v1/jobs/a/ping", body)
    ping = await newest(tcp)
    assert ping["body_size"] == 300_000
    assert ping["body"].endswith("\ufffd")


async def test_a_job_that_takes_post_only_takes_these(tcp: Api) -> None:
    await tcp.home.add("a", methods="POST")
    assert (await tcp.ok("POST", "/v1/jobs/a/ping"))["kind"] == "success"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"kind": "ignored"}, "kind"),
        ({"kind": 1}, "kind"),
        ({"exit_status": 256}, "exit_status"),
        ({"exit_status": "1"}, "exit_status"),
        ({"rid": "1"}, "rid"),
        ({"body": 1}, "body"),
        ({"body_b64": "?"}, "body_b64"),
        ({"body_b64": "ü"}, "body_b64"),
        ({"body": "a", "body_b64": "YQ=="}, "body"),
        ({"output": "a"}, "output"),
    ],
)
async def test_a_wrong_field_is_named_and_nothing_is_recorded(
    tcp: Api, body: Any, field: str
) -> None:
    await tcp.home.add("a")
    said = await tcp.post("/v1/jobs/a/ping", body)
    assert (said.status, said.fields) == (400, [field])
    assert (await tcp.home.job("a"))["ping_count"] == 0


async def test_too_many_pings_are_told_when_to_come_again(tmp_path: Path) -> None:
    async with (
        house(tmp_path, rate_limit=0.25) as home,
        serving(home.engine) as site,
        api.over_tcp(home, site) as client,
    ):
        await home.add("a")
        statuses = [(await client.post("/v1/jobs/a/ping")) for _ in range(5)]
    assert {each.status for each in statuses} == {200, 429}
    assert int(statuses[-1].headers["Retry-After"]) >= 1
