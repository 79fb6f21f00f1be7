"""What a person is told of one incident."""

import pytest

from bot.cli import incident_cards
from tests.cli.factories import NOW, View, at, event, incident
from tests.cli.screens import printed


def card(view: View) -> str:
    return printed(*incident_cards.card(view, NOW, ascii_only=False))


def test_an_open_incident_has_its_facts_and_its_story() -> None:
    lines = card(incident()).splitlines()
    assert lines == [
        "#12 backup missed its deadline  ✗ open",
        "job        backup",
        "kind       missed, warning",
        "opened     Sat 2026-01-31 11:59:00 UTC (1 min ago)",
        "due        Sat 2026-01-31 11:58:30 UTC",
        "count      1 bad, the last 1 min ago",
        "sounds     1",
        "",
        "story",
        "Sat 2026-01-31 11:59:00 UTC  opened: missed",
    ]


@pytest.mark.parametrize(
    ("changes", "shown"),
    [
        (
            {
                "status": "acknowledged",
                "acknowledged_by": "ada (cli)",
                "acknowledged_until": at(60),
            },
            "acknowledged  by ada (cli) until Sat 2026-01-31 12:01:00 UTC",
        ),
        (
            {"status": "resolved", "resolved_at": at(-1), "resolution": "it reported"},
            "Sat 2026-01-31 11:59:59 UTC (1 s ago): it reported",
        ),
        ({"next_sound_at": at(7200)}, "1, may sound again in 2 h"),
        ({"reopened": 2}, "opened again 2 times"),
        ({"flapping": True}, "resolves after more good pings than usual"),
        ({"kind": "too_short", "severity": "critical"}, "too short, critical"),
        ({"silenced_by": "paused by ada"}, "silent     paused by ada"),
        ({"note": "grace 5m -> 1h"}, "note       grace 5m -> 1h"),
        (
            {
                "escalation": {
                    "taken": 1,
                    "of": 5,
                    "exhausted": False,
                    "next_at": at(60),
                }
            },
            "escalation  1 of 5 steps, the next one in 1 min",
        ),
        (
            {"escalation": {"taken": 5, "of": 5, "exhausted": True, "next_at": None}},
            "all 5 steps are done, and nobody has it",
        ),
        ({"around": ["It ran for 3 s."]}, "around it\nIt ran for 3 s."),
        ({"summary": "a\x1b[2J"}, "a\\x1b[2J"),
    ],
)
def test_a_fact_is_shown_where_there_is_one(
    changes: dict[str, object], shown: str
) -> None:
    assert shown in card(incident(**changes))


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({}, "opened: missed"),
        ({"kind": "bad", "text": "failed"}, "again: failed"),
        ({"kind": "down_for_good", "text": ""}, "down for good"),
        (
            {"kind": "acknowledged", "text": "acknowledged by ada", "actor": "ada"},
            "acknowledged by ada",
        ),
        (
            {"kind": "resolved", "text": "resolved", "actor": "ada (cli)"},
            "resolved (ada (cli))",
        ),
    ],
)
def test_a_line_of_a_story_says_everything_once(
    changes: dict[str, object], line: str
) -> None:
    assert incident_cards.told(event(**changes)) == line


def test_an_acknowledgement_says_until_when_it_holds() -> None:
    view = incident(acknowledged_by="ada (cli)", acknowledged_until=at(4 * 3600))
    assert incident_cards.acknowledged(view, NOW) == (
        "#12 backup missed its deadline: acknowledged by ada (cli); "
        "it may sound again in 4 h"
    )
