"""Everything that runs beside the use-cases, by what it is about."""

from collections.abc import Mapping, Sequence

from bot.engine import deadlines
from bot.engine.backups import BackupPlan, Backups
from bot.engine.blind_times import BlindTimes
from bot.engine.cards import CardDeliverer
from bot.engine.context import Context
from bot.engine.drifts import Drifts
from bot.engine.dues import Dues
from bot.engine.faults import Faults
from bot.engine.health import Health
from bot.engine.isolation import Receiver
from bot.engine.link import Link
from bot.engine.loop import Loop
from bot.engine.notifications import Deliverer, Notifier
from bot.engine.outputs import Outputs
from bot.engine.outward import HeartbeatPlan, OutwardHeartbeat
from bot.engine.payloads import Payloads
from bot.engine.pulse import Pulse
from bot.engine.readiness import Readiness
from bot.engine.retention import Keep, Retention
from bot.engine.runner import Runner, RunPlan
from bot.engine.summaries import Summaries
from bot.engine.triggers import Triggers
from bot.engine.vitals import Vitals
from bot.engine.wakes import Alarm
from bot.engine.watches import Watches


def _of_time(
    context: Context, pulse: Pulse, blind_times: BlindTimes, receiver: Receiver
) -> list[Loop]:
    """What notices that time was lost or that nothing arrives, and tells it."""
    alarm = Alarm()
    context.ledger.pulse.noticed = alarm.event.set
    beat = Loop(
        "pulse",
        step=pulse.step,
        next_at=_never,
        alarm=Alarm(),
        clock=context.clock,
    )
    teller = Loop(
        "blind times",
        step=blind_times.step,
        next_at=blind_times.next_at,
        alarm=alarm,
        clock=context.clock,
    )
    reached = Loop(
        "isolation",
        step=receiver.step,
        next_at=_never,
        alarm=Alarm(),
        clock=context.clock,
    )
    return [beat, teller, reached]


async def _never() -> None:
    """No moment of its own: a loop looks once a second anyway."""


def of_jobs(
    context: Context, pulse: Pulse, blind_times: BlindTimes, receiver: Receiver
) -> list[Loop]:
    """What judges deadlines, silences that end, and time that was lost."""
    of_deadlines = deadlines.of_deadlines(context, receiver.hold)
    of_sounds = deadlines.of_sounds(context)
    drifts = Drifts(context)
    return [
        *_of_time(context, pulse, blind_times, receiver),
        Loop(
            "deadlines",
            step=of_deadlines.step,
            next_at=of_deadlines.next_at,
            alarm=context.wakes.deadlines,
            clock=context.clock,
        ),
        Loop(
            "sounds",
            step=of_sounds.step,
            next_at=of_sounds.next_at,
            alarm=context.wakes.reviews,
            clock=context.clock,
        ),
        Loop(
            "drifts",
            step=drifts.step,
            next_at=drifts.next_at,
            alarm=drifts.alarm,
            clock=context.clock,
        ),
    ]


def of_runs(
    context: Context, runner: Runner | None, plan: RunPlan | None
) -> list[Loop]:
    """What turns dues into runs, starts them, and writes down how they end."""
    if runner is None or plan is None:
        return []
    dues, outputs = Dues(context, runner), Outputs(context, plan.outputs_total)
    return [
        Loop(
            "dues",
            step=dues.step,
            next_at=dues.next_at,
            alarm=dues.alarm,
            clock=context.clock,
        ),
        Loop(
            "starts of runs",
            step=runner.start,
            next_at=runner.next_at,
            alarm=runner.starts,
            clock=context.clock,
        ),
        Loop(
            "ends of runs",
            step=runner.collect,
            next_at=_never,
            alarm=runner.ends,
            clock=context.clock,
        ),
        Loop(
            "outputs",
            step=outputs.step,
            next_at=outputs.next_at,
            alarm=outputs.alarm,
            clock=context.clock,
        ),
    ]


def of_causes(
    context: Context, triggers: Triggers, watches: Watches, payloads: Payloads | None
) -> list[Loop]:
    """What starts runs beside schedules and people."""
    if not triggers.is_there:
        return []
    return [
        Loop(
            "start",
            step=triggers.step,
            next_at=_never,
            alarm=triggers.alarm,
            clock=context.clock,
        ),
        Loop(
            "watched files",
            step=watches.step,
            next_at=watches.next_at,
            alarm=watches.alarm,
            clock=context.clock,
        ),
        *_of_payloads(context, payloads),
    ]


def _of_payloads(context: Context, payloads: Payloads | None) -> list[Loop]:
    if payloads is None:
        return []
    return [
        Loop(
            "payloads",
            step=payloads.step,
            next_at=payloads.next_at,
            alarm=payloads.alarm,
            clock=context.clock,
        )
    ]


def of_places(
    context: Context,
    notifiers: Sequence[Notifier],
    cards: Mapping[str, CardDeliverer],
) -> list[Loop]:
    """What brings to each place what it has to be told."""
    loops = []
    for notifier in notifiers:
        deliverer = Deliverer(context, notifier)
        alarm = context.wakes.channels[notifier.name] = Alarm()
        loops.append(
            Loop(
                f"notifications to {notifier.name}",
                step=deliverer.step,
                next_at=deliverer.next_at,
                alarm=alarm,
                clock=context.clock,
            )
        )
    return [*loops, *(_of_cards(context, *each) for each in cards.items())]


def _of_cards(context: Context, name: str, deliverer: CardDeliverer) -> Loop:
    alarm = context.wakes.channels[name] = deliverer.alarm
    return Loop(
        f"cards in {name}",
        step=deliverer.step,
        next_at=deliverer.next_at,
        alarm=alarm,
        clock=context.clock,
    )


def of_store(
    context: Context,
    faults: Faults,
    health: Health,
    plan: BackupPlan | None,
    keep: Keep,
) -> list[Loop]:
    """What the store itself needs: faults seen to, backups, old rows removed."""
    retention = Retention(context, keep)
    return [
        Loop(
            "storage",
            step=faults.step,
            next_at=faults.next_at,
            alarm=faults.alarm,
            clock=context.clock,
        ),
        *_of_backups(context, health, plan),
        Loop(
            "retention",
            step=retention.step,
            next_at=retention.next_at,
            alarm=retention.alarm,
            clock=context.clock,
        ),
    ]


def of_reports(context: Context, summaries: Summaries) -> list[Loop]:
    """What posts the reports of days and weeks."""
    return [
        Loop(
            "summaries",
            step=summaries.step,
            next_at=summaries.next_at,
            alarm=summaries.alarm,
            clock=context.clock,
            may_take_long=True,
        )
    ]


def _of_backups(
    context: Context, health: Health, plan: BackupPlan | None
) -> list[Loop]:
    if plan is None:
        return []
    backups = Backups(context, health, plan)
    return [
        Loop(
            "backups",
            step=backups.step,
            next_at=backups.next_at,
            alarm=backups.alarm,
            clock=context.clock,
            may_take_long=True,
        )
    ]


def of_watch(
    context: Context,
    readiness: Readiness,
    health: Health,
    link: Link,
    plan: HeartbeatPlan | None,
) -> list[Loop]:
    """What watches Cronitor itself, from within and from outside."""
    vitals = Vitals(context, health)
    of_vitals = Loop(
        "vitals",
        step=vitals.step,
        next_at=vitals.next_at,
        alarm=vitals.alarm,
        clock=context.clock,
        on_late=vitals.note_late,
    )
    if plan is None:
        return [of_vitals]
    outward = OutwardHeartbeat(context, readiness, health, link, plan)
    of_heartbeat = Loop(
        "outward heartbeat",
        step=outward.step,
        next_at=outward.next_at,
        alarm=outward.alarm,
        clock=context.clock,
    )
    return [of_vitals, of_heartbeat]
