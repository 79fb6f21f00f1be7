"""What runs of Cronitor's own do to their job."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from bot.core import executed, runs
from bot.core.commands import Command
from bot.core.kinds import IncidentKind, JobKind, Outcome, PingKind, Status
from bot.core.models import Schedule
from bot.core.transitions import Transition
from tests.core.factories import (
    HOUR,
    HOURLY,
    MINUTE,
    OTHER,
    RID,
    SECOND,
    T0,
    UNSCHEDULED,
    Life,
    every,
    ping,
)

RUN = Command(argv=("/bin/true",), timeout=HOUR)


class Runner(Life):
    """The life of a job that Cronitor runs."""

    def __init__(self, schedule: Schedule = HOURLY, **fields: Any) -> None:
        super().__init__(schedule, kind=JobKind.COMMAND, command=RUN, **fields)

    def begin(self, rid: str = RID, due_at: datetime | None = None) -> Transition:
        """A run begins."""
        came = ping(PingKind.START, self.now, rid)
        loaded = self.load(rid)
        return self.save(executed.on_start(loaded, came, due_at, self.now, self.ids))

    def again(self, wait: timedelta, rid: str = RID) -> Transition:
        """An attempt has failed, and another one follows."""
        until = executed.until_attempt(self.now + wait, RUN.timeout)
        came = ping(PingKind.LOG, self.now, rid)
        loaded = self.load(rid)
        return self.save(executed.on_attempt(loaded, came, until, self.now, self.ids))

    def lose(self, rid: str = RID) -> Transition:
        """Nobody knows what became of it."""
        return self.save(executed.on_lost(self.load(rid), rid, self.now, self.ids))

    def cancel(self, rid: str = RID) -> Transition:
        """Ann ends it."""
        note = "cancelled by ann"
        loaded = self.load(rid)
        return self.save(executed.on_cancel(loaded, rid, note, self.now, self.ids))

    def skip(self, due_at: datetime | None, in_a_row: int = 1) -> Transition:
        """Nothing is run for a due, or for something else that wanted a run."""
        return self.save(
            executed.on_skip(
                self.load(), due_at, "blocked", self.now, self.ids, in_a_row=in_a_row
            )
        )


def test_the_first_due_is_waited_for_from_the_start() -> None:
    life = Runner()
    assert life.state.due_at == T0 + HOUR
    assert life.state.remind_at is None


def test_a_run_takes_its_due_and_ends_it() -> None:
    life = Runner()
    life.until(T0 + HOUR + SECOND)
    life.begin(due_at=T0 + HOUR)
    assert life.state.due_at == T0 + 2 * HOUR
    assert life.state.open_runs == 1
    life.advance(MINUTE)
    life.success(RID)
    assert life.slots == {T0 + HOUR: Outcome.OK}
    assert life.state.status is Status.UP
    assert life.state.last_duration == MINUTE


def test_a_run_that_was_wished_takes_no_due() -> None:
    life = Runner()
    life.until(T0 + HOUR + SECOND)
    life.begin()
    life.success(RID)
    assert life.slots == {}
    assert life.state.due_at == T0 + HOUR


def test_a_run_that_began_after_its_deadline_is_late() -> None:
    life = Runner()
    life.until(T0 + HOUR + 6 * MINUTE)
    assert life.incident is not None
    assert life.incident.kind is IncidentKind.MISSED
    life.begin(due_at=T0 + HOUR)
    life.success(RID)
    assert life.slots[T0 + HOUR] is Outcome.LATE
    assert life.incident.resolved_at is not None
    assert life.state.missed_due_at is None


def test_a_due_that_was_passed_over_may_still_be_run() -> None:
    life = Runner()
    life.until(T0 + HOUR + SECOND)
    life.skip(T0 + HOUR)
    life.begin(due_at=T0 + HOUR)
    life.success(RID)
    assert life.slots[T0 + HOUR] is Outcome.LATE
    assert life.state.due_at == T0 + 2 * HOUR


def test_its_deadline_is_its_timeout_and_a_little_more() -> None:
    life = Runner(every(10 * MINUTE))
    life.begin(due_at=T0 + 10 * MINUTE)
    (run,) = life.open_runs
    assert run.deadline_at == T0 + RUN.timeout + runs.SPARE


def test_each_attempt_has_its_own_time_and_counts_nothing() -> None:
    life = Runner()
    life.until(T0 + HOUR)
    life.begin(due_at=T0 + HOUR)
    life.advance(30 * MINUTE)
    life.again(10 * MINUTE)
    (run,) = life.open_runs
    ends = life.now + 10 * MINUTE + RUN.timeout + runs.SPARE
    assert run.deadline_at == ends
    assert life.state.bad_in_a_row == 0
    life.success(RID)
    assert life.slots == {T0 + HOUR: Outcome.OK}


def test_an_attempt_of_a_run_that_is_over_changes_nothing() -> None:
    life = Runner()
    life.begin(due_at=T0 + HOUR)
    life.success(RID)
    before = life.runs
    life.again(MINUTE)
    life.again(MINUTE, rid=OTHER)
    assert life.runs == before


def test_a_lost_run_is_bad() -> None:
    life = Runner()
    life.until(T0 + HOUR)
    life.begin(due_at=T0 + HOUR)
    life.lose()
    assert life.slots == {T0 + HOUR: Outcome.LOST}
    assert life.incident is not None
    assert life.incident.kind is IncidentKind.LOST
    assert life.open_runs == []
    life.lose(OTHER)
    assert life.incident.count == 1


def test_a_run_that_overran_and_is_lost_counts_once() -> None:
    life = Runner(max_runtime=10 * MINUTE)
    life.until(T0 + HOUR)
    life.begin(due_at=T0 + HOUR)
    life.advance(20 * MINUTE)
    assert life.state.bad_in_a_row == 1
    life.lose()
    assert life.state.bad_in_a_row == 1
    assert life.incident is not None
    assert life.incident.kind is IncidentKind.LOST


def test_a_cancelled_run_is_neither_good_nor_bad() -> None:
    life = Runner()
    life.until(T0 + HOUR)
    life.begin(due_at=T0 + HOUR)
    life.cancel()
    assert life.slots == {T0 + HOUR: Outcome.SKIPPED}
    assert life.incident is None
    assert life.state.outcome_count == 0
    life.cancel(OTHER)
    assert life.open_runs == []


def test_cancelling_says_so_in_an_open_incident() -> None:
    life = Runner(max_runtime=10 * MINUTE)
    life.until(T0 + HOUR)
    life.begin(due_at=T0 + HOUR)
    life.advance(20 * MINUTE)
    life.cancel()
    assert life.incident is not None
    assert "cancelled by ann" in life.incident.note
    assert life.slots[T0 + HOUR] is Outcome.OVERRAN


def test_a_skipped_due_is_neutral_and_the_third_in_a_row_is_an_incident() -> None:
    life = Runner()
    for n in (1, 2, 3):
        life.until(T0 + n * HOUR + SECOND)
        assert life.incident is None
        life.skip(T0 + n * HOUR, in_a_row=n)
        assert life.slots[T0 + n * HOUR] is Outcome.SKIPPED
        assert life.state.due_at == T0 + (n + 1) * HOUR
    assert life.incident is not None
    assert "skipped 3 times in a row: blocked" in life.incident.note


def test_a_skipped_run_without_a_due_has_no_slot_and_counts_all_the_same() -> None:
    life = Runner(UNSCHEDULED)
    for n in (1, 2):
        life.skip(None, in_a_row=n)
        assert life.incident is None
    life.skip(None, in_a_row=3)
    assert life.incident is not None
    assert life.incident.note == "skipped 3 times in a row: blocked"
    life.skip(None, in_a_row=4)
    assert life.incident.note == "skipped 3 times in a row: blocked"
    assert life.incident.count == 2
    assert life.slots == {}
    life.success()
    assert life.incident.resolved_at is not None


def test_skips_below_the_tolerance_are_no_incident() -> None:
    life = Runner(UNSCHEDULED, failure_tolerance=2)
    life.skip(None, in_a_row=3)
    assert not life.is_down()
    life.skip(None, in_a_row=4)
    assert life.incident is not None
    assert life.incident.note == "skipped 4 times in a row: blocked"


def test_of_an_interval_the_next_due_counts_from_the_skip_or_the_cancelling() -> None:
    life = Runner(every(HOUR))
    life.until(T0 + HOUR + MINUTE)
    life.skip(T0 + HOUR)
    assert life.state.due_at == life.now + HOUR
    life.begin()
    life.advance(MINUTE)
    life.cancel()
    assert life.state.due_at == life.now + HOUR


def test_a_run_of_an_interval_takes_its_due() -> None:
    life = Runner(every(HOUR))
    life.until(T0 + HOUR + SECOND)
    life.begin(due_at=T0 + HOUR)
    assert life.state.due_at is None
    life.success(RID)
    assert life.state.due_at == life.now + HOUR
    assert life.slots == {T0 + HOUR: Outcome.OK}


def test_of_an_interval_nothing_is_due_before_the_last_run_has_ended() -> None:
    life = Runner(every(HOUR))
    life.until(T0 + HOUR / 2)
    life.begin()
    assert life.state.due_at is None
    life.begin(OTHER)
    life.change(schedule=every(2 * HOUR))
    assert life.state.due_at is None
    life.success(OTHER)
    assert life.state.due_at is None
    life.advance(MINUTE)
    life.success(RID)
    assert life.state.due_at == life.now + 2 * HOUR


def test_a_due_that_has_come_is_still_waited_for_when_another_run_begins() -> None:
    life = Runner(every(HOUR))
    life.until(T0 + HOUR + SECOND)
    life.begin()
    assert life.state.due_at == T0 + HOUR
    life.skip(T0 + HOUR)
    assert life.state.slot_deadline_at is None
    life.cancel()
    assert life.state.due_at == life.now + HOUR


def test_of_an_interval_that_overran_misses_go_on_counting() -> None:
    life = Runner(every(HOUR), max_runtime=10 * MINUTE)
    life.until(T0 + HOUR)
    life.begin(due_at=T0 + HOUR)
    life.advance(20 * MINUTE)
    assert life.state.due_at == T0 + 2 * HOUR + 10 * MINUTE
    life.begin(OTHER)
    assert life.state.due_at is None


def test_what_was_skipped_while_cronitor_was_away_is_told() -> None:
    life = Runner()
    life.until(T0 + 30 * MINUTE)
    away = life.blink(90 * MINUTE)
    life.skip(T0 + HOUR)
    assert {*life.unseen} == {away.id}
    assert life.slots[T0 + HOUR] is Outcome.SKIPPED
    assert life.incident is None


def test_a_due_that_nobody_could_run_is_skipped_and_not_unknown() -> None:
    life = Runner()
    life.until(T0 + 30 * MINUTE)
    away = life.blink(45 * MINUTE)
    life.settle()
    assert life.slots == {T0 + HOUR: Outcome.SKIPPED}
    assert life.unseen == [away.id]
    assert life.state.missed_due_at is None


def test_a_paused_job_skips_nothing() -> None:
    life = Runner()
    life.pause()
    life.until(T0 + HOUR + SECOND)
    life.skip(T0 + HOUR)
    assert life.slots == {}


def test_what_begins_just_as_its_job_is_paused_is_closed_like_the_others() -> None:
    life = Runner(max_runtime=10 * MINUTE)
    life.until(T0 + HOUR)
    life.pause()
    life.begin(due_at=T0 + HOUR)
    assert life.open_runs == []
    assert life.slots == {T0 + HOUR: Outcome.SKIPPED}
    assert life.state.due_at is None
    assert life.state.deadline_at is None
    life.resume()
    life.advance(MINUTE)
    life.success(RID)
    assert life.slots == {T0 + HOUR: Outcome.OK}


def test_of_an_interval_nothing_is_due_while_a_run_goes_on_that_was_paused() -> None:
    life = Runner(every(HOUR))
    life.begin(due_at=T0 + HOUR)
    life.pause()
    life.resume()
    life.save(executed.on_going(life.load(), life.now, life.ids))
    assert life.state.due_at is None
    life.advance(3 * HOUR)
    assert life.incident is None
    life.success(RID)
    assert life.state.due_at == life.now + HOUR


def test_a_definition_is_still_a_definition() -> None:
    life = Runner()
    life.change(command=replace(RUN, timeout=2 * HOUR))
    assert life.job.definition.command is not None
    assert life.state.due_at == T0 + HOUR


def test_a_wish_of_another_job_is_waited_for_where_nothing_else_is() -> None:
    life = Runner(UNSCHEDULED)
    life.save(executed.on_wish(life.load(), T0, life.now, life.ids))
    assert life.state.due_at == T0
    life.advance(MINUTE)
    life.save(executed.on_wish(life.load(), life.now, life.now, life.ids))
    assert life.state.due_at == T0
    scheduled = Runner()
    scheduled.save(executed.on_wish(scheduled.load(), T0, T0, scheduled.ids))
    assert scheduled.state.due_at == T0 + HOUR
