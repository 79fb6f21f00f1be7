"""Answers in private; an error always finds its way to the person or to the log."""

import logging

import aiohttp
import discord
import pytest

from bot.discord_ui import answers, text
from bot.errors import Conflict, Invalid, Problem, Unavailable
from tests.discord_ui.standins import GONE, Engine, Press, refused


async def test_the_first_answer_is_a_response_and_the_next_a_follow_up() -> None:
    press = Press(Engine())
    await answers.answer(press.interaction, content="one")
    await answers.answer(press.interaction, content="two")
    assert press.order == ["answer", "follow up"]
    assert press.contents == ["one", "two"]


async def test_an_answer_may_be_an_embed_with_a_view_for_all() -> None:
    press = Press(Engine())
    embed, view = discord.Embed(title="x"), discord.ui.View()
    await answers.answer(press.interaction, embed=embed, view=view, ephemeral=False)
    assert press.said[0]["embed"] is embed
    assert press.said[0]["view"] is view
    assert not press.said[0]["ephemeral"]
    assert "content" not in press.said[0]


async def test_a_long_answer_is_cut() -> None:
    press = Press(Engine())
    await answers.answer(press.interaction, content="x" * 3000)
    assert text.length(press.contents[0]) == text.CONTENT


@pytest.mark.parametrize(
    ("exc", "said"),
    [
        (
            Conflict("incident 12 is resolved already"),
            "incident 12 is resolved already",
        ),
        (Unavailable(), "It cannot be stored at the moment; try again."),
        (
            Invalid(Problem("for", "is missing", "try `4h`")),
            "for: is missing (try `4h`)",
        ),
        (Conflict("job @everyone <@1>"), "job @\u200beveryone <\u200b@1>"),
    ],
)
async def test_an_error_for_people_is_told_in_its_own_words(
    exc: Exception, said: str, caplog: pytest.LogCaptureFixture
) -> None:
    press = Press(Engine())
    await answers.say_error(press.interaction, exc)
    assert press.contents == [f"⚠️ {said}"]
    assert caplog.records == []


async def test_any_other_error_goes_to_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    press = Press(Engine(), answered=True)
    await answers.say_error(press.interaction, ValueError("secret detail"))
    assert press.order == ["follow up"]
    assert press.contents == [f"⚠️ {answers.WENT_WRONG}"]
    [record] = caplog.records
    assert record.levelno == logging.ERROR
    assert record.getMessage() == "cronitor:ack:12 of ann failed"
    assert record.exc_info is not None


@pytest.mark.parametrize(
    "exc", [refused(GONE), refused(40060, 400), refused(50027, 401)]
)
async def test_an_interaction_that_is_gone_is_only_noted(
    exc: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    press = Press(Engine())
    await answers.say_error(press.interaction, exc)
    assert press.said == []
    [record] = caplog.records
    assert record.levelno == logging.INFO


@pytest.mark.parametrize(
    ("unsaid", "level"),
    [
        (refused(GONE), logging.INFO),
        (refused(0, 503), logging.INFO),
        (aiohttp.ClientConnectionError("cut"), logging.INFO),
        (TimeoutError(), logging.INFO),
        (OSError("no route"), logging.INFO),
        (RuntimeError("Session is closed"), logging.ERROR),
    ],
)
async def test_an_answer_that_cannot_be_given_is_no_second_error(
    unsaid: Exception, level: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    press = Press(Engine())
    press.fails(unsaid)
    await answers.say_error(press.interaction, Conflict("too late"))
    [record] = caplog.records
    assert record.levelno == level
    assert "was not told" in record.getMessage()


@pytest.mark.parametrize(
    ("data", "what"),
    [
        ({"custom_id": "cronitor:why:1"}, "cronitor:why:1"),
        ({"name": "job"}, "job"),
        (None, "an interaction"),
    ],
)
def test_the_log_says_what_was_used_and_by_whom(
    data: dict[str, str] | None, what: str
) -> None:
    press = Press(Engine())
    press.interaction.data = data
    assert answers.described(press.interaction) == f"{what} of ann"
