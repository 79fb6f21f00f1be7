"""Reports of days, weeks and single jobs over the API: JSON, a page, a picture."""

import asyncio
from collections.abc import Callable
from datetime import date, timedelta

from bot.core import day_grids, job_charts, summary_views
from bot.core.drawings import Drawing, Theme
from bot.core.job_fields import Reading
from bot.core.periods import PeriodKind
from bot.core.views import View
from bot.errors import Invalid, Problem
from bot.reports import page, pictures
from bot.web.calls import Call, File, done, one_of

_SHOWN = 30
_MOST = 1000
_DAYS = 30
_MOST_DAYS = 365
FORMATS = ("json", "html", "png")
#: a page carries its pictures and its style with it
_PAGE = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"

#: what draws a report in a theme
_Draw = Callable[[Theme], Drawing]


async def listed(call: Call) -> View:
    """The reports that were posted, the newest first."""
    query = call.query("kind", number="limit")
    kind = one_of(query, "kind", [str(each) for each in PeriodKind])
    limit = query.whole("limit", default=_SHOWN, least=1, most=_MOST)
    done(query)
    found = await call.services.summaries.list(
        kind=None if kind is None else PeriodKind(kind), limit=limit
    )
    return {"reports": found}


async def day(call: Call) -> View | File:
    """One day, as it was posted or as of now."""
    return await _period(call, PeriodKind.DAY)


async def week(call: Call) -> View | File:
    """The week, Monday to Sunday, that holds the date."""
    return await _period(call, PeriodKind.WEEK)


async def _period(call: Call, kind: PeriodKind) -> View | File:
    query = call.query("format", "theme", flag="anew")
    form, theme = _form(query)
    anew = query.flag("anew")
    done(query)
    label = _date(call.request.match_info["date"], kind, call)
    summaries = call.services.summaries
    view = await summaries.view(kind, label, anew=anew)
    if form == "json":
        return view
    report = await asyncio.to_thread(summary_views.report_from, view)
    return await _drawn(
        form, theme, view, lambda chosen: day_grids.of_report(report, chosen)
    )


async def job(call: Call) -> View | File:
    """One job over the last days."""
    query = call.query("format", "theme", number="days")
    form, theme = _form(query)
    days = query.whole("days", default=_DAYS, least=1, most=_MOST_DAYS)
    done(query)
    report = await call.services.summaries.job(call.slug, days)
    view = await asyncio.to_thread(summary_views.job_view, report)
    if form == "json":
        return view
    return await _drawn(
        form, theme, view, lambda chosen: job_charts.chart(report, chosen)
    )


def _form(query: Reading) -> tuple[str, Theme]:
    form = one_of(query, "format", FORMATS) or "json"
    wanted = one_of(query, "theme", [str(each) for each in Theme])
    # what is none of them is refused by then
    theme = next((each for each in Theme if each == wanted), Theme.DARK)
    return form, theme


async def _drawn(form: str, theme: Theme, view: View, drawing: _Draw) -> File:
    """The picture, else Unavailable; or the page, which can do without one."""
    if form == "png":
        return File(await pictures.draw(drawing(theme)), "image/png")
    dark = await pictures.draw_or_say_why(drawing(Theme.DARK))
    light = await pictures.draw_or_say_why(drawing(Theme.LIGHT))
    made = await asyncio.to_thread(page.page, view, dark, light)
    return File(made.encode(), "text/html", _PAGE)


def _date(text: str, kind: PeriodKind, call: Call) -> date:
    """`today`, `yesterday`, `last` or a date; raises Invalid."""
    today = call.services.summaries.today()
    week = timedelta(days=7 if kind is PeriodKind.WEEK else 1)
    named = {"today": today, "yesterday": today - timedelta(days=1)}
    named["last"] = today - week
    if text in named:
        return named[text]
    try:
        return date.fromisoformat(text)
    except ValueError:
        hint = "a date such as 2026-11-23, today, yesterday or last"
        raise Invalid(Problem("date", f"{text!r} is no date", hint)) from None
