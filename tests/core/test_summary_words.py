"""What a report says: the one line that everybody reads, and the rest."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from bot.core import periods, summary_words
from bot.core.forecasts import Ahead, HourAhead
from bot.core.kinds import (
    IncidentKind,
    MuteScope,
    Outcome,
    Severity,
    WindowScope,
)
from bot.core.summaries import (
    BlindFact,
    DriftFact,
    IncidentFact,
    Lateness,
    MuteFact,
    PausedFact,
    Report,
    SavedFact,
    Some,
    Timelines,
    Totals,
    UnseenFact,
    Way,
    WorkFact,
)
from tests.core.factories import DAY, HOUR, MINUTE

#: Monday; the report is written on the next morning
PERIOD = periods.day(date(2026, 11, 23), "Europe/Berlin")
START, END = PERIOD.start, PERIOD.end
MORNING = END + 8 * HOUR


def down(number: int = 1, **fields: Any) -> IncidentFact:
    """An incident that is open since two o'clock."""
    given: dict[str, Any] = {
        "id": number,
        "slug": "backup",
        "label": "Backup",
        "kind": IncidentKind.MISSED,
        "severity": Severity.WARNING,
        "opened_at": START + 2 * HOUR,
        "length": 5 * HOUR + 3 * MINUTE,
        **fields,
    }
    return IncidentFact(**given)


def some(*facts: Any, total: int = 0) -> Some[Any]:
    """These facts, and more that were not kept."""
    return Some(facts, max(total, len(facts)))


def report(period: periods.Period = PERIOD, **fields: Any) -> Report:
    """A report of a day on which all of 42 jobs ran."""
    totals = Totals(jobs=42, active=42, outcomes={Outcome.OK: 1200, Outcome.LATE: 4})
    given: dict[str, Any] = {
        "period": period,
        "lateness": Lateness(written_at=MORNING),
        "timelines": Timelines(period=period, columns=()),
        "totals": totals,
        **fields,
    }
    return Report(**given)


BLIND = BlindFact(
    began_at=START + 2 * HOUR,
    ended_at=START + 2 * HOUR + 40 * MINUTE,
    length=40 * MINUTE,
    why="Cronitor was stopped",
    unknown=2,
    jobs=("backup", "sync"),
)
UNSEEN = UnseenFact(slug="etl", label="ETL", since=START - DAY)
MUTED = MuteFact(
    id=1,
    scope=MuteScope.TAG,
    target="db",
    by="ann (cli)",
    reason="moving",
    since=START,
    until=END,
)
WORK = WorkFact(
    id=1,
    name="",
    scope=WindowScope.NODE,
    target="nas",
    by="ann (cli)",
    reason="new disks",
    starts_at=START + 2 * HOUR,
    ends_at=START + 3 * HOUR,
)
SLOW = DriftFact(slug="a", label="A", way=Way.SLOWER, text="took 31 min")
PAUSED = PausedFact(slug="p", label="P", by="ann (cli)")
TOTALS = {
    "bad": Totals(jobs=2, active=2, outcomes={Outcome.OK: 9, Outcome.FAILED: 1}),
    "unknown": Totals(jobs=2, active=2, outcomes={Outcome.OK: 9, Outcome.UNKNOWN: 3}),
    "suppressed": Totals(
        jobs=2, active=2, outcomes={Outcome.OK: 9, Outcome.SUPPRESSED: 3}
    ),
    "some": Totals(jobs=2, active=1, outcomes={Outcome.OK: 1}),
    "one": Totals(jobs=1, active=1, outcomes={Outcome.OK: 3}),
    "idle": Totals(jobs=3),
}

HEADLINES = [
    ({}, "All 42 jobs ran: 1,204 runs, none failed"),
    ({"totals": Totals()}, "Nothing is watched yet"),
    (
        {"totals": Totals(), "blind": some(BLIND)},
        "Nothing is watched yet; Cronitor could not see for 40 min",
    ),
    ({"totals": TOTALS["one"]}, "The only job ran: 3 runs, none failed"),
    ({"totals": TOTALS["some"]}, "1 of 2 jobs ran: 1 run, none failed"),
    ({"totals": TOTALS["idle"]}, "Nothing was due of 3 jobs"),
    ({"new": some(down())}, "1 job is down, 1 new since yesterday"),
    (
        {
            "new": some(down(), total=2),
            "still_open": some(down(2)),
            "later": some(down(3)),
        },
        "4 jobs are down, 3 new since yesterday",
    ),
    ({"still_open": some(down(), total=1200)}, "1,200 jobs are down"),
    (
        {"still_open": some(down(silenced_by="muted by ann (cli)"))},
        "1 job is down, 1 of them silenced",
    ),
    ({"recovered": some(down())}, "1 recovered"),
    (
        {"totals": Totals(), "recovered": some(down())},
        "1 recovered",
    ),
    ({"totals": TOTALS["bad"]}, "1 of 10 runs did not end well"),
    (
        {"new": some(down()), "totals": TOTALS["bad"], "recovered": some(down(2))},
        "1 job is down, 1 new since yesterday; 1 recovered; "
        "1 of 10 runs did not end well",
    ),
    (
        {"totals": TOTALS["unknown"]},
        "2 jobs ran: 9 runs, none failed; 3 outcomes unknown",
    ),
    (
        {"blind": some(BLIND)},
        "42 jobs ran: 1,204 runs, none failed; Cronitor could not see for 40 min",
    ),
    (
        {"never_seen": some(UNSEEN)},
        "42 jobs ran: 1,204 runs, none failed; 1 job never reported",
    ),
    (
        {"drifts": some(SLOW, total=2)},
        "All 42 jobs ran: 1,204 runs, none failed; 2 jobs unlike usual",
    ),
    (
        {
            "drifts": some(SLOW),
            "drifting": some(down(slug="a"), down(slug="b"), total=3),
        },
        "All 42 jobs ran: 1,204 runs, none failed; 3 jobs unlike usual",
    ),
    (
        {"totals": TOTALS["suppressed"]},
        "All 2 jobs ran: 9 runs, none failed; 3 suppressed by maintenance",
    ),
    (
        {"paused": some(PAUSED)},
        "All 42 jobs ran: 1,204 runs, none failed; 1 paused",
    ),
]


@pytest.mark.parametrize(("fields", "said"), HEADLINES)
def test_the_headline_says_the_worst_first(fields: dict[str, Any], said: str) -> None:
    assert summary_words.headline(report(**fields)) == said


@pytest.mark.parametrize(
    ("label", "since"),
    [
        (date(2026, 11, 24), "today"),
        (date(2026, 11, 23), "since yesterday"),
        (date(2026, 11, 20), "since 2026-11-20"),
    ],
)
def test_it_says_since_when_something_is_new(label: date, since: str) -> None:
    found = report(periods.day(label, "Europe/Berlin"), new=some(down()))
    assert summary_words.headline(found) == f"1 job is down, 1 new {since}"


def test_of_a_week_it_is_since_its_monday() -> None:
    week = periods.week(date(2026, 11, 23), "Europe/Berlin")
    found = report(week, new=some(down()))
    assert summary_words.headline(found) == "1 job is down, 1 new since Mon 23 Nov"
    assert summary_words.title(found).startswith("week 2026-11-23 to 2026-11-29: 1 job")


QUIET: list[dict[str, Any]] = [
    {},
    {"paused": some(PAUSED)},
    {"totals": TOTALS["idle"]},
    {"totals": Totals()},
]
LOUD: list[dict[str, Any]] = [
    {"new": some(down())},
    {"still_open": some(down())},
    {"later": some(down())},
    {"recovered": some(down())},
    {"drifts": some(SLOW)},
    {"drifting": some(down())},
    {"never_seen": some(UNSEEN)},
    {"blind": some(BLIND)},
    {"totals": TOTALS["bad"]},
    {"totals": TOTALS["unknown"]},
    {"totals": TOTALS["suppressed"]},
    {"lateness": Lateness(written_at=MORNING, due_at=END, why="it slept")},
]


@pytest.mark.parametrize("fields", QUIET)
def test_a_quiet_day_is_one_line(fields: dict[str, Any]) -> None:
    assert summary_words.is_quiet(report(**fields))


@pytest.mark.parametrize("fields", LOUD)
def test_a_day_with_anything_to_say_is_not_quiet(fields: dict[str, Any]) -> None:
    assert not summary_words.is_quiet(report(**fields))


@pytest.mark.parametrize("fields", [*LOUD[:-1], *QUIET[1:]])
def test_all_is_said_to_have_run_only_where_nothing_is_in_doubt(
    fields: dict[str, Any],
) -> None:
    said = summary_words.headline(report(**fields))
    doubtful = {"new", "still_open", "later", "recovered", "never_seen", "blind"}
    odd = fields.get("totals") in (TOTALS["bad"], TOTALS["unknown"])
    if doubtful & set(fields) or odd:
        assert not said.startswith("All")


def test_a_late_one_says_so_and_which_were_passed_over() -> None:
    late = Lateness(
        written_at=END + 9 * HOUR + 40 * MINUTE,
        due_at=END + 8 * HOUR,
        why="Cronitor was stopped",
    )
    assert summary_words.late_line(report(lateness=late)) == (
        "written at 09:40, due at 08:00: Cronitor was stopped"
    )
    skipped = tuple(date(2026, 11, day) for day in (22, 21))
    assert summary_words.late_line(
        report(lateness=replace(late, due_at=END - 2 * HOUR, skipped=skipped))
    ) == (
        "written at 09:40, due at Mon 23 Nov 22:00: Cronitor was stopped; "
        "not posted at all: 2026-11-22, 2026-11-21"
    )
    many = tuple(date(2026, 11, day) for day in range(9, 1, -1))
    said = summary_words.late_line(report(lateness=replace(late, skipped=many)))
    assert said.endswith("2026-11-06, 2026-11-05 and 3 more")
    in_time = report(lateness=replace(late, why="", skipped=skipped))
    said = "not posted at all: 2026-11-22, 2026-11-21"
    assert summary_words.late_line(in_time) == said
    assert not summary_words.is_quiet(in_time)
    assert summary_words.late_line(report()) == ""
    asked = Lateness(written_at=MORNING, why="odd")
    assert summary_words.late_line(report(lateness=asked)) == ""


def ahead(*dues: int) -> tuple[HourAhead, ...]:
    """Hours with so much due."""
    return tuple(
        HourAhead(start=END + n * HOUR, dues=count, busiest="etl" if n else "")
        for n, count in enumerate(dues)
    )


@pytest.mark.parametrize(
    ("dues", "heavy"),
    [
        ((), []),
        ((0, 0, 0), []),
        ((5, 5, 5), []),
        ((5, 5, 10), [10]),
        ((0, 0, 0, 7), [7]),
        ((9, 1, 1, 8, 1, 7, 1, 6, 1), [9, 8, 7]),
    ],
)
def test_hours_are_heavy_if_they_stand_out(
    dues: tuple[int, ...], heavy: list[int]
) -> None:
    found = summary_words.heavy_hours(ahead(*dues))
    assert [each.dues for each in found] == heavy


def test_sections_say_everything_and_totals_come_last() -> None:
    everything = report(
        new=some(down(), total=4),
        later=some(down(2)),
        still_open=some(down(3)),
        recovered=some(down(4, resolved_at=START + 3 * HOUR)),
        drifts=some(SLOW),
        never_seen=some(UNSEEN),
        drifting=some(down(5, slug="a", kind=IncidentKind.DRIFT)),
        muted=some(MUTED),
        maintenance=some(WORK),
        paused=some(PAUSED, PausedFact(slug="q", label="Q", by="")),
        blind=some(BLIND),
        saved=some(SavedFact(slug="a", label="A", runs=1, attempts=2, last_at=START)),
        ahead=Ahead(hours=ahead(50, 1, 90, 1, 1, 1), left_out=2),
        before=Totals(jobs=42, outcomes={Outcome.OK: 1000}, sounds=3),
    )
    found = {section.key: section for section in summary_words.sections(everything)}
    assert list(found) == [
        *("new", "later", "still_open", "recovered", "drifts", "drifting"),
        *(
            "never_seen",
            "muted",
            "maintenance",
            "paused",
            "blind",
            "saved",
            "ahead",
            "totals",
        ),
    ]
    assert found["new"].left_out == 3
    assert found["drifts"].lines == ("A: took 31 min",)
    assert found["never_seen"].lines == ("ETL, made Sun 22 Nov 00:00",)
    assert found["paused"].lines == ("P, by ann (cli)", "Q, by ?")
    assert found["ahead"].lines == (
        "Tue 00:00, 50 due",
        "Tue 02:00, 90 due, most of etl",
        "2 jobs not counted",
    )
    assert found["totals"].lines == (
        "42 jobs, 0 runs, 0 pings, 0 sounds",
        "100 % ended well",
        "1,200 ok, 4 late",
        "the day before: 1,000 good runs (now 1,204), 3 sounds (now 0)",
    )
    lines = summary_words.lines(everything)
    assert lines[0] == "New: Backup missed its deadline; 5 h 3 min, since 02:00"
    assert lines[1] == "New: and 3 more"


def test_of_nothing_there_are_totals_alone() -> None:
    (section,) = summary_words.sections(report(totals=Totals()))
    assert section.lines == ("0 jobs, 0 runs, 0 pings, 0 sounds",)


def test_nobody_knows_who_is_busiest_of_hours_that_are_not_counted() -> None:
    hours = ahead(7, 1, 1, 1)
    found = report(ahead=Ahead(hours=hours))
    sections = {each.key: each for each in summary_words.sections(found)}
    assert sections["ahead"].lines == ("Tue 00:00, 7 due",)


def test_a_day_that_goes_on_is_not_compared() -> None:
    early = Lateness(written_at=START + HOUR)
    found = report(lateness=early, before=Totals(sounds=3))
    (section,) = summary_words.sections(found)
    assert not any("before" in line for line in section.lines)
    same = report(before=report().totals)
    assert not any("before" in line for line in summary_words.lines(same))


def test_the_lines_of_a_late_one_begin_with_that() -> None:
    late = Lateness(written_at=MORNING, due_at=MORNING - HOUR, why="it slept")
    first, *_ = summary_words.lines(report(lateness=late))
    assert first.startswith("written at 08:00, due at 07:00")


@pytest.mark.parametrize(
    ("share", "said"),
    [
        (1.0, "100 %"),
        (0.99999, "over 99.99 %"),
        (0.9997, "99.97 %"),
        (0.5, "50 %"),
        (0.0, "0 %"),
    ],
)
def test_a_rate_is_whole_only_where_nothing_is_missing(share: float, said: str) -> None:
    assert summary_words.rate(share) == said
