"""A report as a message: the line that everybody reads, a picture, and the rest below.

Pure functions of a report, the same for the daily summary and for `/report`.
"""

from collections.abc import Sequence

import discord

from bot.core import day_grids, job_charts, summary_words
from bot.core.kinds import IncidentKind, Outcome
from bot.core.periods import Period, PeriodKind
from bot.core.summaries import JobReport, Report
from bot.core.summary_words import Section
from bot.discord_ui import looks, text
from bot.discord_ui.cards import Picture, Rendered
from bot.discord_ui.looks import Look

#: characters of the first line
_LINE = 300
#: of one line below
_ENTRY = 240
#: lines of one section
_LINES = 8
#: of all sections; Discord takes 6,000 with the footer and with what names the rest
_ROOM = 5200
#: of what says that there is more
_LEFT = 90


def render(report: Report, png: bytes | None, mark: str = "") -> Rendered:
    """The message about a day or a week; without `png` it has no picture.

    `mark` stands in its footer; an answer to somebody needs none.
    """
    look = _look(report)
    embed = discord.Embed(
        description=text.escape(summary_words.late_line(report)) or None,
        colour=look.colour,
    )
    sections = summary_words.sections(report)
    if not summary_words.is_quiet(report):
        _add(embed, sections, f"`cronitor report {_option(report.period)}`")
    footer = _footer(report, mark)
    if footer:
        embed.set_footer(text=text.cut(footer, text.SHORT_FOOTER))
    return Rendered(
        content=headline(report), embed=embed, picture=_picture(report, png)
    )


def headline(report: Report) -> str:
    """The one line by which a person knows whether to read on."""
    look, period = _look(report), report.period
    said = text.escape(summary_words.headline(report))
    name = f"{period.label:%A} {period.label.day} {period.label:%B}"
    if period.kind is PeriodKind.WEEK:
        name = day_grids.title(period).rpartition(" ")[0]
    return text.cut(f"{look.emoji} **{name}** · {said}", _LINE)


def plain(report: Report, mark: str) -> str:
    """The same as text alone, for when Discord refuses the pretty one."""
    lines = [headline(report)]
    for section in summary_words.sections(report):
        said = "; ".join(section.lines[:_LINES])
        more = section.left_out + max(len(section.lines) - _LINES, 0)
        tail = f"; and {more:,} more" if more else ""
        lines.append(f"**{section.title}**: {text.escape(said)}{tail}")
    body = text.cut("\n".join(lines), text.CONTENT - text.length(mark) - 1)
    return f"{body}\n{mark}"


def render_job(report: JobReport, png: bytes | None) -> Rendered:
    """The answer about one job."""
    name = text.name(report.label, report.slug)
    is_down = any(
        fact.resolved_at is None and fact.kind is not IncidentKind.DRIFT
        for fact in report.incidents
    )
    look = looks.OPEN if is_down else looks.REPORT
    embed = discord.Embed(colour=look.colour)
    _add(embed, job_charts.sections(report), "`/job history`")
    said = text.escape(job_charts.subtitle(report))
    picture = None
    if png is not None:
        alt = text.cut(job_charts.alt_text(report), text.ALT)
        picture = Picture(name=f"{report.slug}.png", png=png, alt=alt)
    return Rendered(
        content=text.cut(f"{look.emoji} **{name}** · {said}", _LINE),
        embed=embed,
        picture=picture,
    )


def _look(report: Report) -> Look:
    if report.new or report.still_open or report.later:
        return looks.OPEN
    odd = report.totals.outcomes.get(Outcome.UNKNOWN, 0)
    if report.totals.bad or report.recovered or report.never_seen or odd:
        return looks.REPORT_OF_TROUBLE
    return looks.REPORT_OF_PEACE if report.totals.good else looks.REPORT


def _option(period: Period) -> str:
    return f"--{period.kind} {period.label}"


def _footer(report: Report, mark: str) -> str:
    """The totals, unless a section has them, and how much is to come."""
    totals, said = report.totals, list[str]()
    if summary_words.is_quiet(report):
        said = [f"{totals.jobs:,} jobs, {totals.runs:,} runs, {totals.pings:,} pings"]
    if report.ahead.hours:
        dues = sum(each.dues for each in report.ahead.hours)
        said.append(f"{dues:,} due in the next {len(report.ahead.hours)} h")
    return " · ".join([*said, *([mark] if mark else [])])


def _picture(report: Report, png: bytes | None) -> Picture | None:
    if png is None:
        return None
    alt = day_grids.alt_text(day_grids.of_report(report), report)
    name = f"{report.period.kind}-{report.period.label}.png"
    return Picture(name=name, png=png, alt=text.cut(alt, text.ALT))


def _add(embed: discord.Embed, sections: Sequence[Section], where: str) -> None:
    """As many sections as there is room for; what is left out is named."""
    room = _ROOM - text.length(embed.description or "")
    for at, section in enumerate(sections):
        value = _value(section, where)
        room -= text.length(value) + text.length(section.title)
        if room < 0:
            titles = ", ".join(each.title.lower() for each in sections[at:])
            said = text.cut(f"{titles}: {where}", text.FIELD_VALUE)
            embed.add_field(name="And more", value=said, inline=False)
            return
        embed.add_field(name=section.title, value=value, inline=False)


def _value(section: Section, where: str) -> str:
    """The lines that fit, and how many there are beside them."""
    lines: list[str] = []
    room = text.FIELD_VALUE - _LEFT
    for line in section.lines[:_LINES]:
        shown = f"- {text.escape(text.cut(line, _ENTRY))}"
        room -= text.length(shown) + 1
        if room < 0:
            break
        lines.append(shown)
    more = len(section.lines) - len(lines) + section.left_out
    if more:
        lines.append(f"- and {more:,} more: {where}")
    return "\n".join(lines)
