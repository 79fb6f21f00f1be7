"""How a blind time looks."""

from datetime import UTC, datetime, timedelta

from bot.core.blind_reports import BlindCard, BlindReport
from bot.core.blind_times import BlindTime, Doubt
from bot.core.kinds import BlindId, BlindReason, Outcome
from bot.discord_ui import blind_cards, cards
from tests.discord_ui import sizes

T0 = datetime(2026, 11, 23, 2, 10, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def card(*doubts: Doubt, ended: bool = True) -> BlindCard:
    blind = BlindTime(
        id=BlindId(3),
        began_at=T0,
        ended_at=T0 + 4 * MINUTE if ended else None,
        reason=BlindReason.STOPPED,
    )
    return BlindCard(report=BlindReport(blind=blind, doubts=doubts), mark="abc.b3.0")


def doubt(slug: str = "backup", outcome: Outcome = Outcome.UNKNOWN) -> Doubt:
    return Doubt(slug=slug, outcome=outcome, count=1, first_at=T0, last_at=T0)


def test_it_says_when_why_and_what_became_of_each_slot() -> None:
    rendered = blind_cards.render(card(doubt(), doubt("etl", Outcome.LATE)))
    assert rendered.content == "🕳️ blind 02:10-02:14 UTC (4m): Cronitor was stopped"
    embed = rendered.embed
    fields = {field.name: field.value for field in embed.fields}
    assert fields["Unknown"] == "backup 02:10"
    assert fields["Proven ok"] == "etl 02:10"
    assert (embed.description or "").splitlines()[1:] == [
        "**From** <t:1795399800:f> (<t:1795399800:R>)",
        "**To** <t:1795400040:f> (<t:1795400040:R>)",
    ]
    assert embed.footer.text == "blind #3 · abc.b3.0"
    assert list(rendered.items) == []


def test_one_without_slots_says_so() -> None:
    embed = blind_cards.render(card()).embed
    assert "No slot is in doubt" in (embed.description or "")


def test_one_that_has_not_ended_has_no_end() -> None:
    said = blind_cards.render(card(ended=False)).embed.description or ""
    assert "**From**" in said
    assert "**To**" not in said


def test_plain_text_has_the_same_and_ends_with_the_mark() -> None:
    said = blind_cards.plain(card(doubt()))
    assert "unknown: backup 02:10" in said
    assert said.endswith("abc.b3.0")


def test_it_fits_whatever_there_is() -> None:
    many = [
        doubt("x" * 100 + str(n), outcome)
        for n in range(300)
        for outcome in (Outcome.UNKNOWN, Outcome.OK, Outcome.FAILED, Outcome.SKIPPED)
    ]
    rendered = blind_cards.render(card(*many))
    sizes.check(rendered.embed)
    assert len(blind_cards.plain(card(*many))) <= 2000


def test_what_looks_the_same_has_one_digest() -> None:
    digests = {
        cards.digest_of(blind_cards.render(each))
        for each in (card(doubt()), card(doubt()), card(doubt(outcome=Outcome.OK)))
    }
    assert len(digests) == 2
