"""Lists a page at a time: the order, the filter, the counts, and what is typed."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from bot.core import states
from bot.core.kinds import IncidentId, IncidentStatus, MuteScope, Status
from bot.core.pages import JobFilter
from bot.core.states import State
from tests.engine.house import ANN, BOB, House, house


@asynccontextmanager
async def a_bit_of_everything(path: Path) -> AsyncIterator[House]:
    """One job of each state, or of more than one."""
    async with house(path) as h:
        for slug in ("down", "failing", "late", "running", "up", "paused", "new"):
            await h.add(slug, every="1h", grace="30m", failure_tolerance=1)
        await h.engine.jobs.edit("failing", {"failure_tolerance": 3}, ANN)
        for slug in ("down", "failing", "late", "running", "up", "paused"):
            await h.ping(slug)
        await h.advance(minutes=61)
        for slug in ("running", "up", "paused"):
            await h.ping(slug)
        await h.ping("down", "fail")
        await h.ping("failing", "fail")
        await h.ping("running", "start")
        await h.ping("down", "start")
        await h.engine.jobs.pause("paused", BOB)
        await h.settle()
        yield h


ALL = JobFilter()


async def slugs(h: House, said: State | None = None) -> list[str]:
    """The first page."""
    page = await h.engine.reads.job_page(JobFilter(said=said), page=1, size=10)
    return [str(view["slug"]) for view in page.jobs]


async def test_jobs_come_worst_first_and_are_counted(tmp_path: Path) -> None:
    async with a_bit_of_everything(tmp_path) as h:
        page = await h.engine.reads.job_page(ALL, page=1, size=10)
        assert [str(view["slug"]) for view in page.jobs] == [
            *("down", "failing", "late", "running", "new", "up", "paused")
        ]
        assert page.jobs == states.worst_first(page.jobs)
        assert states.tally(page.counts) == states.counted(page.jobs)
        assert page.total == 7


async def test_a_filter_finds_what_is_said_of_a_job(tmp_path: Path) -> None:
    async with a_bit_of_everything(tmp_path) as h:
        assert await slugs(h, State.RUNNING) == ["down", "running"]
        assert await slugs(h, State.UP) == ["up"]
        assert await slugs(h, State.UNKNOWN) == []
        for state in State:
            page = await h.engine.reads.job_page(JobFilter(said=state), page=1, size=10)
            assert page.total == len(page.jobs)
            assert sum(page.counts.values()) == 7
            assert all(state in states.said(view) for view in page.jobs)


async def test_pages_divide_a_list(tmp_path: Path) -> None:
    async with a_bit_of_everything(tmp_path) as h:
        pages = [await h.engine.reads.job_page(ALL, page=n, size=3) for n in (1, 2, 3)]
        assert [len(page.jobs) for page in pages] == [3, 3, 1]
        assert [str(v["slug"]) for p in pages for v in p.jobs] == await slugs(h)
        assert {page.window.pages for page in pages} == {3}


async def test_a_page_that_vanished_is_the_last_one(tmp_path: Path) -> None:
    async with a_bit_of_everything(tmp_path) as h:
        page = await h.engine.reads.job_page(ALL, page=9, size=3)
        assert (page.window.page, len(page.jobs)) == (3, 1)
        empty = await h.engine.reads.job_page(
            JobFilter(said=State.UNKNOWN), page=9, size=3
        )
        assert (empty.window.page, empty.window.pages, empty.jobs) == (1, 1, [])


async def test_a_page_gives_no_ping_url_and_no_removed_job(tmp_path: Path) -> None:
    async with a_bit_of_everything(tmp_path) as h:
        await h.engine.jobs.remove("up", ANN)
        page = await h.engine.reads.job_page(ALL, page=1, size=10)
        assert "up" not in [view["slug"] for view in page.jobs]
        assert all("ping_url" not in view for view in page.jobs)


async def test_a_tag_and_a_node_filter(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        await h.add("a", every="1h", tags=["db", "web"])
        await h.add("b", every="1h", tags=["db"], node="nas")
        await h.add("c", every="1h", node="nas")
        for wanted, expected in (
            (JobFilter(tag="db"), ["a", "b"]),
            (JobFilter(node="nas"), ["b", "c"]),
            (JobFilter(tag="db", node="nas"), ["b"]),
            (JobFilter(tag="d"), []),
            (JobFilter(tag="db", said=State.UP), []),
        ):
            page = await h.engine.reads.job_page(wanted, page=1, size=10)
            assert [str(view["slug"]) for view in page.jobs] == expected
            assert page.total == len(expected)


async def like(h: House, text: str, **how: object) -> list[str]:
    """The slugs that are offered."""
    found = await h.reads.jobs_like(text, limit=25, **how)
    return [standing.slug for standing in found]


async def test_a_few_letters_find_a_job_by_slug_or_name(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        await h.add("db-backup", every="1h")
        await h.add("backup", every="1h", name="Nightly copy")
        await h.add("a-copy", every="1h", name="Übername")
        assert await like(h, "backup") == ["backup", "db-backup"]
        assert await like(h, "NIGHT") == ["backup"]
        assert await like(h, "copy") == ["a-copy", "backup"]
        assert await like(h, "Über") == ["a-copy"]
        assert await like(h, "") == ["a-copy", "backup", "db-backup"]
        assert await like(h, "%") == await like(h, "_") == await like(h, "nix") == []
        assert len(await h.reads.jobs_like("", limit=2)) == 2


async def test_what_begins_with_it_comes_before_what_has_it(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        for slug, name in (
            *(("copy-b", ""), ("copy-a", "a name")),
            *(("z", "Copy of all"), ("my-copy", ""), ("a", "The copy")),
            *(("x-copy", "Copy again"), ("no", '"name": "copy"')),
        ):
            await h.add(slug, every="1h", **({"name": name} if name else {}))
        begin, named, within = ["copy-a", "copy-b"], ["x-copy", "z"], ["a", "my-copy"]
        assert await like(h, "copy") == [*begin, *named, *within, "no"]
        found = await h.reads.jobs_like("copy", limit=3)
        assert [each.slug for each in found] == [*begin, "x-copy"]
        await h.ping("copy-b", "fail")
        await h.ping("my-copy", "fail")
        assert (await like(h, "copy"))[:2] == ["copy-b", "copy-a"]
        assert (await like(h, "copy"))[4:] == ["my-copy", "a", "no"]
        (first, *_) = await h.reads.jobs_like("copy", limit=1)
        assert first.slug == "copy-b"


async def test_what_is_down_is_offered_first(tmp_path: Path) -> None:
    async with a_bit_of_everything(tmp_path) as h:
        await h.engine.jobs.remove("new", ANN)
        (first, *_) = await h.engine.reads.jobs_like("", limit=25)
        assert first.slug == "down"
        assert states.said_of(first.facts) == (State.DOWN, State.RUNNING)


async def test_only_those_that_a_command_is_for_are_offered(tmp_path: Path) -> None:
    async with a_bit_of_everything(tmp_path) as h:
        four_hours = timedelta(hours=4)
        await h.engine.mutes.add(MuteScope.JOB, "up", duration=four_hours, actor=BOB)
        await h.engine.mutes.add(MuteScope.ALL, "", duration=four_hours, actor=BOB)
        assert await like(h, "", status=Status.PAUSED) == ["paused"]
        assert await like(h, "", muted=True) == ["up"]
        await h.advance(hours=5)
        assert await like(h, "", muted=True) == []


async def test_incidents_are_divided_into_pages(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        for n in range(5):
            await h.add(f"j{n}", every="1d")
            await h.ping(f"j{n}", "fail")
            await h.advance(minutes=1)
        await h.ping("j0")
        await h.engine.incidents.acknowledge(IncidentId(2), ANN)
        pages = [
            await h.engine.reads.incident_page(None, page=n, size=3) for n in (1, 2)
        ]
        ids = [[view["id"] for view in page.incidents] for page in pages]
        assert ids == [[5, 4, 3], [2]]
        assert pages[0].total == 4
        for status, expected in [
            (IncidentStatus.OPEN, [5, 4, 3]),
            (IncidentStatus.ACKNOWLEDGED, [2]),
            (IncidentStatus.RESOLVED, [1]),
        ]:
            page = await h.engine.reads.incident_page(status, page=1, size=3)
            assert [view["id"] for view in page.incidents] == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", [3, 1, 2]),
        ("2", [2]),
        ("B", [2]),
        ("NIGHT", [1]),
        ("Nacht Ü", [3]),
        ("nix", []),
    ],
)
async def test_unresolved_incidents_are_found_by_number_or_job(
    tmp_path: Path, text: str, expected: list[int]
) -> None:
    async with house(tmp_path) as h:
        for slug, name in zip("abcd", ("Nightly", "", "Nacht Ü", ""), strict=True):
            await h.add(slug, every="1d", name=name)
            await h.ping(slug, "fail")
            await h.advance(minutes=1)
        await h.ping("d")
        await h.engine.incidents.acknowledge(IncidentId(2), ANN)
        found = await h.engine.reads.incidents_like(text, limit=25)
        assert [view["id"] for view in found] == expected


async def test_a_job_shows_the_mute_that_lasts_longest(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        await h.add("backup", every="1h")
        assert (await h.job("backup"))["mute"] is None
        for hours in (1, 4, 2):
            await h.engine.mutes.add(
                MuteScope.JOB, "backup", duration=timedelta(hours=hours), actor=BOB
            )
        view = await h.job("backup")
        assert (view["mute"]["id"], view["mute"]["created_by"]) == (2, "bob (cli)")
        assert view["mute"]["until_at"] == view["muted_until"]


async def test_an_overview_counts_what_is_said_and_has_the_mutes(
    tmp_path: Path,
) -> None:
    async with a_bit_of_everything(tmp_path) as h:
        await h.engine.mutes.add(
            MuteScope.ALL, "", duration=timedelta(hours=4), actor=BOB
        )
        overview = await h.reads.overview()
        assert overview["states"][State.LATE] == 1
        assert sum(overview["states"].values()) == 7
        assert [mute["scope"] for mute in overview["mutes"]] == ["all"]
        assert overview.items() >= (await h.reads.status()).items()


async def test_a_page_has_the_last_slots_of_its_jobs(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        await h.add("hourly", every="1h", grace="5m")
        await h.add("idle")
        for _ in range(8):
            await h.ping("hourly")
            await h.advance(minutes=60)
        await h.advance(minutes=10)
        page = await h.engine.reads.job_page(ALL, page=1, size=10)
        recent = {str(view["slug"]): view["recent"] for view in page.jobs}
        assert recent == {"hourly": ["ok"] * 5 + ["missed"], "idle": []}
