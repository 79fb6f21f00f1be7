"""A bot that knows a server and no channel: `/setup` does the rest, and it is kept."""

from pathlib import Path

import pytest

import storage.choices
from bot.core.choices import Choice
from tests.acceptance.with_discord import Home, at_home
from tests.discord_wire.guilds import Role
from tests.discord_wire.interactions import Answer
from tests.discord_wire.people import Person

ALERTS = "CRONITOR_DISCORD__ALERT_CHANNEL_ID"
NO_CHANNEL = {ALERTS: ""}


def menu(name: str) -> str:
    return f"cronitor:setup:pick:{name}"


async def pressed(home: Home, person: Person, page: Answer, button: str) -> Answer:
    """Press a button of a page, and wait for what is there then."""
    before = len(page.message.edits)
    answer = await person.press(page, button)
    await home.until(lambda: len(page.message.edits) > before, f"the page of {button}")
    return answer


async def chosen(
    home: Home, person: Person, page: Answer, name: str, *ids: int
) -> Answer:
    """Choose in a menu of a page, and wait until that shows it."""
    before = len(page.message.edits)
    answer = await person.choose(page, menu(name), *map(str, ids))
    await home.until(lambda: len(page.message.edits) > before, f"the choice of {name}")
    return answer


async def failing(home: Home, slug: str) -> None:
    """A job that has failed."""
    await home.add(slug)
    await home.ping(slug, "/fail")
    said = f"job={slug}"
    await home.until(
        lambda: [
            line
            for line in home.server.output().splitlines()
            if "action=incident_opened" in line and said in line
        ],
        f"the incident of {slug}",
    )


async def walk(home: Home, ada: Person, crew: Role, vic: Person) -> Answer:
    """From the first page to the last."""
    page = await ada.command("setup")
    await chosen(home, ada, page, "alert", home.discord.channel.id)
    await home.until(home.cards, "the card of an incident that was open before")
    await pressed(home, ada, page, "Next")
    await chosen(home, ada, page, "operator", crew.id)
    await pressed(home, ada, page, "Another job")
    form = await ada.press(page, "Make a job…")
    shown = await ada.submit(form, name="backup", schedule="every 10h")
    made = await ada.press(shown, "Create")
    await home.until(lambda: len(made.followups) > 1, "the ping URL")
    assert "curl -fsS" in made.followups[1].content
    assert made.followups[1].is_ephemeral
    await pressed(home, ada, page, "Next")
    await pressed(home, ada, page, "Post a test card")
    (test,) = (m for m in home.messages() if "nothing has happened" in m.text)
    assert "works" in (await vic.press(test, "Why?")).text
    await pressed(home, ada, page, "Take it away")
    await pressed(home, ada, page, "Finish")
    assert f"<#{home.discord.channel.id}> ✅" in page.text
    return page


async def without_a_channel(home: Home) -> None:
    """It runs, says what to do, and keeps what it cannot show."""
    await home.until_ready(1)
    hint = "no channel for incidents is chosen"
    await home.until(lambda: hint in home.server.output(), "the hint")
    await home.server.until_said("type /setup")
    await failing(home, "early")
    assert home.messages() == []
    assert (await home.server.get("/v1/status"))["backlog"] == {}


@pytest.mark.slow
async def test_a_walk_sets_everything_up_and_a_kill_forgets_nothing(
    tmp_path: Path,
) -> None:
    async with at_home(tmp_path, environ=NO_CHANNEL) as home:
        await without_a_channel(home)
        discord = home.discord
        crew = discord.add_role("crew")
        ada = discord.person("ada", manage_guild=True)
        ola, vic = discord.person("ola", roles=(crew,)), discord.person("vic")
        for person in (ola, vic):
            refused = await person.command("setup")
            assert refused.text.startswith("⛔ you may not do that: it takes ")
        page = await walk(home, ada, crew, vic)
        (card,) = home.cards()
        assert card.channel is discord.channel
        assert "early" in card.content
        await home.until_health("ok")

        await home.server.kill()
        await home.server.start()
        await home.until_ready(2)
        await home.until_quiet()
        assert home.cards() == [card]
        await home.ping("early")
        await home.until(lambda: card.content.startswith("🟢"), "the green card")
        await failing(home, "late")
        await home.until(lambda: len(home.cards()) == 2, "another card")
        assert home.cards()[-1].channel is discord.channel
        await ola.press(home.cards()[-1], "Acknowledge")
        await home.until(lambda: home.cards()[-1].content.startswith("🟠"), "hers")
        # the page that was open all the time
        await pressed(home, ada, page, "Walk again")
        assert "1 of 4" in page.text
        audit = (await home.server.get("/v1/audit"))["audit"]
        found = [each for each in audit if each["action"] == "choice_changed"]
        assert [each["actor"] for each in found] == ["ada (discord)"] * 2


@pytest.mark.slow
async def test_another_channel_and_then_a_setting_lose_and_repeat_nothing(
    tmp_path: Path,
) -> None:
    async with at_home(tmp_path, environ=NO_CHANNEL) as home:
        discord, server = home.discord, home.server
        await home.until_ready(1)
        second, third = discord.add_channel("second"), discord.add_channel("third")
        said = await server.json("discord", "choose", "alert", str(discord.channel.id))
        assert said[0]["source"] == "choice"
        await home.broken("one")
        await server.json("discord", "choose", "alert", str(second.id))
        await home.broken("two")
        code, out, _ = await server.cli("discord", "check", "--wait", "0s")
        assert (code, "alert_channel_id     #second: View Channel" in out) == (0, True)

        await server.kill()
        kept = storage.choices.read(server.data_dir / "cronitor.db")
        assert kept[Choice.ALERT].ids == (second.id,)
        server.change(**{ALERTS: str(third.id)})
        await server.start()
        await home.until_ready(2)
        await home.broken("three")
        channels = [each.channel for each in home.cards()]
        assert channels == [discord.channel, second, third]
        for slug in ("one", "two", "three"):
            await home.ping(slug)
        await home.until(
            lambda: all(each.content.startswith("🟢") for each in home.cards()),
            "green cards",
        )
        assert [each.channel for each in home.cards()] == channels
        assert len(home.messages()) == 3
        ada = discord.person("ada", manage_guild=True)
        page = await ada.command("setup")
        assert "`discord.alert_channel_id` in the settings, which win" in page.text
        code, _, err = await server.cli("discord", "choose", "alert", str(second.id))
        assert (code, "the settings decide that, and win" in err) == (1, True)


async def test_a_role_for_viewers_shuts_others_out_while_the_bot_runs(
    tmp_path: Path,
) -> None:
    async with at_home(tmp_path) as home:
        await home.until_ready(1)
        card = await home.broken()
        team = home.discord.add_role("team")
        vic, mia = home.discord.person("vic"), home.discord.person("mia", roles=(team,))
        assert "failed" in (await vic.press(card, "Why?")).text
        await home.server.json("discord", "choose", "viewer", str(team.id))
        refused = await vic.press(card, "Why?")
        assert refused.is_ephemeral
        assert f"it takes the role <@&{team.id}>" in refused.text
        nothing = await vic.autocomplete("job show", "job", "b")
        assert nothing.choices == []
        assert "failed" in (await mia.press(card, "Why?")).text
        offered = await mia.autocomplete("job show", "job", "b")
        assert [each["value"] for each in offered.choices] == ["backup"]
