"""An explanation as an embed: complete, harmless and within the limits."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.explanations import Explanation, Fact, explain
from bot.core.kinds import PingKind
from bot.core.models import Ping
from bot.core.next_sounds import NextSound
from bot.discord_ui import explanations, text
from tests.core.factories import (
    HOUR,
    MINUTE,
    T0,
    Life,
    ping,
    up,
)
from tests.discord_ui import sizes
from tests.discord_ui.factories import failed, missed
from tests.discord_ui.hostile import HUGE, check_harmless, pieces, strangers


def explained(life: Life, *pings: Ping) -> Explanation:
    """As the button gets it."""
    return explain(life.load(), pings, life.now)


def test_a_miss_is_explained_in_one_embed() -> None:
    life = missed(name="Nightly", realert_every=HOUR)
    assert life.incident is not None
    next_at = life.incident.review_at
    assert next_at is not None
    found = pieces(explanations.render(explained(life, ping(at=T0))))
    assert found["title"] == "Why Nightly: missed its deadline"
    assert found["description"].splitlines() == [
        "• It is due at 0 5 \\* \\* \\* Europe/Riga, and may be 30 min late (grace).",
        "• Nothing was heard of that due before its deadline passed.",
        "• The next good outcome resolves it.",
    ]
    assert found["Sounds next"].splitlines() == [
        "A reminder every 1 h until it is acknowledged; at once if it gets worse "
        "(overran, failed, lost).",
        f"{text.moment(next_at)} ({text.when(next_at)})",
    ]
    assert found["When"].splitlines()[0] == f"due: {text.moment(T0)}"
    assert found["Newest pings"] == f"**success** {text.when(T0)}"
    assert "Output" not in found
    assert found["footer"] == "incident #1"


def test_a_ping_is_told_with_all_that_it_brought() -> None:
    life = failed()
    life.start()
    life.advance(MINUTE)
    life.fail()
    came = replace(
        ping(PingKind.FAIL, life.now),
        exit_status=3,
        address="192.0.2.7",
        body=b"boom",
    )
    found = pieces(explanations.render(explained(life, came)))
    assert found["Newest pings"] == (
        f"**fail** {text.when(life.now)}, exit status 3, after 1 min, from 192.0.2.7"
    )
    assert found["Output"] == "```\nboom\n```"


def test_output_that_was_cut_says_so() -> None:
    came = replace(ping(PingKind.FAIL), body=b"x\n" * 5000)
    assert "… (cut)" in pieces(explanations.render(explained(failed(), came)))["Output"]
    short = replace(explained(failed(), came), output="end", output_is_cut=True)
    assert pieces(explanations.render(short))["Output"] == "```\n… (cut)\nend\n```"


def test_a_job_without_an_incident_has_no_footer() -> None:
    found = pieces(explanations.render(explained(up())))
    assert found["footer"] == ""
    assert found["Sounds next"].startswith("When its deadline passes")
    assert "Newest pings" not in found


@settings(max_examples=60, deadline=None)
@given(words=st.lists(strangers | st.text(max_size=5000), min_size=5, max_size=5))
def test_no_words_break_a_limit_or_mention_anybody(words: list[str]) -> None:
    came = [
        replace(
            ping(PingKind.FAIL, T0 + number * MINUTE),
            exit_status=255,
            address=words[0],
            body=words[1].encode("utf-8", "replace"),
        )
        for number in range(6)
    ]
    life = missed(name=words[2])
    life.mute(HOUR)
    life.mutes = [replace(life.mutes[0], reason=words[3], created_by=words[4])]
    assert life.incident is not None
    life.incident = replace(life.incident, note=words[3])
    embed = explanations.render(explained(life, *came))
    found = pieces(embed)
    assert text.length(found["title"]) <= text.TITLE
    assert text.length(found["description"]) <= text.DESCRIPTION
    assert all(
        0 < text.length(field.value or "") <= text.FIELD_VALUE for field in embed.fields
    )
    assert sum(text.length(key + piece) for key, piece in found.items()) <= text.EMBED
    for name, said in found.items():
        if name != "Output":
            check_harmless(said)


@pytest.mark.parametrize("word", HUGE, ids=lambda word: repr(word[:8]))
def test_as_much_as_there_can_be_of_everything_fits(word: str) -> None:
    everything = replace(
        explained(failed(), *[ping(PingKind.FAIL)] * 5),
        rules=(word,) * 20,
        evidence=(word,) * 20,
        output=word,
        next_sound=NextSound(at=T0, text=word),
        facts=tuple(Fact(label=f"fact {n}", at=T0) for n in range(40)),
    )
    embed = explanations.render(everything)
    sizes.check(embed)
    assert (embed.fields[-1].value or "").count("```") in (0, 2)
