"""A report as a message: its first line, what changed, and the limits of Discord."""

from dataclasses import replace

import pytest

from bot.core.kinds import Outcome
from bot.core.summaries import Lateness, Report, Some, Totals
from bot.discord_ui import looks, summary_cards, text
from tests.discord_ui import sizes
from tests.reports import scenes

PNG = b"\x89PNG"
#: what a stranger may call a job
HOSTILE = "@everyone **bold** `code` [x](https://evil.example) <@&1>" + "🚀" * 300


def hostile() -> Report:
    """Everything at its longest, by strangers."""
    report = scenes.terrible()
    facts = tuple(replace(fact, label=HOSTILE) for fact in report.new) * 5
    drifts = tuple(replace(f, label=HOSTILE, text=HOSTILE) for f in report.drifts) * 50
    mutes = tuple(replace(fact, reason=HOSTILE, by=HOSTILE) for fact in report.muted)
    return replace(
        report,
        new=Some(facts, 400),
        still_open=Some(facts, 90),
        later=Some(facts, 90),
        recovered=Some(facts, 90),
        drifts=Some(drifts, 70),
        muted=Some(mutes * 30, 30),
    )


@pytest.mark.parametrize("make", [*scenes.REPORTS.values(), hostile])
def test_every_report_keeps_the_limits(make: scenes.Make) -> None:
    report = make()
    said = summary_cards.render(report, PNG, "abc.n12")
    sizes.check(said.embed)
    assert text.length(said.content) <= 300
    assert "\n" not in said.content
    assert said.embed.footer.text is not None
    assert said.embed.footer.text.split()[-1] == "abc.n12"
    assert said.picture is not None
    assert text.length(said.picture.alt) <= text.ALT
    plain = summary_cards.plain(report, "abc.n12")
    assert text.length(plain) <= text.CONTENT
    assert plain.endswith("\nabc.n12")


def test_a_quiet_day_is_one_line_and_the_picture() -> None:
    said = summary_cards.render(scenes.quiet(), PNG, "abc.n12")
    assert said.content == (
        "🟢 **Thursday 26 November** · All 12 jobs ran: 142 runs, none failed"
    )
    assert said.embed.fields == []
    assert said.embed.description is None
    assert said.embed.footer.text == (
        "12 jobs, 142 runs, 284 pings · 366 due in the next 24 h · abc.n12"
    )
    assert said.picture is not None
    assert said.picture.name == "day-2026-11-26.png"
    assert said.picture.file().description == said.picture.alt


def test_what_changed_comes_the_worst_first() -> None:
    said = summary_cards.render(scenes.terrible(), PNG, "abc.n12")
    assert said.content.startswith("🔴 **Thursday 26 November** · 9 jobs are down")
    names = [field.name for field in said.embed.fields]
    assert names[:3] == ["New", "Recovered", "Unlike usual"]
    assert names[-1] == "In all"
    new = str(said.embed.fields[0].value).splitlines()
    assert new[0].startswith("- nightly-backup ")
    assert new[-1] == "- and 1 more: `cronitor report --day 2026-11-26`"
    assert said.embed.footer.text == "366 due in the next 24 h · abc.n12"


def test_what_has_no_room_is_named_and_where_it_is() -> None:
    said = summary_cards.render(hostile(), PNG)
    last = said.embed.fields[-1]
    assert last.name == "And more"
    assert "in all: `cronitor report --day 2026-11-26`" in str(last.value)
    assert "more: `cronitor report --day" in str(said.embed.fields[0].value)


def test_nobody_is_called_by_the_name_of_a_job() -> None:
    said = summary_cards.render(hostile(), None)
    shown = said.content + "".join(str(field.value) for field in said.embed.fields)
    assert "@everyone" not in shown
    assert "<@&1>" not in shown
    assert "**bold**" not in shown
    assert said.roles == said.users == ()
    assert said.picture is None


def test_a_late_report_says_so() -> None:
    report = scenes.quiet()
    due = report.period.end
    late = Lateness(
        written_at=due + scenes.HOUR, due_at=due, why="Cronitor was stopped"
    )
    said = summary_cards.render(replace(report, lateness=late), PNG)
    assert "Cronitor was stopped" in str(said.embed.description)


@pytest.mark.parametrize(
    ("report", "look"),
    [
        (scenes.terrible(), looks.OPEN),
        (scenes.three(), looks.REPORT_OF_TROUBLE),
        (scenes.quiet(), looks.REPORT_OF_PEACE),
        (scenes.empty(), looks.REPORT),
        (
            replace(scenes.quiet(), totals=Totals(outcomes={Outcome.UNKNOWN: 1})),
            looks.REPORT_OF_TROUBLE,
        ),
    ],
)
def test_a_look_says_whether_to_read_on(report: Report, look: looks.Look) -> None:
    said = summary_cards.render(report, None)
    assert said.content.startswith(f"{look.emoji} **")
    assert said.embed.colour == look.colour


def test_a_week_is_named_and_its_command_too() -> None:
    said = summary_cards.render(scenes.a_week(), PNG)
    assert "**Week from 23 to 29 November** · " in said.content
    assert "`cronitor report --week 2026-11-23`" in str(said.embed.to_dict())
    assert said.picture is not None
    assert said.picture.name == "week-2026-11-23.png"


def test_a_job_over_weeks() -> None:
    said = summary_cards.render_job(scenes.job(), PNG)
    assert said.content == (
        "📊 **Nightly backup** · 28 Oct to 26 Nov 2026 · 90 % of 29 went well · down "
        "for 1 d 2 h"
    )
    assert [field.name for field in said.embed.fields] == [
        *("In short", "Unlike usual", "Incidents")
    ]
    sizes.check(said.embed)
    assert said.picture is not None
    (fact,) = scenes.job().incidents
    still = Some((replace(fact, resolved_at=None),) * 50, 80)
    down = replace(scenes.job(name=HOSTILE), incidents=still, drifts=())
    said = summary_cards.render_job(down, None)
    sizes.check(said.embed)
    assert said.content.startswith("🔴 **")
    assert "and 72 more: `/job history`" in str(said.embed.fields[-1].value)
    assert said.picture is None
