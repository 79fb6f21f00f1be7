"""Everything that a face (web, CLI, Discord) may call, and the loops behind it."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import storage.incidents
import storage.states
from bot.clock import Clock, SteadyClock
from bot.core.silencers import ALWAYS, SoundRules
from bot.engine import deadlines
from bot.engine.backups import BackupPlan, Backups
from bot.engine.blind_times import BlindTimes
from bot.engine.cards import CardDeliverer
from bot.engine.context import Context
from bot.engine.effects import Places
from bot.engine.faults import Faults
from bot.engine.health import Health
from bot.engine.incidents import Incidents
from bot.engine.jobs import Jobs, PingUrls
from bot.engine.keys import ApiKeys
from bot.engine.ledger import Ledger
from bot.engine.link import Link
from bot.engine.loop import Loop
from bot.engine.maintenance import Maintenance
from bot.engine.mutes import Mutes
from bot.engine.notifications import Deliverer, Notifier
from bot.engine.ping_keys import PingKeys
from bot.engine.pings import Pings
from bot.engine.pulse import Pulse
from bot.engine.reads import Reads
from bot.engine.retention import Keep, Retention
from bot.engine.silencers import Surroundings
from bot.engine.store import Store, generated, tell_restored
from bot.engine.wakes import Alarm, Wakes
from bot.notifiers.base import CardPlace
from storage.database import Database


@dataclass(frozen=True, slots=True)
class Services:
    """The use-cases by noun, and the loops that must run beside them."""

    jobs: Jobs
    pings: Pings
    incidents: Incidents
    mutes: Mutes
    maintenance: Maintenance
    reads: Reads
    store: Store
    health: Health
    keys: ApiKeys
    #: None: the ping key is nobody's business here
    ping_keys: PingKeys | None
    link: Link
    pulse: Pulse
    blind_times: BlindTimes
    #: what brings cards up to date, by the name of its place
    cards: Mapping[str, CardDeliverer]
    loops: tuple[Loop, ...]


async def build(
    db: Database,
    *,
    clock: Clock,
    notifiers: Sequence[Notifier],
    card_places: Sequence[CardPlace] = (),
    ping_urls: PingUrls,
    rate_limit: float,
    version: str,
    backups: BackupPlan | None = None,
    keep: Keep | None = None,
    ping_keys: PingKeys | None = None,
    sound_rules: SoundRules = ALWAYS,
) -> Services:
    """Put the engine together; `ping_urls` makes a job's URLs.

    `db` must be running; the loops of the result must be run by the caller.
    """
    places = Places(
        channels=tuple(notifier.name for notifier in notifiers),
        cards=tuple(place.name for place in card_places),
    )
    health = Health()
    context = await _context(db, clock, places, health, sound_rules)
    pulse = context.ledger.pulse
    faults, keys = Faults(context, health), ApiKeys(context)
    await db.read(faults.open)
    await db.read(keys.open)
    await tell_restored(context)
    cards = {p.name: await _cards(context, p) for p in card_places}
    blind_times = BlindTimes(context)
    loops = (
        _beat(context, pulse),
        *_watchdogs(context),
        *_chores(context, faults, health, backups, keep or Keep()),
        _teller(context, blind_times),
        *_deliverers(context, notifiers),
        *(_card_loop(context, name, each) for name, each in cards.items()),
    )
    link = Link(clock)
    return Services(
        jobs=Jobs(context, ping_urls),
        pings=Pings(context, rate_limit=rate_limit),
        incidents=Incidents(context),
        mutes=Mutes(context),
        maintenance=Maintenance(context),
        reads=Reads(context, link, ping_urls=ping_urls, version=version),
        store=Store(context, faults, loops),
        health=health,
        keys=keys,
        ping_keys=ping_keys,
        link=link,
        pulse=pulse,
        blind_times=blind_times,
        cards=cards,
        loops=loops,
    )


async def _context(
    db: Database, clock: Clock, places: Places, health: Health, rules: SoundRules
) -> Context:
    """What every use-case works with; pulse and ledger go on where they were."""
    steady, surroundings = SteadyClock(clock), Surroundings(rules)
    pulse = Pulse(db, steady, health)
    await pulse.open()
    ledger = Ledger(places, pulse, surroundings)
    await db.read(ledger.open)
    return Context(
        db=db,
        ledger=ledger,
        clock=steady,
        wakes=Wakes(),
        surroundings=surroundings,
    )


def _beat(context: Context, pulse: Pulse) -> Loop:
    """What notices within a second that the clocks do not agree any more."""
    return Loop(
        "pulse",
        step=pulse.step,
        next_at=_never,
        alarm=Alarm(),
        clock=context.clock,
    )


async def _never() -> None:
    """No moment of its own: a loop looks once a second anyway."""


def _teller(context: Context, blind_times: BlindTimes) -> Loop:
    alarm = Alarm()
    context.ledger.pulse.noticed = alarm.event.set
    return Loop(
        "blind times",
        step=blind_times.step,
        next_at=blind_times.next_at,
        alarm=alarm,
        clock=context.clock,
    )


async def _cards(context: Context, place: CardPlace) -> CardDeliverer:
    """What keeps the cards of a place; `instance` tells ours from another store's."""
    instance = await generated(context.db, "instance", secrets.token_hex(4))
    deliverer = CardDeliverer(context, place, instance)
    await deliverer.open()
    return deliverer


def _card_loop(context: Context, name: str, deliverer: CardDeliverer) -> Loop:
    alarm = context.wakes.channels[name] = deliverer.alarm
    return Loop(
        f"cards in {name}",
        step=deliverer.step,
        next_at=deliverer.next_at,
        alarm=alarm,
        clock=context.clock,
    )


def _chores(
    context: Context,
    faults: Faults,
    health: Health,
    plan: BackupPlan | None,
    keep: Keep,
) -> list[Loop]:
    """What the store itself needs: faults seen to, backups, old rows removed."""
    backups = _backup_loops(context, health, plan)
    return [_faults_loop(context, faults), *backups, _retention_loop(context, keep)]


def _faults_loop(context: Context, faults: Faults) -> Loop:
    return Loop(
        "storage",
        step=faults.step,
        next_at=faults.next_at,
        alarm=faults.alarm,
        clock=context.clock,
    )


def _backup_loops(
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


def _retention_loop(context: Context, keep: Keep) -> Loop:
    retention = Retention(context, keep)
    return Loop(
        "retention",
        step=retention.step,
        next_at=retention.next_at,
        alarm=retention.alarm,
        clock=context.clock,
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
