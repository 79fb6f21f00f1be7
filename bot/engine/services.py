"""Everything that a face (web, CLI, Discord) may call, and the loops behind it."""

from collections.abc import Sequence
from dataclasses import dataclass

import storage.incidents
import storage.states
from bot.clock import Clock
from bot.engine import deadlines
from bot.engine.context import Context
from bot.engine.incidents import Incidents
from bot.engine.jobs import Jobs, PingUrls
from bot.engine.ledger import Ledger
from bot.engine.loop import Loop
from bot.engine.mutes import Mutes
from bot.engine.notifications import Deliverer, Notifier
from bot.engine.pings import Pings
from bot.engine.reads import Reads
from bot.engine.store import Store
from bot.engine.wakes import Alarm, Wakes
from storage.database import Database


@dataclass(frozen=True, slots=True)
class Services:
    """The use-cases by noun, and the loops that must run beside them."""

    jobs: Jobs
    pings: Pings
    incidents: Incidents
    mutes: Mutes
    reads: Reads
    store: Store
    loops: tuple[Loop, ...]


async def build(
    db: Database,
    *,
    clock: Clock,
    notifiers: Sequence[Notifier],
    ping_urls: PingUrls,
    rate_limit: float,
    version: str,
) -> Services:
    """Put the engine together; `ping_urls` makes a job's URLs.

    `db` must be running; the loops of the result must be run by the caller.
    """
    ledger = Ledger([notifier.name for notifier in notifiers])
    await db.read(ledger.open)
    context = Context(db=db, ledger=ledger, clock=clock, wakes=Wakes())
    loops = (*_watchdogs(context), *_deliverers(context, notifiers))
    return Services(
        jobs=Jobs(context, ping_urls),
        pings=Pings(context, rate_limit=rate_limit),
        incidents=Incidents(context),
        mutes=Mutes(context),
        reads=Reads(context, ping_urls=ping_urls, version=version),
        store=Store(context, loops),
        loops=loops,
    )


def _watchdogs(context: Context) -> tuple[Loop, Loop]:
    of_deadlines = deadlines.of_deadlines(context)
    of_sounds = deadlines.of_sounds(context)
    return (
        Loop(
            "deadlines",
            step=of_deadlines.step,
            next_at=lambda: context.db.read(storage.states.next_wake),
            alarm=context.wakes.deadlines,
            clock=context.clock,
        ),
        Loop(
            "sounds",
            step=of_sounds.step,
            next_at=lambda: context.db.read(storage.incidents.next_review),
            alarm=context.wakes.reviews,
            clock=context.clock,
        ),
    )


def _deliverers(context: Context, notifiers: Sequence[Notifier]) -> list[Loop]:
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
    return loops
