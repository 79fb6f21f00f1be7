"""No words from outside break an answer, whichever it is, or mention anybody.

Cards of incidents, explanations and stories have tests of their own.
"""

from typing import Any

import discord
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core import pages
from bot.core.blind_reports import BlindCard, BlindReport
from bot.core.blind_times import BlindTime, Doubt
from bot.core.executions import End
from bot.core.kinds import ActorKind, BlindId, BlindReason, Outcome
from bot.core.models import Actor
from bot.core.pages import AuditPage, IncidentPage, JobPage
from bot.core.states import State
from bot.discord_ui import (
    answers,
    blind_cards,
    changes,
    job_cards,
    job_forms,
    lists,
    outputs,
    reports,
    runs,
    text,
)
from bot.errors import Conflict
from tests.cli.factories import at, incident, job, mute
from tests.core.factories import T0
from tests.discord_ui import sizes
from tests.discord_ui.hostile import (
    HUGE,
    check_harmless,
    check_limits,
    pieces,
    strangers,
)

#: strangers' words, taken in turn
said = st.lists(strangers, min_size=4, max_size=4)
#: the longest slug there may be
SLUG = "_".join(["a" * 9] * 10)
SEEN = settings(max_examples=25, deadline=None)


def check(embed: discord.Embed) -> None:
    """Discord takes it, and nobody is mentioned."""
    sizes.check(embed)
    for piece in pieces(embed).values():
        check_harmless(piece)
    for field in embed.fields:
        check_harmless(field.name or "")


def hostile_job(said: list[str], **more: Any) -> dict[str, Any]:
    """A job with as much as there may be of everything."""
    name, reason, who, schedule = said
    run = {"outcome": "failed", "duration": 1e7, "exit_status": 255}
    return job(
        slug=SLUG,
        name=name,
        description=reason,
        status="down",
        late=True,
        running=True,
        incident=10**15,
        paused_by=who,
        unknown_why=reason,
        schedule_text=f"cron {schedule}",
        slots=[{"outcome": each} for each in Outcome] * 5,
        runs=[{**run, "started_at": at(-n)} for n in range(50)],
        incidents=[
            incident(id=10**15, summary=reason, silenced_by=who),
            *[incident(summary=reason, status="resolved", resolved_at=at())] * 20,
        ],
        mute=hostile_mute(said),
        **more,
    )


def hostile_mute(said: list[str]) -> dict[str, Any]:
    """A mute of a tag."""
    target, reason, who, _ = said
    view = mute(scope="tag", target=target, reason=reason, created_by=who)
    return view | {"jobs": 0, "near": [target, reason, who]}


def hostile_incident(said: list[str]) -> dict[str, Any]:
    """An incident that somebody has."""
    summary, _, who, _ = said
    return incident(
        summary=summary,
        status="acknowledged",
        acknowledged_by=who,
        acknowledged_until=at(60),
        severity="critical",
    )


def hostile_window(said: list[str], **more: Any) -> dict[str, Any]:
    """Planned work of a node."""
    target, reason, who, schedule = said
    occurrence = {"from": at(60), "to": at(120)}
    view = {
        "id": 10**15,
        "scope": "node",
        "target": target,
        "reason": reason,
        "created_by": who,
        "schedule": schedule,
        "running_until": None,
        "next": [occurrence] * 5,
        "jobs": 0,
        "near": [target, reason, who],
    }
    return view | more


@SEEN
@given(said)
def test_a_job_and_its_history(said: list[str]) -> None:
    check(job_cards.card(hostile_job(said)))
    check(job_cards.history(hostile_job(said)))


@SEEN
@given(said)
def test_lists_of_everything(said: list[str]) -> None:
    window = pages.window(10**6, 10**5, lists.SIZE)
    counts = dict.fromkeys(State, 10**6)
    jobs = [hostile_job(said)] * lists.SIZE
    check(lists.jobs(JobPage(jobs=jobs, window=window, total=10**6, counts=counts)))
    found = [hostile_incident(said)] * lists.SIZE
    check(
        lists.incidents(IncidentPage(incidents=found, window=window, total=10**6), None)
    )
    check(lists.mutes(pages.of([hostile_mute(said)] * 30, 2, lists.SIZE)))
    check(lists.windows(pages.of([hostile_window(said)] * 30, 2, lists.SIZE)))
    key, before, who, after = said
    entry: dict[str, Any] = {
        "at": at(),
        "actor": who,
        "action": "job_changed",
        "subject": key,
        "before": {f"{n}{key}": before for n in range(30)},
        "after": {f"{n}{key}": [after] for n in range(30)},
    }
    check(
        lists.audit(AuditPage(entries=[entry] * lists.SIZE, window=window, total=10**6))
    )


@SEEN
@given(said)
def test_the_report_of_everything(said: list[str]) -> None:
    view = {
        "states": dict.fromkeys(State, 10**6),
        "incidents": {"open": 10**6, "acknowledged": 10**6},
        "mutes": [hostile_mute(said)] * 30,
        "backlog": {f"{n}{said[0]}": 10**6 for n in range(50)},
        "version": "0.2.0",
        "started_at": at(),
    }
    faults = {f"{n}{said[1]}": said[2] for n in range(50)}
    check(reports.overview(view, "connected", faults))


@SEEN
@given(said)
def test_what_a_form_would_mean(said: list[str]) -> None:
    name, schedule, zone, change = said
    view = {
        "kind": "cron",
        "schedule": f"cron {schedule}",
        "timezone": zone,
        "grace": 1e9,
        "next_dues": [at(n) for n in range(5)],
    }
    check(job_forms.preview(name, view, (change,) * 40))


@SEEN
@given(said)
def test_a_blind_time_with_hundreds_of_doubts(said: list[str]) -> None:
    doubts = tuple(
        Doubt(
            slug=f"a{said[n % 4]}"[:100],
            outcome=outcome,
            count=9,
            first_at=T0,
            last_at=T0,
        )
        for outcome in (Outcome.UNKNOWN, Outcome.FAILED, Outcome.OK, Outcome.SKIPPED)
        for n in range(100)
    )
    blind = BlindTime(
        id=BlindId(1), began_at=T0, ended_at=T0, reason=BlindReason.STOPPED
    )
    card = BlindCard(report=BlindReport(blind=blind, doubts=doubts), mark="abc.b3.0")
    rendered = blind_cards.render(card)
    check_limits(rendered)
    check(rendered.embed)
    check_harmless(rendered.content)
    assert 0 < text.length(blind_cards.plain(card)) <= text.CONTENT


def hostile_run(said: list[str]) -> dict[str, Any]:
    """A run that failed, with as much as there may be to say of it."""
    name, reason, who, _ = said
    return {
        "id": 10**15,
        "job": name,
        "end": End.FAILED,
        "stage": "ended",
        "exit_status": 255,
        "signal": 9,
        "cancelled_by": None,
        "duration": 1e7,
        "attempt": 9,
        "reason": reason,
        "params": {name: reason},
        "by": who,
        "started_at": at(),
        "queued_at": at(),
    }


def lines(said: list[str]) -> list[str]:
    """Everything that is told in one line."""
    name, reason, who, _ = said
    actor = Actor(kind=ActorKind.DISCORD, name=who)
    view, about = {**hostile_job(said), "changed": False}, hostile_incident(said)
    run, silent = hostile_run(said), hostile_mute(said)
    ended = silent | {"still": silent}
    return [
        *(changes.paused(view, actor), changes.resumed(view, actor)),
        *(changes.added(view, actor), changes.changed(name, view, actor)),
        *(changes.removal(view | {"declared": True}), changes.removed(view, actor)),
        changes.muted(silent, actor),
        changes.mute_ended(ended, actor),
        changes.announced(hostile_window(said), actor),
        changes.ended(hostile_window(said), actor),
        *(changes.resolved(about, actor, reason), changes.noted(about, actor, reason)),
        *(changes.unmuted(name, [ended], actor), changes.acknowledged(about, actor)),
        *(runs.started(run, actor), runs.begun_already(run), runs.ended(run, actor)),
        *(runs.goes_on(run, actor), runs.cancelled([run] * 9, actor)),
        answers.refused(Conflict(reason)),
    ]


@SEEN
@given(said)
def test_whatever_is_told_in_one_line(said: list[str]) -> None:
    for line in lines(said):
        shown = text.cut(line, text.CONTENT)
        assert shown.strip()
        check_harmless(shown)


@pytest.mark.parametrize("word", HUGE, ids=lambda word: repr(word[:8]))
def test_a_line_about_a_huge_word_keeps_its_end(word: str) -> None:
    """Who did it and what became of it is never cut off by somebody's long name."""
    for line in lines([word] * 4):
        if not line.startswith("⚠️"):
            assert text.length(line) <= text.CONTENT


@SEEN
@given(said)
def test_the_output_of_a_run_stands_in_a_whole_block(said: list[str]) -> None:
    run, output = hostile_run(said), f"{said[3]} the end"
    shown = outputs.described(run, output)
    assert text.length(shown) <= text.CONTENT
    assert shown.endswith(" the end\n```")
    assert shown.count("```") == 2
    check_harmless(shown.partition("```")[0])
    nothing = outputs.described(run, " ")
    assert nothing.endswith("nothing is stored of its output")


@pytest.mark.parametrize("word", HUGE, ids=lambda word: repr(word[:8]))
def test_the_block_is_whole_beside_a_huge_word(word: str) -> None:
    shown = outputs.described(hostile_run([word] * 4), f"{word}\nthe end")
    assert text.length(shown) <= text.CONTENT
    assert shown.endswith("the end\n```")
    assert shown.count("```") == 2
