"""A change is one line, with who made it; nobody is mentioned."""

from typing import Any

from bot.core.kinds import ActorKind
from bot.core.models import Actor
from bot.discord_ui import changes
from tests.cli.factories import at, incident, job

ADA = Actor(kind=ActorKind.DISCORD, name="ada_")
BY = "ada\\_"
HOSTILE = "@everyone **x** `"


def mute(**different: Any) -> dict[str, Any]:
    """A mute of the job for a minute."""
    view: dict[str, Any] = {
        "scope": "job",
        "target": "backup",
        "reason": "",
        "until_at": at(60),
        "until_recovery": False,
    }
    return view | different


def test_a_pause_names_who_made_it() -> None:
    paused = job(status="paused", paused_by="ada_ (discord)", changed=True)
    assert changes.paused(paused, ADA) == f"⏸️ **backup** paused by {BY}"


def test_a_pause_of_somebody_else_stays_theirs() -> None:
    paused = job(status="paused", paused_by="bob (cli)", changed=False)
    assert changes.paused(paused, ADA) == (
        "⏸️ **backup** is paused already, by bob (cli)"
    )


def test_a_resumed_job_says_how_it_stands() -> None:
    resumed = job(changed=True)
    assert changes.resumed(resumed, ADA) == f"▶️ **backup** resumed by {BY}: up"
    watched = job(changed=False)
    assert changes.resumed(watched, ADA) == "▶️ **backup** is not paused: up"


def test_a_mute_has_its_end_and_its_reason() -> None:
    end = "<t:1769860860:f> (<t:1769860860:R>)"
    assert changes.muted(mute(), ADA) == f"🔇 **backup** muted by {BY} until {end}"
    assert changes.muted(mute(until_recovery=True, reason=HOSTILE), ADA) == (
        f"🔇 **backup** muted by {BY} until it recovers, at the latest {end}: "
        "@\u200beveryone \\*\\*x\\*\\* \\`"
    )


def test_an_end_of_mutes() -> None:
    ended = [mute(still=None)]
    assert changes.unmuted("back_", ended, ADA) == f"🔔 **back\\_** unmuted by {BY}"


def test_an_end_of_mutes_that_leaves_another_one_says_so() -> None:
    ended = [mute(still=mute(scope="tag", target=HOSTILE))]
    end = "<t:1769860860:f> (<t:1769860860:R>)"
    assert changes.unmuted("backup", ended, ADA) == (
        f"🔔 **backup** unmuted by {BY}, but it stays silent: "
        f"tag **@\u200beveryone \\*\\*x\\*\\* \\`** is muted until {end}"
    )


def test_a_mute_that_covers_no_job_says_what_may_be_meant() -> None:
    said = changes.muted(mute(scope="tag", target="dbb", jobs=0, near=["db"]), ADA)
    assert said.splitlines()[1:] == [
        "⚠️ No job has the tag dbb now: did you mean db?",
    ]
    said = changes.muted(mute(scope="node", target="nas", jobs=3, near=[]), ADA)
    assert said.splitlines()[1:] == ["It covers 3 jobs"]


def test_an_acknowledgement_stays_with_the_first() -> None:
    what = "✋ **#12** backup missed its deadline"
    mine = incident(
        status="acknowledged",
        acknowledged_by="ada_ (discord)",
        acknowledged_until=at(60),
    )
    assert changes.acknowledged(mine, ADA) == (
        f"{what}: acknowledged by {BY}, quiet until <t:1769860860:f> (<t:1769860860:R>)"
    )
    endless = mine | {"acknowledged_until": None}
    assert changes.acknowledged(endless, ADA) == f"{what}: acknowledged by {BY}"
    theirs = mine | {"acknowledged_by": "bob (cli)"}
    assert changes.acknowledged(theirs, ADA) == (
        f"{what}: acknowledged already, by bob (cli), "
        "quiet until <t:1769860860:f> (<t:1769860860:R>)"
    )
