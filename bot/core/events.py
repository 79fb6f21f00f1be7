"""Pings that were kept by their sender and come later: (job, event, now) -> Transition.

Such an event is placed by the sender's time and decides its slot again: one that was
missed or unknown becomes ok, late or failed. Status and incident follow only if that is
the newest slot (SEMANTICS, section 4).
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bot.core import audible, deadlines, incidents, runs, schedules, slots
from bot.core.effects import CloseSlot, Effect
from bot.core.kinds import Outcome, PingKind, RunId, ScheduleKind, Status
from bot.core.models import Ping, Run, Slot
from bot.core.transitions import Draft, Ids, Transition, Watched, finish, start

#: how old an event may be, and how far the sender's clock may be ahead
OLDEST = timedelta(days=7)
AHEAD = timedelta(seconds=60)
#: slots that are looked through for the one that an event belongs to
LOOKED_AT = 3

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_UNIX = re.compile(r"[0-9]{1,12}(?:\.[0-9]{1,9})?")
#: a plus that nobody has quoted in a URL
_LOST_PLUS = re.compile(r" ([0-9]{2}:?[0-9]{2})$")
_IN_DOUBT = (Outcome.MISSED, Outcome.UNKNOWN)
#: these take the place of no other outcome
_NEUTRAL = (Outcome.SKIPPED, Outcome.MERGED)


def parse_moment(text: str) -> datetime | None:
    """RFC 3339 with an offset, or seconds since 1970; None for anything else."""
    if _UNIX.fullmatch(text):
        return _EPOCH + timedelta(seconds=float(text))
    try:
        moment = datetime.fromisoformat(_LOST_PLUS.sub(r"+\1", text))
        return None if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def refusal(sent_at: datetime, now: datetime) -> str | None:
    """Why an event of that moment cannot be placed; None: it can."""
    if sent_at < now - OLDEST:
        return "it is more than 7 days old"
    if sent_at > now + AHEAD:
        return "it is more than 60 seconds ahead of this server's clock"
    return None


def on_event(
    watched: Watched, ping: Ping, known: Sequence[Slot], now: datetime, ids: Ids
) -> Transition:
    """What an event of `ping.at` means; `known`: the slots due by then, newest first.

    Deadlines that have passed by `now` come first, as for every ping.
    """
    draft = start(watched, now, ids)
    take(draft, ping, known)
    return finish(draft)


def take(draft: Draft, ping: Ping, known: Sequence[Slot]) -> None:
    """As `on_event`, for one of several pings that are judged together."""
    now = draft.now
    deadlines.settle(draft)
    draft.change(ping_count=draft.state.ping_count + 1)
    found = _slot_of(draft, updated(known, draft.effects, ping.at), ping.at)
    if ping.kind is PingKind.START:
        _started(draft, ping, found)
    elif ping.kind in (PingKind.SUCCESS, PingKind.FAIL):
        _ended(draft, ping, found)
    draft.now = now
    deadlines.settle(draft)
    audible.speak(draft)


def updated(
    known: Sequence[Slot], effects: Iterable[Effect], at: datetime
) -> Sequence[Slot]:
    """The slots due by `at`, newest first, as they are after these effects."""
    closed = [effect for effect in effects if isinstance(effect, CloseSlot)]
    if not closed:
        return known
    found = {slot.due_at: slot for slot in known}
    for effect in closed:
        is_word = effect.due_at not in found or effect.outcome not in _NEUTRAL
        if is_word and effect.due_at <= at + slots.EARLIEST:
            found[effect.due_at] = Slot(
                job_id=effect.job_id,
                due_at=effect.due_at,
                outcome=effect.outcome,
                decided_at=effect.at,
            )
    return sorted(found.values(), key=lambda slot: slot.due_at, reverse=True)


def _slot_of(draft: Draft, known: Sequence[Slot], at: datetime) -> Slot | None:
    """The slot whose window holds `at` or was the last before it, if it is in doubt.

    One that is still open is newer than all of these: it is taken as by any ping.
    """
    schedule = draft.job.schedule
    if draft.state.due_at is not None and _is_waiting(draft, at):
        return None
    for slot in known:
        if slot.due_at - schedules.early(schedule, slot.due_at) <= at:
            return slot if slot.outcome in _IN_DOUBT else None
    return None


def _is_news(draft: Draft, at: datetime) -> bool:
    """Nothing that is newer is known, so that the event says how the job is now."""
    state = draft.state
    if state.status is Status.PAUSED or at < draft.job.created_at:
        return False
    newest = [each for each in (state.last_ping_at, state.missed_due_at) if each]
    return all(each <= at for each in newest)


def _is_waiting(draft: Draft, at: datetime) -> bool:
    """Whether the event would have taken a slot that is still open."""
    schedule, due_at = draft.job.schedule, draft.state.due_at
    if due_at is None:
        return True
    return at >= due_at - schedules.early(schedule, due_at)


def _started(draft: Draft, ping: Ping, found: Slot | None) -> None:
    """A run that has begun then; only its end decides anything."""
    now, at = draft.now, ping.at
    known = runs.by_rid(draft.runs, ping.rid)
    if known is not None or draft.state.status is Status.PAUSED:
        return
    if found is None and _is_news(draft, at) and _is_waiting(draft, at):
        draft.now = at
        draft.change(last_ping_kind=ping.kind, remind_at=None)
        runs.begin(draft, ping)
    else:
        _open(draft, ping, found)
    # its end is on the way: a deadline that has passed meanwhile says nothing
    run = draft.runs[-1]
    if run.deadline_at is not None and run.deadline_at < now:
        draft.change_run(run, replace(run, overran=True, outcome=Outcome.UNKNOWN))


def _open(draft: Draft, ping: Ping, found: Slot | None) -> None:
    """A run of a slot that is in doubt, or of none."""
    definition, late = draft.job.definition, False
    due_at = None if found is None else found.due_at
    if due_at is not None:
        late = ping.at > schedules.deadline(definition, due_at)
    run = Run(
        id=RunId(next(draft.ids.runs)),
        job_id=draft.job.id,
        rid=ping.rid,
        started_at=ping.at,
        due_at=due_at,
        late=late,
    )
    ends = runs.deadline_of(definition, run)
    draft.runs.append(replace(run, deadline_at=ends))


def _ended(draft: Draft, ping: Ping, found: Slot | None) -> None:
    run = runs.named_by(draft.runs, ping.rid)
    if run is not None and run.started_at <= ping.at:
        _run_ended(draft, ping, run)
    elif runs.by_rid(draft.runs, ping.rid) is not None:
        # the end of that run is known already
        return
    elif found is not None:
        _decide(draft, ping, found)
    elif _is_news(draft, ping.at):
        _alone(draft, ping)


def _run_ended(draft: Draft, ping: Ping, run: Run) -> None:
    """The end of a run; one that came before its deadline was in time after all."""
    follows = _is_newest(draft, run.due_at, ping.at)
    if run.overran and run.deadline_at is not None and ping.at <= run.deadline_at:
        in_time = replace(run, overran=False, outcome=None)
        draft.change_run(run, in_time)
        run = in_time
    again = run.outcome is Outcome.OVERRAN
    now, draft.now = draft.now, ping.at
    outcome = runs.end(draft, run, ping)
    draft.now = now
    if follows:
        _take(draft, ping, run.due_at, ping.at - run.started_at)
        _count(draft, outcome, ping.at, run.due_at, again=again)


def _decide(draft: Draft, ping: Ping, found: Slot) -> None:
    """A slot that was missed or unknown: what came of it is known now."""
    in_time = ping.at <= schedules.deadline(draft.job.definition, found.due_at)
    outcome = Outcome.OK if in_time else Outcome.LATE
    if ping.kind is PingKind.FAIL:
        outcome = Outcome.FAILED
    draft.close_slot(found.due_at, outcome, ping.at)
    runs.remember_lone_end(draft, ping, outcome, found.due_at, late=not in_time)
    if _is_newest(draft, found.due_at, ping.at):
        _take(draft, ping, found.due_at, None)
        _count(draft, outcome, ping.at, found.due_at)


def _alone(draft: Draft, ping: Ping) -> None:
    """It belongs to a slot that is still open, or to none."""
    due_at, late = None, False
    is_first = draft.state.status is Status.NEW
    now, draft.now = draft.now, ping.at
    if _is_waiting(draft, ping.at):
        due_at, late = slots.claim(draft)
    outcome = Outcome.LATE if late else Outcome.OK
    if ping.kind is PingKind.FAIL:
        outcome = Outcome.FAILED
    if due_at is not None:
        draft.close_slot(due_at, outcome, ping.at)
    runs.remember_lone_end(draft, ping, outcome, due_at, late=late)
    draft.now = now
    _take(draft, ping, None, None)
    if is_first:
        # it is watched from now on
        _arm_from_now(draft)
    _count(draft, outcome, ping.at, due_at)


def _arm_from_now(draft: Draft) -> None:
    ends = draft.state.slot_deadline_at
    if ends is not None and ends < draft.now:
        slots.arm_after(draft)


def _is_newest(draft: Draft, due_at: datetime | None, at: datetime) -> bool:
    """Whether status and incident follow from what becomes of that slot."""
    if draft.state.status is Status.PAUSED:
        return False
    missed, held = draft.state.missed_due_at, draft.state.held_due_at
    if due_at is None:
        return missed is None and _is_news(draft, at)
    return due_at == missed or (missed is None and due_at == held)


def _take(
    draft: Draft, ping: Ping, due_at: datetime | None, took: timedelta | None
) -> None:
    """It is the newest word: the job was heard of then."""
    state = draft.state
    last = max(ping.at, state.last_ping_at or ping.at)
    draft.change(
        last_ping_at=last,
        last_ping_kind=ping.kind,
        last_duration=took,
        remind_at=None,
    )
    if due_at is not None:
        draft.change(missed_due_at=None, held_due_at=due_at)
    if draft.job.schedule.kind is ScheduleKind.INTERVAL:
        slots.arm(draft, schedules.next_due(draft.job.schedule, ping.at))


def _count(
    draft: Draft,
    outcome: Outcome,
    at: datetime,
    due_at: datetime | None,
    *,
    again: bool = False,
) -> None:
    """Bad is dated at the failure, good at the moment at which it became known."""
    if outcome in incidents.KIND_OF and outcome is not Outcome.OVERRAN:
        before = draft.incident
        resolved_at = None if before is None else before.resolved_at
        since = max(at, resolved_at or at)
        incidents.bad(draft, outcome, since, due_at, again=again)
        return
    incidents.good(draft, outcome, draft.now, resets=outcome is Outcome.OK)
