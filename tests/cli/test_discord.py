"""`cronitor discord check` as a person runs it, against a local Discord."""

import asyncio
import json
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.cli import discord_steps
from bot.cli.discord import exit_code
from bot.client.steps import Mark, Step
from tests.acceptance.server import Server
from tests.cli.server import run
from tests.cli.terminals import terminal
from tests.discord_wire.messages import Message
from tests.discord_wire.permissions import Permission
from tests.discord_wire.server import Discord

SHORT = ("bot.client.trials:ANOTHER_S=0.2", "bot.client.trials:POLL_S=0.05")
CHECK = ("discord", "check")
ANSWERS = ("POST", "/interactions/*/callback")


@asynccontextmanager
async def set_up(
    folder: Path, **settings: str
) -> AsyncIterator[tuple[Discord, Server]]:
    """A Discord, and a data directory with settings for it; no server runs."""
    async with Discord() as discord:
        environ = {**discord.environ(*SHORT), **discord.settings(), **settings}
        server = Server(folder, **environ)
        server.data_dir.mkdir(mode=0o700)
        try:
            yield discord, server
        finally:
            if server.process is not None and server.process.returncode is None:
                await server.kill()


@asynccontextmanager
async def pressed(discord: Discord) -> AsyncIterator[None]:
    """Somebody who presses both buttons of a card as soon as there is one."""
    ada = discord.person("ada")

    async def press() -> None:
        (card,) = await discord.until_messages(1)
        for label in card.labels:
            assert "works" in (await ada.press(card, label)).text

    pressing = asyncio.create_task(press())
    yield
    await pressing


async def test_every_step_is_a_line_for_a_file(tmp_path: Path) -> None:
    async with set_up(tmp_path) as (discord, server), pressed(discord):
        code, out, err = await server.cli(*CHECK)
    lines = out.splitlines()
    assert (code, err) == (0, "")
    assert lines[0] == "✓ token                logged in as cronitor-bot#0001"
    assert "✓ press                ada pressed Acknowledge" in lines
    assert lines[-2:] == ["✓ test card            deleted again", "all is well"]
    assert any(line.startswith("· commands             /audit, ") for line in lines)
    assert "\x1b" not in out
    assert discord.token not in out
    assert discord.messages() == []


async def test_the_same_is_there_for_programs(tmp_path: Path) -> None:
    async with set_up(tmp_path) as (discord, server):
        discord.revoke(discord.channel, Permission.EMBED_LINKS)
        code, out, err = await server.cli(*CHECK, "--json")
    told = json.loads(out)
    assert (code, err, told["ok"]) == (1, "", False)
    (channel,) = [x for x in told["steps"] if x["step"] == "alert_channel_id"]
    assert channel["result"] == "wrong"
    assert channel["permissions"]["Embed Links"] is False
    assert channel["permissions"]["Send Messages"] is True
    assert {x["result"] for x in told["steps"]} <= {"ok", "note", "wrong"}


async def test_a_person_of_a_program_is_asked_on_standard_error(tmp_path: Path) -> None:
    async with set_up(tmp_path) as (discord, server), pressed(discord):
        code, out, err = await server.cli(*CHECK, "--json", "--wait", "30s")
    assert code == 0
    assert err == "press the buttons of the test card in #alerts (waiting 30 s)\n"
    assert [x["text"] for x in json.loads(out)["steps"] if x["step"] == "press"] == [
        "ada pressed Acknowledge",
        "ada pressed Why?",
    ]


async def test_a_running_server_answers_each_press_once(tmp_path: Path) -> None:
    async with set_up(tmp_path) as (discord, server):
        await server.start()
        await discord.gateway.until_connected()
        async with pressed(discord):
            code, out, _ = await server.cli(*CHECK)
        assert code == 0, out
        assert "✓ running server       connected; it answers the buttons" in out
        assert "✓ commands             as in this version: /audit, /incident" in out
        assert "✓ press                ada pressed Why?" in out
        assert len(discord.gateway.identified) == 1
        assert len(discord.requests.of(*ANSWERS)) == 2
        assert discord.messages() == []
        assert "Traceback" not in server.output()


async def test_at_a_terminal_the_way_out_can_be_copied(tmp_path: Path) -> None:
    async with set_up(tmp_path) as (discord, server):
        discord.kick()
        code, seen = await at_terminal(server, *CHECK)
    assert code == 1
    link = "https://discord.com/oauth2/authorize?client_id="
    assert f"    → invite it with {link}{discord.state.application_id}&scope=" in seen
    assert "\x1b[1;31m✗" in seen
    assert "one thing to mend" in seen


async def at_terminal(server: Server, *args: str) -> tuple[int, str]:
    """Exit code and screen of a command."""

    def run_there() -> tuple[int, str]:
        with terminal(server.data_dir, *args, **server.environ) as screen:
            return screen.end(), screen.seen

    return await asyncio.to_thread(run_there)


async def test_ctrl_c_takes_the_card_away(tmp_path: Path) -> None:
    def interrupt(server: Server) -> tuple[int, str]:
        with terminal(server.data_dir, *CHECK, **server.environ) as screen:
            screen.until("waiting 60 s")
            screen.process.send_signal(signal.SIGINT)
            return screen.end(), screen.seen

    async with set_up(tmp_path) as (discord, server):
        code, seen = await asyncio.to_thread(interrupt, server)
        assert code == 130
        assert "Traceback" not in seen
        assert discord.messages() == []


@pytest.mark.slow
async def test_a_kept_card_stays_and_works_later(tmp_path: Path) -> None:
    async with set_up(tmp_path) as (discord, server):
        code, _, _ = await server.cli(*CHECK, "--keep", "--wait", "0")
        assert code == 0
        (card,) = discord.messages()
        await server.start()
        await discord.gateway.until_connected()
        assert "works" in await answered(discord, card)


async def answered(discord: Discord, card: Message) -> str:
    """What somebody is told who presses the first button."""
    answer = await discord.person("ada").press(card, "Acknowledge")
    return answer.text


async def test_a_token_that_is_refused_is_exit_78(tmp_path: Path) -> None:
    async with set_up(tmp_path) as (discord, server):
        discord.revoke_token()
        code, out, _ = await server.cli(*CHECK)
    assert code == 78
    assert out.startswith("✗ token                discord.token is refused by Discord")


def test_without_a_token_it_is_one_line(tmp_path: Path) -> None:
    result = run(*CHECK, "--data-dir", str(tmp_path))
    assert (result.exit_code, result.stdout) == (78, "")
    assert result.stderr == (
        "cronitor: discord.token is not set; docs/discord-setup.md says where it "
        "comes from\n"
    )


def step(mark: Mark, *, is_setting: bool = False) -> Step:
    """A step that went so."""
    return Step(name="x", mark=mark, text="y", is_setting=is_setting)


@pytest.mark.parametrize(
    ("steps", "code", "said"),
    [
        ([step(Mark.OK), step(Mark.NOTE)], 0, "all is well"),
        ([step(Mark.WRONG)], 1, "one thing to mend"),
        ([step(Mark.WRONG), step(Mark.WRONG, is_setting=True)], 78, "2 things to mend"),
    ],
)
def test_the_exit_code_says_where_to_mend(
    steps: list[Step], code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    printed = discord_steps.Printed()
    for each in steps:
        printed.step(each)
    printed.close()
    assert exit_code(printed) == code
    assert capsys.readouterr().out.splitlines()[-1].startswith(said)


def test_a_terminal_without_symbols_gets_ascii(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("bot.cli.text.is_ascii", lambda stream=None: True)
    printed = discord_steps.Printed()
    for mark in Mark:
        printed.step(step(mark))
    printed.prompt("press", 60)
    shown = capsys.readouterr().out
    assert shown.isascii()
    assert [line[:2] for line in shown.splitlines()] == ["+ ", "- ", "x ", "->"]


def test_what_comes_from_discord_cannot_drive_the_terminal(
    capsys: pytest.CaptureFixture[str],
) -> None:
    printed = discord_steps.Printed()
    printed.step(Step(name="press", mark=Mark.OK, text="a\x1b[31m\nb pressed"))
    assert capsys.readouterr().out == "✓ press                a\\x1b[31m b pressed\n"
