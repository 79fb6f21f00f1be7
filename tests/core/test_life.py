"""A job's whole life: any order of events, and what must hold after each of them."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from bot.core import deadlines, mutes, schedules
from bot.core.effects import Record
from bot.core.kinds import (
    IncidentStatus,
    NotificationKind,
    Outcome,
    PingKind,
    ScheduleKind,
    Status,
)
from bot.core.models import Incident, JobState, Schedule
from bot.core.transitions import Transition
from tests.core.factories import (
    DAY,
    HOUR,
    MINUTE,
    OTHER,
    RID,
    SECOND,
    THIRD,
    TICK,
    Act,
    Life,
)
from tests.core.workers import Turn, Worker
from tests.core.worlds import ONCE, WORLDS, definitions

RIDS = st.sampled_from((None, RID, OTHER, THIRD))
LENGTHS = (
    timedelta(),
    TICK,
    SECOND,
    40 * SECOND,
    2 * MINUTE,
    11 * MINUTE,
    50 * MINUTE,
    5 * HOUR,
    DAY + 3 * MINUTE,
)
#: a job that reports in the middle of its window
WELL = Turn(part=0.5, length=0, starts=False, asks_again=False, rid=None, between="")


def facts(state: JobState) -> JobState:
    """The state without numbers that depend on who drew them."""
    return replace(state, incident_id=None)


def story(incident: Incident | None) -> tuple[object, ...] | None:
    """What an incident is, without who was told of it."""
    if incident is None:
        return None
    return (
        incident.kind,
        incident.opened_at,
        incident.last_bad_at,
        incident.count,
        incident.due_at,
        incident.flapping,
        incident.flapping_bad,
        incident.down_for_good,
        incident.reopened,
        incident.resolved_at,
    )


class JobLife(RuleBasedStateMachine):
    """One life with a watchdog that looks at every deadline, and one without any."""

    words_before_change = 0

    life: Life
    lazy: Life

    @initialize(world=st.sampled_from((*WORLDS, ONCE)), fields=definitions)
    def make(self, world: tuple[Schedule, datetime], fields: dict[str, Any]) -> None:
        schedule, at = world
        self.life = Life(schedule, at=at, **fields)
        self.lazy = Life(schedule, at=at, watched=False, **fields)

    def both(self, act: Act) -> Transition:
        """The same happens to both."""
        act(self.lazy)
        transition = act(self.life)
        assert isinstance(transition, Transition)
        return transition

    def pass_until(self, moment: datetime) -> None:
        """Time passes for both."""
        moment = max(moment, self.life.now)
        self.life.until(moment)
        self.lazy.until(moment)

    # what may happen

    @rule(length=st.sampled_from(LENGTHS))
    def time_passes(self, length: timedelta) -> None:
        self.pass_until(self.life.now + length)

    @rule(parts=st.sampled_from((1, 4, 8, 9)), more=st.sampled_from((0, 0, 3)))
    def some_of_a_period_passes(self, parts: int, more: int) -> None:
        gap = schedules.period(self.life.job.schedule, self.life.now) or HOUR
        self.pass_until(self.life.now + gap * (parts + 8 * more) / 8)

    @precondition(lambda self: self.life.state.deadline_at is not None)
    @rule(after=st.sampled_from((-TICK, timedelta(), TICK, SECOND)))
    def time_passes_until_a_deadline(self, after: timedelta) -> None:
        assert self.life.state.deadline_at is not None
        self.pass_until(self.life.state.deadline_at + after)

    @precondition(lambda self: self.life.state.due_at is not None)
    @rule(after=st.sampled_from((-MINUTE, -MINUTE - TICK, -TICK, timedelta(), SECOND)))
    def time_passes_until_a_due(self, after: timedelta) -> None:
        assert self.life.state.due_at is not None
        self.pass_until(self.life.state.due_at + after)

    @rule(rid=RIDS)
    def a_run_starts(self, rid: str | None) -> None:
        opened = self.openings_now(self.both(lambda life: life.start(rid)))
        assert not opened, "a start opened an incident"

    @rule(rid=RIDS)
    def a_run_succeeds(self, rid: str | None) -> None:
        opened = self.openings_now(self.both(lambda life: life.success(rid)))
        too_short = self.life.state.last_outcome is Outcome.TOO_SHORT
        assert too_short or not opened, "a success opened an incident"

    @rule(rid=RIDS)
    def a_run_fails(self, rid: str | None) -> None:
        self.both(lambda life: life.fail(rid))

    @rule(
        kind=st.sampled_from((PingKind.START, PingKind.SUCCESS, PingKind.FAIL)),
        rid=st.sampled_from((RID, OTHER)),
    )
    def a_client_asks_twice(self, kind: PingKind, rid: str) -> None:
        self.both(lambda life: life.ping(kind, rid))
        before = self.life.state
        self.pass_until(self.life.now + 2 * SECOND)
        if self.life.state == before:
            self.both(lambda life: life.ping(kind, rid))

    @rule()
    def something_is_logged(self) -> None:
        self.both(lambda life: life.log())

    @rule()
    def ann_pauses(self) -> None:
        self.both(lambda life: life.pause())

    @rule()
    def ann_resumes(self) -> None:
        silent = self.life.state.status is Status.PAUSED
        self.ends_silence(lambda life: life.resume(), was_silent=silent)

    @rule(fields=definitions)
    def ann_changes_it(self, fields: dict[str, Any]) -> None:
        self.both(lambda life: life.change(**fields))

    @rule(world=st.sampled_from((*WORLDS, ONCE)))
    def ann_changes_the_schedule(self, world: tuple[Schedule, datetime]) -> None:
        self.both(lambda life: life.change(schedule=world[0]))
        self.words_before_change = len(self.life.words)

    @precondition(lambda self: not self.life.mutes)
    @rule(length=st.sampled_from((MINUTE, HOUR, DAY)), until_recovery=st.booleans())
    def ann_mutes_it(self, length: timedelta, until_recovery: bool) -> None:
        for life in (self.lazy, self.life):
            life.mute(length, until_recovery=until_recovery)

    @rule()
    def ann_ends_the_mutes(self) -> None:
        muted = any(mutes.is_running(mute, self.life.now) for mute in self.life.mutes)
        self.ends_silence(Life.unmute, was_silent=muted)

    @rule(length=st.sampled_from((None, HOUR)))
    def ann_acknowledges(self, length: timedelta | None) -> None:
        self.lazy.settle()
        self.both(lambda life: life.acknowledge(length))

    def ends_silence(self, act: Act, *, was_silent: bool) -> None:
        """What is open and silenced by nothing else sounds once; the rest does not."""
        before = self.life.open_incident
        silent = self.sounds_of(before)
        act(self.lazy)
        act(self.life)
        after = self.life.open_incident
        expected = silent + (was_silent and after is not None and self.may_sound(after))
        assert self.sounds_of(after) == expected

    # what must hold

    def openings_now(self, transition: Transition) -> list[Record]:
        """Openings that are dated at this very moment."""
        return [
            effect
            for effect in transition.effects
            if isinstance(effect, Record)
            and effect.kind in ("opened", "reopened")
            and effect.at == self.life.now
        ]

    def sounds_of(self, incident: Incident | None) -> int:
        """How often it was heard."""
        return 0 if incident is None else incident.sounds

    def may_sound(self, incident: Incident) -> bool:
        """Whether nothing silences it: worked out here, not by `audible`."""
        muted = any(mute.until_at > self.life.now for mute in self.life.mutes)
        paused = self.life.state.status is Status.PAUSED
        return not (muted or paused or incident.status is IncidentStatus.ACKNOWLEDGED)

    @invariant()
    def down_means_an_open_incident(self) -> None:
        state, is_open = self.life.state, self.life.open_incident is not None
        if state.status is Status.PAUSED:
            assert is_open == (state.paused_from is Status.DOWN)
        else:
            assert is_open == (state.status is Status.DOWN)

    @invariant()
    def one_incident_is_open_at_most(self) -> None:
        known = self.life.incidents.values()
        is_open = [each for each in known if each.resolved_at is None]
        assert len(is_open) <= 1

    @invariant()
    def the_deadline_is_the_first_of_all(self) -> None:
        state = self.life.state
        ends = [r.deadline_at for r in self.life.open_runs if not r.overran]
        ends.append(state.slot_deadline_at)
        known = [at for at in ends if at is not None]
        assert state.deadline_at == min(known, default=None)
        if state.remind_at is not None:
            known.append(state.remind_at)
        assert state.wake_at == min(known, default=None)
        assert state.wake_at is None or state.wake_at >= self.life.now
        assert state.open_runs == len(self.life.open_runs)
        assert (state.due_at is None) == (state.slot_deadline_at is None)

    @invariant()
    def nothing_is_forgotten(self) -> None:
        """A job that is watched has something armed, as long as it can be due."""
        state, schedule = self.life.state, self.life.job.schedule
        if state.status is Status.PAUSED:
            assert state.wake_at is None
            assert not self.life.open_runs
            return
        unheard = state.status is Status.NEW and state.last_ping_kind is None
        if unheard and not self.life.job.definition.strict_start:
            return
        after = max(self.life.now, state.held_due_at or self.life.now)
        if schedules.next_due(schedule, after) is not None:
            assert state.deadline_at is not None
        if schedule.kind is ScheduleKind.INTERVAL:
            assert state.due_at or any(not r.overran for r in self.life.open_runs)

    @invariant()
    def nothing_is_owed_without_a_reason(self) -> None:
        incident = self.life.open_incident
        if incident is None:
            return
        if self.may_sound(incident):
            assert incident.sound_due is None
            assert not incident.silenced
            assert incident.sounds > 0
        elif incident.status is IncidentStatus.OPEN:
            assert incident.silenced

    @invariant()
    def one_opening_makes_one_sound(self) -> None:
        for number, incident in self.life.incidents.items():
            told = [n for n in self.life.told if n.incident_id == number and n.sounds]
            kinds = [notify.kind for notify in told]
            assert len(told) == incident.sounds
            assert kinds.count(NotificationKind.OPENED) <= 1
            assert kinds.count(NotificationKind.REOPENED) <= incident.reopened

    @invariant()
    def the_first_word_about_a_slot_is_the_only_miss(self) -> None:
        # a new schedule may name a due that the old one had as well
        seen = set()
        for word in self.life.words[self.words_before_change :]:
            assert word.outcome is not Outcome.MISSED or word.due_at not in seen
            seen.add(word.due_at)
            assert word.at <= self.life.now

    @invariant()
    def an_incident_of_a_miss_is_dated_at_the_deadline(self) -> None:
        missed = [w.at for w in self.life.words if w.outcome is Outcome.MISSED]
        for record in self.life.story:
            if record.kind in ("opened", "bad") and "missed" in record.text:
                assert record.at in missed

    @invariant()
    def how_often_somebody_looks_changes_nothing(self) -> None:
        """Looking once, slot by slot and at every deadline comes to the same."""
        for limit in (1000, 1):
            peek = self.lazy.copy()
            while True:
                before = peek.state
                watched, now = peek.load(), self.life.now
                peek.save(deadlines.on_time(watched, now, peek.ids, limit))
                if peek.state == before:
                    break
            assert facts(peek.state) == facts(self.life.state)
            assert story(peek.incident) == story(self.life.incident)
            assert peek.slots == self.life.slots
            assert peek.runs == self.life.runs

    def teardown(self) -> None:
        """Whatever happened before: silence is noticed in time, and so is recovery."""
        if hasattr(self, "life") and self.life.state.status is not Status.PAUSED:
            silence_is_noticed(self.life.copy())
            recovery_is_noticed(self.life)


def silence_is_noticed(life: Life) -> None:
    """Nothing comes any more: an incident opens with the last bad outcome allowed."""
    tolerance = life.job.definition.failure_tolerance
    unheard = life.state.status is Status.NEW and life.state.last_ping_kind is None
    if unheard and not life.job.definition.strict_start:
        return
    dues = schedules.due_between(
        life.job.schedule, all_ends(life), life.now + 8 * 366 * DAY, limit=tolerance
    )
    if len(dues) < tolerance:
        return
    life.until(schedules.deadline(life.job.definition, dues[-1]) + TICK)
    assert life.open_incident is not None, "silence was not noticed"


def recovery_is_noticed(life: Life) -> None:
    """It reports in time from now on, be it after a storm: it is up and stays up."""
    life.until(all_ends(life) + TICK)
    life.success()
    worker = Worker(life)
    worker.done = life.state.held_due_at
    for _ in range(5 * life.job.definition.recovery_threshold + 1):
        worker.work(WELL)
    assert life.state.status is Status.UP
    known = len(life.story)
    for _ in range(3):
        worker.work(WELL)
    assert len(life.story) == known, "it was suspected again"


def all_ends(life: Life) -> datetime:
    """When nothing that is going on now can have a say any more."""
    ends = [run.deadline_at for run in life.open_runs if run.deadline_at is not None]
    return max([life.now, life.state.held_due_at or life.now, *ends])


def live(examples: int) -> None:
    """Let that many lives pass."""
    run_state_machine_as_test(
        JobLife,
        settings=settings(
            max_examples=examples,
            stateful_step_count=30,
            deadline=None,
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_a_life_keeps_every_rule() -> None:
    live(150)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_many_lives_keep_every_rule() -> None:
    live(2000)
