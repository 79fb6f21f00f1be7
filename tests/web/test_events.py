"""What a ping URL and the API say of events that were kept."""

from datetime import UTC, datetime

import pytest

from bot.web import ping_urls
from bot.web.ping_urls import NO_QUESTION, Question
from bot.web.replies import BAD_EVENT, BAD_MOMENT, Reply
from tests.web.api import Api
from tests.web.wires import RID

T0 = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("query", "read"),
    [
        (f"event={RID}", Question(None, False, RID, None)),
        (f"event={RID.upper()}&at=1795402800", Question(None, False, RID, T0)),
        (f"at=2026-11-23T05:00:00+02:00&event={RID}", Question(None, False, RID, T0)),
        (f"event={RID}&at=2026-11-23T03:00:00Z&rid={RID}&create=1", None),
        ("at=1795402800", BAD_EVENT),
        ("event=", BAD_EVENT),
        ("event=1", BAD_EVENT),
        (f"event={RID}&at=", BAD_MOMENT),
        (f"event={RID}&at=yesterday", BAD_MOMENT),
        (f"event={RID}&at=2026-11-23T03:00:00", BAD_MOMENT),
        ("eventually=1&attic=2", NO_QUESTION),
    ],
)
def test_the_query_of_an_event(query: str, read: Question | Reply | None) -> None:
    assert ping_urls.read_query(query) == (read or Question(RID, True, RID, T0))


async def test_an_event_over_http(tcp: Api) -> None:
    await tcp.home.add("a", cron="0 * * * *", grace="5m")
    await tcp.home.ping("a")
    await tcp.home.advance(hours=1, minutes=30)
    url = f"/ping/{tcp.home.uuids['a']}?event={RID}&at=2026-11-23T04:01:00Z"
    for _ in range(2):
        status, text = await tcp.plain(url)
        assert (status, text) == (200, "OK")
    job = await tcp.home.job("a")
    assert (job["status"], job["ping_count"]) == ("up", 2)
    assert [slot["outcome"] for slot in job["slots"]] == ["ok"]
    status, text = await tcp.plain(f"/ping/{tcp.home.uuids['a']}?event={RID}&at=1")
    assert status == 400
    assert "7 days" in text
    unknown = "/ping/00000000-0000-4000-8000-000000000000?event=x"
    assert (await tcp.plain(unknown))[0] == 400


async def test_an_event_over_the_api(tcp: Api) -> None:
    await tcp.home.add("a", cron="0 * * * *", grace="5m")
    await tcp.home.ping("a")
    await tcp.home.advance(hours=1, minutes=30)
    for at in ("2026-11-23T04:01:00Z", 1795406460):
        said = await tcp.post("/v1/jobs/a/ping", {"event": RID, "at": at})
        assert said.json["kind"] == "success"
    assert "before" in said.json["reason"]
    assert (await tcp.home.job("a"))["status"] == "up"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"event": "x"}, "event"),
        ({"at": "2026-11-23T04:01:00Z"}, "at"),
        ({"event": RID, "at": "soon"}, "at"),
        ({"event": RID, "at": 1}, "at"),
        ({"event": RID, "at": [1]}, "at"),
    ],
)
async def test_a_wrong_event_is_refused(
    tcp: Api, body: dict[str, object], field: str
) -> None:
    await tcp.home.add("a")
    said = await tcp.post("/v1/jobs/a/ping", body)
    assert said.status == 400
    assert field in said.fields
