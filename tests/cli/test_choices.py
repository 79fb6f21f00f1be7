"""`cronitor discord choices` and `choose` on a real server."""

from collections.abc import Iterator

import pytest

import storage.choices
from bot.core.choices import Choice
from tests.cli.server import Cronitor, running


@pytest.fixture(scope="module")
def fixed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cronitor]:
    """A server whose settings name a channel and the admins."""
    settings = {
        "CRONITOR_DISCORD__ALERT_CHANNEL_ID": "501",
        "CRONITOR_DISCORD__ADMIN_ROLE_IDS": "7,8",
        "CRONITOR_DISCORD__GUILD_ID": "99",
    }
    with running(tmp_path_factory.mktemp("c"), settings) as cronitor:
        yield cronitor


def test_a_choice_is_made_listed_and_taken_back(fixed: Cronitor) -> None:
    said = fixed.says("discord", "choose", "operator", "41", "42")
    assert said == "discord.operator_role_ids: 41, 42 (by choice)\n"
    rows = {
        line.split()[0]: " ".join(line.split()[1:])
        for line in fixed.says("discord", "choices").splitlines()
    }
    assert rows["alert"] == "discord.alert_channel_id 501 by the settings"
    assert rows["admin"] == "discord.admin_role_ids 7, 8 by the settings"
    assert rows["viewer"] == "discord.viewer_role_ids - by nobody"
    chosen = "discord.operator_role_ids 41, 42 by choice of "
    assert rows["operator"].startswith(chosen)
    found = fixed.json("discord", "choices")
    assert [each["name"] for each in found] == list(Choice)
    said = fixed.says("discord", "choose", "operator", "--clear")
    assert said == "discord.operator_role_ids: nothing (by nobody)\n"


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("alert", "502"), "the settings decide that, and win"),
        (("operator", "99"), "with @everyone"),
        (("fallback", "1", "2"), "it has 2 ids; 1 can be chosen"),
        (("fallback", "here"), "is no id of Discord's"),
    ],
)
def test_what_cannot_be_chosen_is_refused(
    fixed: Cronitor, arguments: tuple[str, ...], reason: str
) -> None:
    assert reason in fixed.refuses("discord", "choose", *arguments)


def test_a_choice_can_be_made_by_a_program_and_read_without_a_server(
    fixed: Cronitor,
) -> None:
    found = fixed.json("discord", "choose", "fallback", "503")
    (view,) = (each for each in found if each["name"] == "fallback")
    assert (view["ids"], view["source"]) == (["503"], "choice")
    stored = storage.choices.read(fixed.place / "cronitor.db")
    assert stored[Choice.FALLBACK].ids == (503,)
