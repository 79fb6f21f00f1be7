"""What the settings say about the bot, for the server and for the check alike."""

from dataclasses import dataclass

from bot.config_sections import Discord, Escalation
from bot.core import escalation_texts
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


def of(settings: Discord, escalation: Escalation | None = None) -> Bot | None:
    """The bot of the settings; None without a token."""
    if settings.token is None:
        return None
    return Bot(
        token=settings.token.get_secret_value(),
        guild_id=settings.guild_id,
        channels={
            "alert_channel_id": settings.alert_channel_id,
            "summary_channel_id": settings.summary_channel_id,
            "fallback_channel_id": settings.fallback_channel_id,
        },
        rules=Rules(
            operator_role_ids=frozenset(settings.operator_role_ids),
            admin_role_ids=frozenset(settings.admin_role_ids),
        ),
        threads=settings.threads,
        called=frozenset(
            role
            for text in (() if escalation is None else escalation.steps)
            for role in escalation_texts.line(text).step.roles
        ),
    )
