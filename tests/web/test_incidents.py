"""Incidents over the API, on the real engine."""

from typing import Any

import pytest

from tests.web.api import Api


async def broken(client: Api) -> Any:
    """A job that has failed, and its incident."""
    await client.home.add("a")
    await client.home.ping("a", "fail")
    return (await client.ok("GET", "/v1/incidents"))["incidents"][0]


async def test_an_incident_is_listed_and_shown_with_its_story(tcp: Api) -> None:
    incident = await broken(tcp)
    assert (incident["job"], incident["kind"]) == ("a", "failed")
    shown = await tcp.ok("GET", f"/v1/incidents/{incident['id']}")
    assert shown["story"][0]["kind"] == "opened"


async def test_lists_are_filtered(tcp: Api) -> None:
    await broken(tcp)
    await tcp.home.add("b")
    for query, count in (
        *(("?status=open", 1), ("?status=resolved", 0), ("?status=unresolved", 1)),
        *(("?job=a", 1), ("?job=b", 0), ("?limit=1", 1)),
    ):
        assert len((await tcp.ok("GET", f"/v1/incidents{query}"))["incidents"]) == count
    assert (await tcp.get("/v1/incidents?job=missing")).status == 404


@pytest.mark.parametrize(
    ("query", "field"),
    [
        *(("?status=up", "status"), ("?limit=0", "limit"), ("?limit=x", "limit")),
        *(("?limit=1001", "limit"), ("?limit=" + "9" * 30, "limit"), ("?l=1", "l")),
    ],
)
async def test_a_query_that_is_not_understood_is_refused(
    tcp: Api, query: str, field: str
) -> None:
    said = await tcp.get(f"/v1/incidents{query}")
    assert (said.status, said.fields) == (400, [field])


async def test_an_incident_is_ended_by_hand_and_says_by_whom(unix: Api) -> None:
    incident = await broken(unix)
    path = f"/v1/incidents/{incident['id']}"
    done = await unix.ok("POST", f"{path}/resolve", {"reason": "disk replaced"})
    assert done["status"] == "resolved"
    assert done["resolution"].endswith("(cli): disk replaced")
    job = await unix.ok("GET", "/v1/jobs/a")
    assert (job["status"], job["failing"], job["incident"]) == ("up", False, None)
    assert (await unix.post(f"{path}/resolve", {})).status == 409
    assert (await unix.post("/v1/incidents/99/resolve", {})).status == 404
    (entry, *_) = (await unix.ok("GET", "/v1/audit"))["audit"]
    assert (entry["action"], entry["after"]) == (
        "incident_resolved",
        {"reason": "disk replaced"},
    )


async def test_notes_stand_in_the_story_also_once_it_is_over(unix: Api) -> None:
    incident = await broken(unix)
    path = f"/v1/incidents/{incident['id']}"
    await unix.ok("POST", f"{path}/notes", {"text": "on it"})
    await unix.home.ping("a")
    await unix.ok("POST", f"{path}/notes", {"text": "it was the disk"})
    shown = await unix.ok("GET", path)
    assert shown["status"] == "resolved"
    notes = [each for each in shown["story"] if each["kind"] == "note"]
    assert [each["text"] for each in notes] == ["on it", "it was the disk"]
    assert all(each["actor"].endswith("(cli)") for each in notes)
    for body, field in (({}, "text"), ({"text": "x" * 501}, "text")):
        said = await unix.post(f"{path}/notes", body)
        assert (said.status, said.fields) == (400, [field])
    assert (await unix.post("/v1/incidents/99/notes", {"text": "x"})).status == 404


async def test_a_note_of_an_older_incident_leaves_the_open_one_alone(
    unix: Api,
) -> None:
    first = await broken(unix)
    await unix.home.ping("a")
    await unix.home.advance(hours=1)
    await unix.home.ping("a", "fail")
    (second, *_) = (await unix.ok("GET", "/v1/incidents?status=open"))["incidents"]
    assert second["id"] != first["id"]
    view = await unix.ok("POST", f"/v1/incidents/{first['id']}/notes", {"text": "x"})
    assert (view["id"], view["status"]) == (first["id"], "resolved")
    again = await unix.ok("GET", f"/v1/incidents/{second['id']}")
    assert [each["kind"] for each in again["story"]] == ["opened"]


async def test_why_an_incident_stands_as_it_does(tcp: Api) -> None:
    incident = await broken(tcp)
    found = await tcp.ok("GET", f"/v1/incidents/{incident['id']}/why")
    assert (found["job"], found["incident"]) == ("a", incident["id"])
    assert "The job itself reported a failure." in found["rules"]
    assert found["sounds_next"]["worse"] == ["lost"]
    assert found["pings"][0]["kind"] == "fail"
    assert {each["label"] for each in found["moments"]} >= {"opened", "last ping"}
    assert (await tcp.get("/v1/incidents/99/why")).status == 404


async def test_why_a_job_stands_as_it_does(tcp: Api) -> None:
    await tcp.home.add("well")
    await tcp.home.ping("well")
    found = await tcp.ok("GET", "/v1/jobs/well/why")
    job = await tcp.ok("GET", "/v1/jobs/well")
    assert (found["incident"], found["headline"]) == (None, "no incident")
    assert found["sounds_next"]["at"] == job["deadline_at"]
    incident = await broken(tcp)
    found = await tcp.ok("GET", "/v1/jobs/a/why")
    assert found["incident"] == incident["id"]
    assert (await tcp.get("/v1/jobs/missing/why")).status == 404


@pytest.mark.parametrize("span", [7200, "2h", None])
async def test_acknowledging_names_who_and_until_when(
    unix: Api, span: str | int | None
) -> None:
    incident = await broken(unix)
    path = f"/v1/incidents/{incident['id']}/ack"
    done = await unix.ok("POST", path, {"for": span})
    assert done["status"] == "acknowledged"
    assert done["acknowledged_by"].endswith("(cli)")
    hours = 4 if span is None else 2
    assert done["acknowledged_until"] == f"2026-11-23T0{3 + hours}:00:00Z"


async def test_acknowledging_without_a_body_holds_for_four_hours(tcp: Api) -> None:
    incident = await broken(tcp)
    done = await tcp.ok("POST", f"/v1/incidents/{incident['id']}/ack")
    assert done["acknowledged_by"] == "key (api)"
    assert done["acknowledged_until"] == "2026-11-23T07:00:00Z"


@pytest.mark.parametrize("span", ["soon", 0, -1, "31d", True, [], 1e300])
async def test_a_wrong_duration_is_refused(tcp: Api, span: object) -> None:
    incident = await broken(tcp)
    said = await tcp.post(f"/v1/incidents/{incident['id']}/ack", {"for": span})
    assert (said.status, said.fields) == (400, ["for"])


async def test_an_unknown_incident_is_not_found(tcp: Api) -> None:
    for number in (99, "9" * 15):
        assert (await tcp.get(f"/v1/incidents/{number}")).status == 404
        assert (await tcp.post(f"/v1/incidents/{number}/ack")).status == 404
    assert (await tcp.get("/v1/incidents/" + "9" * 40)).status == 404


async def test_a_resolved_incident_is_a_conflict(tcp: Api) -> None:
    incident = await broken(tcp)
    await tcp.home.ping("a")
    assert (await tcp.post(f"/v1/incidents/{incident['id']}/ack")).status == 409


async def test_a_storm_is_acknowledged_as_a_whole(tcp: Api) -> None:
    slugs = [f"job-{number}" for number in range(5)]
    for slug in slugs:
        await tcp.home.add(slug, every="1d", node="nas")
        await tcp.home.ping(slug, "fail")
    [storm] = (await tcp.ok("GET", "/v1/storms"))["storms"]
    path = f"/v1/storms/{storm['id']}/ack"
    done = await tcp.ok("POST", path, {"for": "2h"})
    assert (done["acknowledged"], done["owners"]) == (2, ["key (api)"])
    assert {each["status"] for each in done["members"]} == {"acknowledged"}
    assert (await tcp.ok("POST", path))["acknowledged"] == 0
    assert (await tcp.post(path, {"for": "40d"})).status == 400
    assert (await tcp.post("/v1/storms/99/ack")).status == 404
    for slug in slugs:
        await tcp.home.ping(slug)
    assert (await tcp.post(path)).status == 409


async def test_a_storm_is_muted_as_a_whole(tcp: Api) -> None:
    slugs = [f"job-{number}" for number in range(5)]
    for slug in slugs:
        await tcp.home.add(slug, every="1d", node="nas")
        await tcp.home.ping(slug, "fail")
    [storm] = (await tcp.ok("GET", "/v1/storms"))["storms"]
    path = f"/v1/storms/{storm['id']}"
    assert (await tcp.post(f"{path}/unmute")).status == 409
    assert (await tcp.post(f"{path}/mute", {})).status == 400
    assert (await tcp.post(f"{path}/mute", {"for": "40d"})).status == 400
    done = await tcp.ok("POST", f"{path}/mute", {"for": "2h", "reason": "switch"})
    [muted] = done["mutes"]
    assert (muted["scope"], muted["target"]) == ("node", "nas")
    assert (muted["reason"], muted["created_by"]) == ("switch", "key (api)")
    assert (await tcp.ok("GET", "/v1/mutes"))["mutes"] == [muted]
    done = await tcp.ok("POST", f"{path}/unmute")
    assert [each["id"] for each in done["mutes"]] == [muted["id"]]
    assert (await tcp.ok("GET", "/v1/mutes"))["mutes"] == []
    assert (await tcp.post("/v1/storms/99/mute", {"for": "1h"})).status == 404
    assert (await tcp.post("/v1/storms/99/unmute")).status == 404
