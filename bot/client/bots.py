"""What is in force for the bot, for the server and for the check alike."""

from dataclasses import dataclass, replace

from bot.config_sections import Discord, Escalation
from bot.core import choices, escalation_texts
from bot.core.choices import CHANNELS, Choice, Force, Ids, Source
from bot.core.roles import Rules


@dataclass(frozen=True, slots=True, kw_only=True)
class Bot:
    """One bot in one server of Discord."""

    token: str
    guild_id: int | None
    #: by the key of their setting, the one for incidents first
    channels: dict[str, int | None]
    rules: Rules
    #: each card has a thread
    threads: bool = False
    #: roles that escalations mention
    called: frozenset[int] = frozenset()
    #: keys of settings that are silent, so that `/setup` decides
    chosen: frozenset[str] = frozenset()


def of(settings: Discord, escalation: Escalation | None = None) -> Bot | None:
    """The bot of the settings alone; None without a token."""
    if settings.token is None:
        return None
    bot = Bot(
        token=settings.token.get_secret_value(),
        guild_id=settings.guild_id,
        channels={},
        rules=Rules(),
        threads=settings.threads,
        called=frozenset(
            role
            for text in (() if escalation is None else escalation.steps)
            for role in escalation_texts.line(text).step.roles
        ),
    )
    return with_choices(bot, choices.in_force(fixed(settings), {}))


def fixed(settings: Discord) -> Ids:
    """The channels and roles that the settings decide."""
    by_key: dict[str, int | tuple[int, ...] | None] = settings.model_dump()
    found: dict[Choice, tuple[int, ...]] = {}
    for choice in Choice:
        value = by_key[choices.setting(choice)]
        ids = value if isinstance(value, tuple) else (value,)
        found[choice] = tuple(each for each in ids if each is not None)
    return found


def with_choices(bot: Bot, force: Force) -> Bot:
    """The bot with the channels and roles that are in force."""
    return replace(
        bot,
        channels={
            choices.setting(each): choices.channel(force, each) for each in CHANNELS
        },
        rules=choices.rules(force),
        chosen=frozenset(
            choices.setting(choice)
            for choice, holds in force.items()
            if holds.source is Source.CHOICE
        ),
    )
