"""What the thread of an incident has to tell next."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core import threads
from bot.core.cards import Posted
from bot.core.kinds import IncidentId
from bot.core.models import IncidentEvent
from bot.core.threads import Close, Line, Make, Step, Tell, Thread, Wait

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
CARD = Posted(1, 77)
THERE = Thread(incident_id=IncidentId(1), thread_id=77)


def line(number: int, kind: str, ago: timedelta = timedelta()) -> Line:
    event = IncidentEvent(
        incident_id=IncidentId(1), at=NOW - ago, kind=kind, text=f"{kind} {number}"
    )
    return Line(number, event)


def step(thread: Thread, *lines: Line, is_over: bool = False) -> Step:
    return threads.next_step(thread, CARD, lines, is_over=is_over, now=NOW)


def test_without_a_card_there_is_no_thread() -> None:
    found = threads.next_step(THERE, None, [line(1, "opened")], is_over=False, now=NOW)
    assert found == Wait()


@pytest.mark.parametrize("thread_id", [None, 76])
def test_each_card_has_a_thread_of_its_own(thread_id: int | None) -> None:
    thread = Thread(incident_id=IncidentId(1), thread_id=thread_id, is_gone=True)
    assert step(thread, line(1, "opened")) == Make(CARD)


def test_what_somebody_has_deleted_stays_so() -> None:
    gone = Thread(incident_id=IncidentId(1), thread_id=77, is_gone=True)
    assert step(gone, line(1, "opened")) == Wait()


def test_all_that_is_new_is_told_in_one_message() -> None:
    found = step(THERE, line(3, "opened"), line(5, "acknowledged"))
    assert isinstance(found, Tell)
    assert [part.event.kind for part in found.parts] == ["opened", "acknowledged"]
    assert found.upto == 5


def test_a_message_holds_only_so_much() -> None:
    found = step(THERE, *(line(n, "note") for n in range(1, 20)))
    assert isinstance(found, Tell)
    assert len(found.parts) == threads.MOST
    assert found.upto == threads.MOST


def test_a_job_that_goes_on_failing_is_told_of_now_and_then() -> None:
    first = line(4, "bad", timedelta(minutes=4))
    assert step(THERE, first, line(5, "bad")) == Wait(first.event.at + threads.EVERY)
    first = line(4, "bad", threads.EVERY)
    found = step(THERE, first, line(5, "bad"), line(6, "bad"))
    assert found == Tell((threads.Part(first.event, 2),), 6)


@pytest.mark.parametrize("is_over", [False, True])
def test_failures_are_told_at_once_with_what_follows(is_over: bool) -> None:
    last = line(6, "bad" if is_over else "note")
    found = step(THERE, line(4, "bad"), line(5, "bad"), last, is_over=is_over)
    assert isinstance(found, Tell)
    assert found.upto == 6


def test_an_end_closes_it_once() -> None:
    assert step(THERE, is_over=True) == Close()
    closed = Thread(incident_id=IncidentId(1), thread_id=77, is_closed=True)
    assert step(closed, is_over=True) == Wait()
    assert step(closed, line(9, "reopened"), is_over=True) != Wait()
    assert step(THERE) == Wait()


def test_a_message_whose_answer_was_lost_is_repeated_as_it_was() -> None:
    begun = Thread(incident_id=IncidentId(1), thread_id=77, begun_at=NOW, begun_to=4)
    found = step(begun, line(3, "opened"), line(4, "bad"), line(5, "note"))
    assert isinstance(found, Tell)
    assert found.upto == 4
    assert step(begun, line(5, "note")) == Tell((), 4)


@given(st.lists(st.sampled_from(["bad", "note", "worsened"]), max_size=60))
def test_a_story_is_told_whole_and_each_line_once(kinds: list[str]) -> None:
    lines = [line(n, kind) for n, kind in enumerate(kinds, start=1)]
    told, said = 0, 0
    while (left := [each for each in lines if each.id > told]) != []:
        found = step(THERE, *left, is_over=True)
        assert isinstance(found, Tell)
        assert found.upto > told
        assert len(found.parts) <= threads.MOST
        told, said = found.upto, said + sum(1 + part.more for part in found.parts)
    assert said == len(lines)


def test_a_mark_names_the_incident_and_the_line() -> None:
    assert threads.mark("abcd1234", IncidentId(12), 345) == "abcd1234.t12.345"
