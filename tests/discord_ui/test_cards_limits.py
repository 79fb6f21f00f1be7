"""No words from outside break a message, whichever it is."""

from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.cards import Card
from bot.core.kinds import NotificationKind
from bot.discord_ui import cards, text
from tests.core.factories import T0
from tests.discord_ui.factories import STANDINGS, standing
from tests.discord_ui.hostile import (
    check_harmless,
    check_limits,
    nasty,
    pieces,
    strangers,
)


@settings(max_examples=100, deadline=None)
@given(
    name=st.sampled_from(sorted(STANDINGS)),
    words=st.lists(strangers | st.text(max_size=3000), min_size=8, max_size=8),
    tags=st.lists(nasty, max_size=20),
    kind=st.sampled_from(NotificationKind),
)
def test_no_words_break_a_limit_or_mention_anybody(
    name: str, words: list[str], tags: list[str], kind: NotificationKind
) -> None:
    shown = hostile(standing(name), words, tuple(tags))
    for rendered in (
        cards.render(shown),
        cards.sound(shown, kind, words[7]),
        cards.never_seen(shown.job.slug, shown.job.label, T0, words[7]),
        cards.notice(words[0], words[7]),
    ):
        check_limits(rendered)
        check_harmless(rendered.content)
        for piece, said in pieces(rendered.embed).items():
            if piece not in ("Output", "footer"):
                check_harmless(said)
    assert text.length(cards.plain(shown)) <= text.CONTENT


def hostile(shown: Card, words: list[str], tags: tuple[str, ...]) -> Card:
    """The card with strangers' words wherever there may be some."""
    incident = replace(
        shown.incident,
        acknowledged_by=shown.incident.acknowledged_by and words[0],
        resolution=shown.incident.resolution and words[1],
        note=words[2],
    )
    definition = replace(shown.job.definition, name=words[3], node=words[4], tags=tags)
    silence = shown.silence
    if silence is not None and silence.mute is not None:
        muted: Any = replace(silence.mute, reason=words[5], created_by=words[0])
        silence = replace(silence, reason=words[5], mute=muted)
    return replace(
        shown,
        incident=incident,
        job=replace(shown.job, definition=definition),
        state=replace(shown.state, paused_by=words[6]),
        silence=silence,
        output=words[6],
    )
