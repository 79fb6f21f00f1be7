"""Each fact of a report as one line for people; times are those of its zone."""

from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.core import durations, incidents
from bot.core.periods import Period
from bot.core.summaries import BlindFact, IncidentFact, MuteFact, SavedFact, WorkFact

_NAMED = 5


def incident_line(fact: IncidentFact, period: Period) -> str:
    """`backup missed its deadline, 3 times; 2 h 5 min, since 02:10`."""
    times = f", {fact.count:,} times" if fact.count > 1 else ""
    flapping = ", flapping" if fact.flapping else ""
    what = f"{fact.label} {incidents.WORDS[fact.kind]}{times}{flapping}"
    length = durations.about(fact.length)
    began = moment(fact.opened_at, period.zone, beside=period.start)
    if fact.resolved_at is not None:
        ended = moment(fact.resolved_at, period.zone, beside=fact.opened_at)
        return f"{what}; {length}, {began} to {ended}"
    said = f"{what}; {length}, since {began}"
    if fact.acknowledged_by:
        said += f", acknowledged by {fact.acknowledged_by}"
    return f"{said}, {fact.silenced_by}" if fact.silenced_by else said


def mute_line(fact: MuteFact, zone: str) -> str:
    """`tag db by ann, until Tue 24 Nov 12:00 (1 d): upgrade`."""
    what = f"{fact.scope} {fact.target}".strip() if fact.target else "everything"
    until = "until recovery" if fact.until_recovery else "until {}"
    until = until.format(moment(fact.until, zone))
    if not fact.is_running:
        until = f"ended {moment(fact.until, zone)}"
    length = durations.about(fact.until - fact.since)
    said = f"{what} by {fact.by}, {until} ({length})"
    if fact.reason:
        said += f": {fact.reason}"
    if fact.down:
        said += f"; down under it: {names(fact.down)}"
    return said


def work_line(fact: WorkFact, period: Period) -> str:
    """`node nas, 02:00 to 03:30, by ann: upgrade`."""
    what = f"{fact.scope} {fact.target}".strip() if fact.target else "everything"
    begins = moment(fact.starts_at, period.zone, beside=period.start)
    ends = moment(fact.ends_at, period.zone, beside=fact.starts_at)
    said = f"{what}, {begins} to {ends}, by {fact.by}"
    return f"{said}: {fact.reason}" if fact.reason else said


def blind_line(fact: BlindFact, period: Period) -> str:
    """`02:10 to 02:50 (40 min): Cronitor was stopped; 3 unknown: backup`."""
    began = moment(fact.began_at, period.zone, beside=period.start)
    if fact.ended_at is None:
        said = f"since {began}: {fact.why}"
    else:
        ended = moment(fact.ended_at, period.zone, beside=fact.began_at)
        said = f"{began} to {ended} ({durations.about(fact.length)}): {fact.why}"
    if not fact.unknown:
        return f"{said}; nothing turned unknown"
    return f"{said}; {fact.unknown:,} unknown: {names(fact.jobs)}"


def saved_line(fact: SavedFact) -> str:
    """`backup: 2 runs ended well after all, in 3 attempts at most`."""
    times = f"{count(fact.runs, 'run')} ended well after all"
    return f"{fact.label}: {times}, in {fact.attempts} attempts at most"


def moment(at: datetime, zone: str, *, beside: datetime | None = None) -> str:
    """A local time, `02:10`; with its date unless that is the day of `beside`."""
    local = at.astimezone(ZoneInfo(zone))
    if beside is not None and beside.astimezone(ZoneInfo(zone)).date() == local.date():
        return f"{local:%H:%M}"
    return f"{local:%a} {local.day} {local:%b %H:%M}"


def names(names: Iterable[str]) -> str:
    """The first of them, and how many more there are."""
    listed = list(names)
    said = ", ".join(listed[:_NAMED])
    more = len(listed) - _NAMED
    return f"{said} and {more} more" if more > 0 else said


def count(number: int, noun: str) -> str:
    """`1 job`, `1,204 jobs`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
