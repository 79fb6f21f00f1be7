"""Who somebody is, and what that allows."""

from unittest.mock import create_autospec

import discord
import pytest

from bot.core.kinds import ActorKind
from bot.core.models import Actor
from bot.core.roles import Grade, Rules
from bot.discord_ui import people
from tests.discord_ui.standins import ADMINS, OPERATORS, RULES, Engine, Press, member


def test_an_actor_has_the_unique_handle() -> None:
    assert people.actor(member(name="ann.b", shown="Anything")) == Actor(
        kind=ActorKind.DISCORD, name="ann.b"
    )


@pytest.mark.parametrize(
    ("user", "rules", "expected"),
    [
        (member(OPERATORS), RULES, Grade.OPERATOR),
        (member(ADMINS), RULES, Grade.ADMIN),
        (member(manages=True), RULES, Grade.VIEWER),
        (member(manages=True), Rules(), Grade.ADMIN),
        (member(), Rules(), Grade.VIEWER),
    ],
)
def test_a_grade_comes_from_roles_and_permissions(
    user: discord.Member, rules: Rules, expected: Grade
) -> None:
    press = Press(Engine(), user=user)
    assert people.grade_of(press.interaction, rules) is expected


def test_outside_of_the_server_everybody_only_looks() -> None:
    user = create_autospec(discord.User, spec_set=True, instance=True)
    press = Press(Engine(), user=user)
    assert people.grade_of(press.interaction, Rules()) is Grade.VIEWER


def test_a_refusal_shows_roles_as_discord_does() -> None:
    assert people.refusal(Grade.OPERATOR, RULES) == (
        "⛔ you may not do that: it takes the role <@&10> or the role <@&20>"
    )
