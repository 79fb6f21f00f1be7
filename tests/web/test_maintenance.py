"""Maintenance windows over the API, on the real engine."""

from typing import Any

import pytest

from tests.web.api import Api


async def test_a_window_is_made_listed_and_ended(tcp: Api) -> None:
    await tcp.home.add("a")
    wanted = {"job": "a", "for": "2h", "reason": "new disk"}
    made = await tcp.post("/v1/maintenance", wanted)
    assert made.status == 201
    assert made.json["running_until"] == "2026-11-23T05:00:00Z"
    assert made.json["created_by"] == "key (api)"
    listed = (await tcp.ok("GET", "/v1/maintenance"))["maintenance"]
    assert [each["reason"] for each in listed] == ["new disk"]
    path = f"/v1/maintenance/{made.json['id']}"
    await tcp.ok("DELETE", path)
    assert await tcp.ok("GET", "/v1/maintenance") == {"maintenance": []}
    ended = (await tcp.ok("GET", "/v1/maintenance?ended=1"))["maintenance"]
    assert [each["id"] for each in ended] == [made.json["id"]]
    assert (await tcp.call("DELETE", path)).status == 404


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        ({"for": "1h"}, "job"),
        ({"all": True}, "for"),
        ({"all": True, "for": "31d"}, "for"),
        ({"all": True, "for": "1h", "hours": 1}, "hours"),
    ],
)
async def test_a_wrong_window_is_refused(tcp: Api, wanted: Any, field: str) -> None:
    said = await tcp.post("/v1/maintenance", wanted)
    assert said.status == 400
    assert field in said.fields
