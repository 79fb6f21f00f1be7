"""What is offered while somebody types; it is quick, and it never fails."""

import asyncio
import functools
import logging
import zoneinfo
from collections.abc import Awaitable, Sequence
from typing import TypeVar

from discord import app_commands

from bot.core import durations, mutes, params, states
from bot.core.commands import Command
from bot.core.kinds import IncidentStatus, Status
from bot.core.states import Standing
from bot.discord_ui import runs, text
from bot.errors import Conflict, Invalid, NotFound, Problem
from cogs._checks import Interaction, home
from cogs._typing import Typing

logger = logging.getLogger(__name__)

T = TypeVar("T")
Choice = app_commands.Choice[str]

#: Discord waits three seconds, the way there included
_PATIENCE_S = 2
#: characters of a choice
_LABEL = 100
#: characters that are looked at; a slug is no longer
_TYPED = 100

#: runs of a job that may be meant by a number
_LOOKED_AT = 200
#: of a number
_DIGITS = 15

_LENGTHS = {"1h": "1 hour", "4h": "4 hours", "24h": "24 hours"}


class JobOption(app_commands.Transformer):
    """An option that names a job, by its slug."""

    def __init__(
        self,
        *,
        status: Status | None = None,
        muted: bool = False,
        command: bool = False,
        going: bool = False,
    ) -> None:
        self._status = status
        self._muted = muted
        self._command = command
        self._going = going
        self._typing = Typing()

    @property
    def max_value(self) -> int:
        """Of characters."""
        return _TYPED

    async def transform(self, interaction: Interaction, value: str, /) -> str:
        """The slug; phones begin a word with a capital letter."""
        return _typed(value).lower()

    async def autocomplete(  # type: ignore[override]  # text in, choices of text out
        self, interaction: Interaction, value: str, /
    ) -> list[Choice]:
        """Jobs that the command is for."""

        async def look() -> list[Standing]:
            found = home(interaction).services.reads.jobs_like(
                _typed(value),
                status=self._status,
                muted=self._muted,
                command=self._command,
                going=self._going,
                limit=text.AUTOCOMPLETE,
            )
            return await _quietly(found)

        return [
            app_commands.Choice(name=_job_label(standing), value=standing.slug)
            for standing in await self._typing.look(interaction.user.id, look)
        ]


def _job_label(standing: Standing) -> str:
    tail = f" · {states.said_of(standing.facts)[0]}"
    name = text.visible(standing.name)
    head = f"{standing.slug} ({name})" if name else standing.slug
    return text.cut(head, _LABEL - len(tail)) + tail


async def run_params(interaction: Interaction, typed: str) -> list[Choice]:
    """Values for the parameters of the job that was typed before."""
    services = home(interaction).services
    slug = _job_before(interaction)
    if not slug:
        return []
    found = await _quietly(_commands(services.runs.command_of(slug)))
    return [
        app_commands.Choice(name=text.cut(text.visible(line), _LABEL), value=line)
        for command in found
        for line in params.offered(command, typed[:_TYPED], text.AUTOCOMPLETE)
        if text.length(line) <= _LABEL
    ]


def _job_before(interaction: Interaction) -> str:
    """What stands in the option `job` by now; it may be nothing."""
    return _typed(interaction.namespace.job or "").lower()


async def _commands(asked: Awaitable[Command]) -> list[Command]:
    """The one, unless there is no such job, or nothing is run for it."""
    try:
        return [await asked]
    except (NotFound, Conflict):
        return []


async def runs_of_job(
    interaction: Interaction, typed: str
) -> list[app_commands.Choice[int]]:
    """The newest runs of the job that was typed before."""
    slug = _job_before(interaction)
    wanted = _typed(typed).removeprefix("#")
    found = await _quietly(_runs(interaction, slug))
    return [
        app_commands.Choice(name=text.cut(runs.label(view), _LABEL), value=view["id"])
        for view in found
        if str(view["id"]).startswith(wanted)
    ][: text.AUTOCOMPLETE]


async def _runs(interaction: Interaction, slug: str) -> list[states.View]:
    try:
        return [*await home(interaction).services.runs.of_job(slug, _LOOKED_AT)]
    except NotFound:
        return []


async def unresolved_incidents(interaction: Interaction, typed: str) -> list[Choice]:
    """Incidents that somebody may acknowledge."""
    wanted = _typed(typed).removeprefix("#")
    reads = home(interaction).services.reads
    found = await _quietly(reads.incidents_like(wanted, limit=text.AUTOCOMPLETE))
    return [
        app_commands.Choice(name=_incident_label(view), value=str(view["id"]))
        for view in found
    ]


def _incident_label(view: states.View) -> str:
    return text.cut(f"#{view['id']} {text.visible(view['summary'])}", _LABEL)


async def any_incidents(interaction: Interaction, typed: str) -> list[Choice]:
    """Incidents that somebody may look at, the unresolved ones first."""
    found = await unresolved_incidents(interaction, typed)
    wanted = _typed(typed).removeprefix("#").lower()
    page = await _quietly(_newest(interaction))
    known = {choice.value for choice in found}
    older = (
        app_commands.Choice(name=_incident_label(view), value=str(view["id"]))
        for view in page
        if wanted in f"{view['id']} {view['summary']}".lower()
    )
    return [*found, *(c for c in older if c.value not in known)][: text.AUTOCOMPLETE]


async def _newest(interaction: Interaction) -> list[states.View]:
    reads = home(interaction).services.reads
    page = await reads.incident_page(
        IncidentStatus.RESOLVED, page=1, size=text.AUTOCOMPLETE
    )
    return list(page.incidents)


def number(field: str, typed: str) -> int:
    """`12`, `#12`, or the label that is offered: `#12 backup missed its deadline`."""
    digits = typed.strip().removeprefix("#").partition(" ")[0]
    if not (digits.isascii() and digits.isdigit() and len(digits) <= _DIGITS):
        hint = "write it like 12 or #12"
        raise Invalid(Problem(field, f"{typed[:40]!r} is no number", hint))
    return int(digits)


async def job_tags(interaction: Interaction, typed: str) -> list[Choice]:
    """Tags that some job has."""
    reads = home(interaction).services.reads
    found = reads.tags_like(_typed(typed), limit=text.AUTOCOMPLETE)
    return _named(await _quietly(found))


async def job_nodes(interaction: Interaction, typed: str) -> list[Choice]:
    """Machines that some job is of."""
    reads = home(interaction).services.reads
    found = reads.nodes_like(_typed(typed), limit=text.AUTOCOMPLETE)
    return _named(await _quietly(found))


def _named(found: list[str]) -> list[Choice]:
    return [
        app_commands.Choice(name=text.cut(text.visible(each), _LABEL), value=each)
        for each in found
        if len(each) <= _LABEL
    ]


async def running_mutes(interaction: Interaction, typed: str) -> list[Choice]:
    """Mutes that somebody may end."""
    found = await _quietly(home(interaction).services.reads.mutes())
    return _numbered(found, typed, "created_by")


async def planned_windows(interaction: Interaction, typed: str) -> list[Choice]:
    """Maintenance windows that somebody may end."""
    found = await _quietly(home(interaction).services.reads.maintenance())
    return _numbered(found, typed, "reason")


def _numbered(found: Sequence[states.View], typed: str, more: str) -> list[Choice]:
    wanted = _typed(typed).lower()
    labels = (
        (str(view["id"]), f"#{view['id']} {_scope(view)} · {text.visible(view[more])}")
        for view in found
    )
    fitting = [pair for pair in labels if wanted in pair[1].lower()]
    return [
        app_commands.Choice(name=text.cut(label.rstrip(" ·"), _LABEL), value=value)
        for value, label in fitting[: text.AUTOCOMPLETE]
    ]


def _scope(view: states.View) -> str:
    if view["scope"] == "all":
        return "everything"
    return f"{view['scope']} {text.visible(view['target'])}"


async def timezones(interaction: Interaction, typed: str) -> list[Choice]:
    """Zones of the tz database."""
    wanted = _typed(typed).lower()
    found = [zone for zone in _zones() if wanted in zone.lower()]
    return _named(found[: text.AUTOCOMPLETE])


@functools.cache
def _zones() -> tuple[str, ...]:
    return ("UTC", *sorted(zoneinfo.available_timezones() - {"UTC"}))


async def work_lengths(interaction: Interaction, typed: str) -> list[Choice]:
    """How long planned work may take."""
    return _lengths(_typed(typed), {"30m": "30 minutes", **_LENGTHS})


async def mute_lengths(interaction: Interaction, typed: str) -> list[Choice]:
    """How long a mute may be."""
    until = {mutes.UNTIL_RECOVERY: "until it recovers (if it is down)"}
    return _lengths(_typed(typed), _LENGTHS | until)


async def acknowledgement_lengths(interaction: Interaction, typed: str) -> list[Choice]:
    """How long an acknowledgement may hold."""
    return _lengths(_typed(typed), _LENGTHS)


def _lengths(typed: str, usual: dict[str, str]) -> list[Choice]:
    """The usual ones that begin like it; else what was typed, if it may be."""
    found = [
        app_commands.Choice(name=label, value=value)
        for value, label in usual.items()
        if value.startswith(typed.lower())
    ]
    own = None if found else _length(typed)
    return [app_commands.Choice(name=own, value=own)] if own else found


def _length(typed: str) -> str | None:
    try:
        length = mutes.length(typed)
    except Invalid:
        return None
    return durations.text(length) if length else None


def _typed(value: str) -> str:
    """What was typed, as far as it can name anything."""
    return text.visible(str(value)[: 2 * _TYPED])[:_TYPED].strip()


async def _quietly(found: Awaitable[list[T]]) -> list[T]:
    """What was found, or nothing: an error here would only be a red line in Discord."""
    try:
        async with asyncio.timeout(_PATIENCE_S):
            return await found
    except Exception:
        logger.exception("nothing can be offered for completion")
        return []
