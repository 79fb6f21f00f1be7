"""Pings over the wire into the real engine: what is answered is what was stored."""

from pathlib import Path

import pytest

from tests.engine.house import ANN, House, house
from tests.web.wires import RID, Site, get, post, serving

KEY = "/ping/ping-key_1"


async def test_a_ping_is_stored_with_what_is_known_of_it(
    home: House, real_site: Site
) -> None:
    await home.add("a")
    url = f"/ping/{home.uuids['a']}"
    request = post(f"{url}/fail?rid={RID}", b"\xffdisk full", "User-Agent: curl/8")
    assert (await real_site.ask(request)).status == 200
    job = await home.job("a")
    assert job["status"] == "down"
    (ping,) = job["pings"]
    assert (ping["kind"], ping["method"], ping["rid"]) == ("fail", "POST", RID)
    assert (ping["agent"], ping["address"]) == ("curl/8", "127.0.0.1")
    assert (ping["body"], ping["body_size"]) == ("\ufffddisk full", 10)


async def test_the_first_ping_makes_the_job_and_the_next_one_finds_it(
    home: House, real_site: Site
) -> None:
    assert (await real_site.ask(get(f"{KEY}/new"))).status == 404
    answers = [await real_site.ask(get(f"{KEY}/new?create=1")) for _ in range(2)]
    assert [(each.status, each.text) for each in answers] == [
        (201, "Created"),
        (200, "OK"),
    ]
    job = await home.job("new")
    assert (job["schedule"]["every"], job["grace"]) == (86_400, 3600)
    assert job["ping_count"] == 2


@pytest.mark.parametrize("slug", ["fail", "start", "log", "123", "-a", "a" * 101, "_"])
async def test_no_odd_job_is_made(home: House, real_site: Site, slug: str) -> None:
    answered = await real_site.ask(get(f"{KEY}/{slug}?create=1"))
    assert (answered.status, answered.text) == (404, "not found")
    assert await home.reads.jobs() == []


async def test_a_wrong_key_makes_no_job(home: House, real_site: Site) -> None:
    assert (await real_site.ask(get("/ping/wrong/new?create=1"))).status == 404
    assert await home.reads.jobs() == []


async def test_a_run_is_paired_and_its_exit_status_kept(
    home: House, real_site: Site
) -> None:
    await home.add("a")
    await real_site.ask(get(f"{KEY}/a/start?rid={RID.upper()}"))
    assert (await home.job("a"))["running"] is True
    await real_site.ask(get(f"{KEY}/a/7?rid={RID}"))
    (run,) = (await home.job("a"))["runs"]
    assert (run["rid"], run["exit_status"], run["outcome"]) == (RID, 7, "failed")


async def test_a_link_preview_is_answered_and_changes_nothing(
    home: House, real_site: Site
) -> None:
    await home.add("a")
    agent = "User-Agent: Mozilla/5.0 (compatible; Discordbot/2.0)"
    assert (await real_site.ask(get(f"{KEY}/a/fail", agent))).status == 200
    job = await home.job("a")
    assert (job["status"], job["pings"][0]["kind"]) == ("new", "ignored")


async def test_keywords_are_found_in_a_body_under_any_label(
    home: House, real_site: Site
) -> None:
    await home.add("a", filters={"failure": ["ERROR"]})
    request = post(f"{KEY}/a", b"an ERROR", "Content-Encoding: gzip")
    assert (await real_site.ask(request)).status == 200
    assert (await home.job("a"))["status"] == "down"


async def test_a_removed_job_is_not_found(home: House, real_site: Site) -> None:
    await home.add("a")
    await home.engine.jobs.remove("a", ANN)
    for url in (f"/ping/{home.uuids['a']}", f"{KEY}/a"):
        assert (await real_site.ask(get(url))).status == 404


async def test_too_many_pings_of_one_job_do_not_touch_another(tmp_path: Path) -> None:
    async with house(tmp_path, rate_limit=0.5) as home, serving(home.engine) as site:
        await home.add("a")
        await home.add("b")
        answers = [await site.ask(get(f"{KEY}/a")) for _ in range(6)]
        assert (answers[0].status, answers[-1].status) == (200, 429)
        assert int(answers[-1].headers["retry-after"]) >= 1
        # another kind, and another job under the same key, are never held up
        assert (await site.ask(get(f"{KEY}/a/fail"))).status == 200
        assert (await site.ask(get(f"{KEY}/b"))).status == 200


async def test_a_ping_that_was_not_stored_is_not_answered_ok(tmp_path: Path) -> None:
    async with house(tmp_path) as home, serving(home.engine) as site:
        await home.add("a")
        await home.db.close()
        answered = await site.ask(get(f"{KEY}/a"))
        assert answered.status == 503
        assert int(answered.headers["retry-after"]) >= 1


async def test_the_machine_that_a_ping_names_is_shown_beside_the_program(
    home: House, real_site: Site
) -> None:
    await home.add("a")
    url = f"/ping/{home.uuids['a']}"
    for query in ("host=web-1&duration=3.2", "host=%1b[2J", "host=a%20on%20b"):
        assert (await real_site.ask(get(f"{url}?{query}"))).status == 200
    job = await home.job("a")
    assert [ping["host"] for ping in job["pings"]] == ["", "", "web-1"]
    assert job["pings"][2]["agent"].endswith(" on web-1")
