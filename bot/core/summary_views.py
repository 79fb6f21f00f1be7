"""Reports as plain data and back: for the database, a child process, and programs.

Keys are the names of the fields, durations seconds, times RFC 3339 in UTC, and a cell
of a picture is [column, outcome, count]. What an older release did not know yet keeps
its default.
"""

import dataclasses
import types
import typing
from collections.abc import Hashable, Mapping
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import TypeVar

from bot.core import job_charts, summary_words, views
from bot.core.kinds import Outcome
from bot.core.summaries import Cell, JobReport, Report, Timelines, Totals
from bot.core.views import View

T = TypeVar("T")


def report_view(report: Report) -> View:
    """Everything that a report knows, with the words of it."""
    return {
        "headline": summary_words.headline(report),
        "is_quiet": summary_words.is_quiet(report),
        "late": summary_words.late_line(report),
        "sections": [_fields(each) for each in summary_words.sections(report)],
        **_fields(report),
    }


def report_from(view: Mapping[str, object]) -> Report:
    """The report that `report_view` has written."""
    return _read(Report, view)


def totals_from(view: Mapping[str, object]) -> Totals:
    """The totals alone of what `report_view` has written."""
    return _read(Totals, view["totals"])


def timelines_view(timelines: Timelines) -> View:
    """What a picture shows."""
    return _fields(timelines)


def timelines_from(view: Mapping[str, object]) -> Timelines:
    """The timelines that `timelines_view` has written."""
    return _read(Timelines, view)


def job_view(report: JobReport) -> View:
    """One job over the last days, with the words of it."""
    return {
        "headline": job_charts.subtitle(report),
        "sections": [_fields(each) for each in job_charts.sections(report)],
        **_fields(report),
    }


def job_from(view: Mapping[str, object]) -> JobReport:
    """The report that `job_view` has written."""
    return _read(JobReport, view)


def _fields(value: object) -> View:
    assert dataclasses.is_dataclass(value)
    return {
        each.name: _plain(getattr(value, each.name))
        for each in dataclasses.fields(value)
    }


def _plain(value: object) -> object:
    match value:
        case Cell():
            # there are thousands of them
            return [value.column, str(value.outcome), value.count]
        case StrEnum():
            return str(value)
        case datetime():
            return views.moment(value)
        case timedelta():
            return views.seconds(value)
        case date():
            return value.isoformat()
        case tuple():
            return [_plain(each) for each in value]
        case Mapping():
            return {str(key): _plain(each) for key, each in value.items()}
    return _fields(value) if dataclasses.is_dataclass(value) else value


@lru_cache(maxsize=256)
def _hints(kind: Hashable) -> Mapping[str, object]:
    return typing.get_type_hints(kind)


def _read(kind: type[T], data: object, item: object = None) -> T:
    """A record of this kind; `item` is what a generic one holds."""
    assert isinstance(data, Mapping)
    hints = _hints(kind)  # type: ignore[arg-type]  # a class can be hashed
    names = [each.name for each in dataclasses.fields(kind)]  # type: ignore[arg-type]  # a dataclass
    return kind(
        **{
            name: _value(hints[name], data[name], item)
            for name in names
            if name in data
        }
    )


def _value(hint: object, data: object, item: object) -> object:
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if isinstance(hint, TypeVar):
        return _value(item, data, None)
    if origin is types.UnionType:
        # always `X | None`
        return None if data is None else _value(args[0], data, item)
    if origin is tuple:
        assert isinstance(data, list)
        return tuple(_value(args[0], each, item) for each in data)
    if isinstance(origin, type) and dataclasses.is_dataclass(origin):
        return _read(origin, data, args[0])
    if origin is Mapping:
        assert isinstance(data, Mapping)
        return {args[0](key): _value(args[1], each, item) for key, each in data.items()}
    return _single(hint, data)


def _single(hint: object, data: object) -> object:
    if hint is datetime:
        return datetime.fromisoformat(str(data))
    if hint is date:
        return date.fromisoformat(str(data))
    if hint is timedelta:
        assert isinstance(data, int | float)
        return timedelta(seconds=data)
    if hint is Cell:
        assert isinstance(data, list)
        column, outcome, count = data
        return Cell(column=column, outcome=Outcome(outcome), count=count)
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return hint(str(data))
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        return _read(hint, data)
    return data
