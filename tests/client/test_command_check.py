"""Commands of this version against those that Discord has."""

from typing import Any
from unittest.mock import create_autospec

import pytest
from discord.app_commands import AppCommand

from bot.client.client import commands_of_this_version
from bot.client.command_check import compare
from tests.discord_wire.commands import Commands
from tests.discord_wire.snowflakes import Snowflakes
from tests.fakes import FakeClock

Json = dict[str, Any]


def command(name: str = "job", **differs: Any) -> Json:
    """A command as this version has it."""
    option = {"name": "job", "type": 3, "description": "Which.", "required": True}
    return {
        "name": name,
        "type": 1,
        "description": "See jobs.",
        "options": [option | {"max_length": 100, "autocomplete": False}],
        "nsfw": False,
        "contexts": [0],
        **differs,
    }


def there(given: Json, name: str = "job") -> AppCommand:
    """The same as discord.py reads it from Discord."""
    found: Any = create_autospec(AppCommand, instance=True)
    found.name = name
    found.to_dict.return_value = given
    return found  # type: ignore[no-any-return]


def test_what_discord_fills_in_by_itself_is_no_difference() -> None:
    filled = command(id=1, version=2, contexts=None, name_localizations={})
    filled["options"][0] |= {"choices": [], "min_length": None, "autocomplete": None}
    assert not compare([command()], [there(filled)])


@pytest.mark.parametrize(
    "differs",
    [
        {"description": "See all jobs."},
        {"type": 2},
        {"options": []},
        {"options": None},
        {"options": [{"name": "page", "type": 4, "description": "Which."}]},
        {"options": [*command()["options"], *command()["options"]]},
        {"options": [command()["options"][0] | {"required": False}]},
        {"options": [command()["options"][0] | {"choices": [{"name": "a"}]}]},
    ],
)
def test_what_a_person_would_see_is_one(differs: Json) -> None:
    given = command() | differs
    assert compare([command()], [there(given)]).changed == ("job",)


def test_all_differences_are_one_line() -> None:
    ours = [command("job"), command("status"), command("incident")]
    theirs = [there(command(description="x")), there(command(), "old")]
    assert str(compare(ours, theirs)) == (
        "/status, /incident missing; /job changed; /old of another version"
    )


async def test_the_commands_of_this_version_are_recognised_once_registered() -> None:
    ours = await commands_of_this_version()
    registered = Commands(1, Snowflakes(FakeClock())).replace(7, ours)
    theirs = [AppCommand(data=each, state=None) for each in registered]  # type: ignore[arg-type]
    assert ours
    assert not compare(ours, theirs)
