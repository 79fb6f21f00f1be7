"""What is said of runs: one line each, which says at last how the run ended."""

import asyncio
import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

import discord

from bot.core import outputs, params
from bot.core.executions import End, ExecutionId
from bot.core.models import Actor
from bot.core.states import View
from bot.discord_ui import answers, text
from bot.discord_ui.answers import Interaction
from bot.discord_ui.base import Acting
from bot.errors import CronitorError

logger = logging.getLogger(__name__)

#: an interaction can be followed up for 15 minutes
WATCHED_S = 14 * 60.0

_SYMBOLS = {
    End.OK: "✅",
    End.FAILED: "❌",
    End.UNMET: "❌",
    End.TIMEOUT: "⏳",
    End.CANCELLED: "⏹️",
    End.NOT_STARTED: "❌",
    End.LOST: "❔",
    End.SKIPPED: "⏭️",
}
_LONGEST_PARAMS = 300
_LONGEST_REASON = 300


def started(view: View, actor: Actor) -> str:
    """A run was started by somebody."""
    return f"▶️ {_whose(view)} started by {_who(view, actor)}"


def begun_already(view: View) -> str:
    """Somebody else was first."""
    by = text.name(str(view["by"]), "the schedule")
    return f"▶️ {_whose(view)} was started by {by} already: {ending(view)}"


def ended(view: View, actor: Actor) -> str:
    """How it ended."""
    symbol = _SYMBOLS[End(view["end"])]
    return f"{symbol} {_whose(view)}, started by {_who(view, actor)}: {ending(view)}"


def goes_on(view: View, actor: Actor) -> str:
    """It takes longer than Discord lets a message be changed."""
    after = text.span(timedelta(seconds=WATCHED_S))
    return (
        f"▶️ {_whose(view)}, started by {_who(view, actor)}, still goes on after "
        f"{after}; `/job log` shows it"
    )


def cancelled(views: Sequence[View], actor: Actor) -> str:
    """Somebody ends runs of a job."""
    numbers = ", ".join(f"#{view['id']}" for view in views)
    noun = "run" if len(views) == 1 else "runs"
    slug = text.name(str(views[0]["job"]))
    by = text.name(actor.name)
    return f"⏹️ **{slug}** {noun} {numbers}: ended by {by}, which may take seconds"


def ending(view: View) -> str:
    """How a run stands, in words."""
    if view["end"] is None:
        stands = "it goes on" if view["started_at"] else "it waits for its turn"
        begun = view["started_at"]
        return f"{stands}, since {text.when(_at(begun))}" if begun else stands
    said = str(view["end"]).replace("_", " ")
    if view["exit_status"]:
        said += f", exit code {view['exit_status']}"
    if view["signal"] and not view["cancelled_by"]:
        said += f", signal {view['signal']}"
    if view["cancelled_by"]:
        said += f" by {text.name(str(view['cancelled_by']))}"
    if view["duration"] is not None:
        said += f" after {text.span(timedelta(seconds=view['duration']))}"
    if view["attempt"] > 1:
        said += f", attempt {view['attempt']}"
    # it may quote the output
    masked = outputs.masked(text.visible(view["reason"]))
    reason = text.escape(text.cut(masked, _LONGEST_REASON))
    return f"{said}: {reason}" if reason and not view["cancelled_by"] else said


def label(view: View) -> str:
    """One run among others, where nothing but plain text is shown."""
    stands = str(view["end"] or view["stage"]).replace("_", " ")
    if view["exit_status"]:
        stands += f", exit code {view['exit_status']}"
    at = _at(view["started_at"] or view["queued_at"])
    return f"#{view['id']} {stands} · {at:%Y-%m-%d %H:%M} UTC"


def _whose(view: View) -> str:
    return f"**{text.name(str(view['job']))}** run #{view['id']}"


def _who(view: View, actor: Actor) -> str:
    values = text.visible(params.written(view["params"]))
    shown = text.escape(text.cut(values, _LONGEST_PARAMS))
    return text.name(actor.name) + (f" ({shown})" if shown else "")


def _at(moment: str) -> datetime:
    return datetime.fromisoformat(moment)


async def announce(
    interaction: Interaction, client: Acting, view: View, actor: Actor
) -> None:
    """Tell everybody that a run was started; the line says later how it ended."""
    message = await answers.announce(interaction, started(view, actor))
    watching = _watch(client, message, view, actor)
    client.beside(watching, f"the end of run {view['id']}")


async def _watch(
    client: Acting, message: discord.WebhookMessage, view: View, actor: Actor
) -> None:
    number = ExecutionId(view["id"])
    try:
        async with asyncio.timeout(WATCHED_S):
            said = ended(await client.actions.run_ended(number), actor)
    except TimeoutError:
        said = goes_on(view, actor)
    except CronitorError as exc:
        logger.info("the end of run %s is not told: %s", number, exc)
        return
    try:
        none = discord.AllowedMentions.none()
        await message.edit(content=text.cut(said, text.CONTENT), allowed_mentions=none)
    except (discord.HTTPException, *answers.UNREACHABLE) as exc:
        logger.info("the end of run %s was not told: %s", number, exc)
