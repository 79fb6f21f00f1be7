"""`/status` over the wire."""

import math

import pytest

from cogs import reports
from tests.cogs.desk import Desk


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
