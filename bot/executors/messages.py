"""Between the records that the engine knows and the messages of the wire."""

import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.executors.base import (
    Ending,
    Event,
    EventKind,
    Order,
    Refusal,
    Refused,
    Report,
    Started,
    State,
)
from bot.executors.wire import Message

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
#: the system counts the largest memory in these
_RSS_UNIT = 1 if sys.platform == "darwin" else 1024


def moment(at_us: int) -> datetime:
    """The time that a message says."""
    return _EPOCH + timedelta(microseconds=at_us)


def order(given: Order) -> Message:
    """What the supervisor is told."""
    return {
        "id": given.id,
        "argv": list(given.argv),
        "shell": given.shell,
        "cwd": given.cwd,
        "user": given.user,
        "env": dict(given.env),
        "umask": given.umask,
        "nice": given.nice,
        "memory": given.memory_bytes,
        "cpu": given.cpu_s,
        "timeout": given.timeout_s,
        "limit": given.output_limit,
        "masks": [mask.decode("latin-1") for mask in given.masks],
    }


def answers(given: Sequence[Order], message: Message) -> list[Started | Refused]:
    """What became of the orders."""
    return [
        _answer(each.id, answer)
        for each, answer in zip(given, message["answers"], strict=True)
    ]


def _answer(run_id: str, answer: Message) -> Started | Refused:
    if "refused" in answer:
        why = Refusal(answer["refused"])
        return Refused(id=run_id, why=why, reason=answer["reason"])
    started_at = moment(answer["started_us"])
    return Started(id=run_id, pid=answer["pid"], started_at=started_at)


def report(message: Message) -> Report:
    """What is known of a run."""
    max_rss = message.get("max_rss")
    return Report(
        id=message["id"],
        state=State(message["state"]),
        pid=message["pid"],
        started_at=_moment(message["started_us"]),
        output_size=message["output"],
        output_error=message["output_error"],
        stopping=_ending(message["stopping"]),
        ending=_ending(message.get("ending")),
        exit_code=message.get("code"),
        signal=message.get("signal"),
        reason=message["reason"],
        ended_at=_moment(message.get("ended_us")),
        max_rss_bytes=None if max_rss is None else max_rss * _RSS_UNIT,
        user_s=message.get("user_s"),
        system_s=message.get("system_s"),
    )


def events(news: Message) -> list[Event]:
    """What one piece of news says."""
    match news:
        case {"started": told}:
            kind = EventKind.STARTED
            return [Event(kind=kind, id=told["id"], report=report(told))]
        case {"ended": told}:
            return [Event(kind=EventKind.ENDED, id=told["id"], report=report(told))]
        case {"grew": sizes}:
            return [
                Event(kind=EventKind.GREW, id=run_id, output_size=size)
                for run_id, size in sizes.items()
            ]
        case {"alive": _}:
            return [Event(kind=EventKind.ALIVE)]
    return []


def _moment(at_us: int | None) -> datetime | None:
    return moment(at_us) if at_us else None


def _ending(word: Any) -> Ending | None:
    return Ending(word) if word else None
