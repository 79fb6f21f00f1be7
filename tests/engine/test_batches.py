"""Pings that are stored together, from memory, leave what they leave one by one."""

import asyncio
import contextlib
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from bot.core.kinds import MuteScope
from bot.engine import memory
from bot.errors import Conflict
from tests.engine.house import ANN, House, house
from tests.fakes import FakeClock

#: of each a node of its own, so that no storm is told in the place of two
JOBS: dict[str, dict[str, object]] = {
    "hourly": {"every": "1h", "grace": "5m", "node": "a"},
    "nightly": {"cron": "0 3 * * *", "max_runtime": "2h", "node": "b"},
    "tolerant": {
        "cron": "*/10 * * * *",
        "failure_tolerance": 2,
        "recovery_threshold": 2,
        "min_runtime": "30s",
        "node": "c",
    },
}
RIDS = (
    None,
    "07c2f548-9850-4b27-af5d-6c9dc157ec02",
    "17c2f548-9850-4b27-af5d-6c9dc157ec02",
)
#: what must be the same: not the numbers of rows across jobs, nor when an incident asks
#: again what may sound, which the next look puts right
TABLES = {
    "states": """SELECT job_id, status, due_at, slot_deadline_at, deadline_at, wake_at,
        remind_at, missed_due_at, guard_due_at, held_due_at, last_outcome, last_ping_at,
        last_ping_kind, last_duration, bad_in_a_row, good_in_a_row, outcome_count,
        openings, ping_count, open_runs, usual_lateness, usual_runtime, paused_from,
        paused_by, maintained_until, suppressed, suppressed_due_at
        FROM job_states ORDER BY job_id""",
    "pings": """SELECT job_id, at, kind, said, rid, exit_status FROM pings
        ORDER BY job_id, id""",
    "runs": """SELECT job_id, rid, started_at, deadline_at, due_at, late, superseded,
        overran, ended_at, outcome FROM runs ORDER BY job_id, id""",
    "slots": "SELECT * FROM slots ORDER BY job_id, due_at",
    "incidents": """SELECT job_id, kind, status, opened_at, updated_at, revision, count,
        last_bad_at, due_at, flapping, flapping_bad, down_for_good, resolved_at,
        resolution, reopened, sound_due, silenced, sounds, last_sound_at
        FROM incidents ORDER BY job_id, id""",
    "story": """SELECT i.job_id, i.opened_at, e.at, e.kind, e.text
        FROM incident_events e JOIN incidents i ON i.id = e.incident_id
        ORDER BY i.job_id, i.id, e.id""",
    "told": """SELECT job_id, kind, at, sounds FROM notifications
        ORDER BY job_id, id""",
    "mutes": "SELECT target, until_recovery, ended_at FROM mutes ORDER BY id",
}


class Sent(NamedTuple):
    """One ping of a burst."""

    slug: str
    said: str
    rid: str | None


class Turn(NamedTuple):
    """What happens at one moment, and how long nothing happens before."""

    after_s: float
    burst: list[Sent]
    person: str


bursts = st.lists(
    st.builds(
        Sent,
        slug=st.sampled_from(sorted(JOBS)),
        said=st.sampled_from(("success", "success", "start", "fail", "log")),
        rid=st.sampled_from(RIDS),
    ),
    min_size=1,
    max_size=6,
)
turns = st.lists(
    st.builds(
        Turn,
        after_s=st.sampled_from((40, 61, 700, 3600, 5000, 40_000)),
        burst=bursts,
        person=st.sampled_from(("", "", "", "mute", "pause", "watchdog")),
    ),
    min_size=1,
    max_size=7,
)


async def act(h: House, turn: Turn, *, together: bool) -> None:
    """Let it happen."""
    h.clock.advance(timedelta(seconds=turn.after_s))
    if turn.person == "watchdog":
        await h.settle()
    if turn.person == "mute":
        hour = timedelta(hours=1)
        await h.engine.mutes.add(MuteScope.JOB, "hourly", duration=hour, actor=ANN)
    if turn.person == "pause":
        with contextlib.suppress(Conflict):
            await h.engine.jobs.pause("tolerant", ANN)
    pings = (h.ping(each.slug, each.said, rid=each.rid) for each in turn.burst)
    if together:
        await asyncio.gather(*pings)
        return
    for ping in pings:
        # others write in between, so that nothing is trusted unseen
        await h.engine.store.keep("between", f"{id(ping)}-{h.clock.now()}")
        await ping


async def rows(h: House) -> dict[str, list[tuple[Any, ...]]]:
    """What there is in the end."""

    async def query(q: Any) -> dict[str, list[tuple[Any, ...]]]:
        return {
            name: [tuple(row) for row in await q.fetch_all(sql)]
            for name, sql in TABLES.items()
        }

    return await h.db.read(query)


async def life(history: list[Turn], *, together: bool) -> Any:
    """What a history leaves behind, before and after the watchdog has looked."""
    with tempfile.TemporaryDirectory() as folder:
        async with house(Path(folder), clock=FakeClock()) as h:
            for slug, fields in JOBS.items():
                await h.add(slug, **fields)
            for turn in history:
                await act(h, turn, together=together)
            before = await rows(h)
            await h.settle()
            return before, await rows(h)


@settings(
    max_examples=30,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(history=turns)
def test_a_burst_is_judged_as_ping_after_ping(history: list[Turn]) -> None:
    one_by_one = asyncio.run(life(history, together=False))
    assert asyncio.run(life(history, together=True)) == one_by_one


async def test_what_was_undone_is_not_remembered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with house(tmp_path) as h:
        await h.add("busy", every="1h")
        await h.ping("busy")

        async def broken(*_: object) -> None:
            raise RuntimeError("a rule is broken")

        ledger: Any = h.engine.incidents._context.ledger
        with monkeypatch.context() as patched:
            patched.setattr(ledger, "_touch_blind", broken)
            with pytest.raises(RuntimeError):
                await h.ping("busy", "fail")
        await h.ping("busy", "log")
        shown = await h.job("busy")
        assert shown["status"] == "up"
        found = await rows(h)
        assert [row[2] for row in found["pings"]] == ["success", "log"]
        # two pings were kept, and the failure that was undone left nothing
        assert found["states"][0][18] == 2


async def test_more_jobs_than_are_remembered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "CACHED_JOBS", 3)
    async with house(tmp_path) as h:
        for number in range(8):
            await h.add(f"job-{number}", every="1h")
        for _ in range(3):
            await asyncio.gather(*(h.ping(f"job-{n}") for n in range(8)))
            await h.ping("job-0")
        found = await rows(h)
        assert [row[18] for row in found["states"]] == [6, *(3 for _ in range(7))]


async def test_a_ping_after_a_change_meets_the_changed_job(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        await h.add("busy", every="1h", failure_tolerance=2)
        await h.ping("busy")
        await h.ping("busy", "fail")
        assert await h.incidents() == []
        await h.jobs.edit("busy", {"failure_tolerance": 1}, ANN)
        await h.ping("busy", "fail")
        assert len(await h.incidents()) == 1


async def test_a_mute_is_seen_by_the_next_ping(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        await h.add("busy", every="1h")
        await h.ping("busy")
        await h.ping("busy")
        hour = timedelta(hours=1)
        await h.engine.mutes.add(MuteScope.JOB, "busy", duration=hour, actor=ANN)
        await h.ping("busy", "fail")
        (incident,) = await h.incidents()
        assert incident["sounds"] == 0


async def test_an_incident_that_opens_again_is_about_what_is_wrong_now(
    tmp_path: Path,
) -> None:
    async with house(tmp_path) as h:
        await h.add("hourly", every="1h", grace="5m")
        await h.ping("hourly")
        await h.advance(hours=1, minutes=6)
        (missed,) = (await rows(h))["incidents"]
        assert missed[1] == "missed"
        assert missed[8] is not None
        await h.ping("hourly")
        # no slot waits for this one
        await h.advance(minutes=1)
        await h.ping("hourly", "fail")
        (again,) = (await rows(h))["incidents"]
        assert again[1] == "failed"
        assert again[8] is None
