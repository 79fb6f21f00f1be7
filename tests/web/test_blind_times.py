"""Blind times over the API, on the real engine."""

from datetime import timedelta

from tests.web.api import Api


async def test_blind_times_come_with_their_slots(tcp: Api) -> None:
    home = tcp.home
    assert await tcp.ok("GET", "/v1/blind") == {"blind_times": []}
    await home.add("a", cron="0 * * * *")
    await home.ping("a")
    home.clock.stall(timedelta(hours=2))
    await home.settle()
    (found,) = (await tcp.ok("GET", "/v1/blind?limit=1"))["blind_times"]
    assert found["reason"] == "stalled"
    assert [each["job"] for each in found["slots"]] == ["a"]
    job = await tcp.ok("GET", "/v1/jobs/a")
    why = "blind 03:00-05:00 UTC (2h): Cronitor was held up"
    assert job["unknown_why"].startswith(why)
    assert job["slots"][0]["blind"] == job["unknown_why"]
    assert job["unknown"] is True
    await home.ping("a")
    assert (await tcp.ok("GET", "/v1/jobs/a"))["unknown_why"] is None


async def test_a_wrong_limit_is_refused(tcp: Api) -> None:
    said = await tcp.call("GET", "/v1/blind?limit=0")
    assert said.status == 400
    assert "limit" in said.fields
