"""Jobs by the file: the plan, all or nothing, and again without effect."""

from datetime import timedelta
from pathlib import Path

import pytest

from bot.errors import Conflict, Invalid
from tests.engine.house import ANN, BOB, house

TABLES = [
    {"slug": "extract", "cron": "0 3 * * *", "tags": ["etl"]},
    {"slug": "load", "cron": "H 4 * * *", "depends_on": ["extract"]},
]


async def test_a_plan_stores_nothing(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        plan = await h.jobs.plan(TABLES, prune=False)
        assert plan["added"] == ["extract", "load"]
        assert await h.reads.jobs() == []


async def test_applying_twice_changes_nothing_the_second_time(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        await h.jobs.apply(TABLES, prune=False, actor=ANN)
        before = await h.reads.jobs()
        h.clock.advance(timedelta(hours=1))
        plan = await h.jobs.apply(TABLES, prune=True, actor=ANN)
        assert plan["unchanged"] == ["extract", "load"]
        assert await h.reads.jobs() == before


async def test_a_change_is_shown_before_and_after(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        await h.jobs.apply(TABLES, prune=False, actor=ANN)
        tables = [{**TABLES[0], "grace": "10m"}, TABLES[1]]
        plan = await h.jobs.apply(tables, prune=False, actor=BOB)
        (change,) = plan["changed"]
        assert change["slug"] == "extract"
        assert change["changes"][0]["field"] == "grace"
        assert (await h.job("extract"))["grace"] == 600


async def test_one_bad_table_changes_nothing_and_is_named(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        bad = [*TABLES, {"slug": "third", "cron": "61 * * * *"}]
        with pytest.raises(Invalid, match=r"job\[3\]"):
            await h.jobs.apply(bad, prune=False, actor=ANN)
        assert await h.reads.jobs() == []


async def test_prune_removes_only_what_files_had_declared(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        await h.add("by-hand", every="1h")
        await h.jobs.apply(TABLES, prune=False, actor=ANN)
        kept = await h.jobs.apply([TABLES[0]], prune=False, actor=ANN)
        assert kept["removed"] == []
        plan = await h.jobs.apply([TABLES[0]], prune=True, actor=ANN)
        assert plan["removed"] == ["load"]
        left = [view["slug"] for view in await h.reads.jobs()]
        assert left == ["by-hand", "extract"]


async def test_prune_may_remove_a_parent_together_with_its_child(
    tmp_path: Path,
) -> None:
    async with house(tmp_path) as h:
        await h.jobs.apply(TABLES, prune=False, actor=ANN)
        await h.jobs.apply([], prune=True, actor=ANN)
        assert await h.reads.jobs() == []


async def test_prune_keeps_a_parent_that_a_job_made_by_hand_needs(
    tmp_path: Path,
) -> None:
    async with house(tmp_path) as h:
        await h.jobs.apply([TABLES[0]], prune=False, actor=ANN)
        await h.add("child", every="1h", depends_on=["extract"])
        with pytest.raises((Invalid, Conflict), match="child"):
            await h.jobs.apply([], prune=True, actor=ANN)
        assert len(await h.reads.jobs()) == 2


async def test_a_job_made_by_hand_is_adopted_by_the_file(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        await h.add("extract", cron="0 3 * * *", tags=["etl"])
        plan = await h.jobs.apply([TABLES[0]], prune=True, actor=ANN)
        assert plan["adopted"] == ["extract"]
        assert (await h.job("extract"))["declared"] is True
        assert (await h.jobs.plan([], prune=False))["missing"] == ["extract"]
        plan = await h.jobs.apply([], prune=True, actor=ANN)
        assert plan["removed"] == ["extract"]


async def test_what_is_exported_applies_without_a_change(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        await h.jobs.apply(TABLES, prune=False, actor=ANN)
        await h.add("third", on_calendar="Mon..Fri 09:00 Europe/Berlin", name="Third")
        await h.add("fourth", every="90s", filters={"failure": ["ERROR"]})
        exported = await h.reads.export()
        plan = await h.jobs.plan(exported, prune=False)
        assert plan["added"] == plan["changed"] == []
        assert len(plan["unchanged"]) == 4
