"""`/setup` over the wire: choosing, looking, going back, and who may not."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from bot.core.choices import Choice
from bot.core.kinds import ActorKind
from bot.core.models import Actor
from tests.cogs.desk import Desk
from tests.discord_wire import components
from tests.discord_wire.interactions import Answer
from tests.discord_wire.people import Person
from tests.discord_wire.permissions import Permission
from tests.discord_wire.server import Discord
from tests.engine.house import house

ADA = Actor(kind=ActorKind.DISCORD, name="ada")


async def walk(person: Person, *buttons: str) -> Answer:
    """Begin the walk, and press these."""
    page = await person.command("setup")
    for button in buttons:
        page = await turned(person, page, button)
    return page


async def turned(person: Person, page: Answer, button: str) -> Answer:
    """Press a button of a page; the page in its place."""
    before = len(page.message.edits)
    answer = await person.press(page, button)
    await person._state.changes.until(lambda: len(page.message.edits) > before)
    assert answer.message is page.message
    return page


async def picked(person: Person, page: Answer, name: str, *ids: int) -> Answer:
    """Choose in a menu, and wait for the page that shows it."""
    before = len(page.message.edits)
    answer = await person.choose(page, menu(name), *map(str, ids))
    await person._state.changes.until(lambda: len(page.message.edits) > before)
    return answer


def menu(name: str) -> str:
    return f"cronitor:setup:pick:{name}"


def labels(page: Answer) -> list[str]:
    return [each["label"] for each in components.buttons(page.components)]


def shown(page: Answer, name: str) -> list[str]:
    """What a menu shows as chosen."""
    (found,) = (
        each
        for each in components.selects(page.components)
        if each["custom_id"] == menu(name)
    )
    return [str(each["id"]) for each in found.get("default_values") or []]


def in_force(at_desk: Desk, name: str) -> tuple[int, ...]:
    return at_desk.house.engine.choices.force[Choice(name)].ids


def places(at_desk: Desk) -> tuple[int, ...]:
    """Where cards go."""
    return at_desk.house.engine.choices.places


async def test_a_channel_is_chosen_and_everything_follows(at_desk: Desk) -> None:
    page = await walk(at_desk.admin)
    assert page.is_ephemeral
    assert "1 of 4 · Channels" in page.text
    assert "nowhere in Discord, until you choose one" in page.text
    assert labels(page) == ["Skip"]
    other = at_desk.wire.add_channel("backups")
    await picked(at_desk.admin, page, "alert", at_desk.wire.channel.id)
    await picked(at_desk.admin, page, "fallback", other.id)
    assert f"**Incidents**: <#{at_desk.wire.channel.id}> ✅" in page.text
    assert shown(page, "alert") == [str(at_desk.wire.channel.id)]
    assert shown(page, "fallback") == [str(other.id)]
    assert shown(page, "summary") == []
    assert labels(page) == ["Next"]
    assert places(at_desk) == (at_desk.wire.channel.id, other.id)
    newest, *_ = await at_desk.house.reads.audit()
    assert newest["subject"] == "discord.fallback_channel_id"
    assert newest["actor"] == "ada (discord)"
    assert newest["after"] == {"ids": [str(other.id)]}
    # nothing chosen any more
    await picked(at_desk.admin, page, "alert")
    assert places(at_desk) == ()


async def test_what_the_bot_lacks_there_is_said_with_the_way_out(
    at_desk: Desk,
) -> None:
    closed = at_desk.wire.add_channel("closed")
    at_desk.wire.revoke(closed, Permission.SEND_MESSAGES | Permission.EMBED_LINKS)
    page = await walk(at_desk.admin)
    await picked(at_desk.admin, page, "alert", closed.id)
    assert "⚠️ the bot lacks Send Messages, Embed Links in #closed" in page.text
    assert "allow it in the channel's settings, Permissions" in page.text
    assert "✅" not in page.text
    at_desk.wire.delete_channel(closed)
    await turned(at_desk.admin, page, "Next")
    await turned(at_desk.admin, page, "Back")
    assert f"there is no channel {closed.id}" in page.text
    assert "choose another: type /setup in Discord" in page.text
    # Discord would refuse what is not there
    assert shown(page, "alert") == []


async def test_what_threads_and_pictures_lack_is_said_as_well(at_desk: Desk) -> None:
    at_desk.bot.has_threads = True
    plain = at_desk.wire.add_channel("plain")
    at_desk.wire.revoke(
        plain, Permission.CREATE_PUBLIC_THREADS | Permission.ATTACH_FILES
    )
    page = await walk(at_desk.admin)
    await picked(at_desk.admin, page, "alert", plain.id)
    assert "lacks Create Public Threads in #plain" in page.text
    assert "so cards have no threads; allow it" in page.text
    # until another is chosen, the first channel has the summaries
    assert "lacks Attach Files in #plain" in page.text
    await picked(at_desk.admin, page, "summary", at_desk.wire.channel.id)
    assert "Attach Files" not in page.text
    at_desk.bot.has_threads = False
    await turned(at_desk.admin, page, "Next")
    await turned(at_desk.admin, page, "Back")
    assert "threads" not in page.text


async def test_roles_apply_at_once(at_desk: Desk) -> None:
    crew = at_desk.wire.add_role("crew")
    mate = at_desk.wire.person("mia", roles=(crew,))
    await at_desk.house.add("backup", every="1h")
    refused = await mate.command("job pause", job="backup")
    assert refused.text.startswith("⛔")
    page = await walk(at_desk.admin, "Skip")
    assert "2 of 4 · Who may do what" in page.text
    await picked(at_desk.admin, page, "operator", crew.id)
    assert f"**May acknowledge, mute and run**: <@&{crew.id}>" in page.text
    paused = await mate.command("job pause", job="backup")
    assert "paused by mia" in paused.text


async def test_a_viewer_role_shuts_the_others_out_of_everything(at_desk: Desk) -> None:
    team = at_desk.wire.add_role("team")
    mate = at_desk.wire.person("mia", roles=(team,))
    await at_desk.house.add("backup", every="1h")
    offered = await at_desk.viewer.autocomplete("job show", "job", "ba")
    assert [each["value"] for each in offered.choices] == ["backup"]
    page = await walk(at_desk.admin, "Skip")
    await picked(at_desk.admin, page, "viewer", team.id)
    for name in ("job list", "status", "audit", "incident list"):
        answer = await at_desk.viewer.command(name)
        assert answer.is_ephemeral
        ways = f"it takes the role <@&{team.id}>"
        assert answer.text.startswith(f"⛔ you may not do that: {ways}"[:40]), name
        assert f"<@&{team.id}>" in answer.text
        assert not (await mate.command(name)).text.startswith("⛔")
        assert not (await at_desk.operator.command(name)).text.startswith("⛔")
    nothing = await at_desk.viewer.autocomplete("job show", "job", "ba")
    assert nothing.choices == []
    offered = await mate.autocomplete("job show", "job", "ba")
    assert [each["value"] for each in offered.choices] == ["backup"]
    # a role that is gone shuts nobody in
    await picked(at_desk.admin, page, "viewer")
    assert not (await at_desk.viewer.command("status")).text.startswith("⛔")


@pytest.mark.parametrize("name", ["operator", "admin"])
async def test_everyone_is_no_operator_and_no_admin(at_desk: Desk, name: str) -> None:
    page = await walk(at_desk.admin, "Skip")
    answer = await at_desk.admin.choose(page, menu(name), str(at_desk.wire.guild.id))
    (told,) = await at_desk.wire.until(lambda: answer.followups)
    assert told.is_ephemeral
    assert "each member of the server could" in told.text
    assert "choose a role that only some people have" in told.text
    assert in_force(at_desk, name) == ()


async def test_whoever_would_lock_himself_out_is_asked_once_more(
    at_desk: Desk,
) -> None:
    boss = at_desk.wire.add_role("boss")
    page = await walk(at_desk.admin, "Skip")
    answer = await picked(at_desk.admin, page, "admin", boss.id)
    (asked,) = await at_desk.wire.until(lambda: answer.followups)
    assert asked.is_ephemeral
    assert "**you could not**" in asked.text
    assert in_force(at_desk, "admin") == ()
    pressed = await at_desk.admin.press(asked, "Do it all the same")
    (said,) = await at_desk.wire.until(lambda: pressed.followups)
    assert "you no longer may" in said.text
    assert in_force(at_desk, "admin") == (boss.id,)
    late = await at_desk.admin.press(page, "Back")
    assert late.text.startswith("⛔ you may not do that: it takes the role")
    chief = at_desk.wire.person("cho", roles=(boss,))
    kept = await walk(chief, "Skip")
    await picked(chief, kept, "admin", boss.id)
    answer = await picked(chief, kept, "admin")
    (asked,) = await at_desk.wire.until(lambda: answer.followups)
    assert "whoever has Manage Server could do everything" in asked.text
    assert in_force(at_desk, "admin") == (boss.id,)


async def test_whoever_has_the_role_is_not_asked(at_desk: Desk) -> None:
    boss = at_desk.wire.add_role("boss")
    chief = at_desk.wire.person("cho", roles=(boss,), manage_guild=True)
    page = await walk(chief, "Skip")
    answer = await picked(chief, page, "admin", boss.id)
    assert answer.followups == []
    assert in_force(at_desk, "admin") == (boss.id,)
    audit = await at_desk.house.reads.audit()
    assert [each["actor"] for each in audit] == ["cho (discord)"]


async def test_the_first_job_is_made_and_its_url_shown_once_to_one(
    at_desk: Desk,
) -> None:
    page = await walk(at_desk.admin, "Skip", "Skip")
    assert "3 of 4 · The first job" in page.text
    assert "There is no job yet." in page.text
    form = await at_desk.admin.press(page, "Make a job…")
    preview = await at_desk.admin.submit(form, name="backup", schedule="0 3 * * *")
    assert preview.text.count("<t:") == 10
    pressed = await at_desk.admin.press(preview, "Create")
    _, secret = await at_desk.wire.until(
        lambda: pressed.followups if len(pressed.followups) > 1 else []
    )
    (job,) = await at_desk.house.reads.jobs()
    assert secret.is_ephemeral
    assert f"curl -fsS -m 10 --retry 5 {job['ping_url']}" in secret.text
    # with a job, the walk leaves that step out, and offers it
    again = await walk(at_desk.admin, "Skip")
    assert labels(again) == ["Back", "Skip", "Another job"]
    await turned(at_desk.admin, again, "Another job")
    assert "There is one job." in again.text
    assert labels(again) == ["Make a job…", "Back", "Next"]


async def test_a_test_alert_works_and_is_taken_away(at_desk: Desk) -> None:
    await at_desk.house.engine.choices.choose(
        {Choice.ALERT: (at_desk.wire.channel.id,)}, ADA
    )
    page = await walk(at_desk.admin, "Next", "Skip", "Skip")
    await turned(at_desk.admin, page, "Post a test card")
    (card,) = at_desk.wire.messages()
    assert "nothing has happened" in card.text
    assert f"{at_desk.wire.channel.id}/{card.id}" in page.text
    pressed = await at_desk.viewer.press(card, "Acknowledge")
    assert "this button works" in pressed.text
    await turned(at_desk.admin, page, "Take it away")
    assert at_desk.wire.messages() == []
    assert labels(page) == ["Post a test card", "Back", "Finish"]
    await turned(at_desk.admin, page, "Finish")
    assert "This is in force" in page.text
    assert f"<#{at_desk.wire.channel.id}> ✅" in page.text
    assert "no job yet" in page.text
    await turned(at_desk.admin, page, "Walk again")
    assert "1 of 4" in page.text


async def test_a_test_card_that_is_out_of_reach_or_gone_does_no_harm(
    at_desk: Desk,
) -> None:
    channel = at_desk.wire.channel
    await at_desk.house.engine.choices.choose({Choice.ALERT: (channel.id,)}, ADA)
    page = await walk(at_desk.admin, "Next", "Skip", "Skip")
    await turned(at_desk.admin, page, "Post a test card")
    (card,) = at_desk.wire.messages()
    at_desk.wire.revoke(channel, Permission.VIEW_CHANNEL)
    answer = await at_desk.admin.press(page, "Take it away")
    (told,) = await at_desk.wire.until(lambda: answer.followups)
    assert "the bot cannot see it" in told.text
    at_desk.wire.grant(channel, Permission.VIEW_CHANNEL)
    at_desk.wire.delete_message(card)
    await turned(at_desk.admin, page, "Take it away")
    assert labels(page) == ["Post a test card", "Back", "Finish"]


async def test_a_test_card_that_cannot_be_posted_says_why(at_desk: Desk) -> None:
    channel = at_desk.wire.channel
    await at_desk.house.engine.choices.choose({Choice.ALERT: (channel.id,)}, ADA)
    at_desk.wire.revoke(channel, Permission.SEND_MESSAGES)
    page = await walk(at_desk.admin, "Next", "Skip", "Skip")
    assert "⚠️ the bot lacks Send Messages" in page.text
    answer = await at_desk.admin.press(page, "Post a test card")
    (told,) = await at_desk.wire.until(lambda: answer.followups)
    assert "the bot may not write there" in told.text


async def test_without_a_channel_there_is_nothing_to_try(at_desk: Desk) -> None:
    await at_desk.house.engine.choices.choose(
        {Choice.ALERT: (at_desk.wire.channel.id,)}, ADA
    )
    page = await walk(at_desk.admin, "Next", "Skip", "Skip")
    await at_desk.house.engine.choices.choose({Choice.ALERT: ()}, ADA)
    answer = await at_desk.admin.press(page, "Post a test card")
    (told,) = await at_desk.wire.until(lambda: answer.followups)
    assert "there is no channel for incidents: choose one first" in told.text
    await turned(at_desk.admin, page, "Back")
    await turned(at_desk.admin, page, "Skip")
    assert "so there is nothing to try" in page.text
    post, *_ = components.buttons(page.components)
    assert post["disabled"]


async def test_only_an_admin_walks(at_desk: Desk) -> None:
    for person in (at_desk.viewer, at_desk.operator):
        answer = await person.command("setup")
        assert answer.is_ephemeral
        assert answer.text.startswith("⛔ you may not do that: it takes ")
    assert await at_desk.house.reads.audit() == []


async def test_two_who_walk_at_once_do_no_harm(at_desk: Desk) -> None:
    bea = at_desk.wire.person("bea", manage_guild=True)
    other = at_desk.wire.add_channel("backups")
    one, two = await walk(at_desk.admin), await walk(bea)
    await asyncio.gather(
        picked(at_desk.admin, one, "alert", at_desk.wire.channel.id),
        picked(bea, two, "alert", other.id),
    )
    newest, oldest = await at_desk.house.reads.audit()
    assert newest["before"] == oldest["after"]
    (now,) = in_force(at_desk, "alert")
    assert newest["after"] == {"ids": [str(now)]}
    for person, page in ((at_desk.admin, one), (bea, two)):
        await turned(person, page, "Next")
        await turned(person, page, "Back")
        assert shown(page, "alert") == [str(now)]


async def test_a_page_works_on_after_a_restart(tmp_path: Path) -> None:
    async with house(tmp_path) as home, Discord() as wire:
        at_desk = Desk(home, wire, wire.add_role("ops"))
        async with at_desk.client():
            page = await walk(at_desk.admin)
        async with at_desk.client():
            await picked(at_desk.admin, page, "alert", wire.channel.id)
            await turned(at_desk.admin, page, "Next")
            assert "2 of 4" in page.text
            assert in_force(at_desk, "alert") == (wire.channel.id,)


async def test_what_the_settings_say_cannot_be_chosen(tmp_path: Path) -> None:
    async with Discord() as wire:
        fixed: Any = {
            Choice.ALERT: (wire.channel.id,),
            Choice.ADMIN: (wire.add_role("boss").id,),
        }
        async with house(tmp_path, fixed=fixed) as home:
            at_desk = Desk(home, wire, wire.add_role("ops"))
            boss = wire.guild.roles[fixed[Choice.ADMIN][0]]
            chief = wire.person("cho", roles=(boss,))
            async with at_desk.client():
                refused = await at_desk.admin.command("setup")
                assert refused.text.startswith("⛔")
                page = await walk(chief)
                key = "`discord.alert_channel_id` in the settings, which win"
                assert key in page.text
                found = {
                    each["custom_id"]: each.get("disabled", False)
                    for each in components.selects(page.components)
                }
                assert found == {
                    menu("alert"): True,
                    menu("summary"): False,
                    menu("fallback"): False,
                }
                await turned(chief, page, "Next")
                assert "`discord.admin_role_ids` in the settings" in page.text
