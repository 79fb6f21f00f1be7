"""What is told of a blind time."""

from bot.core import blind_reports
from bot.core.blind_reports import BlindReport
from bot.core.blind_times import Doubt
from bot.core.kinds import BlindReason, Outcome
from tests.core.factories import HOUR, MINUTE, SECOND, T0, blind

HEAD = "blind 03:00-03:04 UTC (4m): Cronitor was stopped"


def doubt(slug: str, outcome: Outcome, count: int = 1) -> Doubt:
    last = T0 + (count - 1) * MINUTE
    return Doubt(slug=slug, outcome=outcome, count=count, first_at=T0, last_at=last)


def report(*doubts: Doubt) -> BlindReport:
    return BlindReport(
        blind=blind(T0, T0 + 4 * MINUTE, BlindReason.STOPPED), doubts=doubts
    )


def test_without_any_slot_it_says_so() -> None:
    assert blind_reports.line(report()) == f"{HEAD}; no slot was in doubt"


def test_slots_are_named_by_what_became_of_them() -> None:
    said = blind_reports.line(
        report(
            doubt("etl", Outcome.LATE),
            doubt("backup", Outcome.UNKNOWN, 12),
            doubt("sync", Outcome.FAILED),
            doubt("night", Outcome.SKIPPED),
            doubt("hourly", Outcome.OK),
        )
    )
    assert said == (
        f"{HEAD}; unknown: backup 12 times 03:00 to 03:11; failed: sync 03:00; "
        "proven ok: etl 03:00, hourly 03:00; skipped: night 03:00"
    )


def test_a_long_list_is_counted() -> None:
    many = [doubt(f"job-{n}", Outcome.UNKNOWN) for n in range(23)]
    said = blind_reports.line(report(*many))
    assert said.endswith("job-19 03:00, and 3 more")


def test_what_turns_unknown_later() -> None:
    doubts = [doubt("etl", Outcome.UNKNOWN), doubt("sync", Outcome.OK)]
    unknown = blind_reports.unknown(doubts)
    said = blind_reports.more(report().blind, unknown)
    assert said == "blind 03:00-03:04 UTC; unknown now as well: etl 03:00"


def test_one_that_has_not_ended_has_no_length() -> None:
    said = blind_reports.headline(blind(T0, None, BlindReason.REFUSED))
    assert said == (
        "blind since 2026-11-23 03:00:00 UTC: nothing could be stored, so pings were "
        "refused"
    )


def test_a_moment_is_one_second_at_least() -> None:
    assert "(1s)" in blind_reports.headline(blind(T0, T0 + SECOND / 10))


def test_seconds_of_a_due_are_shown_where_there_are_some() -> None:
    one = Doubt(
        slug="a",
        outcome=Outcome.OK,
        count=1,
        first_at=T0 + SECOND,
        last_at=T0 + SECOND,
    )
    assert blind_reports.groups(report(one)) == [("proven ok", "a 03:00:01")]


def test_as_plain_data() -> None:
    view = blind_reports.view(report(doubt("etl", Outcome.UNKNOWN)))
    assert view == {
        "id": 1,
        "began_at": "2026-11-23T03:00:00Z",
        "ended_at": "2026-11-23T03:04:00Z",
        "length": 240,
        "reason": "stopped",
        "why": "Cronitor was stopped",
        "told_at": None,
        "slots": [
            {
                "job": "etl",
                "outcome": "unknown",
                "count": 1,
                "first_at": "2026-11-23T03:00:00Z",
                "last_at": "2026-11-23T03:00:00Z",
            }
        ],
    }
    running = BlindReport(blind=blind(T0 - HOUR, None))
    assert blind_reports.view(running)["length"] is None
