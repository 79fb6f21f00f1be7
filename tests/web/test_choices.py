"""Channels and roles of Discord over the API: who may, and what is refused."""

from pathlib import Path

import pytest

from bot.core.choices import Choice
from tests.engine.house import house
from tests.web import api
from tests.web.api import Api
from tests.web.wires import serving

PATH = "/v1/discord/choices"


async def test_what_is_chosen_is_in_force_and_in_the_audit_log(tcp: Api) -> None:
    body = {"alert": "501", "operator": ["7", 8], "fallback": 502}
    said = await tcp.ok("PATCH", PATH, body)
    found = {each["name"]: each for each in said["choices"]}
    assert found["alert"]["ids"] == ["501"]
    assert found["operator"] == {
        "name": "operator",
        "setting": "discord.operator_role_ids",
        "ids": ["7", "8"],
        "source": "choice",
        "chosen": ["7", "8"],
        "chosen_by": "key (api)",
        "chosen_at": found["alert"]["chosen_at"],
    }
    assert found["viewer"]["source"] == "nothing"
    assert (await tcp.ok("GET", PATH)) == said
    said = await tcp.ok("PATCH", PATH, {"operator": None, "alert": "501"})
    found = {each["name"]: each["ids"] for each in said["choices"]}
    assert (found["operator"], found["alert"]) == ([], ["501"])
    audit = (await tcp.ok("GET", "/v1/audit"))["audit"]
    assert sorted(each["subject"] for each in audit) == [
        "discord.alert_channel_id",
        "discord.fallback_channel_id",
        *["discord.operator_role_ids"] * 2,
    ]
    assert {each["actor"] for each in audit} == {"key (api)"}


@pytest.mark.parametrize(
    ("body", "field", "reason"),
    [
        ({"alert": "here"}, "alert", '"here" is no id'),
        ({"alert": True}, "alert", "true is no id"),
        ({"alert": {}}, "alert", "a table is no id"),
        ({"alert": ["1", "2"]}, "alert", "it has 2 ids; 1 can be chosen"),
        ({"admin": ["1", "x"]}, "admin", '"x" is no id'),
        ({"admin": 0}, "admin", "0 is no id"),
        ({"admin": -1}, "admin", "-1 is no id"),
        ({"admin": str(2**63)}, "admin", "is no id"),
        ({"admin": "9" * 5000}, "admin", "is no id"),
        ({"alerts": "1"}, "alerts", "there is no such field"),
    ],
)
async def test_what_is_no_id_is_refused_and_nothing_is_chosen(
    tcp: Api, body: dict[str, object], field: str, reason: str
) -> None:
    said = await tcp.call("PATCH", PATH, {"viewer": "5", **body})
    assert said.status == 400
    (problem,) = said.json["problems"]
    assert problem["field"] == field
    assert reason in problem["reason"]
    found = (await tcp.ok("GET", PATH))["choices"]
    assert {each["source"] for each in found} == {"nothing"}


async def test_a_key_that_reads_sees_and_changes_nothing(reader: Api) -> None:
    assert (await reader.get(PATH)).status == 403
    assert (await reader.call("PATCH", PATH, {"alert": "1"})).status == 403


async def test_what_the_settings_say_is_a_conflict(tmp_path: Path) -> None:
    async with (
        house(tmp_path, fixed={Choice.ALERT: (501,)}) as home,
        serving(home.engine) as site,
        api.over_tcp(home, site) as client,
    ):
        said = await client.call("PATCH", PATH, {"alert": "502"})
        assert said.status == 409
        assert "discord.alert_channel_id" in said.json["error"]
        found = (await client.ok("GET", PATH))["choices"]
        assert (found[0]["ids"], found[0]["source"]) == (["501"], "settings")
