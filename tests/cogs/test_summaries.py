"""`/report` over the wire: words, a picture, and who sees them."""

import io
from datetime import timedelta

import pytest
from PIL import Image

from bot.reports import pictures
from tests.cogs.desk import Desk


async def test_a_day_is_answered_with_its_first_line_and_a_picture(
    at_desk: Desk,
) -> None:
    await at_desk.house.add("backup", every="1h")
    await at_desk.house.add("mail", name="@everyone *mail*", every="1h")
    await at_desk.house.ping("backup", "start")
    await at_desk.house.ping("backup", "fail")
    await at_desk.house.advance(minutes=1)
    answer = await at_desk.viewer.command("report today")
    await at_desk.wire.until(lambda: answer.message.attachments)
    assert answer.is_ephemeral
    message = answer.message
    assert message.content.startswith("🔴 **")
    assert "1 job is down" in message.content
    assert "backup" in answer.text
    (attached,) = message.attachments
    assert attached["filename"].startswith("day-")
    assert "backup: failed at" in attached["description"]
    assert Image.open(io.BytesIO(message.files[attached["filename"]])).width == 1000
    assert not message.pings.everyone


async def test_it_is_shared_if_somebody_wants_it(at_desk: Desk) -> None:
    await at_desk.house.add("backup", every="1h")
    answer = await at_desk.viewer.command("report yesterday", share=True)
    await at_desk.wire.until(lambda: answer.message.attachments)
    assert not answer.is_ephemeral
    (seen,) = at_desk.wire.messages()
    assert seen.attachments


@pytest.mark.parametrize("which", ["this", "last"])
async def test_a_week(at_desk: Desk, which: str) -> None:
    await at_desk.house.add("backup", every="1h")
    answer = await at_desk.viewer.command("report week", which=which)
    await at_desk.wire.until(lambda: answer.message.attachments)
    assert "**Week from" in answer.message.content


async def test_a_job_over_weeks(at_desk: Desk) -> None:
    await at_desk.house.add("backup", every="1h")
    for _ in range(3):
        await at_desk.house.ping("backup", "start")
        await at_desk.house.advance(minutes=5)
        await at_desk.house.ping("backup")
        await at_desk.house.advance(minutes=55)
    answer = await at_desk.viewer.command("report job", job="backup", days=90)
    await at_desk.wire.until(lambda: answer.message.attachments)
    assert "**backup** · " in answer.message.content
    (attached,) = answer.message.attachments
    assert attached["filename"] == "backup.png"
    assert attached["description"].startswith("backup, ")


async def test_a_job_that_is_not_there_is_said_to_whoever_asked(at_desk: Desk) -> None:
    answer = await at_desk.viewer.command("report job", job="nothing", share=True)
    assert "nothing" in await at_desk.told(answer)
    answer = await at_desk.viewer.command("report job", job="nothing")
    await at_desk.wire.until(lambda: answer.text)
    assert answer.is_ephemeral
    assert "nothing" in answer.text


async def test_the_words_come_though_nothing_can_be_drawn(
    at_desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(pictures, "COMMAND", ("-c", "import matplotlibb"))
    await at_desk.house.add("backup", every="1h")
    at_desk.house.clock.advance(timedelta(minutes=1))
    pictures.forget()
    answer = await at_desk.viewer.command("report today")
    await at_desk.wire.until(lambda: answer.message.content)
    assert not answer.message.attachments
    (said,) = [
        r for r in caplog.records if getattr(r, "action", "") == "picture_failed"
    ]
    assert "No module named 'matplotlibb'" in said.getMessage()
