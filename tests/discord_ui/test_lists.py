"""Pages of jobs and incidents that fit a phone and Discord's limits."""

from dataclasses import replace
from typing import Any

import pytest

from bot.core import pages, states
from bot.core.kinds import IncidentStatus
from bot.core.pages import AuditPage, IncidentPage, JobFilter, JobPage
from bot.core.states import State
from bot.discord_ui import lists, symbols
from tests.cli.factories import at, incident, job
from tests.discord_ui import sizes

HOSTILE = "@everyone `x` **y** <@1> [a](https://b) 😀" * 3
DUE = "<t:1769911200:R>"
PING = "<t:1769860500:R>"


def job_page(*jobs: dict[str, Any], total: int | None = None, page: int = 1) -> JobPage:
    """A page that has these."""
    total = len(jobs) if total is None else total
    counts = dict.fromkeys(State, 0)
    for each in jobs:
        counts[states.word(each)] += 1
    counts[State.UP] += total - len(jobs)
    return JobPage(
        jobs=list(jobs),
        window=pages.window(total, page, lists.SIZE),
        total=total,
        counts=counts,
    )


def incident_page(*incidents: dict[str, Any]) -> IncidentPage:
    """A page that has these."""
    return IncidentPage(
        incidents=list(incidents),
        window=pages.window(len(incidents), 1, lists.SIZE),
        total=len(incidents),
    )


@pytest.mark.parametrize(
    ("view", "entry"),
    [
        (job(), f"🟢 **backup** up\nlast ping {PING} · due {DUE}"),
        (
            job(status="down", incident=12),
            f"🔴 **backup** down #12\nlast ping {PING} · due {DUE}",
        ),
        (
            job(slug="a_", status="new", last_ping_at=None, due_at=None),
            "⚪ **a\\_** new\nno ping yet",
        ),
        (
            job(status="paused", paused_by="ada (cli)", due_at=None),
            f"⏸️ **backup** paused\nlast ping {PING} · paused by ada (cli)",
        ),
        (
            job(late=True, running=True, muted_until=at(9)),
            f"🟡 **backup** late, running, muted\nlast ping {PING} · due {DUE}",
        ),
    ],
)
def test_a_job_is_two_short_lines(view: dict[str, Any], entry: str) -> None:
    embed = lists.jobs(job_page(view))
    assert embed.description == entry
    assert embed.colour == symbols.COLOURS[states.word(view)]


def test_a_page_says_how_many_jobs_there_are_and_which_page_it_is() -> None:
    embed = lists.jobs(job_page(job(status="down"), total=42, page=2))
    assert embed.title == "42 jobs: 1 down, 41 up"
    assert embed.footer.text == "page 2 of 5"
    assert lists.jobs(job_page(job())).footer.text is None


def test_a_filter_is_named() -> None:
    page = job_page(job(late=True), job())
    embed = lists.jobs(replace(page, filter=JobFilter(said=State.LATE)))
    assert embed.title == "late: 2 of 2 jobs"


def test_a_list_of_nothing_says_what_to_do() -> None:
    nothing = lists.jobs(job_page())
    assert nothing.title == "no jobs"
    assert "cronitor job add" in (nothing.description or "")
    page = JobPage(
        jobs=[],
        window=pages.window(0, 1, 10),
        total=0,
        counts={State.UP: 3},
        filter=JobFilter(said=State.DOWN),
    )
    filtered = lists.jobs(page)
    assert filtered.title == "down: 0 of 3 jobs"
    assert filtered.description == "No job is down."


@pytest.mark.parametrize(
    ("view", "entry"),
    [
        (incident(), "🔴 **#12** backup missed its deadline\nopened {} · open"),
        (
            incident(severity="critical", silenced_by="muted by bob (cli)"),
            "🔴 **#12** backup missed its deadline (critical)\n"
            "opened {} · open, silent: muted by bob (cli)",
        ),
        (
            incident(status="acknowledged", acknowledged_by="ada_ (discord)"),
            "🟠 **#12** backup missed its deadline\n"
            "opened {} · acknowledged by ada\\_ (discord)",
        ),
        (
            incident(status="resolved", resolved_at=at(-30)),
            "🟢 **#12** backup missed its deadline\n"
            "opened {} · resolved <t:1769860770:R>",
        ),
    ],
)
def test_an_incident_is_two_short_lines(view: dict[str, Any], entry: str) -> None:
    embed = lists.incidents(incident_page(view), None)
    assert embed.description == entry.format("<t:1769860740:R>")


@pytest.mark.parametrize(
    ("status", "title", "text"),
    [
        (None, "0 unresolved incidents", "Nothing is wrong."),
        (IncidentStatus.OPEN, "0 open incidents", "No incident is open."),
    ],
)
def test_a_list_of_no_incidents_says_so(
    status: IncidentStatus | None, title: str, text: str
) -> None:
    embed = lists.incidents(incident_page(), status)
    assert (embed.title, embed.description) == (title, text)
    assert embed.colour == symbols.COLOURS[State.UP]


def test_one_incident_is_no_plural() -> None:
    page = incident_page(incident())
    assert lists.incidents(page, None).title == "1 unresolved incident"


def test_ten_hostile_entries_fit_and_mention_nobody() -> None:
    slug = "_" * 100
    hostile_job = job(slug=slug, status="paused", paused_by=HOSTILE)
    wanted = JobFilter(said=State.PAUSED, tag=HOSTILE, node=HOSTILE)
    many = job_page(*[hostile_job] * 10, total=10_000)
    jobs = lists.jobs(replace(many, filter=wanted))
    hostile = incident(
        summary=f"{HOSTILE * 3} failed",
        status="acknowledged",
        acknowledged_by=HOSTILE,
        severity="critical",
    )
    incidents = lists.incidents(incident_page(*[hostile] * 10), None)
    for embed in (jobs, incidents):
        sizes.check(embed)
        description = embed.description or ""
        assert "@everyone" not in description
        assert "<@1>" not in description
    assert (jobs.description or "").count("⏸️") == 10
    assert (incidents.description or "").count("**#12**") == 10


def test_what_is_muted_has_owner_end_and_reason() -> None:
    view = {
        "id": 3,
        "scope": "tag",
        "target": "d_b",
        "created_by": "ada (cli)",
        "created_at": at(-60),
        "until_at": at(60),
        "until_recovery": True,
        "reason": "**x**",
    }
    embed = lists.mutes(pages.of([view], 1, lists.SIZE))
    assert embed.title == "1 mute"
    assert embed.description == (
        "🔇 **#3** tag d_b until it recovers, <t:1769860860:R> at the latest\n"
        "by ada (cli), <t:1769860740:R> · \\*\\*x\\*\\*"
    )


def test_what_is_muted_has_pages_within_all_limits() -> None:
    view = {
        "id": 3,
        "scope": "all",
        "target": "",
        "created_by": "ada",
        "reason": HOSTILE * 20,
        "created_at": at(-60),
        "until_at": at(60),
        "until_recovery": False,
    }
    embed = lists.mutes(pages.of([view] * 31, 4, lists.SIZE))
    sizes.check(embed)
    assert embed.title == "31 mutes"
    assert embed.footer.text == "page 4 of 4"
    assert str(embed.description).count("#3") == 1


def test_a_job_has_a_bar_of_its_last_slots_and_the_list_a_legend() -> None:
    page = job_page(job(recent=["ok", "missed", "ok"]), job(), total=11)
    embed = lists.jobs(page)
    assert "**backup** up ✅⭕✅\nlast ping" in str(embed.description)
    assert embed.footer.text == (
        "page 1 of 2 · last slots, newest last: ✅ ok, ⭕ missed"
    )
    alone = lists.jobs(job_page(job(recent=["failed"])))
    assert alone.footer.text == "last slots, newest last: ❌ failed"
    assert lists.jobs(job_page(job())).footer.text is None


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"running_until": at(60)}, "goes on, ends <t:1769860860:R>"),
        ({"next": [{"from": at(60), "to": at(90)}]}, "begins <t:1769860860:R>"),
        ({}, "is over"),
    ],
)
def test_planned_work_says_when(changes: dict[str, Any], said: str) -> None:
    view = {
        "id": 1,
        "scope": "node",
        "target": "nas",
        "created_by": "ada",
        "reason": "",
        "schedule": "0 2 * * SUN",
        "running_until": None,
        "next": [],
        **changes,
    }
    embed = lists.windows(pages.of([view], 1, lists.SIZE))
    assert f"node nas {said} · 0 2 \\* \\* SUN\nby ada" in str(embed.description)


def test_a_page_of_changes_keeps_the_limits() -> None:
    entry: dict[str, Any] = {
        "at": at(0),
        "actor": HOSTILE,
        "action": "job_changed",
        "subject": HOSTILE,
        "before": {f"key-{n}": HOSTILE for n in range(20)},
        "after": {},
    }
    page = AuditPage(entries=[entry] * 10, window=pages.window(99, 1, 10), total=99)
    embed = lists.audit(page)
    sizes.check(embed)
    plain: dict[str, Any] = {
        **entry,
        "actor": "a",
        "subject": "b",
        "before": dict.fromkeys("abcdef"),
    }
    plain["after"] = dict.fromkeys("abcdef", 1)
    embed = lists.audit(AuditPage(entries=[plain], window=page.window, total=1))
    assert str(embed.description).splitlines()[1:] == [
        *(f"{key}: (none) -> 1" for key in "abcd"),
        "and 2 more",
    ]
