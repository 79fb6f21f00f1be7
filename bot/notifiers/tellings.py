"""What is about no incident, made ready to be told: a report takes its time."""

import asyncio
from dataclasses import dataclass

from bot.core import day_grids
from bot.core.kinds import NotificationKind
from bot.core.models import Outgoing
from bot.core.summaries import Report
from bot.discord_ui import messages, summary_cards
from bot.discord_ui.cards import Rendered
from bot.reports import pictures


@dataclass(frozen=True, slots=True)
class Telling:
    """One message."""

    rendered: Rendered
    #: the same as text alone, for when Discord refuses the pretty one
    plain: str


async def prepare(outgoing: Outgoing, mark: str) -> Telling:
    """The message of a notice; the loop goes on while a report is made ready."""
    if outgoing.kind is not NotificationKind.SUMMARY:
        rendered = messages.tell(outgoing, mark)
        return Telling(rendered, f"{rendered.content}\n{mark}")
    report = await asyncio.to_thread(messages.report_in, outgoing)
    png = await draw(report)
    return await asyncio.to_thread(_told, report, png, mark)


async def draw(report: Report) -> bytes | None:
    """The picture of a report; None: the words must do."""
    drawing = await asyncio.to_thread(day_grids.of_report, report)
    return await pictures.draw_or_say_why(drawing)


def _told(report: Report, png: bytes | None, mark: str) -> Telling:
    rendered = summary_cards.render(report, png, mark)
    return Telling(rendered, summary_cards.plain(report, mark))
