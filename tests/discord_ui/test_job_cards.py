"""Everything about a job but its ping URL."""

from typing import Any

import discord
import pytest

from bot.discord_ui import job_cards
from tests.cli.factories import at, incident, interval_job, job
from tests.discord_ui import sizes

HOSTILE = "@everyone `x` **y** <@1> [a](https://b) 😀" * 20


def card(**changes: Any) -> discord.Embed:
    """The card of a daily job."""
    return job_cards.card(job(mute=None, **changes))


def field(embed: discord.Embed, name: str) -> str:
    """What stands under a name."""
    (value,) = (f.value for f in embed.fields if f.name == name)
    return value or ""


def mute(**changes: Any) -> dict[str, Any]:
    """A mute of the job for a minute."""
    view: dict[str, Any] = {
        "scope": "job",
        "target": "backup",
        "reason": "",
        "created_by": "bob (cli)",
        "until_at": at(60),
        "until_recovery": False,
    }
    return view | changes


def test_a_card_says_how_a_job_stands_and_when_it_is_due() -> None:
    embed = card(name="Nightly copy", description="of *everything*")
    assert embed.title == "🟢 backup"
    assert embed.description == "**up**\nNightly copy\nof \\*everything\\*"
    schedule = field(embed, "Schedule")
    assert schedule == "at 03:00 every day (0 3 \\* \\* \\* Europe/Berlin)"
    dues = field(embed, "Next dues").splitlines()
    assert len(dues) == 5
    assert dues[0] == "<t:1769911200:f> (<t:1769911200:R>)"
    assert field(embed, "Rules") == "grace 30 min, down after 1 bad, up after 1 good"
    assert field(embed, "Last ping") == "success, <t:1769860500:f> (<t:1769860500:R>)"
    assert field(embed, "Last slots") == "none yet"
    assert {f.name for f in embed.fields} & {"Paused", "Muted"} == set()


def test_a_card_never_has_the_ping_url_but_says_where_it_is() -> None:
    embed = card()
    shown = str(embed.to_dict())
    assert job()["uuid"] not in shown
    assert "http" not in shown
    assert "cronitor job show backup" in (embed.footer.text or "")


def test_the_bar_has_the_newest_slots_with_the_newest_last() -> None:
    slots = [{"outcome": "missed"}, *[{"outcome": "ok"}] * 30]
    embed = card(slots=slots)
    bar, legend = field(embed, "Last slots").splitlines()
    assert bar == "✅" * 19 + "⭕"
    assert legend == "newest last: ✅ ok, ⭕ missed"


@pytest.mark.parametrize(
    ("view", "dues"),
    [
        (interval_job(next_dues=[]), "5 min after its first ping"),
        (
            job(
                next_dues=[],
                schedule={"kind": "none", "expression": None, "every": None},
                schedule_text="none",
            ),
            "never: it has no schedule",
        ),
    ],
)
def test_a_job_without_dues_says_why(view: dict[str, Any], dues: str) -> None:
    assert field(job_cards.card({**view, "mute": None}), "Next dues") == dues


def test_a_job_that_never_pinged_and_one_that_ran() -> None:
    assert field(card(last_ping_at=None), "Last ping") == "none yet"
    assert field(card(last_duration=90), "Last ping").endswith(", ran 1 min 30 s")


def test_incidents_that_are_not_resolved_stand_in_it() -> None:
    resolved = incident(id=11, status="resolved", resolved_at=at(-30))
    embed = card(status="down", incident=12, incidents=[incident(), resolved])
    assert embed.title == "🔴 backup"
    shown = field(embed, "Incident #12")
    assert shown == "backup missed its deadline\nopened <t:1769860740:R>, open"
    assert "Incident #11" not in [f.name for f in embed.fields]


@pytest.mark.parametrize(
    ("changes", "name", "value"),
    [
        ({}, "Muted: job backup", "by bob (cli), until <t:1769860860:f>"),
        ({"scope": "tag", "target": "d*b"}, "Muted: tag d\\*b", "by bob (cli)"),
        ({"scope": "all", "target": ""}, "Muted: everything", "by bob (cli)"),
        ({"until_recovery": True}, "Muted: job backup", "by bob (cli), until it recov"),
    ],
)
def test_a_mute_has_its_owner_and_its_end(
    changes: dict[str, Any], name: str, value: str
) -> None:
    embed = job_cards.card(job(mute=mute(**changes)))
    assert field(embed, name).startswith(value)


def test_a_mute_has_its_reason_and_a_pause_its_owner() -> None:
    view = job(mute=mute(reason="disk *is* full"), status="paused", paused_by="ada")
    embed = job_cards.card(view)
    assert field(embed, "Muted: job backup").endswith("\ndisk \\*is\\* full")
    assert field(embed, "Paused") == "by ada"


def test_a_hostile_job_fits_and_mentions_nobody() -> None:
    view = job(
        slug="_" * 100,
        name=HOSTILE[:100],
        description=HOSTILE,
        paused_by=HOSTILE,
        schedule_text=f"{'*/5 ' * 50} {HOSTILE[:100]}",
        slots=[{"outcome": "suppressed"}] * 50,
        incidents=[incident(summary=HOSTILE, silenced_by=HOSTILE)],
        mute=mute(
            scope="tag", target=HOSTILE[:100], created_by=HOSTILE, reason=HOSTILE
        ),
    )
    embed = job_cards.card(view)
    sizes.check(embed)
    assert "@everyone" not in str(embed.to_dict())


def test_what_is_usual_stands_beside_the_last_run() -> None:
    drift = "took 31 min, normally 4 to 6 min; first time since 12 May"
    habit = {"text": "normally 4 to 6 min", "last_text": "took 31 min", "drift": drift}
    embed = card(habits={"duration": habit, "lateness": None})
    assert field(embed, "Usually") == f"runs take normally 4 to 6 min; {drift}"
    usual = card(habits={"duration": habit | {"drift": None}, "lateness": habit})
    assert field(usual, "Usually").endswith("they come normally 4 to 6 min; " + drift)
    assert "Usually" not in [each.name for each in card().fields]
