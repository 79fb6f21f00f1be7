"""`/status` over the wire."""

import math

import pytest

from cogs import reports
from tests.cogs.desk import Desk
from tests.engine.house import ANN


async def test_everything_at_a_glance(at_desk: Desk) -> None:
    await at_desk.house.add("backup", every="1h")
    await at_desk.house.ping("backup", "fail")
    at_desk.house.engine.health.report("channel", "it cannot be reached")
    answer = await at_desk.viewer.command("status")
    assert answer.is_ephemeral
    lines = answer.text.splitlines()
    assert lines[0] == "🔴 1 job: 1 down"
    assert "Incidents: 1 open" in lines
    assert "Muted: nothing" in lines
    assert "Waiting to be delivered: 1 for log" in lines
    assert "Not well: ⚠️ channel: it cannot be reached" in lines
    assert any(line.startswith("Discord: connected, ") for line in lines)
    assert any(line.startswith("Server: test, since <t:") for line in lines)


@pytest.mark.parametrize(
    ("latency_s", "words"),
    [
        (0.0454, "connected, 45 ms away"),
        (math.nan, "connected"),
        (math.inf, "connected"),
    ],
)
def test_the_gateway_in_words(latency_s: float, words: str) -> None:
    assert reports._gateway(latency_s) == words


async def test_who_changed_what(at_desk: Desk) -> None:
    await at_desk.house.add("backup", every="1h")
    await at_desk.house.add("report", every="1h")
    await at_desk.house.engine.jobs.edit("backup", {"grace": "10m"}, ANN)
    await at_desk.operator.command("job pause", job="report")
    answer = await at_desk.viewer.command("audit")
    assert answer.is_ephemeral
    lines = answer.text.splitlines()
    assert lines[0] == "4 changes"
    assert lines[1].endswith("**report** job paused by ola (discord)")
    assert lines[2] == "status: new -> paused"
    assert lines[3].endswith("**backup** job changed by ann (cli)")
    assert lines[4].startswith("grace: ")
    of_one = await at_desk.viewer.command("audit", job="report")
    assert of_one.text.startswith("2 changes\n")


async def test_the_pages_of_changes_are_turned(at_desk: Desk) -> None:
    for number in range(12):
        await at_desk.house.add(f"job-{number:02}", every="1h")
    first = await at_desk.viewer.command("audit")
    second = await at_desk.viewer.press(first, "Next")
    await at_desk.wire.until(lambda: "page 2 of 2" in second.text)
    assert "**job-00**" in second.text
    assert "**job-11**" not in second.text


async def test_nothing_was_changed(at_desk: Desk) -> None:
    answer = await at_desk.viewer.command("audit", job="nothing")
    assert answer.text == "0 changes\nNothing was changed yet."


async def test_the_changes_of_a_long_name_have_pages_by_number(at_desk: Desk) -> None:
    slug = "x" * 100
    await at_desk.house.add(slug, every="1h")
    for number in range(11):
        await at_desk.house.engine.jobs.edit(slug, {"grace": f"{number + 1}m"}, ANN)
    answer = await at_desk.viewer.command("audit", job=slug, page=2)
    assert answer.components == []
    assert "page 2 of 2" in answer.text
