"""Whatever goes to a channel, as the message that it becomes."""

from datetime import datetime

from bot.core import day_grids, summary_views
from bot.core.blind_reports import BlindCard
from bot.core.cards import Card
from bot.core.drawings import Drawing
from bot.core.kinds import NOTICES, NotificationKind
from bot.core.models import Outgoing
from bot.core.storm_cards import StormCard
from bot.core.summaries import Report
from bot.discord_ui import blind_cards, cards, storm_cards, summary_cards
from bot.discord_ui.cards import Rendered


def render(card: Card | BlindCard | StormCard) -> Rendered:
    """What is one message that is edited."""
    match card:
        case BlindCard():
            return blind_cards.render(card)
        case StormCard():
            return storm_cards.render(card)
        case _:
            return cards.render(card)


def plain(card: Card | BlindCard | StormCard) -> str:
    """The same as text alone, for when Discord refuses the pretty one."""
    match card:
        case BlindCard():
            return blind_cards.plain(card)
        case StormCard():
            return storm_cards.plain(card)
        case _:
            return cards.plain(card)


def tell(outgoing: Outgoing, mark: str, png: bytes | None = None) -> Rendered:
    """What is about no incident; `png`: the picture of a report."""
    report = _report(outgoing)
    if report is not None:
        return summary_cards.render(report, png, mark)
    if outgoing.kind in NOTICES:
        return cards.notice(str(outgoing.snapshot["text"]), mark)
    job = outgoing.snapshot["job"]
    assert isinstance(job, dict)
    return cards.never_seen(
        str(job["slug"]),
        str(job["name"] or job["slug"]),
        datetime.fromisoformat(str(job["created_at"])),
        mark,
    )


def tell_plainly(outgoing: Outgoing, mark: str) -> str:
    """The same as text alone."""
    report = _report(outgoing)
    if report is not None:
        return summary_cards.plain(report, mark)
    return f"{tell(outgoing, mark).content}\n{mark}"


def drawing(outgoing: Outgoing) -> Drawing | None:
    """What is to be drawn for it; None: it has no picture."""
    report = _report(outgoing)
    return None if report is None else day_grids.of_report(report)


def _report(outgoing: Outgoing) -> Report | None:
    if outgoing.kind is not NotificationKind.SUMMARY:
        return None
    view = outgoing.snapshot["report"]
    assert isinstance(view, dict)
    return summary_views.report_from(view)
