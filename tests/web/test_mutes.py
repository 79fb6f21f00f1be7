"""Mutes over the API, on the real engine."""

from typing import Any

import pytest

from tests.web.api import Api


async def test_a_mute_is_made_listed_and_ended(tcp: Api) -> None:
    await tcp.home.add("a")
    wanted = {"scope": "job", "target": "a", "for": "2h", "reason": "new disk"}
    made = await tcp.post("/v1/mutes", wanted)
    assert made.status == 201
    assert made.json["until_at"] == "2026-11-23T05:00:00Z"
    assert made.json["created_by"] == "key (api)"
    listed = (await tcp.ok("GET", "/v1/mutes"))["mutes"]
    assert [each["reason"] for each in listed] == ["new disk"]
    await tcp.ok("DELETE", f"/v1/mutes/{made.json['id']}")
    assert await tcp.ok("GET", "/v1/mutes") == {"mutes": []}
    for flag in ("1", "true"):
        ended = (await tcp.ok("GET", f"/v1/mutes?ended={flag}"))["mutes"]
        assert [each["id"] for each in ended] == [made.json["id"]]
    assert (await tcp.call("DELETE", f"/v1/mutes/{made.json['id']}")).status == 404


@pytest.mark.parametrize(
    "wanted",
    [
        {"scope": "tag", "target": "db", "for": 60},
        {"scope": "all", "for": "1d"},
        {"target": "a", "until_recovery": True},
    ],
)
async def test_a_mute_covers_a_tag_or_everything_or_lasts_until_recovery(
    tcp: Api, wanted: Any
) -> None:
    await tcp.home.add("a")
    await tcp.home.ping("a", "fail")
    assert (await tcp.post("/v1/mutes", wanted)).status == 201


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        ({"scope": "job", "for": "1h"}, "target"),
        ({"scope": "all", "target": "a", "for": "1h"}, "target"),
        ({"scope": "host", "target": "a", "for": "1h"}, "scope"),
        ({"target": "a"}, "for"),
        ({"target": "a", "for": "31d"}, "until"),
        ({"target": "a", "for": "1h", "until_recovery": 1}, "until_recovery"),
        ({"target": "a", "for": "1h", "reason": "x" * 501}, "reason"),
        ({"target": "a", "hours": 1}, "hours"),
    ],
)
async def test_a_wrong_mute_is_refused(tcp: Api, wanted: Any, field: str) -> None:
    await tcp.home.add("a")
    said = await tcp.post("/v1/mutes", wanted)
    assert said.status == 400
    assert field in said.fields


async def test_a_job_that_is_well_is_not_muted_until_it_recovers(tcp: Api) -> None:
    await tcp.home.add("a")
    wanted = {"target": "a", "until_recovery": True}
    assert (await tcp.post("/v1/mutes", wanted)).status == 409


async def test_an_unknown_job_is_not_found(tcp: Api) -> None:
    wanted = {"target": "missing", "for": "1h"}
    assert (await tcp.post("/v1/mutes", wanted)).status == 404


async def test_a_flag_is_not_guessed(tcp: Api) -> None:
    said = await tcp.get("/v1/mutes?ended=maybe")
    assert (said.status, said.fields) == (400, ["ended"])
