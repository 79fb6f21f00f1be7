"""What is told of a blind time: from when to when, why, and which slots it concerns."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bot.core import blind_times, durations, views
from bot.core.blind_times import BlindTime, Doubt
from bot.core.kinds import Outcome
from bot.core.views import View

#: jobs that a line names; more are counted
NAMED = 20

#: what is said of the slots that were in doubt, by what became of them
WORDS = {
    "unknown": (Outcome.UNKNOWN,),
    "failed": (Outcome.FAILED, Outcome.TOO_SHORT, Outcome.OVERRAN, Outcome.LOST),
    "proven ok": (Outcome.OK, Outcome.LATE),
    "skipped": (Outcome.SKIPPED,),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class BlindReport:
    """A blind time with all that it put in doubt."""

    blind: BlindTime
    doubts: tuple[Doubt, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BlindCard:
    """Everything that the message about one blind time may say."""

    report: BlindReport
    #: stands in the footer; what a message is looked for by when an answer was lost
    mark: str


def headline(blind: BlindTime) -> str:
    """`blind 02:10-02:14 UTC (4m): Cronitor was stopped`."""
    length = ""
    if blind.ended_at is not None:
        # a blind time of half a second is no less one
        seconds = max(1, round((blind.ended_at - blind.began_at).total_seconds()))
        length = f" ({durations.text(timedelta(seconds=seconds))})"
    why = blind_times.WORDS[blind.reason]
    return f"{blind_times.words(blind)}{length}: {why}"


def line(report: BlindReport) -> str:
    """Everything in one line, for a log."""
    said = [f"{word}: {names}" for word, names in groups(report)]
    return "; ".join([headline(report.blind), *(said or ["no slot was in doubt"])])


def more(blind: BlindTime, doubts: Sequence[Doubt]) -> str:
    """What has turned unknown since it was told."""
    return f"{blind_times.words(blind)}; unknown now as well: {_named(doubts)}"


def groups(report: BlindReport) -> list[tuple[str, str]]:
    """What is said, and of which slots; what nothing is said of is left out."""
    found = []
    for word, outcomes in WORDS.items():
        doubts = [each for each in report.doubts if each.outcome in outcomes]
        if doubts:
            found.append((word, _named(doubts)))
    return found


def _named(doubts: Sequence[Doubt]) -> str:
    said = [_slots(each) for each in doubts[:NAMED]]
    if len(doubts) > NAMED:
        said.append(f"and {len(doubts) - NAMED} more")
    return ", ".join(said)


def _slots(doubt: Doubt) -> str:
    """`backup 02:10`, or `backup 12 times 02:00 to 02:11`."""
    first = _moment(doubt.first_at)
    if doubt.count == 1:
        return f"{doubt.slug} {first}"
    return f"{doubt.slug} {doubt.count} times {first} to {_moment(doubt.last_at)}"


def _moment(at: datetime) -> str:
    clock = "%H:%M:%S" if at.second else "%H:%M"
    return at.astimezone(UTC).strftime(clock)


def view(report: BlindReport) -> View:
    """As plain data for people and programs."""
    blind = report.blind
    length = None if blind.ended_at is None else blind.ended_at - blind.began_at
    return {
        "id": blind.id,
        "began_at": views.moment(blind.began_at),
        "ended_at": views.moment(blind.ended_at),
        "length": views.seconds(length),
        "reason": blind.reason,
        "why": blind_times.WORDS[blind.reason],
        "told_at": views.moment(blind.told_at),
        "slots": [_doubt_view(each) for each in report.doubts],
    }


def _doubt_view(doubt: Doubt) -> View:
    return {
        "job": doubt.slug,
        "outcome": doubt.outcome,
        "count": doubt.count,
        "first_at": views.moment(doubt.first_at),
        "last_at": views.moment(doubt.last_at),
    }


def unknown(doubts: Iterable[Doubt]) -> list[Doubt]:
    """Those of which nobody knows what became."""
    return [each for each in doubts if each.outcome is Outcome.UNKNOWN]
