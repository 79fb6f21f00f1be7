"""What the pictures show: each is made by the renderers, from lives that the rules led.

A scene is fixed in time, so that the same code makes the same message.
"""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import discord

from bot.core import choices, day_grids, job_charts, pages, run_lengths, states
from bot.core.blind_reports import BlindCard, BlindReport
from bot.core.blind_times import BlindTime, Doubt
from bot.core.choices import Choice, Chosen
from bot.core.drift import Sample
from bot.core.explanations import explain
from bot.core.kinds import ActorKind, BlindId, BlindReason, Outcome, PingKind
from bot.core.models import Actor, Ping
from bot.core.pages import JobPage
from bot.core.run_lengths import RunLength
from bot.core.states import State
from bot.discord_ui import (
    blind_cards,
    cards,
    changes,
    explanations,
    job_cards,
    job_forms,
    lists,
    questions,
    setup_pages,
    summary_cards,
)
from bot.discord_ui.cards import Rendered
from bot.discord_ui.setup_pages import Page, Walk
from cogs import jobs as job_commands
from cogs import setup as setup_commands
from tests.cli.factories import NOW, at, incident, job, mute
from tests.core.factories import DAY, HOUR, MINUTE, T0, Life, ping
from tests.discord_ui.factories import RIGA, card
from tests.pictures.lookalike import Shown
from tests.reports import scenes as reports

ADA = Actor(kind=ActorKind.DISCORD, name="ada")
#: of a phone
WIDTH = 380
#: of one of three, side by side
NARROW = 330

_SAID = """pg_dump: connecting to 10.0.0.7
pg_dump: error: connection to server failed:
    FATAL: the database system is shutting down"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """One picture: messages in columns."""

    columns: Sequence[Sequence[Shown]]
    width: int = WIDTH

    def digest(self) -> str:
        """A hash of all payloads; it changes when the picture is out of date."""
        shown = [[each.payload() for each in column] for column in self.columns]
        return hashlib.sha256(json.dumps(shown, sort_keys=True).encode()).hexdigest()


def _sent(rendered: Rendered, at: datetime) -> Shown:
    return Shown(
        at=at,
        content=rendered.content,
        embeds=[rendered.embed.to_dict()],
        components=rendered.view().to_components(),
    )


def _answer(
    asked: str, embed: discord.Embed, view: discord.ui.View | None = None
) -> Shown:
    return Shown(
        at=NOW,
        asked=f"ada used {asked}",
        embeds=[embed.to_dict()],
        components=view.to_components() if view else (),
        private=True,
    )


def _failed() -> Life:
    """A nightly job that has just failed for the second time in a row."""
    life = Life(
        RIGA,
        at=T0 - DAY,
        slug="nightly-backup",
        name="Nightly backup",
        grace=30 * MINUTE,
        node="nas",
        tags=("db", "nightly"),
    )
    life.success()
    life.until(T0)
    life.start()
    life.advance(4 * MINUTE)
    life.fail()
    return life


def _shown(life: Life) -> Shown:
    """Its card as somebody sees it two minutes later."""
    shown = card(life, output="" if life.open_incident is None else _SAID)
    incident = replace(
        shown.incident, acknowledged_by=shown.incident.acknowledged_by and str(ADA)
    )
    usual = run_lengths.usual(
        [Sample(at=T0 - n * DAY, value=60.0 * (7 + n % 3)) for n in range(1, 9)]
    )
    shown = replace(
        shown, incident=incident, run=RunLength(timedelta(minutes=4), usual)
    )
    return _sent(cards.render(shown), life.now + 2 * MINUTE)


def life_of_an_incident() -> Scene:
    """Open, acknowledged, resolved."""
    life = _failed()
    columns = [[_shown(life)]]
    life.advance(6 * MINUTE)
    life.acknowledge(4 * HOUR)
    columns.append([_shown(life)])
    life.advance(20 * MINUTE)
    life.start()
    life.advance(9 * MINUTE)
    life.success()
    columns.append([_shown(life)])
    return Scene(columns=columns, width=NARROW)


def open_card() -> Scene:
    """A card that nobody has taken care of."""
    return Scene(columns=[[_shown(_failed())]])


def _heard(life: Life) -> list[Ping]:
    """What the job has said since yesterday."""
    came = (
        (PingKind.SUCCESS, T0 - DAY + 10 * MINUTE, None, b""),
        (PingKind.START, T0, None, b""),
        (PingKind.FAIL, life.now, 1, _SAID.encode()),
    )
    return [
        replace(ping(kind, moment), exit_status=code, address="10.0.0.4", body=body)
        for kind, moment, code, body in came
    ]


def why() -> Scene:
    """What the button tells whoever asks."""
    life = _failed()
    explanation = explain(life.load(), _heard(life), life.now)
    embed = explanations.render(explanation)
    shown = Shown(
        asked="ada pressed Why?",
        embeds=[embed.to_dict()],
        private=True,
        at=life.now + 2 * MINUTE,
    )
    return Scene(columns=[[shown]])


def _jobs() -> list[dict[str, Any]]:
    well = ["ok"] * 6
    return [
        job(
            slug="nightly-backup",
            status="down",
            incident=12,
            last_ping_at=at(-36 * 3600),
            due_at=at(54000),
            recent=[*["ok"] * 4, "late", "missed"],
        ),
        job(
            slug="invoices",
            failing=True,
            failures_in_a_row=1,
            failure_tolerance=3,
            last_ping_at=at(-1500),
            due_at=at(2100),
            recent=[*["ok"] * 5, "failed"],
        ),
        job(
            slug="certificates",
            late=True,
            last_ping_at=at(-87000),
            due_at=at(-600),
            recent=well,
        ),
        job(
            slug="import-orders",
            running=True,
            last_ping_at=at(-40),
            due_at=at(260),
            recent=[*["ok"] * 3, "skipped", "ok", "ok"],
        ),
        job(slug="billing-export", muted_until=at(3600), due_at=at(900), recent=well),
        *(
            job(slug=slug, last_ping_at=at(-age), due_at=at(60 - age), recent=well)
            for slug, age in (
                *(("dns-check", 20), ("mail-queue", 50), ("photo-sync", 10)),
                *(("queue-depth", 30), ("thumbnails", 40)),
            )
        ),
    ]


def job_list() -> Scene:
    """A page of jobs."""
    shown = _jobs()
    counts = dict.fromkeys(State, 0)
    for each in shown:
        counts[states.word(each)] += 1
    counts[State.PAUSED] += 1
    counts[State.UP] += 24 - len(shown) - 1
    page = JobPage(
        jobs=shown, window=pages.window(24, 1, lists.SIZE), total=24, counts=counts
    )
    embed = lists.jobs(page)
    view = job_commands._buttons(page)
    return Scene(columns=[[_answer("/job list", embed, view)]])


def job_show() -> Scene:
    """All about one job."""
    slots = ["missed", *["ok"] * 7, "late", *["ok"] * 5, "failed", *["ok"] * 5]
    shown = job(
        slug="nightly-backup",
        name="Nightly backup",
        description="Copies the database to the other house.",
        status="down",
        incident=12,
        last_ping_at=at(-34 * 3600 + 540),
        last_duration=540,
        slots=[{"outcome": each} for each in slots],
        incidents=[
            incident(
                summary="Nightly backup missed its deadline", opened_at=at(-9.5 * 3600)
            )
        ],
        mute=mute(created_by=str(ADA), target="nightly-backup"),
    )
    return Scene(columns=[[_answer("/job show", job_cards.card(shown))]])


def preview() -> Scene:
    """What a form would mean."""
    meant = {
        "kind": "cron",
        "schedule": "0 3 * * * Europe/Berlin",
        "timezone": "Europe/Berlin",
        "grace": 1800.0,
        "next_dues": [at(3600 * 14 + 86400 * n) for n in range(5)],
    }
    view = discord.ui.View(timeout=None)
    style = discord.ButtonStyle.success
    view.add_item(questions.Sure("0" * 16, "Create", style=style))
    view.add_item(questions.Again("0" * 16))
    embed = job_forms.preview("nightly-backup", meant)
    return Scene(columns=[[_answer("/job add", embed, view)]])


def blind_time() -> Scene:
    """What could not be seen while Cronitor was stopped."""
    began_at = datetime(2026, 11, 23, 2, 10, tzinfo=UTC)
    doubts = tuple(
        Doubt(slug=slug, outcome=outcome, count=count, first_at=first, last_at=last)
        for slug, outcome, count, first, last in (
            *(("nightly-backup", Outcome.UNKNOWN, 1, began_at, began_at),),
            (
                *("queue-depth", Outcome.OK, 4, began_at + MINUTE),
                began_at + 4 * MINUTE,
            ),
        )
    )
    blind = BlindTime(
        id=BlindId(3),
        began_at=began_at,
        ended_at=began_at + 4 * MINUTE,
        reason=BlindReason.STOPPED,
    )
    report = BlindReport(blind=blind, doubts=doubts)
    rendered = blind_cards.render(BlindCard(report=report, mark="k3f9.b3.0"))
    return Scene(columns=[[_sent(rendered, began_at + 9 * MINUTE)]])


def muted() -> Scene:
    """A mute that everybody reads about, and what the card looks like then."""
    life = _failed()
    reason, by = "the disk is on its way", str(ADA)
    target, until_at = life.job.slug, life.now + 4 * HOUR
    made = mute(target=target, reason=reason, until_at=until_at.isoformat())
    life.mute(4 * HOUR)
    life.mutes = [replace(life.mutes[0], target=target, reason=reason, created_by=by)]
    line = Shown(
        asked="ada used /job mute", content=changes.muted(made, ADA), at=life.now
    )
    return Scene(columns=[[line, _shown(life)]])


def summary() -> Scene:
    """The daily summary, and the answer about one job."""
    report, job_report = reports.ordinary(), reports.job()
    daily = summary_cards.render(report, None, "k3f9.n71")
    asked = summary_cards.render_job(job_report, None)
    posted = Shown(
        at=NOW,
        content=daily.content,
        embeds=[daily.embed.to_dict()],
        drawing=day_grids.of_report(report),
    )
    answer = Shown(
        at=NOW,
        asked="ada used /report job",
        content=asked.content,
        embeds=[asked.embed.to_dict()],
        drawing=job_charts.chart(job_report),
        private=True,
    )
    return Scene(columns=[[posted], [answer]])


def setup_walk() -> Scene:
    """The first page of the walk, with a channel that is shut to the bot."""
    chosen = {Choice.ALERT: (1,), Choice.FALLBACK: (2,)}
    wrong = (
        "the bot lacks Send Messages in #ops-backup (discord.fallback_channel_id); "
        "allow it in the channel's settings, Permissions"
    )
    walk = Walk(
        force=choices.in_force(
            {},
            {
                choice: Chosen(ids=ids, at=NOW, by=str(ADA))
                for choice, ids in chosen.items()
            },
        ),
        faults={Choice.FALLBACK: [wrong]},
    )
    page = Page.CHANNELS
    embed = setup_pages.embed(page, walk)
    view = setup_commands._view(page, walk)
    return Scene(columns=[[_answer("/setup", embed, view)]])


SCENES: dict[str, Callable[[], Scene]] = {
    "life": life_of_an_incident,
    "card": open_card,
    "why": why,
    "job-list": job_list,
    "job-show": job_show,
    "preview": preview,
    "blind": blind_time,
    "mute": muted,
    "summary": summary,
    "setup": setup_walk,
}


def digests() -> dict[str, Any]:
    """Of each picture what it would be made of now."""
    return {name: make().digest() for name, make in SCENES.items()}
