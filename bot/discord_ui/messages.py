"""Whatever goes to a channel, as the message that it becomes."""

from datetime import datetime

from bot.core import summary_views
from bot.core.blind_reports import BlindCard
from bot.core.cards import Card
from bot.core.kinds import NOTICES
from bot.core.models import Outgoing
from bot.core.storm_cards import StormCard
from bot.core.summaries import Report
from bot.discord_ui import blind_cards, cards, storm_cards
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


def tell(outgoing: Outgoing, mark: str) -> Rendered:
    """What is about no incident and no report."""
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


def report_in(outgoing: Outgoing) -> Report:
    """The report of a summary; takes milliseconds."""
    view = outgoing.snapshot["report"]
    assert isinstance(view, dict)
    return summary_views.report_from(view)
