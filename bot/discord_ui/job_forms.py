"""The form in which a person makes or changes a job, and what it would mean."""

import secrets
from collections.abc import Awaitable, Callable
from typing import Any, Protocol, cast

import discord
from discord.ui import Label, Modal, Select, TextInput

from bot.core import cron_words
from bot.core.job_forms import Form
from bot.core.kinds import ScheduleKind, Severity
from bot.core.states import State, View
from bot.discord_ui import answers, symbols, text, times
from bot.errors import Invalid, Problem

Interaction = discord.Interaction[Any]

#: how long a form may stay open
FORM_S = 15 * 60.0
#: characters of a field of Discord's
LONGEST = 4000
_SHORT = 200
_TITLE = 45
#: changed fields that are shown
_CHANGES = 12

_SEVERITIES = {
    Severity.INFO: "It can wait",
    Severity.WARNING: "As every job unless somebody says otherwise",
    Severity.CRITICAL: "Heard in quiet hours and in storms too",
}

Submitted = Callable[[Interaction, Form], Awaitable[None]]


class Filling(Protocol):
    """The client, as forms see it."""

    open_forms: set[str]


class JobForm(Modal):
    """Five fields; it lives in memory, and answers late submits through the client."""

    def __init__(self, title: str, form: Form, submitted: Submitted) -> None:
        super().__init__(
            title=text.cut(text.visible(title), _TITLE),
            timeout=FORM_S,
            custom_id=f"cronitor:form:{secrets.token_hex(8)}",
        )
        self._submitted = submitted
        self._open: set[str] = set()
        self._fields = {
            "name": _field(
                *("name", "Name", "Lower case letters, digits, - and _"),
                *(form.name, "nightly-backup"),
                required=True,
                longest=100,
            ),
            "schedule": _field(
                *("schedule", "When", "every 1h · 0 3 * * * · Mon..Fri 08:00 · none"),
                *(form.schedule, "every 1h"),
            ),
            "timezone": _field(
                *("timezone", "Time zone", "Of the schedule; UTC unless you say"),
                *(form.timezone, "Europe/Berlin"),
            ),
            "severity": _severity(form.severity),
            "more": _field(
                *(
                    "more",
                    "More",
                    "A line each: grace, tags, node, max_runtime and all the rest",
                ),
                *(form.more, "grace = 10m\ntags = db, nightly"),
                longest=LONGEST,
            ),
        }
        for label in self._fields.values():
            self.add_item(label)

    async def send(self, interaction: Interaction) -> None:
        """Open it; from now on the client leaves its submit to it."""
        self._open = cast(Filling, interaction.client).open_forms
        self._open.add(self.custom_id)
        await interaction.response.send_modal(self)

    async def on_submit(self, interaction: Interaction, /) -> None:
        """Hand over what was typed."""
        self._open.discard(self.custom_id)
        typed = {name: _typed(label) for name, label in self._fields.items()}
        await self._submitted(interaction, Form(**typed))

    async def on_timeout(self) -> None:
        """It was closed without a word, or forgotten."""
        self._open.discard(self.custom_id)

    async def on_error(  # type: ignore[override]  # as discord.py itself overrides it
        self, interaction: Interaction, error: Exception, /
    ) -> None:
        """Tell the person; discord.py would only log it."""
        await answers.say_error(interaction, error)


def _field(
    custom_id: str,
    name: str,
    description: str,
    value: str,
    placeholder: str,
    *,
    required: bool = False,
    longest: int = _SHORT,
) -> Label[Any]:
    if len(value) > longest:
        hint = "change it on the server: `cronitor job edit`"
        raise Invalid(Problem(custom_id, "is too long for a form", hint))
    style = discord.TextStyle.short if longest < LONGEST else discord.TextStyle.long
    given: TextInput[Any] = TextInput(
        custom_id=custom_id,
        style=style,
        default=value or None,
        placeholder=placeholder,
        required=required,
        max_length=longest,
    )
    return Label(text=name, description=description, component=given)


def _severity(chosen: str) -> Label[Any]:
    """The one that is chosen first is what it is now."""
    menu: Select[Any] = Select(
        custom_id="severity",
        options=[
            discord.SelectOption(
                label=each, value=each, description=says, default=each == chosen
            )
            for each, says in _SEVERITIES.items()
        ],
    )
    return Label(text="Severity", component=menu)


def _typed(label: Label[Any]) -> str:
    given = label.component
    if isinstance(given, Select):
        return next(iter(given.values), Severity.WARNING)
    return given.value if isinstance(given, TextInput) else ""


def preview(slug: str, view: View, changes: tuple[str, ...] = ()) -> discord.Embed:
    """What a definition would mean, before it is kept."""
    embed = discord.Embed(
        title=text.cut(f"{text.name(slug)}: is this right?", text.TITLE),
        colour=symbols.COLOURS[State.NEW],
    )
    told = [*changes[:_CHANGES]]
    if len(changes) > _CHANGES:
        told.append(f"and {len(changes) - _CHANGES} more")
    fields = (
        ("Schedule", _schedule(view)),
        ("Next dues", _dues(view)),
        ("Grace", times.span(view["grace"])),
        ("Changes", "\n".join(text.name(line, limit=200) for line in told)),
    )
    for name, value in fields:
        if value:
            shown = text.cut(value, text.FIELD_VALUE)
            embed.add_field(name=name, value=shown, inline=False)
    return embed


def _schedule(view: View) -> str:
    """`at 03:00 every day (0 3 * * * Europe/Berlin)`; the text has the zone."""
    written = str(view["schedule"])
    is_cron = view["kind"] == ScheduleKind.CRON
    expression = written.removesuffix(f" {view['timezone']}")
    words = cron_words.in_words(expression) if is_cron else None
    shown = text.escape(written)
    return f"{text.escape(words)} ({shown})" if words else shown


def _dues(view: View) -> str:
    if view["kind"] == ScheduleKind.INTERVAL:
        return "counted from its first ping on"
    if not view["next_dues"]:
        return "none: only what it reports is judged"
    return "\n".join(map(times.moment, view["next_dues"]))
