"""Messages about incidents: pure functions of a record, the same for send and edit.

Nothing in a card depends on the moment at which it is drawn: Discord itself keeps
relative times true, so an edit is worth its while only when `digest` changes.
"""

import hashlib
import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import discord

from bot.core import incidents
from bot.core.cards import NOBODY, Call, Card
from bot.core.kinds import (
    IncidentStatus,
    MuteScope,
    NotificationKind,
    Status,
)
from bot.core.models import Job
from bot.discord_ui import buttons, facts, looks, run_buttons, text

_SUMMARY = 600
#: characters of output in a card
OUTPUT = 1000
#: characters of a push notification that anybody reads
_LINE = 300
#: people and roles that one message names
_MENTIONS = 30

_SOUNDS = {
    NotificationKind.WORSENED: "got worse: {what}",
    NotificationKind.REOPENED: "is bad again: {what}",
    NotificationKind.REMINDER: "is still down after {after}: {what}",
    NotificationKind.UNSILENCED: "is still down and no longer silenced: {what}",
    NotificationKind.ESCALATED: "nobody has acknowledged it for {after}: {what}",
    NotificationKind.DOWN_FOR_GOOD: "seems to be down for good: {what}, {count} times",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A PNG that goes with a message."""

    name: str
    png: bytes
    #: what it shows, in words
    alt: str

    def file(self) -> discord.File:
        """A fresh file, for this one send."""
        content = io.BytesIO(self.png)
        return discord.File(content, self.name, description=self.alt)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """A message that is ready to be sent or to take the place of an earlier one."""

    content: str
    embed: discord.Embed
    #: what makes the buttons and menus, in their order
    items: tuple[Callable[[], discord.ui.DynamicItem[Any]], ...] = ()
    #: ids that this message may mention
    roles: tuple[int, ...] = ()
    users: tuple[int, ...] = ()
    picture: Picture | None = None

    def view(self) -> discord.ui.View:
        """A fresh view, for this one send or edit.

        A view that is used twice, ends, or mixes in ordinary items takes its dynamic
        items out of service for the whole process (SEMANTICS, section 7, point 1).
        """
        view = discord.ui.View(timeout=None)
        for make in self.items:
            view.add_item(make())
        return view


def render(card: Card) -> Rendered:
    """The card of an incident."""
    look, incident = looks.of(card), card.incident
    embed = discord.Embed(
        title=text.cut(f"{look.emoji} {look.word} · {_name(card.job)}", text.TITLE),
        description="\n".join(_body(card)),
        colour=look.colour,
    )
    for field in facts.fields(card):
        embed.add_field(
            name=field.name,
            value=text.cut(field.value, text.FIELD_VALUE),
            inline=False,
        )
    output = text.code_block(card.output, OUTPUT)
    if output:
        embed.add_field(name="Output", value=output, inline=False)
    embed.set_footer(text=_footer(incident.id, card.mark))
    return Rendered(content=headline(card), embed=embed, items=_items(card))


def _body(card: Card) -> list[str]:
    lines = [f"**{line.name}** {line.value}" for line in facts.lines(card)]
    return [text.cut(facts.summary(card), _SUMMARY), *lines]


def headline(card: Card) -> str:
    """The one line that a push notification shows."""
    look, name = looks.of(card), _name(card.job)
    if look is looks.RESOLVED:
        after = facts.length(card.incident)
        if card.incident.resolution == "recovered":
            return f"{look.emoji} **{name}** recovered after {after}"
        how = text.name(card.incident.resolution, "resolved")
        return text.cut(f"{look.emoji} **{name}**: {how}, after {after}", _LINE)
    what = incidents.WORDS[card.incident.kind]
    standing = "" if look is looks.OPEN else f" ({look.word.lower()})"
    return f"{look.emoji} **{name}** {what}{standing}"


def digest(card: Card) -> str:
    """A hash of all that is visible; the moment of drawing does not change it."""
    return digest_of(render(card))


def digest_of(rendered: Rendered) -> str:
    """The same of any message."""
    shown = [
        rendered.content,
        rendered.embed.to_dict(),
        rendered.view().to_components(),
    ]
    return hashlib.sha256(json.dumps(shown, sort_keys=True).encode()).hexdigest()


def plain(card: Card) -> str:
    """The card as text alone, for when Discord refuses the pretty one."""
    lines = [headline(card), *_body(card)]
    lines += [
        f"**{field.name}** {' '.join(field.value.splitlines())}"
        for field in facts.fields(card)
    ]
    lines.append(_footer(card.incident.id, card.mark))
    return text.cut("\n".join(lines), text.CONTENT)


def sound(
    card: Card, kind: NotificationKind, mark: str, call: Call = NOBODY
) -> Rendered:
    """A short message that makes a later sound; it answers the card."""
    look, what = looks.of(card), incidents.WORDS[card.incident.kind]
    content = headline(card)
    if kind in _SOUNDS and look is not looks.RESOLVED:
        said = _SOUNDS[kind].format(
            what=what,
            count=card.incident.count,
            after=text.span(card.now - card.incident.opened_at),
        )
        content = f"{look.emoji} **{_name(card.job)}** {said}"
    mentions = [*(f"<@&{role}>" for role in call.roles), *map(_user, call.users)]
    content = " ".join([content, *mentions[:_MENTIONS]]) + _unreached(call)
    since = f"**Since** {facts.both(card.incident.opened_at)}"
    embed = discord.Embed(
        description=f"{facts.summary(card)}\n{since}", colour=look.colour
    )
    embed.set_footer(text=_footer(card.incident.id, mark))
    users = (*call.users, *call.unwritten)
    return Rendered(content=content, embed=embed, roles=call.roles, users=users)


def _unreached(call: Call) -> str:
    """Who could not be called in another way."""
    missing = [*map(_user, call.unwritten)]
    missing += ["the fallback channel"] if call.no_fallback else []
    if not missing:
        return ""
    return f"\n⚠️ could not be reached directly: {', '.join(missing[:_MENTIONS])}"


def _user(user_id: int) -> str:
    return f"<@{user_id}>"


def never_seen(slug: str, label: str, created_at: datetime, mark: str) -> Rendered:
    """A hint without a sound: the job was made, and nothing was heard of it."""
    look = looks.UNHEARD
    embed = discord.Embed(
        description=(
            f"It was made {text.when(created_at)}, and no ping has come since.\n"
            f"`cronitor job show {slug}` prints the URL that it must call."
        ),
        colour=look.colour,
    )
    embed.set_footer(text=text.cut(f"{slug} · {mark}", text.SHORT_FOOTER))
    name = text.name(label, slug)
    content = f"{look.emoji} **{name}** has not been heard of yet"
    return Rendered(content=content, embed=embed)


def notice(said: str, mark: str) -> Rendered:
    """What Cronitor has to say about itself; the first line is the push line."""
    first, *rest = said.strip().splitlines() or [""]
    look = looks.NOTICE
    below = "\n".join(text.escape(line) for line in rest)
    embed = discord.Embed(
        title=None if below else look.word,
        description=text.cut(below, text.DESCRIPTION) or None,
        colour=look.colour,
    )
    embed.set_footer(text=text.cut(mark, text.SHORT_FOOTER))
    content = f"{look.emoji} {text.name(first, look.word, limit=_LINE)}"
    return Rendered(content=content, embed=embed)


def test_card(mark: str) -> Rendered:
    """What `cronitor discord check` posts: a card whose buttons only answer."""
    look = looks.TEST
    embed = discord.Embed(
        title=f"{look.emoji} {look.word} · nothing has happened",
        description=(
            "This is how an incident looks. Press both buttons: each answers you alone "
            "if presses reach Cronitor."
        ),
        colour=look.colour,
    )
    embed.set_footer(text=text.cut(f"test · {mark}", text.SHORT_FOOTER))
    return Rendered(
        content=f"{look.emoji} **test card** of Cronitor",
        embed=embed,
        items=(buttons.TestAcknowledge, buttons.TestWhy),
    )


def _items(card: Card) -> tuple[Callable[[], discord.ui.DynamicItem[Any]], ...]:
    """Whatever may be done about it now."""
    incident_id = card.incident.id
    is_run_here = card.job.definition.command is not None
    items: list[Callable[[], discord.ui.DynamicItem[Any]]] = []
    if card.incident.status is IncidentStatus.OPEN:
        items.append(lambda: buttons.Acknowledge(incident_id))
    items.append(lambda: buttons.Why(incident_id))
    if is_run_here and card.incident.status is not IncidentStatus.RESOLVED:
        items.append(lambda: run_buttons.RunAgain(incident_id))
    if is_run_here or _is_cut(card):
        items.append(lambda: run_buttons.Output(incident_id))
    return (*items, *_quieting(card))


def _is_cut(card: Card) -> bool:
    """Whether more of the output is kept than the card shows."""
    whole = text.length(card.output) + _LINE
    shown = text.code_block(card.output, OUTPUT)
    return card.is_cut or shown != text.code_block(card.output, whole)


def _quieting(card: Card) -> Iterator[Callable[[], discord.ui.DynamicItem[Any]]]:
    """The way to silence it, or back."""
    incident_id = card.incident.id
    if card.incident.status is IncidentStatus.RESOLVED:
        return
    mute = None if card.silence is None else card.silence.mute
    if mute is None:
        # a job that is not down cannot be muted until it recovers
        is_down = card.state.status is Status.DOWN
        yield lambda: buttons.MuteMenu(incident_id, until_recovery=is_down)
    elif mute.scope is MuteScope.JOB:
        yield lambda: buttons.Unmute(incident_id)


def _name(job: Job) -> str:
    return text.name(job.label, job.slug)


def _footer(incident_id: int, mark: str) -> str:
    return text.cut(f"incident #{incident_id} · {mark}", text.SHORT_FOOTER)
